import { nameOf, type Repository, wireHost } from '../oci/reference.ts';
import { nameClass } from './address.ts';
import { type TokenCache, withAuth } from './auth.ts';
import type { CredentialStore } from './credentials/store.ts';
import { withRedirects } from './redirect.ts';
import { bareHostname, type Note, type Phase, type Request, type Response, type Transport } from './transport.ts';
import { type AuthHosts, type Trust, trustFor } from './trust.ts';

/** The limits and the log of one look at a registry. */
export interface Look {
  readonly signal: AbortSignal;
  /** When `signal` will fire, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly note: Note;
}

/** A request within a repository. */
export interface RepositoryRequest {
  readonly method: 'GET' | 'HEAD';
  /** Below `/v2/PATH/`; holds nothing but tags and digests that were checked. */
  readonly path: string;
  readonly headers?: Request['headers'];
  readonly phase: Phase;
  /** Bytes that the body may have. */
  readonly limit: number;
}

/** Sends requests to repositories. */
export type Reach = (repository: Repository, request: RepositoryRequest, look: Look) => Promise<Response>;

/** What repositories are reached with. */
export interface ReachOptions {
  /** Sends single requests, retried and limited; redirects and challenges are answered here. */
  readonly send: Transport;
  readonly credentials: CredentialStore;
  readonly authHosts: AuthHosts;
  /** Registries that may be spoken to over plain HTTP, besides loopback. */
  readonly plainHttp: ReadonlySet<string>;
  readonly keepToken: (token: string) => void;
}

/** Reaches all repositories of a run, each with the trust, the scheme and the tokens of its own. */
export function repositoryReach(options: ReachOptions): Reach {
  const trusts = new Map<string, Trust>();
  const transports = new Map<string, Transport>();
  const tokens: TokenCache = new Map();

  const trustOf = (registry: string): Trust => {
    const trust = trusts.get(registry) ?? trustFor(registry, options.authHosts);
    trusts.set(registry, trust);
    return trust;
  };

  const transportTo = (repository: Repository): Transport => {
    const name = nameOf(repository);
    const known = transports.get(name);
    if (known !== undefined) return known;
    const trust = trustOf(repository.registry);
    const transport = withAuth(withRedirects(options.send, trust), {
      repository,
      trust,
      credential: () => options.credentials(repository),
      sendToken: options.send,
      tokens,
      keepSecret: options.keepToken,
    });
    transports.set(name, transport);
    return transport;
  };

  return async (repository, { path, ...request }, look) => {
    const { registry } = repository;
    const isPlain = options.plainHttp.has(registry) || isLoopback(registry);
    const url = new URL(`${isPlain ? 'http' : 'https'}://${wireHost(registry)}`);
    url.pathname = `/v2/${repository.path}/${path}`;
    look.note(request.phase, `${request.method} ${url.href}`);
    const checkAddresses = trustOf(registry).registry();
    return transportTo(repository)({ headers: {}, ...request, ...look, url, checkAddresses });
  };
}

function isLoopback(registry: string): boolean {
  return nameClass(bareHostname(new URL(`http://${registry}`))) === 'loopback';
}
