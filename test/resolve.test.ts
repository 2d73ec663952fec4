import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadImage, writtenPlatform } from '../src/image.ts';
import { parsePlatform } from '../src/oci/platform.ts';
import { parseReference } from '../src/oci/reference.ts';
import type { RegistryClient } from '../src/registry/client.ts';
import { type Resolution, resolverFor } from '../src/resolve.ts';
import { clientFor, fakeClient, look } from './support/fake-client.ts';
import { type Blob, blob, descriptor, type Image, image, index, indexOf, types } from './support/images.ts';
import { rejection, textOf } from './support/refusals.ts';

const reference = parseReference('registry.example.com/team/app:1');
const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64/v8');
const armV7 = image('linux/arm/v7');
const armV6 = image('linux/arm/v6');

const open = async (client: RegistryClient) => resolverFor(await loadImage(reference, client, look), client, look);
const resolve = async (client: RegistryClient, asked: string, inspect = false) =>
  (await open(client)).resolve(parsePlatform(asked), inspect);
const written = ({ platform }: Resolution) => (platform === undefined ? '' : writtenPlatform(platform));

/** An entry that says nothing of its platform. */
const silent = ({ manifest }: Image, more: object = {}) => descriptor(manifest, more);
const spoken = ({ manifest, platform }: Image, more: object = {}) => descriptor(manifest, { platform, ...more });

/** A manifest whose config is what it is told to be. */
function manifestOf(config: Blob): Image {
  const manifest = blob(
    { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers: [] },
    types.manifest,
  );
  return { manifest, config, layers: [], platform: { os: '', architecture: '' } };
}

/** What is no image, and what is one by its type only. */
const chart = manifestOf(
  blob({ name: 'chart', os: 'linux', architecture: 's390x' }, 'application/vnd.cncf.helm.config.v1+json'),
);
const empty = manifestOf(blob('{}', 'application/vnd.oci.empty.v1+json'));
const signature = manifestOf(
  blob({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] } }, types.config),
);

describe('a platform of an index', () => {
  it('is the entry for it, with its manifest, digest and bytes', async () => {
    const found = await resolve(clientFor(index([amd64, arm64]), [amd64, arm64]), 'linux/arm64');
    assert.equal(written(found), 'linux/arm64/v8');
    assert.deepEqual([found.manifestDigest, found.manifestBytes], [arm64.manifest.digest, arm64.manifest.bytes]);
    assert.deepEqual(
      found.manifest.layers.map(({ digest }) => digest),
      arm64.layers.map(({ digest }) => digest),
    );
    assert.equal(found.config, undefined);
  });

  it('costs two requests, and one more when its config is asked for', async () => {
    const top = index([amd64, arm64]);
    const client = clientFor(top, [amd64, arm64]);
    await resolve(client, 'linux/amd64');
    assert.deepEqual(client.asked, ['manifest', `child ${amd64.manifest.digest}`]);
    const inspecting = clientFor(top, [amd64, arm64]);
    const { config } = await resolve(inspecting, 'linux/amd64', true);
    assert.deepEqual(inspecting.asked, ['manifest', `child ${amd64.manifest.digest}`, `blob ${amd64.config.digest}`]);
    assert.deepEqual(config?.bytes, amd64.config.bytes);
    assert.deepEqual(config?.content?.platform?.architecture, 'amd64');
  });

  it('falls back to the highest lower variant, and to no other architecture', async () => {
    const client = clientFor(index([arm64, armV6, amd64]), [arm64, armV6, amd64]);
    assert.equal(written(await resolve(client, 'linux/arm/v7')), 'linux/arm/v6');
    await rejection('platform-not-found', resolve(client, 'linux/arm/v5'));
    await rejection('platform-not-found', resolve(client, 'linux/386'));
  });

  it('is the first in index order among equals', async () => {
    const twin = image('linux/amd64', { layers: ['twin'] });
    const found = await resolve(clientFor(index([twin, amd64]), [twin, amd64]), 'linux/amd64');
    assert.equal(found.manifestDigest, twin.manifest.digest);
  });

  it('has nothing but a version in parentheses, where PowerShell would run it', async () => {
    const hostile = image({ os: 'windows', architecture: 'amd64', 'os.version': 'Restart-Computer' });
    await rejection('invalid-manifest', resolve(clientFor(index([hostile]), [hostile]), 'windows/amd64'));
  });

  it('of Windows is that with the highest version, or with the build that is asked for', async () => {
    const windows = ['10.0.17763.6532', '10.0.20348.900', '10.0.20348.2762'].map((version) =>
      image({ os: 'windows', architecture: 'amd64', 'os.version': version }),
    );
    const client = clientFor(index(windows), windows);
    assert.equal(written(await resolve(client, 'windows/amd64')), 'windows(10.0.20348.2762)/amd64');
    assert.equal(written(await resolve(client, 'windows(10.0.17763)/amd64')), 'windows(10.0.17763.6532)/amd64');
    assert.equal(written(await resolve(client, 'windows/amd64:10.0.17763.1')), 'windows(10.0.17763.6532)/amd64');
    const error = await rejection('platform-not-found', resolve(client, 'windows/amd64:10.0.26100'));
    assert.match(error.message, /windows\(10\.0\.17763\.6532\)\/amd64, windows\(10\.0\.20348\.900\)\/amd64/);
  });

  it('that it does not have is platform-not-found, and the text lists what it has, without attestations', async () => {
    const attestation = image({ os: 'unknown', architecture: 'unknown' });
    const client = clientFor(index([amd64, arm64, attestation]), [amd64, arm64, attestation]);
    const words = textOf(await rejection('platform-not-found', resolve(client, 'linux/s390x')));
    assert.match(
      words,
      /registry\.example\.com\/team\/app:1 does not have linux\/s390x\. It has linux\/amd64, linux\/arm64\/v8\./,
    );
    assert.doesNotMatch(words, /unknown/);
    await rejection('platform-not-found', resolve(client, 'unknown/unknown'));
  });

  it('that is empty is platform-not-found', async () => {
    assert.match(
      (await rejection('platform-not-found', resolve(fakeClient([indexOf([])]), 'linux/amd64'))).message,
      /It has none/,
    );
  });

  it('may be in a nested index', async () => {
    const inner = index([armV7, arm64]);
    const client = clientFor(indexOf([spoken(amd64), descriptor(inner)]), [amd64, armV7, arm64], [inner]);
    assert.equal((await resolve(client, 'linux/arm64')).manifestDigest, arm64.manifest.digest);
  });

  it('whose manifest is not there is registry-error, never missing', async () => {
    await rejection('registry-error', resolve(fakeClient([index([amd64])]), 'linux/amd64'));
  });

  it('whose config is not there is registry-error when it is asked for', async () => {
    const client = fakeClient([index([amd64]), amd64.manifest]);
    assert.equal((await resolve(client, 'linux/amd64')).manifestDigest, amd64.manifest.digest);
    await rejection('registry-error', resolve(client, 'linux/amd64', true));
  });
});

describe('an index entry without a platform', () => {
  it('is used by what its config says, when nothing else matches', async () => {
    const client = clientFor(indexOf([silent(armV7), silent(arm64), spoken(amd64)]), [armV7, arm64, amd64]);
    const found = await resolve(client, 'linux/arm64');
    assert.deepEqual([written(found), found.manifestDigest], ['linux/arm64/v8', arm64.manifest.digest]);
  });

  it('is not even read when an entry with a platform matches, be it by a lower variant', async () => {
    const client = clientFor(indexOf([silent(armV7), spoken(armV6)]), [armV7, armV6]);
    assert.equal((await resolve(client, 'linux/arm/v7')).manifestDigest, armV6.manifest.digest);
    assert.deepEqual(client.asked, ['manifest', `child ${armV6.manifest.digest}`]);
  });

  it('is chosen by the same rules as others: exact before lower, first among equals', async () => {
    const twin = image('linux/arm/v7', { layers: ['twin'] });
    const client = clientFor(indexOf([silent(armV6), silent(twin), silent(armV7)]), [armV6, twin, armV7]);
    assert.equal((await resolve(client, 'linux/arm/v7')).manifestDigest, twin.manifest.digest);
  });

  it('is listed among what the image has, in index order, when nothing matches', async () => {
    const client = clientFor(indexOf([spoken(amd64), silent(arm64), spoken(armV6)]), [amd64, arm64, armV6]);
    const error = await rejection('platform-not-found', resolve(client, 'linux/s390x'));
    assert.match(error.message, /It has linux\/amd64, linux\/arm64\/v8, linux\/arm\/v6\./);
  });

  it('that is no image, or whose config names no platform, is never chosen', async () => {
    const client = clientFor(indexOf([silent(chart), silent(empty), silent(signature)]), [chart, empty, signature]);
    for (const asked of ['linux/amd64', 'linux/s390x']) {
      assert.match((await rejection('platform-not-found', resolve(client, asked))).message, /It has none/);
    }
    assert.equal(client.asked.includes(`blob ${chart.config.digest}`), false);
  });

  it('is an attestation when its config says unknown/unknown', async () => {
    const unknown = image({ os: 'unknown', architecture: 'Unknown' });
    const resolver = await open(clientFor(indexOf([silent(unknown), silent(amd64)]), [unknown, amd64]));
    assert.deepEqual((await resolver.resolveAll(false)).map(written), ['linux/amd64']);
    assert.deepEqual(resolver.platforms(), ['linux/amd64']);
    await rejection('platform-not-found', resolver.resolve(parsePlatform('unknown/unknown'), false));
  });

  it('is one, too, whose platform is empty', async () => {
    const entries = [{ os: '', architecture: '' }, {}].map((platform) => descriptor(amd64.manifest, { platform }));
    assert.equal(written(await resolve(clientFor(indexOf(entries), [amd64]), 'linux/amd64')), 'linux/amd64');
  });

  it('that is an attestation is not read', async () => {
    const attestation = silent(arm64, { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } });
    const client = clientFor(indexOf([attestation]), [arm64]);
    await rejection('platform-not-found', resolve(client, 'linux/arm64'));
    assert.deepEqual(client.asked, ['manifest']);
  });
});

describe('a single manifest', () => {
  const one = (single: Image) => clientFor(single.manifest, [single]);

  it('is the platform that its config names', async () => {
    const client = one(arm64);
    const found = await resolve(client, 'linux/arm64');
    assert.deepEqual(
      [written(found), found.manifestDigest, found.manifestBytes],
      ['linux/arm64/v8', arm64.manifest.digest, arm64.manifest.bytes],
    );
    assert.deepEqual(client.asked, ['manifest', `blob ${arm64.config.digest}`]);
  });

  it('of Docker is read as one of OCI', async () => {
    assert.equal(written(await resolve(one(image('linux/amd64', { docker: true })), 'linux/amd64')), 'linux/amd64');
  });

  it('matches by the rules of an index entry: lower variants, builds of Windows', async () => {
    assert.equal(written(await resolve(one(armV6), 'linux/arm/v7')), 'linux/arm/v6');
    assert.equal(written(await resolve(one(amd64), 'linux/amd64/v3')), 'linux/amd64');
    const windows = one(image({ os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' }));
    assert.equal(written(await resolve(windows, 'windows/amd64:10.0.17763.9')), 'windows(10.0.17763.1)/amd64');
    await rejection('platform-not-found', resolve(windows, 'windows/amd64:10.0.20348'));
  });

  it('for another platform is platform-not-found, and the text says which it has', async () => {
    assert.match(
      (await rejection('platform-not-found', resolve(one(arm64), 'linux/amd64'))).message,
      /It has linux\/arm64\/v8\./,
    );
    await rejection('platform-not-found', resolve(one(armV7), 'linux/arm/v6'));
  });

  for (const platform of [
    { os: 'linux', architecture: '' },
    { os: '', architecture: 'amd64' },
  ]) {
    it(`whose config names only one of os and architecture does not match: ${JSON.stringify(platform)}`, async () => {
      await rejection('platform-not-found', resolve(one(image(platform)), 'linux/amd64'));
    });
  }

  for (const [what, single] of [
    ['a chart', chart],
    ['an artifact with the empty config', empty],
    ['a cosign signature', signature],
  ] as const) {
    it(`that is ${what} passes for any platform, with none of its own`, async () => {
      const resolver = await open(one(single));
      for (const asked of ['linux/amd64', 'windows/arm64']) {
        const found = await resolver.resolve(parsePlatform(asked), false);
        assert.deepEqual([found.platform, found.manifestDigest], [undefined, single.manifest.digest]);
      }
      assert.deepEqual(resolver.platforms(), []);
      assert.equal(await resolver.offers(parsePlatform('linux/amd64')), false);
      const [all, ...more] = await resolver.resolveAll(false);
      assert.deepEqual([all?.platform, all?.manifestDigest, more], [undefined, single.manifest.digest, []]);
    });
  }

  it('that is no image may have a config that is no JSON', async () => {
    const binary = manifestOf(blob(Buffer.from([0, 1, 2]), 'application/octet-stream'));
    const { config } = await resolve(one(binary), 'linux/amd64', true);
    assert.deepEqual([config?.bytes, config?.content], [binary.config.bytes, undefined]);
  });

  it('whose config is not there is registry-error', async () => {
    await rejection('registry-error', resolve(fakeClient([amd64.manifest]), 'linux/amd64'));
  });

  it('whose config is no strict JSON is invalid-manifest', async () => {
    await rejection(
      'invalid-manifest',
      resolve(one(manifestOf(blob('{"os":"linux","os":"linux"}', types.config))), 'linux/amd64'),
    );
  });
});

describe('all platforms', () => {
  it('come in index order, those without a platform in their place, attestations left out', async () => {
    const attestation = image({ os: 'unknown', architecture: 'unknown' });
    const images = [arm64, armV7, attestation, chart, amd64];
    const top = indexOf([spoken(arm64), silent(armV7), spoken(attestation), silent(chart), spoken(amd64)]);
    const resolver = await open(clientFor(top, images));
    assert.deepEqual((await resolver.resolveAll(false)).map(written), [
      'linux/arm64/v8',
      'linux/arm/v7',
      'linux/amd64',
    ]);
    assert.deepEqual(resolver.platforms(), ['linux/arm64/v8', 'linux/arm/v7', 'linux/amd64']);
  });

  it('name each platform once, however it is written: the first in index order', async () => {
    const twin = image({ os: 'linux', architecture: 'aarch64' }, { layers: ['twin'] });
    const versions = ['10.0.1.1', '10.0.1.2'].map((version) =>
      image({ os: 'windows', architecture: 'amd64', 'os.version': version }),
    );
    const images = [arm64, twin, ...versions];
    const all = await (await open(clientFor(index(images), images))).resolveAll(false);
    assert.deepEqual(
      all.map(({ manifestDigest }) => manifestDigest),
      [arm64, ...versions].map(({ manifest }) => manifest.digest),
    );
  });

  it('of a single manifest are its one', async () => {
    const all = await (await open(clientFor(amd64.manifest, [amd64]))).resolveAll(true);
    assert.deepEqual(
      all.map((one) => [written(one), one.config?.content?.created]),
      [['linux/amd64', '2026-01-02T03:04:05Z']],
    );
  });

  it('of what has none are platform-not-found', async () => {
    const resolver = await open(clientFor(indexOf([silent(chart)]), [chart]));
    assert.match(
      (await rejection('platform-not-found', resolver.resolveAll(false))).message,
      /any platform\. It has none/,
    );
  });
});

describe('offering a platform', () => {
  it('is meant exactly, after normalising, without fallback to a lower variant', async () => {
    const images = [armV6, arm64, amd64];
    const resolver = await open(clientFor(indexOf([spoken(armV6), spoken(arm64), silent(amd64)]), images));
    const offered = async (asked: string) => resolver.offers(parsePlatform(asked));
    assert.deepEqual(await Promise.all(['linux/armel', 'linux/aarch64', 'linux/x86_64/v1'].map(offered)), [
      true,
      true,
      true,
    ]);
    assert.deepEqual(
      await Promise.all(['linux/arm/v7', 'linux/arm64/v9', 'linux/amd64/v2', 'linux/386'].map(offered)),
      [false, false, false, false],
    );
  });
});

describe('a platform as text', () => {
  it('is the entry that was chosen, as the index writes it', async () => {
    const upper = image({ os: 'Linux', architecture: 'ARM64', variant: 'v8' });
    assert.equal((await resolve(clientFor(index([upper]), [upper]), 'linux/arm64')).platformText, 'Linux/ARM64/v8');
    assert.equal((await resolve(clientFor(chart.manifest, [chart]), 'linux/arm64')).platformText, '');
  });

  for (const version of [
    '10.0.20348.1`id`',
    '10.0.20348.$(id)',
    '10.0.20348.1 x',
    '10.0.20348.1\n::error::x',
    '10.0.20348."',
  ]) {
    it(`that a shell could act on is invalid-manifest: ${JSON.stringify(version)}`, async () => {
      const hostile = image({ os: 'windows', architecture: 'amd64', 'os.version': version });
      await rejection('invalid-manifest', resolve(clientFor(index([hostile]), [hostile]), 'windows/amd64'));
    });
  }
});

describe('a resolver', () => {
  it('fetches nothing twice, however often and for whatever it is asked at a time', async () => {
    const client = clientFor(indexOf([silent(amd64), silent(arm64)]), [amd64, arm64]);
    const resolver = await open(client);
    const asked = ['linux/amd64', 'linux/arm64', 'linux/amd64'].map((platform) =>
      resolver.resolve(parsePlatform(platform), true),
    );
    await Promise.all([...asked, resolver.resolveAll(true), resolver.offers(parsePlatform('linux/386'))]);
    const before = client.asked.length;
    assert.equal(await resolver.offers(parsePlatform('linux/s390x')), false);
    assert.equal(client.asked.length, before);
    const blobs = client.asked.filter((request) => request.startsWith('blob'));
    assert.deepEqual(blobs.sort(), [`blob ${amd64.config.digest}`, `blob ${arm64.config.digest}`].sort());
  });

  it('refuses an index behind an entry that announces a manifest', async () => {
    const inner = { ...index([amd64]), digest: amd64.manifest.digest };
    await rejection('invalid-manifest', resolve(fakeClient([index([amd64]), inner]), 'linux/amd64'));
  });
});
