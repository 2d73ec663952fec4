import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { maxAttempts, pauseBeforeRetry, retryAfterMs } from '../../../../src/registry/http/retry-policy.ts';
import { type FakeResponse, failsWith, responseTo } from '../../../support/transport.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const response = (fake: FakeResponse | number) => responseTo('https://registry.example/v2/', fake);
const after = (value: string, status = 429) => response({ status, headers: { 'retry-after': value } });

describe('the pause before the next attempt', () => {
  test('doubles from half a second up to 20 seconds, by full jitter', () => {
    const pauses = (random: number) =>
      [1, 2, 3, 4].map((attempt) => pauseBeforeRetry(attempt, response(503), now, random));
    assert.deepEqual(pauses(1), [500, 1000, 2000, 4000]);
    assert.deepEqual(pauses(0.5), [250, 500, 1000, 2000]);
    assert.deepEqual(pauses(0), [0, 0, 0, 0]);
  });

  test('is none after the last of five attempts', () => {
    assert.equal(maxAttempts, 5);
    for (const result of [response(503), new ActionError('network', 'x', { transient: true })]) {
      assert.equal(pauseBeforeRetry(5, result, now, 1), undefined);
    }
    assert.equal(pauseBeforeRetry(5, after('3600'), now, 1), undefined);
  });

  test('is none for what another attempt would not change', () => {
    for (const status of [200, 301, 400, 401, 403, 404, 501]) {
      assert.equal(pauseBeforeRetry(1, response(status), now, 1), undefined);
    }
    assert.equal(pauseBeforeRetry(1, new ActionError('tls', 'x'), now, 1), undefined);
  });

  test('is at least what the registry asks for', () => {
    assert.equal(pauseBeforeRetry(1, after('7'), now, 1), 7000);
    assert.equal(pauseBeforeRetry(4, after('1'), now, 1), 4000);
  });

  test('of more than a minute is refused by the code of the status', () => {
    assert.throws(() => pauseBeforeRetry(1, after('61'), now, 1), failsWith('rate-limited', '61 seconds'));
    assert.throws(() => pauseBeforeRetry(1, after('61', 503), now, 1), failsWith('registry-error', '61 seconds'));
    assert.equal(pauseBeforeRetry(1, after('60'), now, 1), 60_000);
  });
});

describe('Retry-After', () => {
  const forms: Readonly<Record<string, number | undefined>> = {
    '0': 0,
    '120': 120_000,
    ' 5 ': 5000,
    '9999999999': 9_999_999_999_000,
    'Fri, 02 Jan 2026 03:05:05 GMT': 60_000,
    'Friday, 02-Jan-26 03:05:05 GMT': 60_000,
    'Fri Jan  2 03:05:05 2026': 60_000,
    'Fri, 02 Jan 2026 03:00:00 GMT': 0,
    '': undefined,
    '-5': undefined,
    '1.5': undefined,
    '5 seconds': undefined,
    soon: undefined,
    Soon: undefined,
    '2026-01-02T03:05:05Z': undefined,
  };
  for (const [value, milliseconds] of Object.entries(forms)) {
    test(`${JSON.stringify(value)} is ${milliseconds === undefined ? 'no time' : `${milliseconds} milliseconds`}`, () => {
      assert.equal(retryAfterMs(after(value), now), milliseconds);
    });
  }

  test('that is not sent is no time', () => {
    assert.equal(retryAfterMs(response(429), now), undefined);
  });
});
