import { type Clock, systemClock } from '../async/clock.ts';
import type { Operation } from '../async/operation.ts';
import { semaphore } from '../async/semaphore.ts';
import type { Budget } from '../content/budget.ts';
import { type ContentCache, withCache } from '../content/cache.ts';
import type { ContentStore } from '../content/store.ts';
import { nameOf, type Reference, type Repository, wireHost } from '../oci/reference.ts';
import { type TokenCache, withAuth } from './auth/auth.ts';
import type { CredentialStore } from './credentials/store.ts';
import { type Mirrors, mirroredRepository, withMirrors } from './endpoints.ts';
import { withWholeBody } from './http/body.ts';
import { withConcurrencyLimit } from './http/concurrency.ts';
import { rateLimits, withRateLimits } from './http/rate-limit.ts';
import { withRedirects } from './http/redirect.ts';
import { withRetries } from './http/retry.ts';
import { withScheme } from './http/scheme.ts';
import type { Connection, OpenTransport, Transport } from './http/transport.ts';
import type { RepositoryTransport } from './repository.ts';
import { registryStore } from './store.ts';
import { type Trust, type TrustOptions, trustFor } from './trust/trust.ts';

/** Downloads of a run, and pieces of large ones, that are under way at a time: as many as connections to a host. */
const maxDownloads = 8;

/** What registries are reached with. */
export interface RegistryOptions extends TrustOptions {
  /** Sends single requests. */
  readonly send: OpenTransport;
  readonly credentials: CredentialStore;
  /** Called with every token that a registry gives out, before it is used. */
  readonly keepToken: (token: string) => void;
  readonly budget: Budget;
  readonly cache: ContentCache;
  readonly mirrors: Mirrors;
  /** Whether tags are looked up at the registry itself, as a mirror may lag. */
  readonly tagsFromRegistry: boolean;
  readonly clock?: Clock;
}

/** Opens the repository of a reference for one operation. */
export interface Registries {
  /** Sends a request to any host, retried and limited; nothing is followed, and no challenge answered. */
  readonly send: Transport;
  open(reference: Reference, operation: Operation): ContentStore;
  /**
   * Opens a repository that the publisher of an image names: it may lead where a redirect of the image's registry may,
   * and to plain HTTP only where the user says so.
   *
   * @param from the image; undefined for one that is on no registry
   * @throws ActionError `untrusted-host`
   */
  openNamed(reference: Reference, from: Reference | undefined, operation: Operation): ContentStore;
}

/** All registries of a run: each repository with the trust, the scheme and the tokens of its own. */
export function openRegistries(options: RegistryOptions): Registries {
  const { mirrors, tagsFromRegistry, budget, cache } = options;
  const { send, sendOnce } = withFaultTolerance(options);
  const tokens: TokenCache = new Map();
  const downloads = semaphore(maxDownloads);
  const connections = new Map<string, Connection>();
  const transports = new Map<string, RepositoryTransport>();
  const shared = { options, tokens, connections };

  const transportTo = (repository: Repository): RepositoryTransport => {
    const name = nameOf(repository);
    const cached = transports.get(name);
    if (cached !== undefined) return cached;
    const trustIn = ({ registry }: Repository) => trustFor(registry, options);
    const own = repositoryTransport(repository, trustIn(repository), send, shared);
    const mirrored = (mirrors.get(repository.registry) ?? []).map(({ host, prefix }) => {
      const mirror = mirroredRepository(repository.path, host, prefix);
      return { host, send: repositoryTransport(mirror, trustIn(mirror), sendOnce, shared) };
    });
    const transport = withMirrors(own, mirrored, tagsFromRegistry);
    transports.set(name, transport);
    return transport;
  };
  const storeOf = (repository: Repository, transport: RepositoryTransport, operation: Operation) =>
    withCache(
      registryStore({ repository, send: transport, budget, downloads }, operation),
      nameOf(repository),
      cache,
      operation.signal,
    );

  return {
    send,
    open: (reference, operation) => storeOf(reference, transportTo(reference), operation),
    openNamed(reference, from, operation) {
      const unknown = { url: new URL('https://localhost/'), address: undefined };
      const namedBy = (from && connections.get(from.registry)) ?? unknown;
      const trust = trustFor(reference.registry, options, namedBy);
      return storeOf(reference, repositoryTransport(reference, trust, send, shared), operation);
    },
  };
}

/** From the bottom up: a request is held back by rate limits, queued, read whole, sent in the right scheme, and retried. */
function withFaultTolerance({ send, clock = systemClock }: RegistryOptions): { send: Transport; sendOnce: Transport } {
  const limits = rateLimits(clock);
  const limited = withScheme(withWholeBody(withConcurrencyLimit(withRateLimits(send, limits, clock))));
  // A mirror gets one attempt, and is not waited for.
  return { send: withRetries(limited, limits, clock), sendOnce: withScheme(withWholeBody(withConcurrencyLimit(send))) };
}

/** What all repositories of a run share. */
interface SharedState {
  readonly options: RegistryOptions;
  readonly tokens: TokenCache;
  /** The last connection to each registry. */
  readonly connections: Map<string, Connection>;
}

/** Above that, for one repository: redirects are followed and challenges answered. */
function repositoryTransport(
  repository: Repository,
  trust: Trust,
  sendOne: Transport,
  { options, tokens, connections }: SharedState,
): RepositoryTransport {
  const { registry, path: repositoryPath } = repository;
  const host = wireHost(registry);
  const sendRecorded: Transport = async (request) => {
    const response = await sendOne(request);
    if (request.url.host === host) connections.set(registry, response);
    return response;
  };
  const sendBare = withRedirects(sendRecorded, trust);
  const send = withAuth(sendBare, {
    repository,
    trust,
    findCredential: (again) => options.credentials(repository, again),
    sendToken: sendOne,
    tokens,
    keepToken: options.keepToken,
  });
  return async ({ path, search = '', isForRegistry: _, ...request }, operation) => {
    const url = new URL(`${trust.scheme}://${host}/v2/`);
    if (path !== '') url.pathname += `${repositoryPath}/${path}`;
    url.search = search;
    operation.trace(request.phase, `${request.method} ${url.href}`);
    const complete = { headers: {}, ...request, ...operation, url, addressPolicy: trust.registry() };
    return { ...(await (path === '' ? sendBare(complete) : send(complete))), servedBy: host };
  };
}
