import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/async/clock.ts';

test('a sleep ends after its time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isAwake = false;
  const sleeping = systemClock.sleep(1000, new AbortController().signal).then(() => (isAwake = true));
  t.mock.timers.tick(999);
  await Promise.resolve();
  assert.equal(isAwake, false);
  t.mock.timers.tick(1);
  await sleeping;
});

test('a sleep ends with its signal, for the reason of that', async () => {
  const controller = new AbortController();
  const sleeping = assert.rejects(systemClock.sleep(100_000, controller.signal), /over/);
  controller.abort(new Error('over'));
  await sleeping;
  await assert.rejects(systemClock.sleep(100_000, AbortSignal.abort(new Error('before'))), /before/);
});
