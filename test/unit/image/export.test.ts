import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../../src/error.ts';
import type { PlatformImage, ResolvedImage } from '../../../src/image/resolved-image.ts';
import { attestationOf, foreignType } from '../../support/attestations.ts';
import { exported, type MemoryTarget, memoryTarget } from '../../support/exports.ts';
import { type FakeStore, fakeStore, storeOf } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, type Image, image, index, indexOf, types } from '../../support/images.ts';
import { failsWith } from '../../support/transport.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const both = index([amd64, arm64]);
const plain = () => fakeStore([amd64.manifest], blobsOf(amd64));
const indexed = () => storeOf(both, [amd64, arm64]);

function blobsOf(...images: Image[]): Blob[] {
  return images.flatMap(({ config, layers }) => [config, ...layers]);
}

const digests = (blobs: readonly Blob[]) => sorted(new Set(blobs.map(({ digest }) => digest)));
const sorted = (keys: Iterable<string>) => [...keys].sort();
const layoutNamesOf = (images: readonly ResolvedImage[]) =>
  images.flatMap(({ entries }) => entries.map(({ layoutName }: PlatformImage) => layoutName));

/** The entries of a finished layout. */
function entriesOf({ entries, isDiscarded }: MemoryTarget): Record<string, unknown>[] {
  assert.ok(entries, 'it is finished');
  assert.equal(isDiscarded, false);
  return entries as Record<string, unknown>[];
}

/** A store whose streams do something else. */
function withStreams(store: FakeStore, stream: FakeStore['stream']): FakeStore {
  return { ...store, stream };
}

describe('what is exported', () => {
  test('of a manifest: itself, its config and its layers, in the bytes that were served', async () => {
    const { target, listener, result } = await exported({ 'host:5000/app:v1': plain() });
    const images = await result;
    assert.deepEqual([...target.documents.keys()], [amd64.manifest.digest]);
    assert.deepEqual(Buffer.from(target.documents.get(amd64.manifest.digest) ?? []), amd64.manifest.bytes);
    assert.deepEqual(sorted(target.blobs.keys()), digests(blobsOf(amd64)));
    const annotations = {
      'io.containerd.image.name': 'host:5000/app:v1',
      'org.opencontainers.image.ref.name': 'v1',
    };
    assert.deepEqual(entriesOf(target), [{ ...descriptor(amd64.manifest), annotations, platform: amd64.platform }]);
    assert.deepEqual(layoutNamesOf(images), ['v1']);
    assert.deepEqual(listener.warnings, []);
  });

  test('of one platform of an index: the manifest with its platform, and not the index', async () => {
    const { target, result } = await exported({ 'host:5000/app:v1': indexed() }, { platforms: ['linux/arm64'] });
    await result;
    const [entry, ...others] = entriesOf(target);
    assert.deepEqual(others, []);
    assert.equal(entry?.['digest'], arm64.manifest.digest);
    assert.deepEqual(entry?.['platform'], { architecture: 'arm64', os: 'linux' });
    assert.deepEqual([...target.documents.keys()], [arm64.manifest.digest]);
    assert.deepEqual(sorted(target.blobs.keys()), digests(blobsOf(arm64)));
  });

  test('of all platforms: the index with every child, attestations and nested ones, too', async () => {
    const { about, entry: attested } = attestationOf(amd64);
    const nested = index([arm64]);
    const top = indexOf([descriptor(amd64.manifest, { platform: amd64.platform }), descriptor(nested), attested]);
    const store = storeOf(top, [amd64, arm64, about], [nested]);
    const { target, result } = await exported({ 'host:5000/app:v1': store }, { platforms: 'all' });
    const images = await result;
    const [entry, ...others] = entriesOf(target);
    assert.deepEqual(others, []);
    assert.equal(entry?.['digest'], top.digest);
    assert.equal(entry?.['platform'], undefined);
    const documents = [top, nested, amd64.manifest, arm64.manifest, about.manifest];
    assert.deepEqual(sorted(target.documents.keys()), digests(documents));
    assert.deepEqual(sorted(target.blobs.keys()), digests(blobsOf(amd64, arm64, about)));
    assert.deepEqual(layoutNamesOf(images), ['v1', 'v1']);
  });

  test('of a list of platforms: an entry for each, named after it', async () => {
    const { target, result } = await exported(
      { 'host:5000/app:v1': indexed() },
      { platforms: ['linux/arm64', 'linux/amd64'] },
    );
    assert.deepEqual(layoutNamesOf(await result), ['v1-linux-arm64', 'v1-linux-amd64']);
    assert.deepEqual(
      entriesOf(target).map(({ digest }) => digest),
      [arm64.manifest.digest, amd64.manifest.digest],
    );
    assert.ok(!target.documents.has(both.digest));
  });

  test('of two platforms that choose one entry: one entry', async () => {
    const { target, result } = await exported(
      { 'host:5000/app:v1': indexed() },
      { platforms: ['linux/arm64', 'linux/arm64/v8'] },
    );
    assert.deepEqual(layoutNamesOf(await result), ['v1-linux-arm64', 'v1-linux-arm64']);
    assert.equal(entriesOf(target).length, 1);
  });

  test('of several images: each under its full reference, and what they share once', async () => {
    const other = image('linux/amd64', { labels: { which: 'other' } });
    const store = fakeStore([other.manifest], blobsOf(other));
    const first = plain();
    const { target, listener, result } = await exported({ 'host:5000/a:v1': first, 'host:5000/b:v1': store });
    assert.deepEqual(layoutNamesOf(await result), ['host:5000/a:v1', 'host:5000/b:v1']);
    assert.deepEqual(sorted(target.blobs.keys()), digests(blobsOf(amd64, other)));
    const streams = [...first.requests, ...store.requests].filter((request) => request.startsWith('stream'));
    assert.equal(streams.length, new Set(streams).size);
    assert.match(listener.events.at(-1) ?? '', /^end 4 /);
  });

  test('of an image by its digest alone: without a ref.name', async () => {
    const { target, result } = await exported({ [`host:5000/app@${amd64.manifest.digest}`]: plain() });
    assert.deepEqual(layoutNamesOf(await result), ['']);
    const [entry] = entriesOf(target);
    assert.deepEqual(entry?.['annotations'], {
      'io.containerd.image.name': `host:5000/app@${amd64.manifest.digest}`,
    });
  });

  test('of an image in a layout without a name: without annotations', async () => {
    const { target, result } = await exported({ 'oci-layout://out': plain() });
    await result;
    assert.deepEqual(entriesOf(target), [{ ...descriptor(amd64.manifest), platform: amd64.platform }]);
  });

  test('keeps Docker’s media types', async () => {
    const docker = image('linux/amd64', { docker: true });
    const store = fakeStore([docker.manifest], blobsOf(docker));
    const { target, result } = await exported({ 'host:5000/app:v1': store });
    await result;
    assert.equal(entriesOf(target)[0]?.['mediaType'], types.docker);
  });

  test('is the same in every byte for the same images', async () => {
    const texts = [];
    for (let run = 0; run < 2; run += 1) {
      const { target, result } = await exported({ 'host:5000/app:v1': indexed() }, { platforms: 'all' });
      await result;
      texts.push(JSON.stringify([target.entries, sorted(target.blobs.keys())]));
    }
    assert.equal(texts[0], texts[1]);
  });

  test('with a tag that is no ref.name is named so, with a warning', async () => {
    const { target, listener, result } = await exported({ 'host:5000/app:_x': plain() });
    assert.deepEqual(layoutNamesOf(await result), ['_x']);
    assert.equal(entriesOf(target).length, 1);
    assert.match(listener.warnings.join(), /_x/);
  });
});

describe('room on the disk', () => {
  const needed = blobsOf(amd64).reduce((sum, { bytes }) => sum + bytes.length, amd64.manifest.bytes.length);

  test('that is just enough is enough', async () => {
    const { result } = await exported({ 'host:5000/app:v1': plain() }, { target: memoryTarget(needed) });
    await result;
  });

  test('that is one byte too small is runner-error before anything is downloaded', async () => {
    const store = plain();
    const target = memoryTarget(needed - 1);
    const { result } = await exported({ 'host:5000/app:v1': store }, { target });
    await assert.rejects(result, failsWith('runner-error', 'needs', 'are free'));
    assert.ok(target.isDiscarded);
    assert.equal(target.documents.size, 0);
    assert.ok(!store.requests.some((request) => request.startsWith('stream')));
  });
});

describe('what fails', () => {
  const failing = (error: Error): FakeStore =>
    withStreams(plain(), async function* (of) {
      if (of.digest === amd64.layers[0]?.digest) throw error;
      yield (blobsOf(amd64).find(({ digest }) => digest === of.digest) as Blob).bytes;
    });

  test('leaves nothing, and is thrown as it is', async () => {
    const error = new ActionError('digest-mismatch', 'Wrong bytes.');
    const { target, listener, result } = await exported({ 'host:5000/app:v1': failing(error) });
    await assert.rejects(result, (thrown) => thrown === error);
    assert.ok(target.isDiscarded);
    assert.equal(target.entries, undefined);
    assert.ok(!listener.events.some((event) => event.startsWith('end')));
  });

  test('is the first failure of several, and ends the downloads that are under way and those to come', async () => {
    const many = image('linux/amd64', { layers: Array.from({ length: 20 }, (_, at) => `layer ${at}`) });
    const begun: string[] = [];
    const ended: string[] = [];
    const store = withStreams(fakeStore([many.manifest], blobsOf(many)), async function* (of) {
      begun.push(of.digest);
      await new Promise(setImmediate);
      if (begun.indexOf(of.digest) === 3) throw new ActionError('size-mismatch', 'The first failure.');
      try {
        for (let round = 0; round < 5; round += 1) await new Promise(setImmediate);
        throw new ActionError('network', 'A later failure.');
      } finally {
        ended.push(of.digest);
      }
      yield new Uint8Array();
    });
    const { target, result } = await exported({ 'host:5000/app:v1': store });
    await assert.rejects(result, failsWith('size-mismatch', 'The first failure'));
    assert.ok(target.isDiscarded);
    assert.equal(begun.length, 16);
    assert.equal(ended.length, 15);
  });

  test('a resumed download with wrong bytes gets one more chance, and no third', async () => {
    for (const failures of [1, 2]) {
      let count = 0;
      const store = withStreams(plain(), async function* (of) {
        if (of.digest === amd64.config.digest) {
          count += 1;
          if (count <= failures) throw new ActionError('digest-mismatch', 'Wrong bytes.', { cause: 'resumed' });
        }
        yield (blobsOf(amd64).find(({ digest }) => digest === of.digest) as Blob).bytes;
      });
      const { target, result } = await exported({ 'host:5000/app:v1': store });
      if (failures === 1) await result;
      else await assert.rejects(result, failsWith('digest-mismatch'));
      assert.equal(count, 2);
      assert.equal(target.isDiscarded, failures === 2);
    }
  });

  test('a digest that is described with two sizes is size-mismatch', async () => {
    const [layer] = amd64.layers;
    assert.ok(layer);
    const twice = { ...descriptor(layer), size: layer.bytes.length + 1 };
    const manifest = blob(
      { ...JSON.parse(amd64.manifest.bytes.toString()), layers: [descriptor(layer), twice] },
      types.manifest,
    );
    const { target, result } = await exported({ 'host:5000/app:v1': fakeStore([manifest], blobsOf(amd64)) });
    await assert.rejects(result, failsWith('size-mismatch', layer.digest));
    assert.ok(target.isDiscarded);
  });
});

describe('a layer that is not there', () => {
  const withLayer = (mediaType: string) => {
    const absent = { ...blob('absent', mediaType) };
    const built = image('linux/amd64', { layers: ['base', absent] });
    const store = fakeStore([built.manifest], [built.config, built.layers[0] as Blob]);
    return { absent, built, store };
  };

  test('fails the export', async () => {
    const { absent, store } = withLayer(types.layer);
    const { target, result } = await exported({ 'host:5000/app:v1': store });
    await assert.rejects(result, (error: ActionError) => error.cause === 'bad-blob');
    assert.ok(target.isDiscarded);
    assert.ok(!target.blobs.has(absent.digest));
  });

  test('and is not distributable is left out with a warning that names it', async () => {
    const { absent, store } = withLayer(foreignType);
    const { target, listener, result } = await exported({ 'host:5000/app:v1': store });
    await result;
    assert.equal(entriesOf(target).length, 1);
    assert.ok(!target.blobs.has(absent.digest));
    assert.match(listener.warnings.join(), new RegExp(absent.digest));
    assert.ok(store.requests.includes(`stream ${absent.digest}`), 'it was asked for');
  });

  test('and is not distributable, but there, is exported like any other', async () => {
    const { absent, built } = withLayer(foreignType);
    const store = fakeStore([built.manifest], blobsOf(built));
    const { target, listener, result } = await exported({ 'host:5000/app:v1': store });
    await result;
    assert.ok(target.blobs.has(absent.digest));
    assert.deepEqual(listener.warnings, []);
  });
});

test('the largest blobs are begun first', async () => {
  const layers = [10, 3000, 20, 1000, 2000].map((length) => 'x'.repeat(length));
  const built = image('linux/amd64', { layers });
  const store = fakeStore([built.manifest], blobsOf(built));
  const { result } = await exported({ 'host:5000/app:v1': store });
  await result;
  const sizes = store.requests
    .filter((request) => request.startsWith('stream'))
    .map((request) => blobsOf(built).find(({ digest }) => request.endsWith(digest))?.bytes.length ?? 0);
  assert.deepEqual(
    sizes,
    [...sizes].sort((one, other) => other - one),
  );
});
