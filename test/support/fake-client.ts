import { ActionError } from '../../src/oci/action-error.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import type { RegistryClient } from '../../src/registry/client.ts';
import type { Look } from '../../src/registry/reach.ts';
import type { Fetched } from '../../src/registry/verify.ts';
import type { Blob, Image } from './images.ts';

/** A look without limits and log. */
export const look: Look = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, note: () => {} };

/** A client that has documents in memory, and tells what it was asked for. */
export interface FakeClient extends RegistryClient {
  /** What was asked for, in order: `manifest`, `child DIGEST`, `blob DIGEST`. */
  readonly asked: string[];
}

/** A client for which the first of `documents` is what every reference points to. */
export function fakeClient(documents: readonly Blob[], blobs: readonly Blob[] = []): FakeClient {
  const asked: string[] = [];
  const fetch = (document: Blob | undefined): Fetched => {
    if (document === undefined) throw new ActionError('registry-error', 'It is named, but not there.');
    const { digest, bytes, mediaType } = document;
    return { digest: digest as Digest, bytes, document: parseManifest(bytes, mediaType) };
  };
  const unasked = () => Promise.reject(new Error('Nothing asks for this here.'));
  return {
    asked,
    async manifest() {
      asked.push('manifest');
      return fetch(documents[0]);
    },
    async child(_, { digest }) {
      asked.push(`child ${digest}`);
      return fetch(documents.find((document) => document.digest === digest));
    },
    async blob(_, { digest }) {
      asked.push(`blob ${digest}`);
      const found = blobs.find((blob) => blob.digest === digest);
      if (found === undefined) throw new ActionError('registry-error', 'It is named, but not there.');
      return found.bytes;
    },
    head: unasked,
    blobSize: unasked,
  };
}

/** A client for `top` and what it names: `images` with their configs, and more documents. */
export function clientFor(top: Blob, images: readonly Image[], more: readonly Blob[] = []): FakeClient {
  return fakeClient(
    [top, ...images.map(({ manifest }) => manifest), ...more],
    images.map(({ config }) => config),
  );
}
