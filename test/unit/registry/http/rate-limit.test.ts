import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateLimits, withRateLimits } from '../../../../src/registry/http/rate-limit.ts';
import {
  failsWith,
  fakeClock,
  fakeTransport,
  openTransport,
  type Responder,
  requestTo,
} from '../../../support/transport.ts';

const url = 'https://registry.example/v2/';

function limited(respond: Responder) {
  const clock = fakeClock();
  const fake = fakeTransport(respond);
  const limits = rateLimits(clock);
  return { clock, limits, requests: fake.requests, send: withRateLimits(openTransport(fake.send), limits, clock) };
}

test('a host that is not held back is contacted at once', async () => {
  const { clock, send } = limited(() => 200);
  await send(requestTo(url));
  assert.deepEqual(clock.pauses, []);
});

test('after a 429 the next request to that host waits as long as was asked for, and no other host does', async () => {
  const { clock, send, requests } = limited((_, count) =>
    count === 1 ? { status: 429, headers: { 'retry-after': '30' } } : 200,
  );
  assert.equal((await send(requestTo(url))).status, 429);
  await send(requestTo('https://other.example/'));
  await send(requestTo('https://registry.example:8443/'));
  assert.deepEqual(clock.pauses, []);
  await send(requestTo(`${url}other`));
  assert.deepEqual(clock.pauses, [30_000]);
  await send(requestTo(url));
  assert.deepEqual([clock.pauses, requests.length], [[30_000], 5]);
});

test('another status with Retry-After holds back nobody', async () => {
  const { clock, send } = limited(() => ({ status: 503, headers: { 'retry-after': '30' } }));
  await send(requestTo(url));
  await send(requestTo(url));
  assert.deepEqual(clock.pauses, []);
});

test('the longest of several waits counts', async () => {
  const { clock, limits, send } = limited(() => 200);
  limits.holdBack('registry.example', clock.now() + 20_000);
  limits.holdBack('registry.example', clock.now() + 5000);
  await send(requestTo(url));
  assert.deepEqual(clock.pauses, [20_000]);
});

test('a wait of more than a minute, or beyond the end of the operation, is rate-limited at once', async () => {
  const { clock, limits, send, requests } = limited(() => 200);
  limits.holdBack('registry.example', clock.now() + 60_001);
  await assert.rejects(send(requestTo(url)), failsWith('rate-limited', 'asks for a wait of 60 seconds', 'Log in'));
  limits.holdBack('other.example', clock.now() + 10_000);
  const request = requestTo('https://other.example/', { deadline: clock.now() + 10_000 });
  await assert.rejects(send(request), failsWith('rate-limited', 'longer than what is left of timeout'));
  assert.deepEqual([clock.pauses, requests.length], [[], 0]);
});

test('a wait ends with the operation', async () => {
  const { clock, limits, send } = limited(() => 200);
  limits.holdBack('registry.example', clock.now() + 10_000);
  await assert.rejects(send(requestTo(url, { signal: AbortSignal.abort(new Error('over')) })), /over/);
});
