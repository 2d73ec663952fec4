import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGates } from '../../../../src/image/gates/gate.ts';
import { type ExpectedLabel, labelsGate } from '../../../../src/image/gates/labels.ts';
import { subjectOf } from '../../../support/gate-subject.ts';
import { blob, descriptor, image, index, types } from '../../../support/images.ts';
import { rejection } from '../../../support/refusals.ts';

const labels = { revision: 'abc', empty: '', ['__proto__x']: 'y' };
const amd64 = image('linux/amd64', { labels });
const arm64 = image('linux/arm64', { labels: { ...labels, revision: 'other' } });

async function check(expected: readonly ExpectedLabel[], platforms = ['linux/amd64'], withConfig = true) {
  const subject = await subjectOf(index([amd64, arm64]), [amd64, arm64], { platforms, withConfig });
  return checkGates([labelsGate(expected)], subject);
}

test('labels that are as expected hold, and are told', async () => {
  const { sentences } = await check([
    ['revision', 'abc'],
    ['empty', ''],
  ]);
  assert.deepEqual(sentences, ['expected-labels holds: revision is "abc", empty is ""']);
});

test('every platform must have them, not only the first', async () => {
  const both = ['linux/amd64', 'linux/arm64'];
  const { message } = await rejection('gate-failed', check([['revision', 'abc']], both));
  assert.match(message, /revision for linux\/arm64 is "other", expected "abc"/);
  await rejection('gate-failed', check([['revision', 'abc']], both.reverse()));
  assert.equal((await check([['empty', '']], both)).sentences.length, 1);
});

test('every pair must hold, also those of one key', async () => {
  await rejection(
    'gate-failed',
    check([
      ['revision', 'abc'],
      ['revision', 'abd'],
    ]),
  );
});

test('a label that is not there is not set, and not empty', async () => {
  const { message } = await rejection('gate-failed', check([['absent', '']]));
  assert.match(message, /absent for linux\/amd64 is not set, expected ""/);
  await rejection('gate-failed', check([['constructor', '']]));
});

test('values are compared whole, and case counts', async () => {
  for (const value of ['ABC', 'abc ', 'ab', 'abcd', '']) await rejection('gate-failed', check([['revision', value]]));
  await rejection('gate-failed', check([['Revision', 'abc']]));
});

test('labels that were not read do not hold', async () => {
  await rejection('gate-failed', check([['revision', 'abc']], ['linux/amd64'], false));
});

test('what is no image has no labels', async () => {
  const config = blob({ config: { Labels: labels } }, 'application/vnd.cncf.helm.config.v1+json');
  const manifest = blob(
    { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers: [] },
    types.manifest,
  );
  const chart = { manifest, config, layers: [], platform: { os: '', architecture: '' } };
  const subject = await subjectOf(manifest, [chart], { withConfig: true });
  const { message } = await rejection('gate-failed', checkGates([labelsGate([['revision', 'abc']])], subject));
  assert.match(message, /revision is not set/);
});

test('of a long label the beginning is shown', async () => {
  const long = image('linux/amd64', { labels: { long: 'x'.repeat(5000) } });
  const subject = await subjectOf(long.manifest, [long], { withConfig: true });
  const { message } = await rejection('gate-failed', checkGates([labelsGate([['long', 'y']])], subject));
  assert.ok(message.length < 400, String(message.length));
});
