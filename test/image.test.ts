import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadImage, writtenPlatform } from '../src/image.ts';
import type { Digest } from '../src/oci/digest.ts';
import { digestOf } from '../src/oci/hash.ts';
import { formatPlatform } from '../src/oci/platform.ts';
import { parseReference } from '../src/oci/reference.ts';
import { type RegistryClient, registryClient } from '../src/registry/client.ts';
import { repositoryReach } from '../src/registry/reach.ts';
import { clientFor, fakeClient, look } from './support/fake-client.ts';
import { type Blob, blob, descriptor, image, index, indexOf, types } from './support/images.ts';
import { rejection } from './support/refusals.ts';

const reference = parseReference('registry.example.com/team/app:1');
const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64/v8');
const armV7 = image('linux/arm/v7');
const load = (client: RegistryClient) => loadImage(reference, client, look);
const platformsOf = async (client: RegistryClient) =>
  (await load(client)).entries?.map(({ platform }) => (platform === undefined ? 'none' : formatPlatform(platform)));

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
      const found = await load(clientFor(top, [amd64, arm64]));
      assert.deepEqual(
        [found.digest, found.bytes, found.mediaType, found.reference],
        [top.digest, top.bytes, mediaType, reference],
      );
      assert.equal(found.manifest, undefined);
      assert.deepEqual(
        found.entries?.map(({ digest }) => digest),
        [amd64.manifest.digest, arm64.manifest.digest],
      );
    });
  }

  it('is one request: nothing that it names is fetched before it is needed', async () => {
    const client = clientFor(index([amd64, arm64]), [amd64, arm64]);
    await load(client);
    assert.deepEqual(client.asked, ['manifest']);
  });

  it('may be empty', async () => {
    assert.deepEqual((await load(fakeClient([indexOf([])]))).entries, []);
  });

  it('leaves out unknown/unknown entries, which are attestations', async () => {
    const attestation = descriptor(arm64.manifest, { platform: { os: 'Unknown', architecture: 'unknown' } });
    const half = descriptor(armV7.manifest, { platform: { os: 'linux', architecture: 'unknown' } });
    const top = indexOf([attestation, descriptor(amd64.manifest, { platform: amd64.platform }), half]);
    assert.deepEqual(await platformsOf(fakeClient([top])), ['linux/amd64', 'linux/unknown']);
  });

  for (const value of ['attestation-manifest', 'anything', '']) {
    it(`leaves out entries annotated vnd.docker.reference.type, whatever it says: ${JSON.stringify(value)}`, async () => {
      const annotations = { 'vnd.docker.reference.type': value };
      const images = [amd64, arm64].map(({ manifest, platform }) => descriptor(manifest, { platform }));
      const top = indexOf([
        ...images,
        descriptor(armV7.manifest, { platform: armV7.platform, annotations }),
        descriptor(index([]), { annotations }),
      ]);
      const client = fakeClient([top]);
      assert.deepEqual(await platformsOf(client), ['linux/amd64', 'linux/arm64/v8']);
      assert.deepEqual(client.asked, ['manifest']);
    });
  }

  it('leaves out entries of unknown types that say no platform, and keeps those that say one', async () => {
    const chart = blob('chart', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip');
    const top = indexOf([
      descriptor(chart),
      descriptor(chart, { platform: { os: 'linux', architecture: 's390x' } }),
      descriptor(amd64.manifest),
    ]);
    assert.deepEqual(await platformsOf(fakeClient([top])), ['linux/s390x', 'none']);
  });
});

describe('an image that is a manifest', () => {
  it('has that manifest and no entries', async () => {
    const found = await load(clientFor(amd64.manifest, []));
    assert.equal(found.entries, undefined);
    assert.equal(found.manifest?.config.digest, amd64.config.digest);
    assert.deepEqual(
      [found.digest, found.bytes, found.mediaType],
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
    const client = fakeClient([top, inner]);
    assert.deepEqual(await platformsOf(client), ['linux/riscv64', 'linux/arm64/v8', 'linux/arm/v7', 'linux/amd64']);
    assert.deepEqual(client.asked, ['manifest', `child ${inner.digest}`]);
  });

  it('may nest in four levels', async () => {
    const { all } = nested(4);
    assert.deepEqual(await platformsOf(fakeClient(all)), ['linux/amd64']);
  });

  it('in five levels are invalid-manifest, and the fifth is not fetched', async () => {
    const { all } = nested(5);
    const client = fakeClient(all);
    assert.match((await rejection('invalid-manifest', load(client))).message, /more than 4 levels/);
    assert.equal(client.asked.length, 4);
  });

  it('in a cycle are invalid-manifest, and end', async () => {
    const self = `sha256:${'5'.repeat(64)}`;
    const other = `sha256:${'6'.repeat(64)}`;
    const pointer = (digest: string) => ({ mediaType: types.index, digest, size: 1 });
    const loop = { ...indexOf([pointer(other)]), digest: self };
    const back = { ...indexOf([pointer(self)]), digest: other };
    assert.match((await rejection('invalid-manifest', load(fakeClient([loop, back])))).message, /holds itself/);
    const short = { ...indexOf([pointer(self)]), digest: self };
    assert.match((await rejection('invalid-manifest', load(fakeClient([short])))).message, /holds itself/);
  });

  it('may hold the same index twice, which is no cycle', async () => {
    const inner = index([amd64]);
    assert.deepEqual(await platformsOf(fakeClient([indexOf([descriptor(inner), descriptor(inner)]), inner])), [
      'linux/amd64',
      'linux/amd64',
    ]);
  });

  it('have at most 1,000 entries in all, attestations counted', async () => {
    const entry = descriptor(amd64.manifest, { platform: amd64.platform });
    const attestation = descriptor(amd64.manifest, { annotations: { 'vnd.docker.reference.type': 'x' } });
    const many = (count: number, one: object) => new Array<object>(count).fill(one);
    assert.equal((await load(fakeClient([indexOf(many(1000, entry))]))).entries?.length, 1000);
    assert.match(
      (await rejection('invalid-manifest', load(fakeClient([indexOf(many(1001, entry))])))).message,
      /more than 1000 entries/,
    );
    await rejection('invalid-manifest', load(fakeClient([indexOf([...many(1000, attestation), entry])])));
  });

  it('have at most 1,000 entries in all, nested ones and the nesting ones counted', async () => {
    const of = (count: number) =>
      indexOf(new Array<object>(count).fill(descriptor(amd64.manifest, { platform: amd64.platform })));
    const around = (inner: Blob) => indexOf([descriptor(inner), descriptor(inner)]);
    assert.equal((await load(fakeClient([around(of(499)), of(499)]))).entries?.length, 998);
    await rejection('invalid-manifest', load(fakeClient([around(of(500)), of(500)])));
  });

  it('of which one is not there are registry-error, never missing', async () => {
    await rejection('registry-error', load(fakeClient([indexOf([descriptor(index([amd64]))])])));
  });
});

describe('the bytes of an image', () => {
  /** A client of a registry that answers everything with these bytes. */
  const answering = (body: Uint8Array, headers: Record<string, string[]> = {}) =>
    registryClient(
      repositoryReach({
        send: async ({ url }) => ({ status: 200, headers: { 'content-type': [types.index], ...headers }, body, url }),
        credentials: async () => ({ credential: undefined }) as never,
        authHosts: new Map(),
        plainHttp: new Set(),
        keepToken: () => {},
      }),
    );
  const top = index([amd64]);

  it('must be those that the digest in the reference names (GHSA-qv35-3gw6-8q4j)', async () => {
    const other = index([arm64]);
    const asked = { ...reference, digest: top.digest as Digest };
    assert.equal((await loadImage(asked, answering(top.bytes), look)).digest, top.digest);
    for (const headers of [
      {},
      { 'docker-content-digest': [top.digest] },
      { 'docker-content-digest': [other.digest] },
    ]) {
      await rejection('digest-mismatch', loadImage(asked, answering(other.bytes, headers), look));
    }
  });

  it('are verified by the algorithm of that digest, sha512 too', async () => {
    const asked = { ...reference, digest: digestOf(top.bytes, 'sha512') };
    assert.equal((await loadImage(asked, answering(top.bytes), look)).digest, asked.digest);
    await rejection(
      'digest-mismatch',
      loadImage({ ...reference, digest: digestOf(arm64.manifest.bytes, 'sha512') }, answering(top.bytes), look),
    );
  });

  it('must be those that Docker-Content-Digest announces, when it is well-formed', async () => {
    await rejection(
      'digest-mismatch',
      load(answering(top.bytes, { 'docker-content-digest': [arm64.manifest.digest] })),
    );
    for (const header of [[], ['sha256:abc'], ['md5:abc'], ['']]) {
      assert.equal((await load(answering(top.bytes, { 'docker-content-digest': header }))).digest, top.digest);
    }
  });
});

describe('a platform as it is written', () => {
  it('has its version and no features, in the case of the index', () => {
    const platform = {
      os: 'Windows',
      architecture: 'AMD64',
      variant: 'v1',
      osVersion: '10.0.20348.1',
      osFeatures: ['win32k'],
    };
    assert.equal(writtenPlatform(platform), 'Windows(10.0.20348.1)/AMD64/v1');
  });
});
