import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { checkGates } from '../../../../src/image/gates/gate.ts';
import { platformsGate } from '../../../../src/image/gates/platforms.ts';
import { parsePlatform } from '../../../../src/oci/platform.ts';
import { type FakeSubject, type SubjectOptions, subjectOf } from '../../../support/gate-subject.ts';
import { type Blob, descriptor, type Image, image, index, indexOf } from '../../../support/images.ts';
import { rejection } from '../../../support/refusals.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const armV6 = image('linux/arm/v6');
const both = index([amd64, arm64]);
const declared = ({ manifest }: Image, platform: object, more: object = {}) =>
  descriptor(manifest, { platform, ...more });

const judge = (required: readonly string[], subject: FakeSubject) =>
  checkGates([platformsGate(required.map(parsePlatform))], subject);
const check = async (
  required: readonly string[],
  top: Blob = both,
  images: readonly Image[] = [amd64, arm64],
  options: SubjectOptions = {},
) => judge(required, await subjectOf(top, images, options));

describe('require-platforms holds', () => {
  test('for platforms that are named and there, at the cost of no pull', async () => {
    const subject = await subjectOf(both, [amd64, arm64]);
    const { sentences, approvedDigest } = await judge(['linux/amd64', 'linux/arm64/v8'], subject);
    assert.deepEqual(sentences, ['require-platforms holds: linux/amd64, linux/arm64']);
    assert.equal(approvedDigest, both.digest);
    assert.deepEqual(subject.requests, [`head ${amd64.manifest.digest}`, `head ${arm64.manifest.digest}`]);
  });

  test('for an entry without a platform by what its config says', async () => {
    const top = indexOf([descriptor(arm64.manifest), declared(amd64, amd64.platform)]);
    assert.equal((await check(['linux/arm64'], top)).sentences.length, 1);
  });

  test('for a single manifest by its config, and nothing is looked up again', async () => {
    const subject = await subjectOf(amd64.manifest, [amd64]);
    await judge(['linux/amd64'], subject);
    assert.equal(
      subject.requests.some((request) => request.startsWith('head')),
      false,
    );
    await rejection('gate-failed', check(['linux/arm64'], amd64.manifest, [amd64]));
  });
});

describe('require-platforms does not hold', () => {
  test('for a platform that is not named, and the text lists what is', async () => {
    const { message, cause } = await rejection('gate-failed', check(['linux/amd64', 'linux/s390x', 'linux/386']));
    assert.equal(
      message,
      'require-platforms does not hold: linux/s390x is missing; linux/386 is missing; the image has linux/amd64, linux/arm64.',
    );
    assert.equal(cause, undefined);
  });

  test('for a lower variant: each is meant exactly', async () => {
    const top = index([amd64, armV6]);
    await rejection('gate-failed', check(['linux/arm/v7'], top, [amd64, armV6]));
    assert.equal((await check(['linux/armel'], top, [amd64, armV6])).sentences.length, 1);
  });

  test('for a manifest that is named and not there, as after a clean-up: it may still be pushed', async () => {
    const { message, cause } = await rejection('gate-failed', check(['linux/arm64'], both, [amd64]));
    assert.ok(message.includes(`linux/arm64 is missing: ${arm64.manifest.digest} is not there`), message);
    assert.equal(cause, 'missing-child');
  });

  test('when one of two entries for it is not there: clients may choose either', async () => {
    const twin = image('linux/arm64', { layers: ['twin'] });
    const top = index([amd64, arm64, twin]);
    await rejection('gate-failed', check(['linux/arm64'], top, [amd64, arm64]));
    await rejection('gate-failed', check(['linux/arm64'], top, [amd64, twin]));
    assert.equal((await check(['linux/arm64'], top, [amd64, arm64, twin])).sentences.length, 1);
  });

  test('for an entry of an unsupported type, by the index or by the registry', async () => {
    const odd = indexOf([declared(amd64, amd64.platform), { ...declared(arm64, arm64.platform), mediaType: 'x/y' }]);
    assert.match((await rejection('gate-failed', check(['linux/arm64'], odd))).message, /of an unsupported type/);
    const change = () => ({ head: async () => ({ digest: undefined, mediaType: 'text/html' }) });
    const { message } = await rejection('gate-failed', check(['linux/arm64'], both, [amd64, arm64], { change }));
    assert.match(message, /of an unsupported type/);
  });

  test('where HEAD does not tell and GET shows that it is not there, or not what is named', async () => {
    const silent = () => ({ head: async () => ({ digest: undefined, mediaType: undefined }) });
    const gone = await rejection('gate-failed', check(['linux/arm64'], both, [amd64], { change: silent }));
    assert.equal(gone.cause, 'missing-child');
    assert.equal((await check(['linux/arm64'], both, [amd64, arm64], { change: silent })).sentences.length, 1);
    const change = () => ({ ...silent(), document: () => Promise.reject(new ActionError('size-mismatch', 'longer')) });
    const other = await rejection('gate-failed', check(['linux/arm64'], both, [amd64, arm64], { change }));
    assert.match(other.message, /cannot be used: longer/);
  });

  test('where HEAD names another digest, GET decides', async () => {
    const subject = await subjectOf(both, [amd64, arm64], {
      change: (store) => ({ head: async () => store.head(amd64.manifest.digest as never) }),
    });
    await judge(['linux/arm64'], subject);
    assert.ok(subject.requests.includes(`document ${arm64.manifest.digest}`));
  });

  test('for a platform whose entry is the very manifest of another machine', async () => {
    const top = indexOf([declared(amd64, amd64.platform), declared(amd64, { os: 'linux', architecture: 'arm64' })]);
    const { message } = await rejection('gate-failed', check(['linux/arm64'], top));
    assert.ok(
      message.includes(`linux/arm64 is missing: ${amd64.manifest.digest} is the image for linux/amd64`),
      message,
    );
    assert.equal((await check(['linux/amd64'], top)).sentences.length, 1);
  });
});

test('one manifest for two variants of a machine is none of another, and no config is read', async () => {
  const top = indexOf([
    declared(amd64, { os: 'linux', architecture: 'amd64' }),
    declared(amd64, { os: 'linux', architecture: 'x86_64', variant: 'v2' }),
  ]);
  const subject = await subjectOf(top, [amd64]);
  await judge(['linux/amd64', 'linux/amd64/v2'], subject);
  assert.equal(
    subject.requests.some((request) => request.startsWith('blob')),
    false,
  );
});

test('what stands in the way of an answer is that error, and no fault', async () => {
  for (const code of ['network', 'denied', 'rate-limited', 'timeout'] as const) {
    const change = () => ({ head: () => Promise.reject(new ActionError(code, 'no')) });
    await rejection(code, check(['linux/arm64'], both, [amd64, arm64], { change }));
  }
});

test('a nested index that cannot be read may have the platform: that is the error', async () => {
  const top = indexOf([declared(amd64, amd64.platform), descriptor(index([arm64]))]);
  const error = await rejection('registry-error', check(['linux/arm64'], top, [amd64]));
  assert.equal(error.cause, 'missing-child');
  assert.equal((await check(['linux/amd64'], top, [amd64])).sentences.length, 1);
});
