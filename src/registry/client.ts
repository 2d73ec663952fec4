import { ActionError } from '../oci/action-error.ts';
import { algorithmOf, type Digest, digestOf, isDigest } from '../oci/digest.ts';
import { type Descriptor, type Index, type Manifest, parseManifest } from '../oci/manifest.ts';
import { essence, isGenericType, isManifestType, kindOf, manifestTypes } from '../oci/media-type.ts';
import { formatReference, nameOf, type Reference, type Repository, wireHost } from '../oci/reference.ts';
import { nameClass } from './address.ts';
import { type TokenCache, withAuth } from './auth.ts';
import type { CredentialStore } from './credentials/store.ts';
import { statusError } from './error.ts';
import { withRedirects } from './redirect.ts';
import { header, type Note, type Phase, type Request, type Response, type Transport } from './transport.ts';
import { type AuthHosts, type Trust, trustFor } from './trust.ts';

/** Bytes that a manifest, an index or an image config may have, as in the reference implementations. */
const documentLimit = 4 * 1024 * 1024;

/** The reason of the error for a blob that is named and not there. */
export const missingBlob = 'missing-blob';

/** The limits and the log of one look at a registry. */
export interface Look {
  readonly signal: AbortSignal;
  /** When `signal` will fire, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly note: Note;
}

/** Verified bytes and what they say. */
export interface Fetched {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly document: Index | Manifest;
}

/** What HEAD tells of a reference: a claim of the registry, not verified. */
export type Head = { readonly exists: false } | { readonly exists: true; readonly digest: Digest | undefined };

/** Reads from registries. All bytes that it gives out are those that their digest names. */
export interface RegistryClient {
  /** What `reference` points to. Throws `not-found` for a 404, and for nothing else. */
  manifest(reference: Reference, look: Look): Promise<Fetched>;
  /** What an entry of an index points to. It is named, so its absence is `registry-error`. */
  child(repository: Repository, descriptor: Descriptor, look: Look): Promise<Fetched>;
  /** A blob of at most 4 MiB. Its absence is `registry-error`. */
  blob(repository: Repository, descriptor: Descriptor, look: Look): Promise<Uint8Array>;
  /** Whether `reference` exists, and as what, at the cost of no pull. */
  head(reference: Reference, look: Look): Promise<Head>;
  /** The size in bytes that the registry states for a blob; undefined when it lacks the blob, `NaN` when it states none. */
  blobSize(repository: Repository, descriptor: Descriptor, look: Look): Promise<number | undefined>;
}

/** What a client is made of. */
export interface ClientOptions {
  /** Sends single requests, retried and limited; redirects and challenges are answered here. */
  readonly send: Transport;
  readonly credentials: CredentialStore;
  readonly authHosts: AuthHosts;
  /** Registries that may be spoken to over plain HTTP, besides loopback. */
  readonly plainHttp: ReadonlySet<string>;
  readonly keepToken: (token: string) => void;
}

/**
 * Makes a client for all the registries of a run.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
export function registryClient(options: ClientOptions): RegistryClient {
  const reach = repositoryReach(options);
  const cache = new Map<string, Promise<Fetched>>();

  const manifestRequest = (repository: Repository, target: string, look: Look, phase: Phase): Promise<Response> =>
    reach(repository, {
      ...look,
      method: 'GET',
      path: `manifests/${target}`,
      headers: { accept: manifestTypes.join(', ') },
      phase,
    });

  const remember = (key: string, fetch: () => Promise<Fetched>): Promise<Fetched> => {
    const fetched = cache.get(key) ?? fetch();
    cache.set(key, fetched);
    fetched.catch(() => cache.delete(key));
    return fetched;
  };

  return {
    manifest(reference, look) {
      const fetch = async () => {
        const response = await manifestRequest(reference, targetOf(reference), look, 'index');
        if (response.status === 404) throw notFound(response, reference);
        return verified(response, reference.digest, look, 'index');
      };
      return reference.digest === undefined ? fetch() : remember(`${nameOf(reference)}@${reference.digest}`, fetch);
    },

    child(repository, descriptor, look) {
      const phase =
        isManifestType(descriptor.mediaType) && kindOf(descriptor.mediaType) === 'index' ? 'index' : 'manifest';
      return remember(
        `${nameOf(repository)}@${descriptor.digest} ${descriptor.mediaType} ${descriptor.size}`,
        async () => {
          refuseLarge(descriptor);
          const response = await manifestRequest(repository, descriptor.digest, look, phase);
          if (response.status !== 200) throw childError(response, repository, descriptor);
          return asDescribed(verified(response, descriptor.digest, look, phase, descriptor.mediaType), descriptor);
        },
      );
    },

    async blob(repository, descriptor, look) {
      refuseLarge(descriptor);
      const request = { ...look, method: 'GET', path: `blobs/${descriptor.digest}`, phase: 'manifest' } as const;
      const response = await reach(repository, request);
      if (response.status !== 200) throw blobError(response, repository, descriptor);
      checkDigest(response, descriptor.digest);
      checkSize(response.body, descriptor);
      look.note('manifest', `config ${descriptor.digest}: ${response.body.byteLength} bytes, verified`);
      return response.body;
    },

    async head(reference, look) {
      const response = await reach(reference, {
        ...look,
        method: 'HEAD',
        path: `manifests/${targetOf(reference)}`,
        headers: { accept: manifestTypes.join(', ') },
        phase: 'index',
      });
      if (response.status === 404) return { exists: false };
      const isUnsupported = response.status === 405 || response.status === 501;
      if (response.status !== 200 && !isUnsupported) {
        throw statusError(response, `HEAD ${response.url.href}`);
      }
      return { exists: true, digest: isUnsupported ? undefined : announcedDigest(response) };
    },

    async blobSize(repository, descriptor, look) {
      const path = `blobs/${descriptor.digest}`;
      const response = await reach(repository, { ...look, method: 'HEAD', path, phase: 'manifest' });
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw statusError(response, `HEAD ${response.url.href}`);
      const length = header(response, 'content-length') ?? '';
      return /^[0-9]+$/.test(length) ? Number(length) : Number.NaN;
    },
  };
}

/** A request within a repository. */
interface RepositoryRequest extends Look {
  readonly method: 'GET' | 'HEAD';
  /** Below `/v2/PATH/`; holds nothing but tags and digests that were checked. */
  readonly path: string;
  readonly headers?: Request['headers'];
  readonly phase: Phase;
}

/** Sends requests to repositories, each with the trust, the scheme and the tokens of its own. */
function repositoryReach(options: ClientOptions) {
  const tokens: TokenCache = new Map();
  const trusts = new Map<string, Trust>();
  const transports = new Map<string, Transport>();
  const send = options.send;

  const transportFor = (repository: Repository): Transport => {
    const name = nameOf(repository);
    const trust = trusts.get(repository.registry) ?? trustFor(repository.registry, options.authHosts);
    trusts.set(repository.registry, trust);
    const transport =
      transports.get(name) ??
      withAuth(withRedirects(send, trust), {
        repository,
        trust,
        credential: () => options.credentials(repository),
        sendToken: send,
        tokens,
        keepSecret: options.keepToken,
      });
    transports.set(name, transport);
    return transport;
  };

  return async (repository: Repository, request: RepositoryRequest): Promise<Response> => {
    const transport = transportFor(repository);
    const checkAddresses = (trusts.get(repository.registry) as Trust).registry();
    const isPlain = options.plainHttp.has(repository.registry) || isLoopback(repository.registry);
    const url = new URL(`${isPlain ? 'http' : 'https'}://${wireHost(repository.registry)}`);
    url.pathname = `/v2/${repository.path}/${request.path}`;
    request.note(request.phase, `${request.method} ${url.href}`);
    return transport({ headers: {}, ...request, url, limit: documentLimit, checkAddresses });
  };
}

function isLoopback(registry: string): boolean {
  const { hostname } = new URL(`http://${registry}`);
  return nameClass(hostname.replace(/^\[(.*)\]$/, '$1')) === 'loopback';
}

function targetOf(reference: Reference): string {
  return reference.digest ?? reference.tag ?? 'latest';
}

function verified(
  response: Response,
  asked: Digest | undefined,
  look: Look,
  phase: Phase,
  describedAs?: string,
): Fetched {
  if (response.status !== 200) throw statusError(response, `GET ${response.url.href}`);
  const digest = checkDigest(response, asked);
  const announced = header(response, 'content-type');
  const document = parseManifest(
    response.body,
    isGenericType(essence(announced)) ? (describedAs ?? announced) : announced,
  );
  look.note(phase, `${document.mediaType}, ${response.body.byteLength} bytes: ${digest}, verified`);
  return { digest, bytes: response.body, document };
}

/**
 * Computes the digest of a body. It must be the one that was asked for (GHSA-qv35-3gw6-8q4j) and the one that the
 * registry announces, if it announces one that is well-formed.
 */
function checkDigest(response: Response, asked: Digest | undefined): Digest {
  for (const expected of [asked, announcedDigest(response)]) {
    if (expected === undefined) continue;
    const actual = digestOf(response.body, algorithmOf(expected));
    if (actual === expected) continue;
    const origin = expected === asked ? 'asked for' : 'announced by Docker-Content-Digest';
    throw new ActionError(
      'digest-mismatch',
      `${response.url.href}: the bytes have ${actual}; ${origin} was ${expected}.`,
      {
        advice:
          'The registry, or something between it and the runner, serves wrong bytes. Do not use this image from there.',
      },
    );
  }
  return asked ?? digestOf(response.body);
}

function announcedDigest(response: Response): Digest | undefined {
  const values = response.headers['docker-content-digest'] ?? [];
  const [value] = values;
  return values.length === 1 && value !== undefined && isDigest(value) ? value : undefined;
}

function checkSize(bytes: Uint8Array, { digest, size }: Descriptor): void {
  if (bytes.byteLength === size) return;
  throw new ActionError('size-mismatch', `${digest} has ${bytes.byteLength} bytes; its descriptor says ${size}.`, {
    advice: 'The image is malformed. Push it again.',
  });
}

function asDescribed(fetched: Fetched, descriptor: Descriptor): Fetched {
  checkSize(fetched.bytes, descriptor);
  if (fetched.document.mediaType === descriptor.mediaType) return fetched;
  throw new ActionError(
    'invalid-manifest',
    `${descriptor.digest} is ${fetched.document.mediaType}; its descriptor says "${descriptor.mediaType}".`,
  );
}

function refuseLarge({ digest, size }: Descriptor): void {
  if (size <= documentLimit) return;
  throw new ActionError(
    'too-large',
    `${digest} has ${size} bytes by its descriptor; at most ${documentLimit} are read.`,
  );
}

function notFound(response: Response, reference: Reference): ActionError {
  return statusError(response, `${formatReference(reference)} does not exist`).with({
    code: 'not-found',
    advice: 'Check the spelling of repository and tag, and whether the push of the image has finished.',
  });
}

function blobError(response: Response, repository: Repository, descriptor: Descriptor): ActionError {
  const error = childError(response, repository, descriptor);
  return response.status === 404 ? error.with({ reason: missingBlob }) : error;
}

/** A child or blob is named by a document that the registry serves: that it is not there is the registry's fault. */
function childError(response: Response, repository: Repository, { digest }: Descriptor): ActionError {
  if (response.status !== 404) return statusError(response, `GET ${response.url.href}`);
  return statusError(response, `${nameOf(repository)} names ${digest}, but the registry does not have it`);
}
