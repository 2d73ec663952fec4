import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContentStore } from '../../../src/content/store.ts';
import { ActionError } from '../../../src/error.ts';
import { imageCache, withBaseUpdates, withChanges } from '../../../src/image/compare.ts';
import { loadImage } from '../../../src/image/image.ts';
import { platformImages } from '../../../src/image/platform-image.ts';
import type { ResolvedImage } from '../../../src/image/resolved-image.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import type { ImageSource } from '../../../src/oci/source.ts';
import { fakeStore, operation, storeOf } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, type Image, image, index, indexOf, types } from '../../support/images.ts';
import { rejection } from '../../support/refusals.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const both = index([amd64, arm64]);
const newer = image('linux/amd64', { layers: ['base', 'newer'] });
const source: ImageSource = { kind: 'registry', reference: parseReference('registry.example/other:1') };

/** `top` as it was resolved for these platforms, or for all. */
async function resolved(
  top: Blob,
  images: readonly Image[],
  names: 'all' | readonly string[] = ['linux/amd64'],
): Promise<ResolvedImage> {
  const store = storeOf(top, images);
  const loaded = await loadImage(store, 'latest');
  const platforms = platformImages(loaded, store);
  return {
    request: { text: 'registry.example/app', source },
    exists: true,
    digest: loaded.digest,
    mediaType: loaded.document.mediaType,
    bytes: loaded.bytes,
    isIndex: loaded.entries !== undefined,
    approvedDigest: loaded.digest,
    platforms: await platforms.written(),
    entries: await (names === 'all'
      ? platforms.all(false)
      : Promise.all(names.map((name) => platforms.choose(parsePlatform(name), false)))),
    evidence: [],
    verified: [],
    indexAnnotations: {},
    referrers: undefined,
    servedBy: undefined,
  };
}

describe('an image has changed', () => {
  const changes = async (image: ResolvedImage, other: ContentStore) =>
    (
      await withChanges(
        image,
        source,
        imageCache(() => other),
        operation,
      )
    ).map(({ changed }) => changed);

  test('not where HEAD shows that both are the same, and nothing is fetched', async () => {
    const other = storeOf(both, [amd64, arm64]);
    const image = await resolved(both, [amd64, arm64], ['linux/amd64', 'linux/arm64']);
    assert.deepEqual(await changes(image, other), [false, false]);
    assert.deepEqual(other.requests, ['head 1']);
  });

  test('not where another index names the same manifest, and no manifest is fetched', async () => {
    const other = storeOf(index([amd64, image('linux/s390x')]), []);
    assert.deepEqual(await changes(await resolved(both, [amd64, arm64]), other), [false]);
    assert.deepEqual(other.requests, ['head 1', 'resolve']);
    assert.deepEqual(await changes(await resolved(amd64.manifest, [amd64]), storeOf(both, [])), [false]);
  });

  test('by each platform for itself', async () => {
    const image = await resolved(index([newer, arm64]), [newer, arm64], ['linux/amd64', 'linux/arm64']);
    assert.deepEqual(await changes(image, storeOf(both, [amd64, arm64])), [true, false]);
  });

  test('where the other does not exist, by HEAD or by GET', async () => {
    const image = await resolved(both, [amd64, arm64]);
    assert.deepEqual(await changes(image, fakeStore([])), [true]);
    const vanishing = { ...fakeStore([]), head: async () => ({ digest: undefined, mediaType: undefined }) };
    assert.deepEqual(await changes(image, vanishing), [true]);
  });

  test('where the other does not have the platform', async () => {
    const image = await resolved(both, [amd64, arm64], ['linux/amd64', 'linux/arm64']);
    assert.deepEqual(await changes(image, storeOf(index([arm64]), [arm64])), [true, false]);
  });

  test('not where HEAD tells no digest, and GET finds the same', async () => {
    const other = storeOf(both, [amd64, arm64]);
    const head = async () => ({ digest: undefined, mediaType: undefined });
    assert.deepEqual(await changes(await resolved(both, [amd64, arm64]), { ...other, head }), [false]);
  });

  test('by the requested platform, not by the one that was fallen back to', async () => {
    const [armV6, armV7] = ['linux/arm/v6', 'linux/arm/v7'].map((name) => image(name)) as [Image, Image];
    const old = await resolved(index([armV6]), [armV6], ['linux/arm/v7']);
    assert.deepEqual(await changes(old, storeOf(index([armV6, armV7]), [armV6, armV7])), [true]);
    assert.deepEqual(await changes(old, storeOf(index([armV6, amd64]), [armV6])), [false]);
  });

  test('is an error for any other failure', async () => {
    const image = await resolved(both, [amd64, arm64]);
    for (const code of ['denied', 'registry-error', 'rate-limited', 'network'] as const) {
      const failing = () => Promise.reject(new ActionError(code, 'no'));
      await rejection(code, changes(image, { ...fakeStore([both]), head: failing }));
      const head = async () => ({ digest: undefined, mediaType: undefined });
      await rejection(code, changes(image, { ...fakeStore([both]), head, resolve: failing }));
    }
  });
});

describe('an image needs updating', () => {
  const updates = async (image: ResolvedImage, base: ContentStore, lines: string[] = []) => {
    const images = imageCache(() => base);
    const traced = { ...operation, trace: (_: unknown, line: string) => lines.push(line) };
    return (await withBaseUpdates(image, () => source, images, traced)).map(({ needsUpdating }) => needsUpdating);
  };
  const baseOf = (...layers: string[]) => image('linux/amd64', { layers });
  const app = () => resolved(baseOf('one', 'two', 'own').manifest, [baseOf('one', 'two', 'own')]);
  const base = (...layers: string[]) => storeOf(baseOf(...layers).manifest, [baseOf(...layers)]);

  test('not while its layers begin with all of those of its base', async () => {
    assert.deepEqual(await updates(await app(), base('one', 'two')), [false]);
    assert.deepEqual(await updates(await app(), base('one')), [false]);
    assert.deepEqual(await updates(await app(), base('one', 'two', 'own')), [false]);
  });

  test('where one differs, is in another place, or is missing', async () => {
    for (const layers of [['one', 'other'], ['two', 'one'], ['two'], ['one', 'two', 'own', 'more'], ['own']]) {
      assert.deepEqual(await updates(await app(), base(...layers)), [true], layers.join());
    }
  });

  test('and the log tells how many layers are shared, and what the base is now', async () => {
    const lines: string[] = [];
    await updates(await app(), base('one', 'other'), lines);
    assert.match(lines.join('\n'), /linux\/amd64: 1 of the 2 layers of registry\.example\/other:1 are shared/);
    assert.ok(lines.join('\n').includes(baseOf('one', 'other').manifest.digest));
  });

  test('by each platform for itself', async () => {
    const apps = ['linux/amd64', 'linux/arm64'].map((name) => image(name, { layers: ['one', name] }));
    const bases = [image('linux/amd64', { layers: ['one'] }), image('linux/arm64', { layers: ['two'] })];
    const names = ['linux/amd64', 'linux/arm64'];
    const built = await resolved(index(apps), apps, names);
    assert.deepEqual(await updates(built, storeOf(index(bases), bases)), [false, true]);
  });

  test('is unsupported of a base without layers, and of one that is no image: nothing is built on these', async () => {
    await rejection('unsupported', updates(await app(), base()));
    const config = blob('{}', 'application/vnd.oci.empty.v1+json');
    const [layer] = baseOf('one').layers as [Blob];
    const artifact = blob(
      { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers: [descriptor(layer)] },
      types.manifest,
    );
    const { message } = await rejection('unsupported', updates(await app(), fakeStore([artifact], [config])));
    assert.match(message, /registry\.example\/other:1 is no image with layers/);
  });

  test('is an error where the base, or its platform, does not exist', async () => {
    await rejection('not-found', updates(await app(), fakeStore([])));
    await rejection('platform-not-found', updates(await app(), storeOf(index([arm64]), [arm64])));
  });
});

test('an image that others are compared with is looked up once in a run, by operations of their own', async () => {
  const store = storeOf(both, [amd64, arm64]);
  const opened: unknown[] = [];
  const cache = imageCache((_, own) => {
    opened.push(own);
    return store;
  });
  const [one, two] = [{ ...operation }, { ...operation }];
  await Promise.all([
    cache.load(source, one),
    cache.load(source, two),
    cache.head(source, one),
    cache.head(source, two),
  ]);
  await cache.load(source, two);
  assert.deepEqual(store.requests.sort(), ['head 1', 'resolve']);
  assert.ok(opened.includes(one) && opened.includes(two));
});

test('an index without entries has no platform to compare', async () => {
  const image = await resolved(both, [amd64, arm64]);
  const other = fakeStore([indexOf([])]);
  const entries = await withChanges(
    image,
    source,
    imageCache(() => other),
    operation,
  );
  assert.deepEqual(
    entries.map(({ changed }) => changed),
    [true],
  );
});
