import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDeadline } from '../../../src/async/operation.ts';
import { ActionError } from '../../../src/error.ts';

const trace = () => undefined;

test('the result of an operation that is in time is given back', async () => {
  assert.equal(await withDeadline(60_000, trace, async () => 'done'), 'done');
  await assert.rejects(
    withDeadline(60_000, trace, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
});

test('an operation that takes longer ends with timeout, be its body done or not, and so does its signal', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let signal: AbortSignal | undefined;
  const running = withDeadline(90_000, trace, (operation) => {
    signal = operation.signal;
    return new Promise(() => undefined);
  });
  const failed = assert.rejects(running, { code: 'timeout', message: /longer than 90 seconds/ });
  t.mock.timers.tick(89_999);
  assert.equal(signal?.aborted, false);
  t.mock.timers.tick(1);
  await failed;
  assert.ok(signal?.reason instanceof ActionError);
});

test('an attempt may take half of the time, and 30 seconds at least', async () => {
  const attemptMs = (timeoutMs: number) => withDeadline(timeoutMs, trace, async (operation) => operation.attemptMs);
  assert.equal(await attemptMs(300_000), 150_000);
  assert.equal(await attemptMs(120_000), 60_000);
  assert.equal(await attemptMs(10_000), 30_000);
});

test('the deadline is when the signal fires, and the trace is handed on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1000 });
  const lines: string[] = [];
  const { deadline } = await withDeadline(
    5000,
    (...parts) => lines.push(parts.join(' ')),
    async (operation) => {
      operation.trace('index', 'line', 'urgent');
      return operation;
    },
  );
  assert.equal(deadline, 6000);
  assert.deepEqual(lines, ['index line urgent']);
});
