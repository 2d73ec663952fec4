import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentCache, withCache } from '../../../src/content/cache.ts';
import type { ContentStore } from '../../../src/content/store.ts';
import { loadImage } from '../../../src/image/image.ts';
import { platformImages } from '../../../src/image/platform-image.ts';
import type { PlatformImage } from '../../../src/image/resolved-image.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { fakeStore, operation, storeOf } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, type Image, image, index, indexOf, types } from '../../support/images.ts';
import { rejection, textOf } from '../../support/refusals.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64/v8');
const armV7 = image('linux/arm/v7');
const armV6 = image('linux/arm/v6');

const open = async (store: ContentStore) => platformImages(await loadImage(store, 'latest'), store);
const choose = async (store: ContentStore, requested: string, withConfig = false) =>
  (await open(store)).choose(parsePlatform(requested), withConfig);
const textOfPlatform = ({ platformText }: PlatformImage) => platformText;

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
    const chosen = await choose(storeOf(index([amd64, arm64]), [amd64, arm64]), 'linux/arm64');
    assert.equal(textOfPlatform(chosen), 'linux/arm64/v8');
    assert.deepEqual([chosen.manifestDigest, chosen.manifestBytes], [arm64.manifest.digest, arm64.manifest.bytes]);
    assert.deepEqual(
      chosen.manifest.layers.map(({ digest }) => digest),
      arm64.layers.map(({ digest }) => digest),
    );
    assert.equal(chosen.config, undefined);
  });

  it('costs two requests, and one more when its config is needed', async () => {
    const top = index([amd64, arm64]);
    const store = storeOf(top, [amd64, arm64]);
    await choose(store, 'linux/amd64');
    assert.deepEqual(store.requests, ['resolve', `document ${amd64.manifest.digest}`]);
    const inspecting = storeOf(top, [amd64, arm64]);
    const { config } = await choose(inspecting, 'linux/amd64', true);
    assert.deepEqual(inspecting.requests, [
      'resolve',
      `document ${amd64.manifest.digest}`,
      `blob ${amd64.config.digest}`,
    ]);
    assert.deepEqual(config?.bytes, amd64.config.bytes);
    assert.deepEqual(config?.content?.platform?.architecture, 'amd64');
  });

  it('falls back to the highest lower variant, and to no other architecture', async () => {
    const store = storeOf(index([arm64, armV6, amd64]), [arm64, armV6, amd64]);
    assert.equal(textOfPlatform(await choose(store, 'linux/arm/v7')), 'linux/arm/v6');
    await rejection('platform-not-found', choose(store, 'linux/arm/v5'));
    await rejection('platform-not-found', choose(store, 'linux/386'));
  });

  it('is the first in index order among equals', async () => {
    const twin = image('linux/amd64', { layers: ['twin'] });
    const chosen = await choose(storeOf(index([twin, amd64]), [twin, amd64]), 'linux/amd64');
    assert.equal(chosen.manifestDigest, twin.manifest.digest);
  });

  it('of Windows is that with the highest version, or with the requested build', async () => {
    const windows = ['10.0.17763.6532', '10.0.20348.900', '10.0.20348.2762'].map((version) =>
      image({ os: 'windows', architecture: 'amd64', 'os.version': version }),
    );
    const store = storeOf(index(windows), windows);
    assert.equal(textOfPlatform(await choose(store, 'windows/amd64')), 'windows(10.0.20348.2762)/amd64');
    assert.equal(textOfPlatform(await choose(store, 'windows(10.0.17763)/amd64')), 'windows(10.0.17763.6532)/amd64');
    assert.equal(textOfPlatform(await choose(store, 'windows/amd64:10.0.17763.1')), 'windows(10.0.17763.6532)/amd64');
    const error = await rejection('platform-not-found', choose(store, 'windows/amd64:10.0.26100'));
    assert.match(error.message, /windows\(10\.0\.17763\.6532\)\/amd64, windows\(10\.0\.20348\.900\)\/amd64/);
  });

  it('that it does not have is platform-not-found, and the text lists what it has, without attestations', async () => {
    const attestation = image({ os: 'unknown', architecture: 'unknown' });
    const store = storeOf(index([amd64, arm64, attestation]), [amd64, arm64, attestation]);
    const words = textOf(await rejection('platform-not-found', choose(store, 'linux/s390x')));
    assert.match(words, /The image does not have linux\/s390x\. It has linux\/amd64, linux\/arm64\/v8\./);
    assert.doesNotMatch(words, /unknown/);
    await rejection('platform-not-found', choose(store, 'unknown/unknown'));
  });

  it('that is empty is platform-not-found', async () => {
    assert.match(
      (await rejection('platform-not-found', choose(fakeStore([indexOf([])]), 'linux/amd64'))).message,
      /It has none/,
    );
  });

  it('may be in a nested index', async () => {
    const inner = index([armV7, arm64]);
    const store = storeOf(indexOf([spoken(amd64), descriptor(inner)]), [amd64, armV7, arm64], [inner]);
    assert.equal((await choose(store, 'linux/arm64')).manifestDigest, arm64.manifest.digest);
  });

  it('whose manifest is not there is registry-error, never missing', async () => {
    await rejection('registry-error', choose(fakeStore([index([amd64])]), 'linux/amd64'));
  });

  it('whose config is not there is registry-error when it is needed', async () => {
    const store = fakeStore([index([amd64]), amd64.manifest]);
    assert.equal((await choose(store, 'linux/amd64')).manifestDigest, amd64.manifest.digest);
    await rejection('registry-error', choose(store, 'linux/amd64', true));
  });
});

describe('an index entry without a platform', () => {
  it('is used by what its config says, when nothing else matches', async () => {
    const store = storeOf(indexOf([silent(armV7), silent(arm64), spoken(amd64)]), [armV7, arm64, amd64]);
    const chosen = await choose(store, 'linux/arm64');
    assert.deepEqual([textOfPlatform(chosen), chosen.manifestDigest], ['linux/arm64/v8', arm64.manifest.digest]);
  });

  it('is not even read when an entry with a platform matches, be it by a lower variant', async () => {
    const store = storeOf(indexOf([silent(armV7), spoken(armV6)]), [armV7, armV6]);
    assert.equal((await choose(store, 'linux/arm/v7')).manifestDigest, armV6.manifest.digest);
    assert.deepEqual(store.requests, ['resolve', `document ${armV6.manifest.digest}`]);
  });

  it('is chosen by the same rules as others: exact before lower, first among equals', async () => {
    const twin = image('linux/arm/v7', { layers: ['twin'] });
    const store = storeOf(indexOf([silent(armV6), silent(twin), silent(armV7)]), [armV6, twin, armV7]);
    assert.equal((await choose(store, 'linux/arm/v7')).manifestDigest, twin.manifest.digest);
  });

  it('is listed among what the image has, in index order, when nothing matches', async () => {
    const store = storeOf(indexOf([spoken(amd64), silent(arm64), spoken(armV6)]), [amd64, arm64, armV6]);
    const error = await rejection('platform-not-found', choose(store, 'linux/s390x'));
    assert.match(error.message, /It has linux\/amd64, linux\/arm64\/v8, linux\/arm\/v6\./);
  });

  it('that is no image, or whose config names no platform, is never chosen', async () => {
    const store = storeOf(indexOf([silent(chart), silent(empty), silent(signature)]), [chart, empty, signature]);
    for (const requested of ['linux/amd64', 'linux/s390x']) {
      assert.match((await rejection('platform-not-found', choose(store, requested))).message, /It has none/);
    }
    assert.equal(store.requests.includes(`blob ${chart.config.digest}`), false);
  });

  it('is an attestation when its config says unknown/unknown', async () => {
    const unknown = image({ os: 'unknown', architecture: 'Unknown' });
    const platforms = await open(storeOf(indexOf([silent(unknown), silent(amd64)]), [unknown, amd64]));
    assert.deepEqual((await platforms.all(false)).map(textOfPlatform), ['linux/amd64']);
    assert.deepEqual(await platforms.written(), ['linux/amd64']);
    await rejection('platform-not-found', platforms.choose(parsePlatform('unknown/unknown'), false));
  });

  it('is one, too, whose platform is empty', async () => {
    const entries = [{ os: '', architecture: '' }, {}].map((platform) => descriptor(amd64.manifest, { platform }));
    assert.equal(textOfPlatform(await choose(storeOf(indexOf(entries), [amd64]), 'linux/amd64')), 'linux/amd64');
  });

  it('that is an attestation is not read', async () => {
    const attestation = silent(arm64, { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } });
    const store = storeOf(indexOf([attestation]), [arm64]);
    await rejection('platform-not-found', choose(store, 'linux/arm64'));
    assert.deepEqual(store.requests, ['resolve']);
  });
});

describe('a single manifest', () => {
  const one = (single: Image) => storeOf(single.manifest, [single]);

  it('is the platform that its config names', async () => {
    const store = one(arm64);
    const chosen = await choose(store, 'linux/arm64');
    assert.deepEqual(
      [textOfPlatform(chosen), chosen.manifestDigest, chosen.manifestBytes],
      ['linux/arm64/v8', arm64.manifest.digest, arm64.manifest.bytes],
    );
    assert.deepEqual(store.requests, ['resolve', `blob ${arm64.config.digest}`]);
  });

  it('of Docker is read as one of OCI', async () => {
    assert.equal(
      textOfPlatform(await choose(one(image('linux/amd64', { docker: true })), 'linux/amd64')),
      'linux/amd64',
    );
  });

  it('matches by the rules of an index entry: lower variants, builds of Windows', async () => {
    assert.equal(textOfPlatform(await choose(one(armV6), 'linux/arm/v7')), 'linux/arm/v6');
    assert.equal(textOfPlatform(await choose(one(amd64), 'linux/amd64/v3')), 'linux/amd64');
    const windows = one(image({ os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' }));
    assert.equal(textOfPlatform(await choose(windows, 'windows/amd64:10.0.17763.9')), 'windows(10.0.17763.1)/amd64');
    await rejection('platform-not-found', choose(windows, 'windows/amd64:10.0.20348'));
  });

  it('for another platform is platform-not-found, and the text says which it has', async () => {
    assert.match(
      (await rejection('platform-not-found', choose(one(arm64), 'linux/amd64'))).message,
      /It has linux\/arm64\/v8\./,
    );
    await rejection('platform-not-found', choose(one(armV7), 'linux/arm/v6'));
  });

  for (const platform of [
    { os: 'linux', architecture: '' },
    { os: '', architecture: 'amd64' },
  ]) {
    it(`whose config names only one of os and architecture does not match: ${JSON.stringify(platform)}`, async () => {
      await rejection('platform-not-found', choose(one(image(platform)), 'linux/amd64'));
    });
  }

  for (const [what, single] of [
    ['a chart', chart],
    ['an artifact with the empty config', empty],
    ['a cosign signature', signature],
  ] as const) {
    it(`that is ${what} passes for any platform, with none of its own`, async () => {
      const platforms = await open(one(single));
      for (const requested of ['linux/amd64', 'windows/arm64']) {
        const chosen = await platforms.choose(parsePlatform(requested), false);
        assert.deepEqual([chosen.platform, chosen.manifestDigest], [undefined, single.manifest.digest]);
      }
      assert.deepEqual(await platforms.written(), []);
      assert.deepEqual(await platforms.named(parsePlatform('linux/amd64')), []);
      const [all, ...more] = await platforms.all(false);
      assert.deepEqual([all?.platform, all?.manifestDigest, more], [undefined, single.manifest.digest, []]);
    });
  }

  it('that is no image may have a config that is no JSON', async () => {
    const binary = manifestOf(blob(Buffer.from([0, 1, 2]), 'application/octet-stream'));
    const { config } = await choose(one(binary), 'linux/amd64', true);
    assert.deepEqual([config?.bytes, config?.content], [binary.config.bytes, undefined]);
  });

  it('whose config is not there is registry-error', async () => {
    await rejection('registry-error', choose(fakeStore([amd64.manifest]), 'linux/amd64'));
  });

  it('whose config is no strict JSON is invalid-manifest', async () => {
    await rejection(
      'invalid-manifest',
      choose(one(manifestOf(blob('{"os":"linux","os":"linux"}', types.config))), 'linux/amd64'),
    );
  });
});

describe('all platforms', () => {
  it('come in index order, those without a platform in their place, attestations left out', async () => {
    const attestation = image({ os: 'unknown', architecture: 'unknown' });
    const images = [arm64, armV7, attestation, chart, amd64];
    const top = indexOf([spoken(arm64), silent(armV7), spoken(attestation), silent(chart), spoken(amd64)]);
    const platforms = await open(storeOf(top, images));
    assert.deepEqual((await platforms.all(false)).map(textOfPlatform), [
      'linux/arm64/v8',
      'linux/arm/v7',
      'linux/amd64',
    ]);
    assert.deepEqual(await platforms.written(), ['linux/arm64/v8', 'linux/amd64']);
  });

  it('name each platform once, however it is written: the first in index order', async () => {
    const twin = image({ os: 'linux', architecture: 'aarch64' }, { layers: ['twin'] });
    const versions = ['10.0.1.1', '10.0.1.2'].map((version) =>
      image({ os: 'windows', architecture: 'amd64', 'os.version': version }),
    );
    const images = [arm64, twin, ...versions];
    const all = await (await open(storeOf(index(images), images))).all(false);
    assert.deepEqual(
      all.map(({ manifestDigest }) => manifestDigest),
      [arm64, ...versions].map(({ manifest }) => manifest.digest),
    );
  });

  it('of a single manifest are its one', async () => {
    const all = await (await open(storeOf(amd64.manifest, [amd64]))).all(true);
    assert.deepEqual(
      all.map((one) => [textOfPlatform(one), one.config?.content?.created]),
      [['linux/amd64', '2026-01-02T03:04:05Z']],
    );
  });

  it('of what has none are platform-not-found', async () => {
    const platforms = await open(storeOf(indexOf([silent(chart), silent(empty)]), [chart, empty]));
    assert.match((await rejection('platform-not-found', platforms.all(false))).message, /any platform\. It has none/);
  });
});

describe('offering a platform', () => {
  it('is meant exactly, after normalising, without fallback to a lower variant', async () => {
    const images = [armV6, arm64, amd64];
    const platforms = await open(storeOf(indexOf([spoken(armV6), spoken(arm64), silent(amd64)]), images));
    const offered = async (requested: string) => (await platforms.named(parsePlatform(requested))).length > 0;
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
    assert.equal((await choose(storeOf(index([upper]), [upper]), 'linux/arm64')).platformText, 'Linux/ARM64/v8');
    assert.equal((await choose(storeOf(chart.manifest, [chart]), 'linux/arm64')).platformText, '');
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
      await rejection('invalid-manifest', choose(storeOf(index([hostile]), [hostile]), 'windows/amd64'));
    });
  }
});

describe('the platforms of one image', () => {
  it('are found with every document and blob fetched once, however many questions there are at a time', async () => {
    const bare = storeOf(indexOf([silent(amd64), silent(arm64)]), [amd64, arm64]);
    const store = { ...withCache(bare, 'a', contentCache(), operation.signal), requests: bare.requests };
    const platforms = await open(store);
    const choices = ['linux/amd64', 'linux/arm64', 'linux/amd64'].map((platform) =>
      platforms.choose(parsePlatform(platform), true),
    );
    await Promise.all([...choices, platforms.all(true), platforms.named(parsePlatform('linux/386'))]);
    const before = store.requests.length;
    assert.deepEqual(await platforms.named(parsePlatform('linux/s390x')), []);
    assert.equal(store.requests.length, before);
    const blobs = store.requests.filter((request) => request.startsWith('blob'));
    assert.deepEqual(blobs.sort(), [`blob ${amd64.config.digest}`, `blob ${arm64.config.digest}`].sort());
  });

  it('refuse an index behind an entry that announces a manifest', async () => {
    const inner = { ...index([amd64]), digest: amd64.manifest.digest };
    await rejection('invalid-manifest', choose(fakeStore([index([amd64]), inner]), 'linux/amd64'));
  });

  it('are located by the index alone, at no request for what it declares', async () => {
    const store = storeOf(index([amd64, armV6]), []);
    const platforms = await open(store);
    assert.equal(await platforms.locate(parsePlatform('linux/arm/v7')), armV6.manifest.digest);
    await rejection('platform-not-found', platforms.locate(parsePlatform('linux/s390x')));
    assert.deepEqual(store.requests, ['resolve']);
  });
});

describe('the list of platforms', () => {
  it('is what the index declares, whatever was read before', async () => {
    const store = storeOf(indexOf([spoken(amd64), silent(arm64)]), [amd64, arm64]);
    const platforms = await open(store);
    assert.deepEqual(await platforms.written(), ['linux/amd64']);
    assert.equal((await platforms.named(parsePlatform('linux/arm64'))).length, 1);
    await platforms.choose(parsePlatform('linux/arm64'), true);
    assert.deepEqual(await platforms.written(), ['linux/amd64']);
  });

  it('is what configs say only where the index declares none', async () => {
    assert.deepEqual(await (await open(storeOf(indexOf([silent(amd64), silent(arm64)]), [amd64, arm64]))).written(), [
      'linux/amd64',
      'linux/arm64/v8',
    ]);
    assert.deepEqual(await (await open(storeOf(arm64.manifest, [arm64]))).written(), ['linux/arm64/v8']);
  });

  it('has no os.version but that of Windows', async () => {
    const bottles = ['Ubuntu 22.04.5', 'macOS 14.5'].map((version, at) =>
      image({ os: at === 0 ? 'linux' : 'darwin', architecture: 'arm64', 'os.version': version }),
    );
    const platforms = await open(storeOf(index(bottles), bottles));
    assert.deepEqual(await platforms.written(), ['linux/arm64', 'darwin/arm64']);
    assert.equal((await platforms.choose(parsePlatform('linux/arm64'), true)).platformText, 'linux/arm64');
  });
});

describe('twins that differ by features alone', () => {
  const lazy = image({ os: 'linux', architecture: 'amd64' }, { layers: ['lazy'] });
  const feature = 'nydus.remoteimage.v1';
  const top = indexOf([
    spoken(amd64),
    descriptor(lazy.manifest, { platform: { ...amd64.platform, 'os.features': [feature] } }),
  ]);
  const store = () => storeOf(top, [amd64, lazy]);

  it('are two of all platforms, written with their features', async () => {
    const platforms = await open(store());
    const texts = ['linux/amd64', `linux(+${feature})/amd64`];
    assert.deepEqual((await platforms.all(false)).map(textOfPlatform), texts);
    assert.deepEqual(await platforms.written(), texts);
  });

  it('are each chosen by name, and without features the first', async () => {
    assert.equal((await choose(store(), 'linux/amd64')).manifestDigest, amd64.manifest.digest);
    const chosen = await choose(store(), `linux(+${feature})/amd64`);
    assert.deepEqual([chosen.manifestDigest, chosen.platformText], [lazy.manifest.digest, `linux(+${feature})/amd64`]);
  });
});

describe('the only entry of an index', () => {
  for (const [what, single] of [
    ['a chart', chart],
    ['an artifact with the empty config', empty],
    ['a cosign signature', signature],
  ] as const) {
    it(`that is ${what} without a platform is the answer for any, with none of its own`, async () => {
      const platforms = await open(storeOf(indexOf([silent(single)]), [single]));
      const chosen = await platforms.choose(parsePlatform('linux/amd64'), false);
      assert.deepEqual([chosen.platformText, chosen.manifestDigest], ['', single.manifest.digest]);
      assert.deepEqual(await platforms.written(), []);
      assert.deepEqual((await platforms.all(false)).map(textOfPlatform), ['']);
    });
  }

  it('is not the answer where its config names another platform', async () => {
    await rejection('platform-not-found', choose(storeOf(indexOf([silent(arm64)]), [arm64]), 'linux/amd64'));
  });
});

describe('the config of a platform', () => {
  /** An entry that declares another platform than its config names. */
  const wrongly = (single: Image, platform: string) => {
    const [os = '', architecture = ''] = platform.split('/');
    return storeOf(indexOf([descriptor(single.manifest, { platform: { os, architecture } })]), [single]);
  };

  it('must name the one that the index declares, where it is read', async () => {
    const error = await rejection('invalid-manifest', choose(wrongly(amd64, 'linux/arm64'), 'linux/arm64', true));
    assert.match(error.message, /declares linux\/arm64, but the config below it is for linux\/amd64/);
    await rejection('invalid-manifest', choose(wrongly(amd64, 'windows/amd64'), 'windows/amd64', true));
    await rejection('invalid-manifest', (await open(wrongly(amd64, 'linux/arm64'))).all(true));
    assert.equal((await choose(wrongly(amd64, 'linux/arm64'), 'linux/arm64')).platformText, 'linux/arm64');
  });

  it('may spell it otherwise, have another variant, or name none', async () => {
    const spelt = image({ os: 'Linux', architecture: 'x86_64', variant: 'v2' });
    assert.equal((await choose(wrongly(spelt, 'linux/amd64'), 'linux/amd64', true)).platformText, 'linux/amd64');
    assert.equal((await choose(wrongly(signature, 'linux/amd64'), 'linux/amd64', true)).platformText, 'linux/amd64');
  });
});

describe('a sibling that cannot be read', () => {
  const gone = silent(armV7);
  const nested = descriptor(index([armV6]));

  it('never makes a declared platform unreachable', async () => {
    for (const sibling of [gone, nested, { ...gone, mediaType: 'x/y' }]) {
      const store = storeOf(indexOf([sibling, spoken(amd64)]), [amd64]);
      assert.equal((await choose(store, 'linux/amd64', true)).manifestDigest, amd64.manifest.digest);
      assert.deepEqual(await (await open(store)).written(), ['linux/amd64']);
    }
  });

  it('is the error for a platform that nothing declares, and for all of them: it may be the one', async () => {
    for (const sibling of [gone, nested]) {
      const store = storeOf(indexOf([sibling, spoken(amd64)]), [amd64]);
      assert.equal((await rejection('registry-error', choose(store, 'linux/arm/v7'))).cause, 'missing-child');
      await rejection('registry-error', (await open(store)).all(false));
    }
  });
});
