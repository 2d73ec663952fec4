import type { Operation } from '../../src/async/operation.ts';
import type { BlobClaim, ContentStore, VerifiedDocument } from '../../src/content/store.ts';
import { ActionError } from '../../src/error.ts';
import { type Digest, isDigest } from '../../src/oci/digest.ts';
import { parseDocument } from '../../src/oci/document.ts';
import type { Blob, Image } from './images.ts';

/** An operation without limits and log. */
export const operation: Operation = {
  signal: new AbortController().signal,
  deadline: Number.POSITIVE_INFINITY,
  attemptMs: 30_000,
  trace: () => undefined,
};

/** A store that has documents in memory, and tells what was requested. */
export interface FakeStore extends ContentStore {
  /** In order: `resolve`, `document DIGEST`, `blob DIGEST`, `head TARGET`, `size DIGEST`, … */
  readonly requests: string[];
}

/** A store in which the first of `documents` is what every tag points to. */
export function fakeStore(documents: readonly Blob[], blobs: readonly Blob[] = []): FakeStore {
  const requests: string[] = [];
  const byTarget = (target: string) =>
    isDigest(target) ? documents.find(({ digest }) => digest === target) : documents[0];
  const verified = ({ digest, bytes, mediaType }: Blob): VerifiedDocument => ({
    digest: digest as Digest,
    bytes,
    document: parseDocument(bytes, mediaType),
  });
  return {
    requests,
    async resolve(target) {
      requests.push('resolve');
      return verified(byTarget(target) ?? absent('not-found'));
    },
    async document({ digest }) {
      requests.push(`document ${digest}`);
      return verified(
        documents.find((document) => document.digest === digest) ?? absent('registry-error', 'missing-child'),
      );
    },
    async blob({ digest }) {
      requests.push(`blob ${digest}`);
      return (blobs.find((blob) => blob.digest === digest) ?? absent('registry-error', 'bad-blob')).bytes;
    },
    async *stream({ digest }) {
      requests.push(`stream ${digest}`);
      yield (blobs.find((blob) => blob.digest === digest) ?? absent('registry-error', 'bad-blob')).bytes;
    },
    async head(target) {
      requests.push(`head ${target}`);
      const { digest, mediaType } = byTarget(target) ?? absent('not-found');
      return { digest: digest as Digest, mediaType };
    },
    async referrers(subject) {
      requests.push(`referrers ${subject}`);
      return { referrers: [], errors: [], overflow: undefined };
    },
    async size({ digest }): Promise<BlobClaim> {
      requests.push(`size ${digest}`);
      const blob = blobs.find((candidate) => candidate.digest === digest);
      return blob === undefined ? { kind: 'missing' } : { kind: 'present', size: blob.bytes.length };
    },
  };
}

function absent(code: 'not-found' | 'registry-error', cause?: 'missing-child' | 'bad-blob'): never {
  throw new ActionError(code, 'It is not there.', { cause });
}

/** A store of `top` and what it names: `images` with their configs and layers, and more documents. */
export function storeOf(top: Blob, images: readonly Image[], more: readonly Blob[] = []): FakeStore {
  return fakeStore(
    [top, ...images.map(({ manifest }) => manifest), ...more],
    images.flatMap(({ config, layers }) => [config, ...layers]),
  );
}
