import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContentStore } from '../../../src/content/store.ts';
import { ActionError } from '../../../src/error.ts';
import { loadImage } from '../../../src/image/image.ts';
import { formatPlatform } from '../../../src/oci/platform.ts';
import { fakeStore, storeOf } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, image, index, indexOf, types } from '../../support/images.ts';
import { rejection } from '../../support/refusals.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64/v8');
const armV7 = image('linux/arm/v7');
const load = (store: ContentStore) => loadImage(store, 'latest');
const platformsOf = async (store: ContentStore) =>
  (await load(store)).entries?.map(({ platform }) => (platform === undefined ? 'none' : formatPlatform(platform)));

/** An index around an index, and so on, `levels` of them in all, with an image at the bottom. */
function nested(levels: number): { top: Blob; all: Blob[] } {
  const all = [index([amd64])];
  for (let level = 1; level < levels; level += 1) all.unshift(indexOf([descriptor(all[0] as Blob)]));
  return { top: all[0] as Blob, all };
}

describe('an image that is an index', () => {
  for (const mediaType of [types.index, types.list]) {
    it(`has its digest, bytes, media type and entries: ${mediaType}`, async () => {
      const top = index([amd64, arm64], mediaType);
      const loaded = await load(storeOf(top, [amd64, arm64]));
      assert.deepEqual([loaded.digest, loaded.bytes, loaded.document.mediaType], [top.digest, top.bytes, mediaType]);
      assert.equal(loaded.document.kind, 'index');
      assert.deepEqual(
        loaded.entries?.map(({ digest }) => digest),
        [amd64.manifest.digest, arm64.manifest.digest],
      );
    });
  }

  it('is one request: nothing that it names is fetched before it is needed', async () => {
    const store = storeOf(index([amd64, arm64]), [amd64, arm64]);
    await load(store);
    assert.deepEqual(store.requests, ['resolve']);
  });

  it('may be empty', async () => {
    assert.deepEqual((await load(fakeStore([indexOf([])]))).entries, []);
  });

  it('leaves out unknown/unknown entries, which are attestations', async () => {
    const attestation = descriptor(arm64.manifest, { platform: { os: 'Unknown', architecture: 'unknown' } });
    const half = descriptor(armV7.manifest, { platform: { os: 'linux', architecture: 'unknown' } });
    const top = indexOf([attestation, descriptor(amd64.manifest, { platform: amd64.platform }), half]);
    assert.deepEqual(await platformsOf(fakeStore([top])), ['linux/amd64', 'linux/unknown']);
  });

  for (const value of ['attestation-manifest', 'anything', '']) {
    it(`leaves out entries without a platform that are annotated vnd.docker.reference.type, whatever it says: ${JSON.stringify(value)}`, async () => {
      const annotations = { 'vnd.docker.reference.type': value };
      const images = [amd64, arm64].map(({ manifest, platform }) => descriptor(manifest, { platform }));
      const top = indexOf([
        ...images,
        descriptor(armV7.manifest, { annotations }),
        descriptor(index([]), { annotations }),
      ]);
      const store = fakeStore([top]);
      assert.deepEqual(await platformsOf(store), ['linux/amd64', 'linux/arm64/v8']);
      assert.deepEqual(store.requests, ['resolve']);
    });
  }

  it('keeps an entry that is annotated as an attestation beside a real platform: every other client runs it', async () => {
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
    const top = indexOf([
      descriptor(armV7.manifest, { platform: amd64.platform, annotations }),
      descriptor(amd64.manifest, { platform: amd64.platform }),
    ]);
    const { entries } = await load(fakeStore([top]));
    assert.deepEqual(
      entries?.map(({ digest }) => digest),
      [armV7.manifest.digest, amd64.manifest.digest],
    );
  });

  it('leaves out entries of unknown types that say no platform, and keeps those that say one', async () => {
    const chart = blob('chart', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip');
    const top = indexOf([
      descriptor(chart),
      descriptor(chart, { platform: { os: 'linux', architecture: 's390x' } }),
      descriptor(amd64.manifest),
    ]);
    assert.deepEqual(await platformsOf(fakeStore([top])), ['linux/s390x', 'none']);
  });
});

describe('an image that is a manifest', () => {
  it('has that manifest and no entries', async () => {
    const loaded = await load(storeOf(amd64.manifest, []));
    assert.equal(loaded.entries, undefined);
    assert.equal(loaded.document.kind === 'manifest' && loaded.document.config.digest, amd64.config.digest);
    assert.deepEqual(
      [loaded.digest, loaded.bytes, loaded.document.mediaType],
      [amd64.manifest.digest, amd64.manifest.bytes, types.manifest],
    );
  });
});

describe('indexes that nest', () => {
  it('give the entries of the inner ones in the place of these, in index order', async () => {
    const inner = index([arm64, armV7], types.list);
    const top = indexOf([
      descriptor(image('linux/riscv64').manifest, { platform: { os: 'linux', architecture: 'riscv64' } }),
      descriptor(inner),
      descriptor(amd64.manifest, { platform: amd64.platform }),
    ]);
    const store = fakeStore([top, inner]);
    assert.deepEqual(await platformsOf(store), ['linux/riscv64', 'linux/arm64/v8', 'linux/arm/v7', 'linux/amd64']);
    assert.deepEqual(store.requests, ['resolve', `document ${inner.digest}`]);
  });

  it('may nest in four levels', async () => {
    const { all } = nested(4);
    assert.deepEqual(await platformsOf(fakeStore(all)), ['linux/amd64']);
  });

  it('in five levels are invalid-manifest, and the fifth is not fetched', async () => {
    const { all } = nested(5);
    const store = fakeStore(all);
    assert.match((await rejection('invalid-manifest', load(store))).message, /more than 4 levels/);
    assert.equal(store.requests.length, 4);
  });

  it('in a cycle are invalid-manifest, and end', async () => {
    const self = `sha256:${'5'.repeat(64)}`;
    const other = `sha256:${'6'.repeat(64)}`;
    const pointer = (digest: string) => ({ mediaType: types.index, digest, size: 1 });
    const loop = { ...indexOf([pointer(other)]), digest: self };
    const back = { ...indexOf([pointer(self)]), digest: other };
    assert.match((await rejection('invalid-manifest', load(fakeStore([loop, back])))).message, /holds itself/);
    const short = { ...indexOf([pointer(self)]), digest: self };
    assert.match((await rejection('invalid-manifest', load(fakeStore([short])))).message, /holds itself/);
  });

  it('may hold the same index twice, which is no cycle', async () => {
    const inner = index([amd64]);
    assert.deepEqual(await platformsOf(fakeStore([indexOf([descriptor(inner), descriptor(inner)]), inner])), [
      'linux/amd64',
      'linux/amd64',
    ]);
  });

  it('have at most 1,000 entries in all, attestations counted', async () => {
    const entry = descriptor(amd64.manifest, { platform: amd64.platform });
    const attestation = descriptor(amd64.manifest, { annotations: { 'vnd.docker.reference.type': 'x' } });
    const many = (count: number, one: object) => new Array<object>(count).fill(one);
    assert.equal((await load(fakeStore([indexOf(many(1000, entry))]))).entries?.length, 1000);
    assert.match(
      (await rejection('invalid-manifest', load(fakeStore([indexOf(many(1001, entry))])))).message,
      /more than 1000 entries/,
    );
    await rejection('invalid-manifest', load(fakeStore([indexOf([...many(1000, attestation), entry])])));
  });

  it('have at most 1,000 entries in all, nested ones and the nesting ones counted', async () => {
    const of = (count: number) =>
      indexOf(new Array<object>(count).fill(descriptor(amd64.manifest, { platform: amd64.platform })));
    const around = (inner: Blob) => indexOf([descriptor(inner), descriptor(inner)]);
    assert.equal((await load(fakeStore([around(of(499)), of(499)]))).entries?.length, 998);
    await rejection('invalid-manifest', load(fakeStore([around(of(500)), of(500)])));
  });

  for (const [what, bad] of Object.entries({
    'is not there': index([arm64]),
    'is no strict JSON': { ...blob('{"schemaVersion":2,"schemaVersion":2}', types.index) },
    'has neither shape': blob({ schemaVersion: 2, mediaType: types.index }, types.index),
  })) {
    it(`of which one ${what} keep the platforms beside it, and tell that something is unknown`, async () => {
      const top = indexOf([descriptor(bad), descriptor(amd64.manifest, { platform: amd64.platform })]);
      const documents = what === 'is not there' ? [top] : [top, bad];
      const { entries, unreadable } = await load(fakeStore(documents));
      assert.equal(entries?.length, 1);
      assert.deepEqual(
        unreadable.map(({ code, cause }) => [code, cause]),
        [what === 'is not there' ? ['registry-error', 'missing-child'] : ['invalid-manifest', undefined]],
      );
    });
  }

  it('of which one cannot be had for another reason are that error', async () => {
    const inner = index([arm64]);
    const store = fakeStore([indexOf([descriptor(inner), descriptor(amd64.manifest)]), inner]);
    for (const code of ['network', 'denied', 'timeout', 'digest-mismatch', 'registry-error'] as const) {
      const document = () => Promise.reject(new ActionError(code, 'no'));
      await rejection(code, load({ ...store, document }));
    }
  });

  it('that turn out to be manifests offer nothing', async () => {
    const liar = { ...amd64.manifest, mediaType: types.manifest };
    const top = indexOf([{ ...descriptor(liar), mediaType: types.index }]);
    assert.deepEqual((await load(fakeStore([top, liar]))).entries, []);
  });
});
