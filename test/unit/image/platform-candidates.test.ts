import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  chooseCandidate,
  distinctCandidates,
  exactCandidates,
  type PlatformCandidate,
  platformNotFound,
  platformWriter,
  writtenPlatforms,
} from '../../../src/image/platform-candidates.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { type Platform, parsePlatform } from '../../../src/oci/platform.ts';

const plain: Platform = { os: 'linux', architecture: 'amd64', variant: '', osVersion: '', osFeatures: [] };
const of = (platform: Partial<Platform> | undefined, size = 1): PlatformCandidate => ({
  platform: platform && { ...plain, ...platform },
  descriptor: { mediaType: 'x/y', digest: `sha256:${'a'.repeat(64)}` as Digest, size },
  annotations: {},
});
const sizes = (candidates: readonly PlatformCandidate[]) => candidates.map(({ descriptor }) => descriptor.size);

test('a candidate may be a lower variant, an exact one may not', () => {
  const candidates = [of(undefined, 1), of({ architecture: 'arm', variant: 'v6' }, 2), of({}, 3)];
  const armV7 = parsePlatform('linux/arm/v7');
  assert.equal(chooseCandidate(candidates, armV7)?.descriptor.size, 2);
  assert.deepEqual(exactCandidates(candidates, armV7), []);
  assert.deepEqual(sizes(exactCandidates(candidates, parsePlatform('linux/armel'))), [2]);
});

test('exact candidates are all that are named so, not only the first', () => {
  assert.deepEqual(sizes(exactCandidates([of({}, 1), of({ architecture: 'x86_64' }, 2)], plain)), [1, 2]);
});

describe('distinct candidates', () => {
  test('are the first of each platform, however it is written, and none without one', () => {
    const all = [
      of(undefined, 1),
      of({ architecture: 'arm64', variant: 'v8' }, 2),
      of({ architecture: 'aarch64' }, 3),
      of({}, 4),
    ];
    assert.deepEqual(sizes(distinctCandidates(all)), [2, 4]);
  });

  test('are the only one there is, also without a platform', () => {
    assert.deepEqual(sizes(distinctCandidates([of(undefined, 7)])), [7]);
    assert.deepEqual(distinctCandidates([]), []);
  });

  test('differ by version for Windows, and by features', () => {
    const windows = ['10.0.1.1', '10.0.1.2'].map((osVersion, at) => of({ os: 'windows', osVersion }, at));
    assert.deepEqual(sizes(distinctCandidates([...windows, of({}, 2), of({ osFeatures: ['x'] }, 3)])), [0, 1, 2, 3]);
  });
});

describe('a platform is written', () => {
  test('with its version and in the case of the index, and without features', () => {
    const platform = {
      os: 'Windows',
      architecture: 'AMD64',
      variant: 'v1',
      osVersion: '10.0.20348.1',
      osFeatures: ['win32k'],
    };
    assert.equal(platformWriter([of(platform)])(platform), 'Windows(10.0.20348.1)/AMD64/v1');
  });

  test('with features where two differ by nothing else, in whatever order and case these are', () => {
    const write = platformWriter([
      of({}),
      of({ osFeatures: ['b', 'a'] }),
      of({ architecture: 'arm64', osFeatures: ['c'] }),
    ]);
    assert.equal(write({ ...plain, osFeatures: ['b', 'a'] }), 'linux(+b+a)/amd64');
    assert.equal(write(plain), 'linux/amd64');
    assert.equal(write({ ...plain, architecture: 'arm64', osFeatures: ['c'] }), 'linux/arm64');
    const same = platformWriter([of({ osFeatures: ['b', 'a'] }), of({ osFeatures: ['A', 'B'] })]);
    assert.equal(same({ ...plain, osFeatures: ['b', 'a'] }), 'linux/amd64');
  });

  test('as nothing where there is none, and each once in a list', () => {
    assert.equal(platformWriter([])(undefined), '');
    assert.deepEqual(writtenPlatforms([of({}), of(undefined), of({}), of({ os: 'wasi' })]), [
      'linux/amd64',
      'wasi/amd64',
    ]);
  });
});

describe('a platform that is not there', () => {
  test('is named beside what there is, up to 50', () => {
    const offered = Array.from({ length: 60 }, (_, at) => `linux/x${at}`);
    const { code, message } = platformNotFound(parsePlatform('linux/s390x'), offered);
    assert.equal(code, 'platform-not-found');
    assert.match(message, /does not have linux\/s390x\. It has linux\/x0, .*linux\/x49\.$/);
  });

  test('is any platform where nothing has one', () => {
    assert.match(platformNotFound(undefined, []).message, /does not have any platform\. It has none\./);
  });

  test('is told in words where what is looked for has none', () => {
    const none = { os: '', architecture: '', variant: '', osVersion: '', osFeatures: [] };
    assert.match(platformNotFound(none, ['linux/amd64']).message, /anything without a platform/);
  });
});
