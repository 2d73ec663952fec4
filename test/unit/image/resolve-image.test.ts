import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContentStore } from '../../../src/content/store.ts';
import { ActionError } from '../../../src/error.ts';
import { blobsGate } from '../../../src/image/gates/blobs.ts';
import { digestGate } from '../../../src/image/gates/digest.ts';
import type { Gate } from '../../../src/image/gates/gate.ts';
import { imageRounds, type ResolveSettings } from '../../../src/image/resolve-image.ts';
import type { ImageRequest } from '../../../src/image/resolved-image.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { fakeStore, operation, storeOf } from '../../support/fake-store.ts';
import { type Blob, descriptor, type Image, image, index, indexOf } from '../../support/images.ts';
import { rejection } from '../../support/refusals.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const both = index([amd64, arm64]);
const request: ImageRequest = {
  text: 'registry.example/app:1',
  source: { kind: 'registry', reference: parseReference('registry.example/app:1') },
};
const plain: ResolveSettings = {
  platforms: [parsePlatform('linux/amd64')],
  inspect: false,
  gates: [],
  referrers: false,
};

/** Rounds over the stores that `open` gives, one after the other. */
const rounds = (settings: Partial<ResolveSettings>, open: () => ContentStore) => {
  const round = imageRounds(request, { ...plain, ...settings }, open);
  return () => round(operation);
};
const resolve = (settings: Partial<ResolveSettings>, top: Blob = both, images: readonly Image[] = [amd64, arm64]) =>
  rounds(settings, () => storeOf(top, images))();
const failing = (error: ActionError): Gate => ({ input: 'a-gate', judge: () => Promise.reject(error) });

describe('an image that is resolved', () => {
  test('has the digest, the bytes, the platforms and the entries of one moment', async () => {
    const resolved = await resolve({ platforms: ['linux/arm64', 'linux/amd64'].map(parsePlatform) });
    assert.deepEqual(
      [resolved.digest, resolved.bytes, resolved.isIndex, resolved.mediaType, resolved.request],
      [both.digest, both.bytes, true, both.mediaType, request],
    );
    assert.deepEqual(resolved.platforms, ['linux/amd64', 'linux/arm64']);
    assert.deepEqual(
      resolved.entries.map(({ manifestDigest, config }) => [manifestDigest, config]),
      [arm64, amd64].map(({ manifest }) => [manifest.digest, undefined]),
    );
    assert.deepEqual([resolved.approvedDigest, resolved.evidence], [both.digest, []]);
  });

  test('has all platforms in index order where all are requested', async () => {
    const { entries } = await resolve({ platforms: 'all', inspect: true });
    assert.deepEqual(
      entries.map(({ platformText, config }) => [platformText, config?.content?.created]),
      ['linux/amd64', 'linux/arm64'].map((text) => [text, '2026-01-02T03:04:05Z']),
    );
  });

  test('lists the same platforms, whatever else is asked of it', async () => {
    const top = indexOf([descriptor(amd64.manifest, { platform: amd64.platform }), descriptor(arm64.manifest)]);
    for (const settings of [{}, { inspect: true }, { platforms: [parsePlatform('linux/arm64')] }]) {
      assert.deepEqual((await resolve(settings, top)).platforms, ['linux/amd64'], JSON.stringify(settings));
    }
  });

  test('tells what its gates showed, and what may be deployed by them', async () => {
    const gates = [digestGate([amd64.manifest.digest as Digest]), blobsGate()];
    const { evidence, approvedDigest } = await resolve({ gates });
    assert.deepEqual(
      evidence.map((sentence) => sentence.split(':')[0]),
      ['expected-digest holds', 'verify-blobs holds'],
    );
    assert.equal(approvedDigest, amd64.manifest.digest);
  });
});

describe('a later round', () => {
  const gateFailed = new ActionError('gate-failed', 'not yet');

  test('costs a HEAD while nothing has changed, and ends as the last one did', async () => {
    const store = storeOf(both, [amd64, arm64]);
    const round = rounds({ gates: [failing(gateFailed)] }, () => store);
    await assert.rejects(round(), gateFailed);
    store.requests.length = 0;
    await assert.rejects(round(), gateFailed);
    assert.deepEqual(store.requests, ['head 1']);
  });

  test('starts anew when HEAD shows another digest, or none', async () => {
    const later = storeOf(arm64.manifest, [arm64]);
    for (const head of [later.head, async () => ({ digest: undefined, mediaType: undefined })]) {
      let current: ContentStore = storeOf(both, [amd64, arm64]);
      let count = 0;
      const gate: Gate = {
        input: 'a-gate',
        judge() {
          count += 1;
          return count === 1 ? Promise.reject(gateFailed) : Promise.resolve({ faults: [], evidence: 'now' });
        },
      };
      const round = rounds({ gates: [gate], platforms: [parsePlatform('linux/arm64')] }, () => current);
      await assert.rejects(round(), gateFailed);
      current = { ...later, head };
      assert.equal((await round()).digest, arm64.manifest.digest);
    }
  });

  test('judges the same image again where what is missing may have been pushed, without loading it', async () => {
    const store = storeOf(both, [arm64]);
    const complete = storeOf(both, [amd64, arm64]);
    let current: ContentStore = store;
    const round = rounds({}, () => current);
    assert.equal((await rejection('registry-error', round())).cause, 'missing-child');
    current = complete;
    assert.equal((await round()).digest, both.digest);
    assert.deepEqual(complete.requests, ['head 1', `document ${amd64.manifest.digest}`]);
  });

  test('loads the image again where one of its nested indexes was missing', async () => {
    const inner = index([amd64]);
    const top = indexOf([descriptor(inner)]);
    let current: ContentStore = storeOf(top, [amd64]);
    const round = rounds({}, () => current);
    assert.equal((await rejection('registry-error', round())).cause, 'missing-child');
    current = storeOf(top, [amd64], [inner]);
    assert.equal((await round()).entries[0]?.manifestDigest, amd64.manifest.digest);
  });

  test('after one that found nothing begins with what is there now', async () => {
    let current: ContentStore = fakeStore([]);
    const round = rounds({}, () => current);
    await rejection('not-found', round());
    await rejection('not-found', round());
    current = storeOf(both, [amd64, arm64]);
    assert.equal((await round()).digest, both.digest);
  });
});

describe('a config that is missing', () => {
  const store = () => fakeStore([amd64.manifest]);

  test('is a fault that verify-blobs is about, where that is set', async () => {
    const error = await rejection('gate-failed', rounds({ gates: [blobsGate()] }, store)());
    assert.equal(error.cause, 'bad-blob');
    assert.equal(error.message.match(/verify-blobs does not hold/g)?.length, 1);
  });

  test('is registry-error where it is not set', async () => {
    assert.equal((await rejection('registry-error', rounds({}, store)())).cause, 'bad-blob');
  });
});

test('a blob that verify-blobs misses is told once', async () => {
  const { message } = await rejection(
    'gate-failed',
    rounds({ gates: [blobsGate()] }, () => fakeStore([both, amd64.manifest]))(),
  );
  assert.equal(message.match(/verify-blobs does not hold/g)?.length, 1);
});
