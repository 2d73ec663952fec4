import type { Operation } from '../async/operation.ts';
import type { Semaphore } from '../async/semaphore.ts';
import type { Budget } from '../content/budget.ts';
import type { BlobClaim, ContentStore, VerifiedDocument } from '../content/store.ts';
import { maxDocumentBytes, readDescribed, refuseLarge, verifySize } from '../content/verify.ts';
import { ActionError } from '../error.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { refuseUnsupportedType } from '../oci/document.ts';
import { essence, isIndexType, manifestTypes } from '../oci/media-type.ts';
import { nameOf, type Repository } from '../oci/reference.ts';
import type { Target } from '../oci/source.ts';
import {
  announcedDigests,
  announcedType,
  quoting,
  readAnnounced,
  refuseAnnouncedType,
  verifyAnnounced,
} from './announced.ts';
import { download } from './download.ts';
import { isErrorList, statusError } from './http/response-error.ts';
import { header, isGood, type Response } from './http/transport.ts';
import type { FetchRange } from './range-reader.ts';
import { findReferrers } from './referrers.ts';
import type { RepositoryRequest, RepositoryTransport } from './repository.ts';

/** What the store of a repository works with. */
export interface RegistryStoreOptions {
  readonly repository: Repository;
  readonly send: RepositoryTransport;
  readonly budget: Budget;
  /** The downloads that may be under way in a run. */
  readonly downloads: Semaphore;
}

const accept = manifestTypes.join(', ');

/** Bytes of the response of `GET /v2/`, of which only the status matters. */
const maxBaseBytes = 64 * 1024;

/**
 * The content of one repository.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
export function registryStore(options: RegistryStoreOptions, operation: Operation): ContentStore {
  const { repository, send, budget } = options;
  const { trace } = operation;
  const name = nameOf(repository);
  const get = (path: string, request: Pick<RepositoryRequest, 'phase' | 'headers' | 'isForRegistry'>) =>
    send({ method: 'GET', path, maxBytes: maxDocumentBytes, ...request }, operation);
  const traced = (verified: VerifiedDocument): VerifiedDocument => {
    const { document, bytes, digest } = verified;
    trace(document.kind, `${document.mediaType}, ${bytes.byteLength} bytes: ${digest}, verified`);
    return verified;
  };

  /** Something that responds 404 to everything is no registry, and says nothing about an image. */
  const requireRegistry = async (response: Response): Promise<void> => {
    if (isErrorList(response)) return;
    const base = await send(
      { method: 'GET', path: '', phase: 'index', maxBytes: maxBaseBytes, isForRegistry: true },
      operation,
    );
    if (!isGood(base) && base.status !== 401) throw notRegistry(base);
  };

  const resolve = async (target: Target, isForRegistry: boolean): Promise<VerifiedDocument> => {
    const response = await get(`manifests/${target}`, { headers: { accept }, phase: 'index', isForRegistry });
    if (isMissing(response, target)) {
      await requireRegistry(response);
      throw notFound(response, name, target);
    }
    if (response.status !== 200) throw statusError(response, `GET ${response.url.href}`);
    refuseAnnouncedType(response);
    const digest = verifyAnnounced(response, isDigest(target) ? target : undefined);
    budget.take(digest, response.body.byteLength);
    return traced({ digest, bytes: response.body, document: readAnnounced(response), servedBy: response.servedBy });
  };

  const store: ContentStore = {
    resolve: (target) => resolve(target, false),

    async document(descriptor) {
      const { digest, mediaType } = descriptor;
      refuseUnsupportedType(essence(mediaType));
      refuseLarge(descriptor);
      const phase = isIndexType(mediaType) ? 'index' : 'manifest';
      const response = await get(`manifests/${digest}`, { headers: { accept }, phase });
      if (response.status !== 200) throw unavailable(response, name, digest, 'missing-child');
      refuseAnnouncedType(response);
      verifyAnnounced(response, digest);
      budget.take(digest, response.body.byteLength);
      verifySize(response.body, descriptor);
      const document = quoting(response, () => readDescribed(response.body, descriptor, announcedType(response)));
      return traced({ digest, bytes: response.body, document, servedBy: response.servedBy });
    },

    async blob(descriptor) {
      const { digest } = descriptor;
      refuseLarge(descriptor);
      const response = await get(`blobs/${digest}`, { phase: 'manifest' });
      if (response.status !== 200) throw unavailable(response, name, digest, 'bad-blob');
      verifyAnnounced(response, digest);
      budget.take(digest, response.body.byteLength);
      verifySize(response.body, descriptor);
      trace('manifest', `config ${digest}: ${response.body.byteLength} bytes, verified`);
      return response.body;
    },

    async head(target) {
      const request = { method: 'HEAD', path: `manifests/${target}`, headers: { accept }, phase: 'index' } as const;
      const response = await send({ ...request, maxBytes: 0 }, operation).catch(asDenied);
      if (response?.status === 429) throw statusError(response, `HEAD ${response.url.href}`);
      // Some registries and CDNs refuse HEAD alone: it is never the last word.
      if (response?.status !== 200) {
        const document = await store.resolve(target);
        return { digest: document.digest, mediaType: document.document.mediaType, document };
      }
      return { digest: singleDigest(announcedDigests(response)), mediaType: announcedType(response) };
    },

    stream(descriptor) {
      const fetch: FetchRange = async (range, within) => {
        const headers = range && { range: `bytes=${range.start}-${range.end}` };
        const request = { method: 'GET', path: `blobs/${descriptor.digest}`, phase: 'manifest', maxBytes: 0 } as const;
        const response = await send({ ...request, isStream: true, ...(headers && { headers }) }, within);
        if (isGood(response)) return response;
        throw unavailable(response, name, descriptor.digest, 'bad-blob');
      };
      return download(descriptor, fetch, { operation, slots: options.downloads });
    },

    referrers(subject) {
      // What refers to an image is for the registry itself to say, also by a tag.
      const own = { resolve: (target: Target) => resolve(target, true) };
      return findReferrers(subject, { send, store: own, operation });
    },

    async size({ digest }) {
      const path = `blobs/${digest}`;
      const head = await send({ method: 'HEAD', path, phase: 'manifest', maxBytes: 0 }, operation).catch(asDenied);
      if (head?.status === 429) throw statusError(head, `HEAD ${head.url.href}`);
      const claimed = head?.status === 200 ? lengthOf(head) : undefined;
      if (claimed !== undefined) return { kind: 'present', size: claimed };
      const request = { method: 'GET', path, phase: 'manifest', maxBytes: 0, isStream: true } as const;
      const response = await send(request, operation);
      response.stream?.close();
      return claimOf(response);
    },
  };
  return store;
}

/** A registry that denies HEAD may allow GET. */
function asDenied(error: unknown): undefined {
  if (error instanceof ActionError && error.code === 'denied') return undefined;
  throw error;
}

function claimOf(response: Response): BlobClaim {
  if (response.status === 404) return { kind: 'missing' };
  if (response.status === 429) throw statusError(response, `GET ${response.url.href}`);
  const { host } = response.url;
  if (response.status !== 200) return { kind: 'unknown', why: `${host} responded ${response.status}` };
  const size = lengthOf(response);
  return size === undefined ? { kind: 'unknown', why: `${host} gives no length` } : { kind: 'present', size };
}

function lengthOf(response: Response): number | undefined {
  const length = header(response, 'content-length') ?? '';
  return /^[0-9]+$/.test(length) ? Number(length) : undefined;
}

/** What several headers agree on. */
function singleDigest(digests: readonly Digest[]): Digest | undefined {
  return new Set(digests).size === 1 ? digests[0] : undefined;
}

/**
 * A 404 means missing when it is the response of a manifest endpoint, be it that of another registry that was
 * redirected to. Of a storage host it means that something named is not there.
 */
function isMissing({ status, url }: Response, target: Target): boolean {
  const path = /^\/v2\/.+\/manifests\/([^/]+)$/.exec(url.pathname)?.[1];
  return status === 404 && path === target;
}

function notFound(response: Response, name: string, target: Target): ActionError {
  const image = `${name}${isDigest(target) ? '@' : ':'}${target}`;
  return statusError(response, `${image} does not exist`).with({
    code: 'not-found',
    advice:
      'Check the spelling of repository and tag, and whether its push has finished. To wait for it set wait-timeout; to go on without it set fail-on-missing: false.',
  });
}

function notRegistry(response: Response): ActionError {
  return statusError(
    response,
    `${response.url.host} does not look like a registry: it responds 404 to a manifest, and to GET /v2/ neither 2xx nor 401`,
  ).with({ code: 'registry-error', advice: 'Check the host in the reference, and what serves it.' });
}

/** A child or blob is named by a document that the registry serves: that it is not there is the registry's fault. */
function unavailable(
  response: Response,
  name: string,
  digest: Digest,
  cause: 'missing-child' | 'bad-blob',
): ActionError {
  if (response.status !== 404) return statusError(response, `GET ${response.url.href}`);
  return statusError(response, `${name} names ${digest}, but the registry does not have it`).with({ cause });
}
