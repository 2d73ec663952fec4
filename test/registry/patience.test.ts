import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileWaiting } from '../../src/registry/patience.ts';
import { requestTo, responseFrom } from '../support/transport.ts';

const request = requestTo('https://registry.example/v2/');
const answer = responseFrom(request);

test('work is done once, while the first answer is under way', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const arrivals: (() => void)[] = [];
  let done = 0;
  const send = whileWaiting(
    () => new Promise((resolve) => arrivals.push(() => resolve(answer))),
    () => {
      done += 1;
    },
  );
  const answers = [send(request), send(request)];
  assert.equal(done, 0);
  context.mock.timers.tick(100);
  assert.equal(done, 1);
  for (const arrive of arrivals) arrive();
  assert.deepEqual(await Promise.all(answers), [answer, answer]);
  void send(request);
  context.mock.timers.tick(100);
  assert.equal(done, 1);
});

test('it is not done when the first answer comes at once, be it a failure', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const failure = new Error('no');
  const outcomes = [() => Promise.resolve(answer), () => Promise.reject(failure)];
  for (const outcome of outcomes) {
    const send = whileWaiting(outcome, () => assert.fail('there was no time for it'));
    assert.equal(await send(request).catch((error: unknown) => error), outcome === outcomes[0] ? answer : failure);
    context.mock.timers.tick(100);
  }
});
