import { singleFlight } from '../async/single-flight.ts';
import { isDigest } from '../oci/digest.ts';
import type { ContentStore, VerifiedDocument } from './store.ts';

/** The documents and blobs of a run, or what is under way to fetch them, by store and descriptor. */
export interface ContentCache {
  readonly documents: Map<string, Promise<VerifiedDocument>>;
  readonly blobs: Map<string, Promise<Uint8Array>>;
}

/** An empty cache. */
export function contentCache(): ContentCache {
  return { documents: new Map(), blobs: new Map() };
}

/**
 * Fetches each digest once in a run. A tag may move, so it is looked up each time.
 *
 * @param name what the store is of, apart from others in the cache
 * @param signal ends the operation that the store is bound to
 */
export function withCache(store: ContentStore, name: string, cache: ContentCache, signal: AbortSignal): ContentStore {
  const { documents, blobs } = cache;
  return {
    ...store,
    resolve(target) {
      if (!isDigest(target)) return store.resolve(target);
      return singleFlight(documents, `${name}@${target}`, signal, () => store.resolve(target));
    },
    document(descriptor) {
      const { digest, mediaType, size } = descriptor;
      const key = `${name}@${digest} ${mediaType} ${size}`;
      return singleFlight(documents, key, signal, () => store.document(descriptor));
    },
    blob(descriptor) {
      const key = `${name}@${descriptor.digest} ${descriptor.size}`;
      return singleFlight(blobs, key, signal, () => store.blob(descriptor));
    },
  };
}
