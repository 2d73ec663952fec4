import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimeoutOfAnother, singleFlight } from '../../../src/async/single-flight.ts';
import { ActionError } from '../../../src/error.ts';
import { settled } from '../../support/transport.ts';

const { signal } = new AbortController();
const over = new ActionError('timeout', 'The operation is over.');

test('what is under way, or done, is got once for all who want it by the same key', async () => {
  const flights = new Map<string, Promise<number>>();
  let count = 0;
  const get = async () => {
    await settled();
    count += 1;
    return count;
  };
  const both = await Promise.all([singleFlight(flights, 'a', signal, get), singleFlight(flights, 'a', signal, get)]);
  assert.deepEqual(both, [1, 1]);
  assert.equal(await singleFlight(flights, 'a', signal, get), 1);
  assert.equal(await singleFlight(flights, 'b', signal, get), 2);
});

test('a failure is that of all who share it, and who comes later tries again', async () => {
  const flights = new Map<string, Promise<string>>();
  const failing = () => Promise.reject(new Error('broken'));
  const one = assert.rejects(singleFlight(flights, 'a', signal, failing), /broken/);
  const two = assert.rejects(
    singleFlight(flights, 'a', signal, async () => 'other'),
    /broken/,
  );
  await Promise.all([one, two]);
  assert.equal(await singleFlight(flights, 'a', signal, async () => 'good'), 'good');
});

test('who has time left tries again when the operation that they shared with had none', async () => {
  const flights = new Map<string, Promise<string>>();
  const first = new AbortController();
  const late = () => new Promise<string>((_, reject) => first.signal.addEventListener('abort', () => reject(over)));
  const one = assert.rejects(singleFlight(flights, 'a', first.signal, late), over);
  const two = singleFlight(flights, 'a', signal, async () => 'mine');
  first.abort(over);
  await one;
  assert.equal(await two, 'mine');
});

test('a time-out is that of another only while one has time left oneself', () => {
  assert.equal(isTimeoutOfAnother(over, signal), true);
  assert.equal(isTimeoutOfAnother(over, AbortSignal.abort(over)), false);
  assert.equal(isTimeoutOfAnother(new ActionError('network', 'reset'), signal), false);
  assert.equal(isTimeoutOfAnother(new Error('timeout'), signal), false);
});
