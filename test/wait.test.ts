import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError, errorCodes } from '../src/oci/action-error.ts';
import { waitFor as wait } from '../src/wait.ts';

/** A clock that only moves when somebody sleeps. */
function fakeClock() {
  const pauses: number[] = [];
  let now = 0;
  const sleep = async (milliseconds: number) => {
    pauses.push(milliseconds);
    now += milliseconds;
  };
  return { pauses, clock: { now: () => now, random: () => 0, sleep } };
}

/** Waits for whatever can be waited for. */
const waitFor = <Result>(
  look: () => Promise<Result>,
  options: Omit<Parameters<typeof wait>[1], 'canMend' | 'signal'>,
) => wait(look, { canMend: () => true, signal: new AbortController().signal, ...options });

const missing = () => Promise.reject(new ActionError('not-found', 'nothing there'));

test('without a time-out there is one look, and its error stays what it is', async () => {
  const { clock, pauses } = fakeClock();
  const options = { timeout: 0, interval: 5000, clock, onWait: () => assert.fail('it must not wait') };
  await assert.rejects(waitFor(missing, options), { code: 'not-found' });
  assert.deepEqual(pauses, []);
});

test('pauses grow from the interval to one minute, and the last look is taken when the time is over', async () => {
  const { clock, pauses } = fakeClock();
  const options = { timeout: 300_000, interval: 20_000, clock, onWait: () => undefined };
  await assert.rejects(waitFor(missing, options), { code: 'wait-timeout', message: /nothing there/ });
  assert.deepEqual(pauses, [20_000, 30_000, 45_000, 60_000, 60_000, 60_000, 25_000]);
});

test('an interval above one minute stays as it is, and one of zero is one second', async () => {
  const long = fakeClock();
  const look = { onWait: () => undefined, clock: long.clock };
  await assert.rejects(waitFor(missing, { ...look, timeout: 240_000, interval: 120_000 }), { code: 'wait-timeout' });
  assert.deepEqual(long.pauses, [120_000, 120_000]);
  const short = fakeClock();
  await assert.rejects(waitFor(missing, { ...look, clock: short.clock, timeout: 2000, interval: 0 }));
  assert.deepEqual(short.pauses, [1000, 1000]);
});

test('it ends as soon as a look succeeds, having said what it waited for', async () => {
  const { clock } = fakeClock();
  const said: string[] = [];
  let looks = 0;
  const look = async () => {
    looks += 1;
    if (looks < 3) throw new ActionError('gate-failed', `look ${looks}`);
    return 'there';
  };
  const onWait = (error: ActionError, pause: number) => said.push(`${error.message} ${pause}`);
  assert.equal(await waitFor(look, { timeout: 60_000, interval: 1000, clock, onWait }), 'there');
  assert.deepEqual(said, ['look 1 1000', 'look 2 1500']);
});

for (const code of errorCodes) {
  const mends = ['not-found', 'platform-not-found', 'gate-failed'].includes(code);
  test(`${code} ${mends ? 'is waited for' : 'ends the wait at once'}`, async () => {
    const { clock, pauses } = fakeClock();
    const look = () => Promise.reject(new ActionError(code, 'x'));
    const waiting = waitFor(look, { timeout: 1000, interval: 1000, clock, onWait: () => undefined });
    await assert.rejects(waiting, { code: mends ? 'wait-timeout' : code });
    assert.equal(pauses.length, mends ? 1 : 0);
  });
}

test('what still did not hold is the cause of the time-out, with the words of the registry', async () => {
  const { clock } = fakeClock();
  const cause = new ActionError('not-found', 'nothing there', { said: 'MANIFEST_UNKNOWN' });
  const options = { timeout: 1000, interval: 1000, clock, onWait: () => undefined };
  await assert.rejects(
    waitFor(() => Promise.reject(cause), options),
    (error: ActionError) => error.cause === cause && error.said === 'MANIFEST_UNKNOWN',
  );
});

test('a defect is no reason to wait', async () => {
  const { clock } = fakeClock();
  const options = { timeout: 1000, interval: 1000, clock, onWait: () => undefined };
  await assert.rejects(
    waitFor(() => Promise.reject(new TypeError('bug')), options),
    TypeError,
  );
});

test('what cannot mend ends the wait at once', async () => {
  const { clock, pauses } = fakeClock();
  const options = {
    timeout: 1000,
    interval: 1000,
    clock,
    canMend: () => false,
    signal: new AbortController().signal,
    onWait: () => undefined,
  };
  await assert.rejects(wait(missing, options), { code: 'not-found' });
  assert.deepEqual(pauses, []);
});

test('a wait that has become useless ends with what it was waiting for', async () => {
  const { clock, pauses } = fakeClock();
  const useless = new AbortController();
  const options = { timeout: 60_000, interval: 1000, clock, canMend: () => true, onWait: () => useless.abort() };
  await assert.rejects(wait(missing, { ...options, signal: useless.signal }), {
    code: 'not-found',
    reason: 'abandoned',
  });
  assert.deepEqual(pauses, [1000]);
});
