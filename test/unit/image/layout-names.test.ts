import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fullReference, isRefName, type LayoutScope, layoutNames } from '../../../src/image/layout-names.ts';
import type { PlatformImage } from '../../../src/image/resolved-image.ts';
import { type Platform, parsePlatform } from '../../../src/oci/platform.ts';
import { parseSource } from '../../../src/oci/source.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const source = (text: string) => parseSource(text, false);
const one: LayoutScope = { hasSeveralImages: false, hasSeveralPlatforms: false };
const platforms: LayoutScope = { hasSeveralImages: false, hasSeveralPlatforms: true };
const images: LayoutScope = { hasSeveralImages: true, hasSeveralPlatforms: false };
const both: LayoutScope = { hasSeveralImages: true, hasSeveralPlatforms: true };

let count = 0;
/** An entry of an index, by its platform as the index writes it. */
function entryFor(platform: Platform | string | undefined): PlatformImage {
  count += 1;
  const manifestDigest = `sha256:${String(count).padStart(64, '0')}`;
  const parsed = typeof platform === 'string' ? parsePlatform(platform) : platform;
  return { platform: parsed, manifestDigest } as unknown as PlatformImage;
}

/** ref.name and full name of an image in a layout. */
function namesOf(text: string, scope: LayoutScope, entry = entryFor('linux/amd64'), siblings = [entry]) {
  const { refName, imageName } = layoutNames(source(text), entry, siblings, scope);
  return [refName, imageName];
}

describe('the names of an image on a registry', () => {
  test('are its tag and its full reference', () => {
    assert.deepEqual(namesOf('nginx', one), ['latest', 'docker.io/library/nginx:latest']);
    assert.deepEqual(namesOf('ghcr.io/o/app:v1', one), ['v1', 'ghcr.io/o/app:v1']);
    assert.deepEqual(namesOf('host:5000/app:v1', one), ['v1', 'host:5000/app:v1']);
  });

  test('hold no digest where there is a tag, and are the reference alone where there is none', () => {
    assert.deepEqual(namesOf(`nginx:1@${digest}`, one), ['1', 'docker.io/library/nginx:1']);
    for (const scope of [one, images, platforms, both]) {
      assert.deepEqual(namesOf(`nginx@${digest}`, scope), ['', `docker.io/library/nginx@${digest}`]);
    }
  });

  test('are both the full reference for several images', () => {
    assert.deepEqual(namesOf('nginx:1', images), ['docker.io/library/nginx:1', 'docker.io/library/nginx:1']);
  });

  test('tell the platform when a list of them was asked for', () => {
    const arm = entryFor({ os: 'linux', architecture: 'arm64', variant: 'v8', osVersion: '', osFeatures: [] });
    assert.deepEqual(namesOf('nginx:1', platforms), ['1-linux-amd64', 'docker.io/library/nginx:1-linux-amd64']);
    assert.deepEqual(namesOf('nginx:1', platforms, arm), [
      '1-linux-arm64-v8',
      'docker.io/library/nginx:1-linux-arm64-v8',
    ]);
    const full = 'docker.io/library/nginx:1-linux-arm64-v8';
    assert.deepEqual(namesOf('nginx:1', both, arm), [full, full]);
    assert.deepEqual(namesOf('nginx:1', platforms, entryFor(undefined)), ['1', 'docker.io/library/nginx:1']);
  });

  test('tell the version of Windows where two would else be equal, and only there', () => {
    const windows = ['10.0.20348.1', '10.0.17763.2'].map((osVersion) =>
      entryFor({ os: 'windows', architecture: 'amd64', variant: '', osVersion, osFeatures: [] }),
    );
    const [older] = windows;
    assert.deepEqual(namesOf('win:1', platforms, older, windows)[0], '1-windows-amd64-10.0.20348.1');
    assert.deepEqual(namesOf('win:1', platforms, older, [entryFor('linux/amd64')])[0], '1-windows-amd64');
  });
});

test('an image from a layout is called what it was called there, and has no full name', () => {
  assert.deepEqual(namesOf('oci-layout://out:v1', one), ['v1', '']);
  assert.deepEqual(namesOf('oci-layout://out:v1', images), ['v1', '']);
  assert.deepEqual(namesOf('oci-layout://out:ghcr.io/o/app:v1', platforms), ['ghcr.io/o/app:v1-linux-amd64', '']);
  assert.deepEqual(namesOf(`oci-layout://out:v1@${digest}`, one), ['v1', '']);
  for (const text of ['oci-layout://out', `oci-layout://out@${digest}`]) {
    assert.deepEqual(namesOf(text, both), ['', ''], text);
  }
});

test('the full reference is one spelling for one image, and empty for a layout', () => {
  for (const text of ['nginx', 'docker.io/nginx:latest', 'index.docker.io/library/nginx', `nginx:latest@${digest}`]) {
    assert.equal(fullReference(source(text)), 'docker.io/library/nginx:latest', text);
  }
  assert.equal(fullReference(source('oci-layout://out:v1')), '');
});

test('a ref.name follows the grammar of the specification', () => {
  const good = ['v1', '1-linux-arm64-v8', 'docker.io/library/nginx:1.2', 'a--b', 'a+b', 'A@b', 'host:5000/o/app:v1'];
  for (const text of good) assert.ok(isRefName(text), text);
  for (const text of ['', '_x', 'a..b', 'a_', '-a', 'a-', 'a/', '/a', 'a//b', 'a b', 'a__b', 'a---b', 'é', 'a\n']) {
    assert.ok(!isRefName(text), JSON.stringify(text));
  }
});
