import { ActionError } from '../oci/action-error.ts';
import type { Digest } from '../oci/digest.ts';
import { type Descriptor, refuseUnsupportedType } from '../oci/manifest.ts';
import { essence, isManifestType, kindOf, manifestTypes } from '../oci/media-type.ts';
import { formatReference, nameOf, type Reference, type Repository } from '../oci/reference.ts';
import { statusError } from './error.ts';
import type { Look, Reach } from './reach.ts';
import { shared } from './shared.ts';
import { header, type Phase, type Response } from './transport.ts';
import {
  announcedDigests,
  documentLimit,
  type Fetched,
  refuseLarge,
  verifyBlob,
  verifyChild,
  verifyDocument,
} from './verify.ts';

/** Bytes that all documents of a run may have together: many hundred images, and less than the memory of a runner. */
const runLimit = 20 * 1024 * 1024;

/** The reason of the error for a blob that is named and not there, or not as it is described: it may still be pushed. */
export const badBlob = 'bad-blob';

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

/**
 * Makes a client for all the registries of a run.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
export function registryClient(reach: Reach): RegistryClient {
  const documents = new Map<string, Promise<Fetched>>();
  const blobs = new Map<string, Promise<Uint8Array>>();
  let room = runLimit;

  const refuseOverflow = (): void => {
    if (room < 0) throw new ActionError('too-large', `The documents of this step have more than ${runLimit} bytes.`);
  };

  /** Counts a body before anything is made of it. */
  const account = (response: Response): Response => {
    room -= response.body.byteLength;
    refuseOverflow();
    return response;
  };

  const getDocument = async (repository: Repository, target: string, phase: Phase, look: Look): Promise<Response> => {
    refuseOverflow();
    const headers = { accept: manifestTypes.join(', ') };
    return reach(
      repository,
      { method: 'GET', path: `manifests/${target}`, headers, phase, limit: documentLimit },
      look,
    );
  };

  const noted = (fetched: Fetched, phase: Phase, look: Look): Fetched => {
    look.note(phase, `${fetched.document.mediaType}, ${fetched.bytes.byteLength} bytes: ${fetched.digest}, verified`);
    return fetched;
  };

  return {
    manifest(reference, look) {
      const fetch = async () => {
        const response = await getDocument(reference, targetOf(reference), 'index', look);
        if (isMissing(response, reference)) throw notFound(response, reference);
        if (response.status !== 200) throw statusError(response, `GET ${response.url.href}`);
        return noted(verifyDocument(account(response), reference.digest), 'index', look);
      };
      if (reference.digest === undefined) return fetch();
      return shared(documents, `${nameOf(reference)}@${reference.digest}`, look.signal, fetch);
    },

    child(repository, descriptor, look) {
      const { mediaType, digest, size } = descriptor;
      const phase = isManifestType(mediaType) && kindOf(mediaType) === 'index' ? 'index' : 'manifest';
      return shared(documents, `${nameOf(repository)}@${digest} ${mediaType} ${size}`, look.signal, async () => {
        refuseUnsupportedType(essence(mediaType));
        refuseLarge(descriptor);
        const response = await getDocument(repository, digest, phase, look);
        if (response.status !== 200) throw childError(response, repository, descriptor);
        return noted(verifyChild(account(response), descriptor), phase, look);
      });
    },

    blob(repository, descriptor, look) {
      const { digest, size } = descriptor;
      return shared(blobs, `${nameOf(repository)}@${digest} ${size}`, look.signal, async () => {
        refuseLarge(descriptor);
        refuseOverflow();
        const request = { method: 'GET', path: `blobs/${digest}`, phase: 'manifest', limit: documentLimit } as const;
        const response = await reach(repository, request, look);
        if (response.status !== 200) throw blobError(response, repository, descriptor);
        const bytes = verifyBlob(account(response), descriptor);
        look.note('manifest', `config ${digest}: ${bytes.byteLength} bytes, verified`);
        return bytes;
      });
    },

    async head(reference, look) {
      const path = `manifests/${targetOf(reference)}`;
      const headers = { accept: manifestTypes.join(', ') };
      const response = await reach(reference, { method: 'HEAD', path, headers, phase: 'index', limit: 0 }, look);
      if (isMissing(response, reference)) return { exists: false };
      const isUnsupported = response.status === 405 || response.status === 501;
      if (response.status !== 200 && !isUnsupported) throw statusError(response, `HEAD ${response.url.href}`);
      return { exists: true, digest: isUnsupported ? undefined : singleDigest(announcedDigests(response)) };
    },

    async blobSize(repository, descriptor, look) {
      const path = `blobs/${descriptor.digest}`;
      const response = await reach(repository, { method: 'HEAD', path, phase: 'manifest', limit: 0 }, look);
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw statusError(response, `HEAD ${response.url.href}`);
      const length = header(response, 'content-length') ?? '';
      return /^[0-9]+$/.test(length) ? Number(length) : Number.NaN;
    },
  };
}

/** The tag or digest by which a reference is fetched: the digest where it has both. */
function targetOf(reference: Reference): string {
  return reference.digest ?? (reference.tag as string);
}

/** What several headers agree on. */
function singleDigest(digests: readonly Digest[]): Digest | undefined {
  return new Set(digests).size === 1 ? digests[0] : undefined;
}

/**
 * A 404 means missing when it is the answer of a manifest endpoint, be it that of another registry that was redirected
 * to. Of a storage host it means that something named is not there.
 */
function isMissing({ status, url }: Response, reference: Reference): boolean {
  const asked = /^\/v2\/.+\/manifests\/([^/]+)$/.exec(url.pathname)?.[1];
  return status === 404 && asked === targetOf(reference);
}

function notFound(response: Response, reference: Reference): ActionError {
  return statusError(response, `${formatReference(reference)} does not exist`).with({
    code: 'not-found',
    advice:
      'Check the spelling of repository and tag, and whether its push has finished. To wait for it set wait-timeout; to go on without it set fail-on-missing: false.',
  });
}

function blobError(response: Response, repository: Repository, descriptor: Descriptor): ActionError {
  const error = childError(response, repository, descriptor);
  return response.status === 404 ? error.with({ reason: badBlob }) : error;
}

/** A child or blob is named by a document that the registry serves: that it is not there is the registry's fault. */
function childError(response: Response, repository: Repository, { digest }: Descriptor): ActionError {
  if (response.status !== 404) return statusError(response, `GET ${response.url.href}`);
  return statusError(response, `${nameOf(repository)} names ${digest}, but the registry does not have it`);
}
