import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGates, type Gate, type Judgement } from '../../../../src/image/gates/gate.ts';
import { gatesFor } from '../../../../src/image/gates/gates.ts';
import type { Digest } from '../../../../src/oci/digest.ts';
import { parsePlatform } from '../../../../src/oci/platform.ts';
import { subjectOf } from '../../../support/gate-subject.ts';
import { image } from '../../../support/images.ts';
import { rejection } from '../../../support/refusals.ts';

const amd64 = image('linux/amd64');
const [one, two] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}` as Digest) as [Digest, Digest];

const gate = (input: string, judgement: Partial<Judgement>): Gate => ({
  input,
  judge: async () => ({ faults: [], evidence: 'all is well', ...judgement }),
});
const subject = () => subjectOf(amd64.manifest, [amd64]);

test('without gates nothing is shown, and what the reference points to may be deployed', async () => {
  const { sentences, approvedDigest } = await checkGates([], await subject());
  assert.deepEqual([sentences, approvedDigest], [[], amd64.manifest.digest]);
});

test('each gate that holds has a sentence', async () => {
  const { sentences } = await checkGates([gate('a', {}), gate('b', { evidence: 'x is y' })], await subject());
  assert.deepEqual(sentences, ['a holds: all is well', 'b holds: x is y']);
});

test('the first gate that does not hold fails the image, with its faults, advice and cause, said once', async () => {
  const failing = gate('b', { faults: ['x is missing', 'y is wrong'], advice: 'Push it.', cause: 'bad-blob' });
  const later: Gate = { input: 'c', judge: () => assert.fail('it comes later') };
  const error = await rejection('gate-failed', checkGates([gate('a', {}), failing, later], await subject()));
  assert.equal(error.message, 'b does not hold: x is missing; y is wrong.');
  assert.deepEqual([error.advice, error.cause], ['Push it.', 'bad-blob']);
});

test('every fault is listed, however many there are', async () => {
  const faults = Array.from({ length: 1300 }, (_, at) => `fault ${at}`);
  const { message } = await rejection('gate-failed', checkGates([gate('a', { faults })], await subject()));
  assert.match(message, /fault 1299\.$/);
});

test('what stands in the way of a judgement is that error', async () => {
  const stuck: Gate = { input: 'a', judge: () => Promise.reject(new TypeError('stuck')) };
  await assert.rejects(checkGates([stuck], await subject()), TypeError);
});

test('what one gate approved in the place of the whole is what may be deployed, also beside gates that approve the whole', async () => {
  const approvedBy = async (...approvals: (readonly Digest[] | undefined)[]) => {
    const gates = approvals.map((approved, at) => gate(`g${at}`, approved ? { approved } : {}));
    return (await checkGates(gates, await subject())).approvedDigest;
  };
  assert.equal(await approvedBy([one]), one);
  assert.equal(await approvedBy(undefined, [one], undefined, [one]), one);
  assert.equal(await approvedBy([one, two]), undefined);
  assert.equal(await approvedBy([one], [two]), undefined);
  assert.equal(await approvedBy(undefined), amd64.manifest.digest);
});

test('gates are set by what is demanded, the cheaper first', async () => {
  const noApi = () => Promise.reject(new Error('No gate here asks the GitHub API.'));
  const inputs = async (settings: Partial<Parameters<typeof gatesFor>[0]>) => {
    const nothing = {
      expectedDigests: undefined,
      expectedLabels: undefined,
      requiredPlatforms: undefined,
      verifyBlobs: false,
      requiredReferrers: undefined,
      attestation: undefined,
    };
    return (await gatesFor({ ...nothing, ...settings }, noApi)).map(({ input }) => input);
  };
  assert.deepEqual(await inputs({}), []);
  const all = {
    expectedDigests: [one],
    expectedLabels: [['a', 'b']] as const,
    requiredPlatforms: [parsePlatform('linux/amd64')],
    verifyBlobs: true,
    requiredReferrers: ['x/y'],
  };
  assert.deepEqual(await inputs(all), [
    'require-platforms',
    'expected-digest',
    'expected-labels',
    'require-referrers',
    'verify-blobs',
  ]);
});
