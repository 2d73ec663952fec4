import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError, type ErrorCause, errorCodes } from '../../../src/error.ts';
import { isMissingImage, mayPassForSameImage, type WaitOptions, waitFor } from '../../../src/image/wait.ts';
import { fakeClock } from '../../support/transport.ts';

const missing = () => Promise.reject(new ActionError('not-found', 'nothing there'));

/** What to wait with: a clock of its own, for a minute, from a second. */
function waiting(more: Partial<WaitOptions> = {}) {
  const clock = fakeClock();
  const options: WaitOptions = {
    timeoutMs: 60_000,
    intervalMs: 1000,
    isImmutable: false,
    clock,
    signal: new AbortController().signal,
    onWait: () => undefined,
    ...more,
  };
  return { options, pauses: clock.pauses };
}

test('without a time-out there is one round, and its error stays what it is', async () => {
  const { options, pauses } = waiting({ timeoutMs: 0, onWait: () => assert.fail('it must not wait') });
  await assert.rejects(waitFor(missing, options), { code: 'not-found' });
  assert.deepEqual(pauses, []);
});

test('pauses grow from the interval to one minute, and the last round is run when the time is over', async () => {
  const { options, pauses } = waiting({ timeoutMs: 300_000, intervalMs: 20_000 });
  await assert.rejects(waitFor(missing, options), { code: 'wait-timeout', message: /Waited 300 s\. nothing there/ });
  assert.deepEqual(pauses, [20_000, 30_000, 45_000, 60_000, 60_000, 60_000, 25_000]);
});

test('an interval above one minute stays as it is, and one of zero is one second', async () => {
  const long = waiting({ timeoutMs: 240_000, intervalMs: 120_000 });
  await assert.rejects(waitFor(missing, long.options), { code: 'wait-timeout' });
  assert.deepEqual(long.pauses, [120_000, 120_000]);
  const short = waiting({ timeoutMs: 2000, intervalMs: 0 });
  await assert.rejects(waitFor(missing, short.options));
  assert.deepEqual(short.pauses, [1000, 1000]);
});

test('it ends as soon as a round succeeds, having told what it waited for', async () => {
  const lines: string[] = [];
  let rounds = 0;
  const round = async () => {
    rounds += 1;
    if (rounds < 3) throw new ActionError('gate-failed', `round ${rounds}`);
    return 'there';
  };
  const { options } = waiting({ onWait: (error, pauseMs) => lines.push(`${error.message} ${pauseMs}`) });
  assert.equal(await waitFor(round, options), 'there');
  assert.deepEqual(lines, ['round 1 1000', 'round 2 1500']);
});

for (const code of errorCodes) {
  const isWaitedFor = ['not-found', 'platform-not-found', 'gate-failed', 'not-attested', 'not-verified'].includes(code);
  test(`${code} ${isWaitedFor ? 'is waited for' : 'ends the wait at once'}`, async () => {
    const { options, pauses } = waiting({ timeoutMs: 1000 });
    const round = () => Promise.reject(new ActionError(code, 'x'));
    await assert.rejects(waitFor(round, options), { code: isWaitedFor ? 'wait-timeout' : code });
    assert.equal(pauses.length, isWaitedFor ? 1 : 0);
  });
}

for (const cause of ['missing-child', 'bad-blob', 'missing-referrer'] as const) {
  test(`what fails by ${cause} is waited for, also of an image that is named by its digest: it may still be pushed`, async () => {
    for (const isImmutable of [false, true]) {
      const { options, pauses } = waiting({ timeoutMs: 1000, isImmutable });
      const round = () => Promise.reject(new ActionError('registry-error', 'x', { cause }));
      await assert.rejects(waitFor(round, options), { code: 'wait-timeout', cause });
      assert.equal(pauses.length, 1);
    }
    assert.equal(mayPassForSameImage(new ActionError('gate-failed', 'x', { cause })), true);
  });
}

test('other failures do not pass while the image stays what it is', () => {
  const causes: (ErrorCause | undefined)[] = ['refused', 'closed', 'tls', undefined];
  for (const cause of causes) assert.equal(mayPassForSameImage(new ActionError('gate-failed', 'x', { cause })), false);
  assert.equal(mayPassForSameImage(new Error('x')), false);
});

test('an image that is named by its digest cannot become another: only its absence is waited for', async () => {
  for (const code of ['platform-not-found', 'gate-failed'] as const) {
    const { options, pauses } = waiting({ isImmutable: true });
    await assert.rejects(
      waitFor(() => Promise.reject(new ActionError(code, 'x')), options),
      { code },
    );
    assert.deepEqual(pauses, []);
  }
  const { options } = waiting({ isImmutable: true, timeoutMs: 1000 });
  await assert.rejects(waitFor(missing, options), { code: 'wait-timeout' });
});

test('the time-out tells what still did not hold, with the words of the registry', async () => {
  const { options } = waiting({ timeoutMs: 1000 });
  const error = new ActionError('not-found', 'nothing there', { remoteMessage: 'MANIFEST_UNKNOWN' });
  await assert.rejects(
    waitFor(() => Promise.reject(error), options),
    { code: 'wait-timeout', message: /nothing there/, remoteMessage: 'MANIFEST_UNKNOWN', cause: 'still-missing' },
  );
});

test('the advice of a gate outlasts the wait', async () => {
  const { options } = waiting({ timeoutMs: 1000 });
  const error = new ActionError('gate-failed', 'x', { advice: 'Expect the new digest.' });
  await assert.rejects(
    waitFor(() => Promise.reject(error), options),
    { code: 'wait-timeout', advice: 'Expect the new digest.' },
  );
});

test('a missing image is one at once, and one at the end of a wait', async () => {
  const { options } = waiting({ timeoutMs: 1000 });
  const late: unknown = await waitFor(missing, options).catch((error: unknown) => error);
  assert.equal(isMissingImage(late), true);
  assert.equal(isMissingImage(new ActionError('not-found', 'x')), true);
  for (const error of [
    new ActionError('registry-error', 'x', { cause: 'missing-child' }),
    new ActionError('wait-timeout', 'x'),
    new ActionError('unauthorized', 'x'),
    new Error('not-found'),
  ]) {
    assert.equal(isMissingImage(error), false);
  }
});

test('a defect is no reason to wait', async () => {
  const { options, pauses } = waiting();
  await assert.rejects(
    waitFor(() => Promise.reject(new TypeError('bug')), options),
    TypeError,
  );
  assert.deepEqual(pauses, []);
});

test('a wait that has become useless ends with what it was waiting for', async () => {
  const useless = new AbortController();
  const { options, pauses } = waiting({ signal: useless.signal, onWait: () => useless.abort() });
  await assert.rejects(waitFor(missing, options), { code: 'not-found', cause: 'abandoned' });
  assert.ok(pauses.length <= 1);
  const before = waiting({ signal: AbortSignal.abort() });
  await assert.rejects(waitFor(missing, before.options), { code: 'not-found', cause: 'abandoned' });
  assert.deepEqual(before.pauses, []);
});
