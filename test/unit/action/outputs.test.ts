import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outputsOf } from '../../../src/action/outputs.ts';
import { resultsOf } from '../../../src/action/results.ts';
import type { SavedFiles } from '../../../src/action/saved-files.ts';
import { digestGate } from '../../../src/image/gates/digest.ts';
import { imageRounds, type ResolveSettings } from '../../../src/image/resolve-image.ts';
import type { MissingImage, ResolvedImage } from '../../../src/image/resolved-image.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { type Platform, parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { operation, storeOf } from '../../support/fake-store.ts';
import { image, index } from '../../support/images.ts';
import { failsWith } from '../../support/transport.ts';

const amd64 = image('linux/amd64', { annotations: { note: 'a "b"' } });
const arm64 = image('linux/arm64');
const top = index([amd64, arm64]);
const request = {
  text: 'o/app:v1',
  source: { kind: 'registry', reference: parseReference('ghcr.io/o/app:v1') },
} as const;
const gone: MissingImage = { request, exists: false };
const files: SavedFiles = { pathOf: (digest) => `/temp/${digest}`, write: () => '', discard: () => undefined };
const [onAmd64, onArm64] = ['linux/amd64', 'linux/arm64'].map(parsePlatform) as [Platform, Platform];

type Setup = Partial<ResolveSettings>;

function resolve(settings: Setup = {}, document = top): Promise<ResolvedImage> {
  const all = { platforms: [onAmd64], inspect: false, gates: [], referrers: false, ...settings };
  return imageRounds(request, all, () => storeOf(document, [amd64, arm64]))(operation);
}

/** The outputs for these images, as far as names and values go. */
function outputs(
  images: readonly (ResolvedImage | MissingImage)[],
  { platforms = [onAmd64], inspect = false }: Setup = {},
) {
  const results = images.map((one) => resultsOf(one, files, { platforms, inspect, mirrors: new Map() }));
  const isOnePlatform = platforms !== 'all' && platforms.length === 1;
  return outputsOf(images, results, files, { isOnePlatform, layoutPath: '' });
}

const describing = ['manifest-digest', 'config-digest', 'layer-digests', 'layers', 'platform', 'size', 'annotations'];

describe('the outputs of one image and one platform', () => {
  test('describe the image and its manifest', async () => {
    const set = outputs([await resolve()]);
    assert.deepEqual(
      [set.exists, set.digest, set['index-digest'], set['manifest-digest'], set['config-digest']],
      ['true', top.digest, top.digest, amd64.manifest.digest, amd64.config.digest],
    );
    assert.deepEqual([set.name, set.reference], ['ghcr.io/o/app', `ghcr.io/o/app@${top.digest}`]);
    assert.deepEqual([set.platform, set.platforms], ['linux/amd64', '["linux/amd64","linux/arm64"]']);
    assert.equal(set['index-path'], `/temp/${top.digest}`);
    assert.deepEqual(JSON.parse(set.annotations ?? ''), { note: 'a "b"' });
    assert.match(set.annotations ?? '', /^[A-Za-z0-9_./:@+=,\-\\{}[\]"]*$/);
    for (const name of ['labels', 'created', 'diff-ids', 'config-path', 'changed', 'needs-updating', 'error-code']) {
      assert.equal(name in set, false, name);
    }
  });

  test('describe the config where it was inspected', async () => {
    const set = outputs([await resolve({ inspect: true })], { inspect: true });
    assert.equal(set.created, '2026-01-02T03:04:05Z');
    assert.equal(set['config-path'], `/temp/${amd64.config.digest}`);
    assert.deepEqual(JSON.parse(set.labels ?? ''), { 'org.opencontainers.image.revision': '1a2b3c' });
  });

  test('of a single manifest have no index', async () => {
    const set = outputs([await resolve({}, amd64.manifest)]);
    assert.deepEqual([set['index-digest'], set['index-path']], ['', '']);
    assert.equal(set.digest, set['manifest-digest']);
  });
});

describe('the reference that may be deployed', () => {
  test("is the platform's manifest where that alone was approved", async () => {
    const gates = [digestGate([amd64.manifest.digest as Digest])];
    const image = await resolve({ gates });
    const set = outputs([image]);
    assert.equal(set.reference, `ghcr.io/o/app@${amd64.manifest.digest}`);
    assert.equal(JSON.parse(set.results ?? '')[0].reference, set.reference);
  });

  test('is empty where several manifests were approved', async () => {
    const gates = [digestGate([amd64.manifest.digest, arm64.manifest.digest] as Digest[])];
    const platforms = [onAmd64, onArm64];
    const set = outputs([await resolve({ gates, platforms })], { platforms });
    assert.equal(set.reference, '');
  });
});

describe('outputs that describe one manifest are left unset', () => {
  test('for several platforms, also where all are just one', async () => {
    for (const platforms of [[onAmd64, onArm64], 'all'] as const) {
      const set = outputs([await resolve({ platforms })], { platforms });
      for (const name of describing) assert.equal(name in set, false, name);
      assert.equal(set.digest, top.digest);
      assert.equal(JSON.parse(set.results ?? '').length, 2);
    }
    const single = outputs([await resolve({ platforms: 'all' }, amd64.manifest)], { platforms: 'all' });
    assert.equal('manifest-digest' in single, false);
  });

  test('for several images, and so are those that describe one image', async () => {
    const image = await resolve();
    const set = outputs([image, image]);
    assert.deepEqual(Object.keys(set).sort(), ['exists', 'results']);
    assert.equal(JSON.parse(set.results ?? '').length, 2, 'a line that repeats another has a row of its own');
  });

  test('for an image that does not exist, which has rows all the same', () => {
    const set = outputs([gone], { platforms: [onAmd64, onArm64] });
    assert.deepEqual(Object.keys(set).sort(), ['exists', 'results']);
    assert.equal(set.exists, 'false');
    assert.deepEqual(JSON.parse(set.results ?? ''), [
      { image: 'o/app:v1', exists: false, name: 'ghcr.io/o/app', tag: 'v1', platform: 'linux/amd64' },
      { image: 'o/app:v1', exists: false, name: 'ghcr.io/o/app', tag: 'v1', platform: 'linux/arm64' },
    ]);
    assert.equal(JSON.parse(outputs([gone], { platforms: 'all' }).results ?? '').length, 1);
  });
});

test('an image of several that does not exist makes exists false', async () => {
  assert.equal(outputs([await resolve(), gone]).exists, 'false');
});

test('outputs of more than 16 MiB together are too-large, though each of them is not', async () => {
  const annotations = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`a${at}`, 'x'.repeat(1024 * 1024)]));
  const image = await resolve();
  const [entry] = image.entries;
  assert.ok(entry);
  const large = { ...image, entries: [{ ...entry, manifest: { ...entry.manifest, annotations } }] };
  assert.ok(outputs([large]).annotations);
  const huge = { ...large, platforms: [`x${'y'.repeat(3 * 1024 * 1024)}`] };
  assert.throws(() => outputs([huge]), failsWith('too-large', 'several steps'));
});

test('a comparison is an output where there was one', async () => {
  const image = await resolve();
  const compared = {
    ...image,
    entries: image.entries.map((entry) => ({ ...entry, changed: true, needsUpdating: false })),
  };
  const set = outputs([compared]);
  assert.deepEqual([set.changed, set['needs-updating']], ['true', 'false']);
});
