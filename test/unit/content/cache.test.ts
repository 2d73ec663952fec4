import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentCache, withCache } from '../../../src/content/cache.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { fakeStore, storeOf } from '../../support/fake-store.ts';
import { type Blob, image, index } from '../../support/images.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const top = index([amd64, arm64]);
const { signal } = new AbortController();
const describing = ({ digest, mediaType, bytes }: Blob, size = bytes.length): Descriptor => ({
  digest: digest as Digest,
  mediaType,
  size,
});

function cached(cache = contentCache(), name = 'registry.example/a') {
  const store = storeOf(top, [amd64, arm64]);
  return { ...withCache(store, name, cache, signal), requests: store.requests };
}

test('a tag is looked up each time, as it may move, and a digest once', async () => {
  const { resolve, requests } = cached();
  await resolve('latest');
  await resolve('latest');
  assert.equal(requests.length, 2);
  await Promise.all([resolve(top.digest as Digest), resolve(top.digest as Digest)]);
  await resolve(top.digest as Digest);
  assert.equal(requests.length, 3);
});

test('a document and a blob are fetched once for all who describe them alike', async () => {
  const { document, blob, requests } = cached();
  for (let times = 0; times < 3; times += 1) {
    await Promise.all([document(describing(amd64.manifest)), blob(describing(amd64.config))]);
  }
  assert.deepEqual(requests, [`document ${amd64.manifest.digest}`, `blob ${amd64.config.digest}`]);
});

test('one that is described otherwise is fetched again, as the description is verified', async () => {
  const { document, blob, requests } = cached();
  await document(describing(amd64.manifest));
  await document(describing(amd64.manifest, 1));
  await document({ ...describing(amd64.manifest), mediaType: 'x/y' });
  await blob(describing(amd64.config));
  await blob(describing(amd64.config, 1));
  assert.equal(requests.length, 5);
});

test('a failure is not kept', async () => {
  const store = fakeStore([top]);
  const { document, blob } = withCache(store, 'a', contentCache(), signal);
  for (let times = 0; times < 2; times += 1) {
    await assert.rejects(document(describing(amd64.manifest)), { cause: 'missing-child' });
    await assert.rejects(blob(describing(amd64.config)), { cause: 'bad-blob' });
  }
  assert.equal(store.requests.length, 4);
});

test('operations share what was fetched, and repositories share nothing', async () => {
  const cache = contentCache();
  const [one, two, other] = [cached(cache), cached(cache), cached(cache, 'registry.example/b')];
  for (const store of [one, two, other]) await store.blob(describing(amd64.config));
  assert.deepEqual(
    [one, two, other].map(({ requests }) => requests.length),
    [1, 0, 1],
  );
});

test('claims are never kept', async () => {
  const { head, size, requests } = cached();
  for (let times = 0; times < 2; times += 1) {
    await head(top.digest as Digest);
    await size(describing(amd64.config));
  }
  assert.equal(requests.length, 4);
});
