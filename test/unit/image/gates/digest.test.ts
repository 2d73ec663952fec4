import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestGate } from '../../../../src/image/gates/digest.ts';
import { checkGates } from '../../../../src/image/gates/gate.ts';
import { type Digest, digestOf } from '../../../../src/oci/digest.ts';
import { type SubjectOptions, subjectOf } from '../../../support/gate-subject.ts';
import { type Blob, descriptor, type Image, image, index, indexOf } from '../../../support/images.ts';
import { rejection, textOf } from '../../../support/refusals.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const both = index([amd64, arm64]);
const other = `sha256:${'0'.repeat(64)}`;
const twoPlatforms: SubjectOptions = { platforms: ['linux/amd64', 'linux/arm64'] };

async function check(
  expected: readonly string[],
  options: SubjectOptions = {},
  top: Blob = both,
  images: Image[] = [amd64, arm64],
) {
  return checkGates([digestGate(expected as Digest[])], await subjectOf(top, images, options));
}

describe('expected-digest holds', () => {
  test('for what the reference points to, which may then be deployed', async () => {
    const { sentences, approvedDigest } = await check([both.digest]);
    assert.deepEqual(sentences, [`expected-digest holds: digest is ${both.digest}`]);
    assert.equal(approvedDigest, both.digest);
  });

  test("for the platform's manifest, which alone may then be deployed: an index can hold anything beside it", async () => {
    const { sentences, approvedDigest } = await check([amd64.manifest.digest]);
    assert.deepEqual(sentences, [`expected-digest holds: manifest-digest is ${amd64.manifest.digest}`]);
    assert.equal(approvedDigest, amd64.manifest.digest);
  });

  test('for the manifests of several platforms, of which none can be deployed for all', async () => {
    const digests = [arm64.manifest.digest, amd64.manifest.digest];
    assert.equal((await check(digests, twoPlatforms)).approvedDigest, undefined);
    assert.equal((await check([...digests, both.digest], twoPlatforms)).approvedDigest, both.digest);
  });

  test('for one of several digests, by either algorithm', async () => {
    assert.equal((await check([other, both.digest])).approvedDigest, both.digest);
    assert.equal((await check([digestOf(both.bytes, 'sha512')])).approvedDigest, both.digest);
    assert.equal((await check([digestOf(amd64.manifest.bytes, 'sha512')])).approvedDigest, amd64.manifest.digest);
  });

  test('for a single manifest, whose two digests are one', async () => {
    assert.equal((await check([amd64.manifest.digest], {}, amd64.manifest)).approvedDigest, amd64.manifest.digest);
  });
});

describe('expected-digest does not hold', () => {
  test('for another image: the text has what is expected and what is', async () => {
    const { message } = await rejection('gate-failed', check([other]));
    for (const text of [other, both.digest, amd64.manifest.digest, 'linux/amd64'])
      assert.ok(message.includes(text), text);
  });

  test('when the manifest of one of several platforms is another', async () => {
    const { message } = await rejection('gate-failed', check([amd64.manifest.digest], twoPlatforms));
    assert.match(message, /manifest-digest of linux\/arm64/);
    assert.doesNotMatch(message, /of linux\/amd64/);
  });

  test('for an entry that stands before the approved one and says the same platform', async () => {
    const evil = image('linux/amd64', { layers: ['evil'] });
    const top = indexOf([
      descriptor(evil.manifest, { platform: evil.platform, annotations: { 'vnd.docker.reference.type': 'x' } }),
      descriptor(amd64.manifest, { platform: amd64.platform }),
    ]);
    const { message } = await rejection('gate-failed', check([amd64.manifest.digest], {}, top, [evil, amd64]));
    assert.ok(message.includes(evil.manifest.digest));
  });

  for (const [what, digest, words] of [
    ['of another entry of the index', arm64.manifest.digest, /manifest-digest of linux\/arm64 in the same index/],
    ['of the config', amd64.config.digest, /config-digest \(the image ID\)/],
    ['of a layer', amd64.layers[0]?.digest ?? '', /that of a layer/],
    ['of something else', other, /Do not deploy it/],
  ] as const) {
    test(`for the digest ${what}, and the advice says so`, async () => {
      assert.match(textOf(await rejection('gate-failed', check([digest]))), words);
    });
  }

  test('with many digests: five of them are listed', async () => {
    const digests = Array.from({ length: 8 }, (_, at) => `sha256:${String(at).repeat(64)}`);
    const { message } = await rejection('gate-failed', check(digests));
    assert.match(message, /4{64} or 3 others/);
    assert.doesNotMatch(message, /5{64}/);
  });

  test('with no digest at all', async () => {
    await rejection('gate-failed', check([]));
  });
});
