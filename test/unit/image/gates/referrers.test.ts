import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { checkGates } from '../../../../src/image/gates/gate.ts';
import { referrersGate } from '../../../../src/image/gates/referrers.ts';
import type { ImageReferrers } from '../../../../src/image/resolved-image.ts';
import { subjectOf } from '../../../support/gate-subject.ts';
import { image, index } from '../../../support/images.ts';
import { rejection } from '../../../support/refusals.ts';

const amd64 = image('linux/amd64');
const top = index([amd64]);

const referrer = (artifactType: string, ...predicateTypes: string[]) =>
  ({ artifactType, predicateTypes }) as unknown as ImageReferrers['referrers'][number];

async function check(types: readonly string[], list: Partial<ImageReferrers>) {
  const subject = await subjectOf(top, [amd64]);
  const referrers = async () => ({ referrers: [], errors: [], overflow: undefined, ...list });
  return checkGates([referrersGate(types)], { ...subject, referrers });
}

test('artifact types and predicate types count alike', async () => {
  const { sentences } = await check(['a/b', 'https://p'], {
    referrers: [referrer('a/b'), referrer('c/d', 'https://p')],
  });
  assert.match(sentences.join(), /no proof of who made/);
});

test('what is missing is named, and what there is', async () => {
  const error = await rejection(
    'gate-failed',
    check(['a/b', 'a/c'], { referrers: [referrer('a/b'), referrer('x/y')] }),
  );
  assert.match(error.message, /a\/c/);
  assert.match(error.message, /x\/y/);
  assert.equal(error.cause, 'missing-referrer');
  assert.match((await rejection('gate-failed', check(['a/b'], {}))).message, /nothing/);
});

test('an error of a place is an error, whatever the others have', async () => {
  await rejection(
    'denied',
    check(['a/b'], { referrers: [referrer('a/b')], errors: [new ActionError('denied', 'No.')] }),
  );
});

test('what holds before the limit holds', async () => {
  const overflow = new ActionError('too-large', 'More than that.');
  assert.ok(await check(['a/b'], { referrers: [referrer('a/b')], overflow }));
  await rejection('too-large', check(['a/c'], { referrers: [referrer('a/b')], overflow }));
});
