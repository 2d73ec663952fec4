import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentBudget } from '../../../src/content/budget.ts';
import type { ContentStore } from '../../../src/content/store.ts';
import { layoutStore } from '../../../src/layout/store.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { parseSource } from '../../../src/oci/source.ts';
import { openArchive } from '../../support/archives.ts';
import { attestationOf } from '../../support/attestations.ts';
import { operation } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, digestOf, image, index, indexOf, types } from '../../support/images.ts';
import { archiveOf, indexJson, type LayoutContent, layoutOf, named, pathOf } from '../../support/layouts.ts';
import { failsWith } from '../../support/transport.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const both = index([amd64, arm64]);
const layout = layoutOf([named(both, 'v1')], [amd64, arm64], [both]);
const described = (of: Blob) => descriptor(of) as unknown as Descriptor;

/** The store of a layout, and what a user is told of it. */
function storeOf(content: LayoutContent, name = ''): { store: ContentStore; warnings: string[] } {
  const warnings: string[] = [];
  const source = parseSource(`oci-layout://out/image.tar${name}`, false);
  assert.ok(source.kind === 'layout');
  const files = openArchive(archiveOf(content));
  const warn = (message: string) => void warnings.push(message);
  return { store: layoutStore(source, { files: () => files, budget: documentBudget(), warn }, operation), warnings };
}

/** The layout without a file, or with another in its place. */
function changed(path: string, content?: string | Uint8Array): LayoutContent {
  const { [path]: _, ...rest } = layout;
  return content === undefined ? rest : { ...rest, [path]: content };
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

describe('a layout', () => {
  test('gives what a name, a digest or nothing means, verified', async () => {
    const { store, warnings } = storeOf(layout);
    for (const target of ['', 'v1', both.digest]) {
      const { digest, bytes, servedBy } = await store.resolve(target);
      assert.equal(digest, both.digest);
      assert.deepEqual(Buffer.from(bytes), both.bytes);
      assert.equal(servedBy, undefined);
    }
    assert.deepEqual(await store.head('v1'), { digest: both.digest, mediaType: types.index });
    assert.deepEqual(warnings, []);
  });

  test('gives a child of its index by its digest', async () => {
    const nested = indexOf([descriptor(indexOf([descriptor(both)]))]);
    const inner = indexOf([descriptor(both)]);
    const { store } = storeOf(layoutOf([named(nested)], [amd64, arm64], [nested, inner, both]));
    for (const { digest } of [inner, both, arm64.manifest]) assert.equal((await store.resolve(digest)).digest, digest);
  });

  test('gives children, configs and layers', async () => {
    const { store } = storeOf(layout);
    assert.equal((await store.document(described(arm64.manifest))).digest, arm64.manifest.digest);
    assert.deepEqual(Buffer.from(await store.blob(described(amd64.config))), amd64.config.bytes);
    const [layer] = amd64.layers;
    assert.ok(layer);
    assert.deepEqual(await collected(store.stream(described(layer))), layer.bytes);
    assert.deepEqual(await store.size(described(layer)), { kind: 'present', size: layer.bytes.length });
  });

  test('has no referrers', async () => {
    assert.deepEqual(await storeOf(layout).store.referrers(both.digest as Digest), {
      referrers: [],
      errors: [],
      overflow: undefined,
    });
  });
});

describe('what is not there', () => {
  test('a name or digest that a sound layout lacks is not-found, and nothing else is', async () => {
    const { store } = storeOf(layout, ':v2');
    await assert.rejects(store.resolve('v2'), failsWith('not-found', 'oci-layout://out/image.tar:v2'));
    await assert.rejects(store.head('v2'), failsWith('not-found'));
    const absent = digestOf('absent');
    await assert.rejects(storeOf(layout, `@${absent}`).store.resolve(absent), failsWith('not-found', absent));
  });

  test('oci-layout or index.json is invalid-manifest', async () => {
    for (const file of ['oci-layout', 'index.json']) {
      await assert.rejects(storeOf(changed(file)).store.resolve(''), failsWith('invalid-manifest', file));
    }
  });

  test('any image at all is invalid-manifest', async () => {
    await assert.rejects(storeOf(layoutOf([], [])).store.resolve(''), failsWith('invalid-manifest', 'no image'));
  });

  test('a blob that is named is invalid-manifest, and missing to the gate', async () => {
    const { store } = storeOf(changed(pathOf(amd64.config)));
    await assert.rejects(store.blob(described(amd64.config)), failsWith('invalid-manifest', amd64.config.digest));
    await assert.rejects(collected(store.stream(described(amd64.config))), failsWith('invalid-manifest'));
    assert.deepEqual(await store.size(described(amd64.config)), { kind: 'missing' });
    await assert.rejects(
      storeOf(changed(pathOf(both))).store.resolve('v1'),
      failsWith('invalid-manifest', both.digest),
    );
    const childless = storeOf(changed(pathOf(arm64.manifest))).store;
    await assert.rejects(childless.document(described(arm64.manifest)), failsWith('invalid-manifest'));
  });
});

describe('what is not what its name says', () => {
  const secret = 'root:x:0:0:root:/root';

  test('a document, a config or a layer with other bytes is never passed on whole, nor quoted', async () => {
    const unquoted = (code: 'digest-mismatch' | 'size-mismatch') => (error: Error) =>
      failsWith(code)(error) && !error.message.includes('root');
    for (const of of [both, amd64.manifest, amd64.config]) {
      const sameSize = secret.padEnd(of.bytes.length).slice(0, of.bytes.length);
      const { store } = storeOf(changed(pathOf(of), sameSize));
      await assert.rejects(store.blob(described(of)), unquoted('digest-mismatch'));
      await assert.rejects(collected(store.stream(described(of))), unquoted('digest-mismatch'));
      const claim = await store.size(described(of));
      assert.equal(claim.kind, 'wrong');
      const shorter = storeOf(changed(pathOf(of), secret)).store;
      await assert.rejects(collected(shorter.stream(described(of))), unquoted('size-mismatch'));
      assert.deepEqual(await shorter.size(described(of)), { kind: 'present', size: secret.length });
    }
    await assert.rejects(storeOf(changed(pathOf(both), secret)).store.resolve('v1'), unquoted('digest-mismatch'));
  });

  test('one byte more than the descriptor says is never passed on', async () => {
    const [layer] = amd64.layers;
    assert.ok(layer);
    const { store } = storeOf(changed(pathOf(layer), Buffer.concat([layer.bytes, Buffer.from('x')])));
    await assert.rejects(collected(store.stream(described(layer))), failsWith('size-mismatch'));
  });

  test('a document of another type than its entry says is invalid-manifest', async () => {
    const entry = { ...descriptor(amd64.manifest), mediaType: types.docker };
    await assert.rejects(storeOf(layoutOf([entry], [amd64])).store.resolve(''), failsWith('invalid-manifest'));
  });
});

describe('limits', () => {
  test('an index.json of 5 MiB and an oci-layout of 5 KiB are too-large', async () => {
    for (const [file, bytes] of [
      ['index.json', 5 * 1024 * 1024],
      ['oci-layout', 5 * 1024],
    ] as const) {
      const padded = `${layout[file]}`.padEnd(bytes);
      await assert.rejects(storeOf(changed(file, padded)).store.resolve(''), failsWith('too-large', file));
    }
  });

  test('1,001 entries are invalid-manifest, in index.json and below it', async () => {
    const entries = Array.from({ length: 1001 }, () => descriptor(amd64.manifest));
    await assert.rejects(storeOf(layoutOf(entries, [amd64])).store.resolve(''), failsWith('invalid-manifest', '1000'));
    const large = indexOf(entries);
    const { store } = storeOf(layoutOf([descriptor(large)], [amd64], [large]));
    await assert.rejects(store.resolve(digestOf('absent')), failsWith('invalid-manifest', '1000'));
  });

  test('a document that its entry says is larger than 4 MiB is too-large', async () => {
    const entry = { ...descriptor(amd64.manifest), size: 5_000_000 };
    await assert.rejects(storeOf(layoutOf([entry], [amd64])).store.resolve(''), failsWith('too-large'));
  });

  test('20 MiB of documents are read in a run, and no more', async () => {
    const large = Array.from({ length: 6 }, (_, at) => blob('x'.repeat(4_000_000) + at, types.config));
    const content = { ...layout, ...Object.fromEntries(large.map((one) => [pathOf(one), one.bytes])) };
    const { store } = storeOf(content);
    for (const one of large.slice(0, 5)) await store.blob(described(one));
    await assert.rejects(store.blob(described(large[5] as Blob)), failsWith('too-large'));
  });
});

describe('docker save of the classic image store', () => {
  const plainType = 'application/vnd.oci.image.layer.v1.tar';
  const plain = image('linux/amd64', { layers: [blob('base', plainType), blob('more', plainType)] });
  const saved = layoutOf([named(plain.manifest, 'app:v1')], [plain]);
  const sources = JSON.stringify([{ Config: pathOf(plain.config), LayerSources: { 'sha256:x': {} } }]);

  test('is warned of, as its digest is not the one that a push gives', async () => {
    const { store, warnings } = storeOf({ ...saved, 'manifest.json': sources });
    assert.equal((await store.resolve('v1')).digest, plain.manifest.digest);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /docker save.*config-digest/);
  });

  test('is not taken for it: compressed layers, no LayerSources, no manifest.json, or one that cannot be read', async () => {
    const compressed = layoutOf([named(amd64.manifest, 'app:v1')], [amd64]);
    for (const content of [
      { ...compressed, 'manifest.json': sources },
      { ...saved, 'manifest.json': JSON.stringify([{ Layers: [] }]) },
      { ...saved, 'manifest.json': '[[[[' },
      { ...saved, 'manifest.json': 'x'.repeat(5_000_000) },
      saved,
    ]) {
      const { store, warnings } = storeOf(content);
      await store.resolve('v1');
      assert.deepEqual(warnings, []);
    }
  });
});

test('an attestation beside an image is not chosen, and given by its digest', async () => {
  const { about, entry } = attestationOf(amd64);
  const content = layoutOf([{ ...descriptor(amd64.manifest), platform: amd64.platform }, entry], [amd64, about]);
  const { store } = storeOf(content);
  assert.equal((await store.resolve('')).digest, amd64.manifest.digest);
  assert.equal((await store.resolve(about.manifest.digest)).digest, about.manifest.digest);
});

test('an index.json that is Docker’s list is refused, and a Docker manifest below it is read', async () => {
  const docker = image('linux/amd64', { docker: true });
  assert.equal(
    (await storeOf(layoutOf([named(docker.manifest)], [docker])).store.resolve('')).digest,
    docker.manifest.digest,
  );
  const list = JSON.stringify({ ...JSON.parse(indexJson([named(docker.manifest)])), mediaType: types.manifest });
  const content = { ...layoutOf([named(docker.manifest)], [docker]), 'index.json': list };
  await assert.rejects(storeOf(content).store.resolve(''), failsWith('invalid-manifest'));
});
