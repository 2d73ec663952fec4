import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../../src/async/clock.ts';
import { ActionError } from '../../../../src/error.ts';
import { rateLimits, withRateLimits } from '../../../../src/registry/http/rate-limit.ts';
import { withRetries } from '../../../../src/registry/http/retry.ts';
import type { Transport } from '../../../../src/registry/http/transport.ts';
import {
  type FakeResponse,
  failsWith,
  fakeClock,
  fakeTransport,
  openTransport,
  type Responder,
  requestTo,
} from '../../../support/transport.ts';

const url = 'https://registry.example/v2/a/manifests/b';
const reset = () => new ActionError('network', 'closed', { transient: true, cause: 'closed' });

function retried(respond: Responder, random = 1) {
  const clock = fakeClock(random);
  const fake = fakeTransport(respond);
  return { clock, requests: fake.requests, send: withRetries(fake.send, rateLimits(clock), clock) };
}

/** Responds in order, with the last again and again. */
const inOrder =
  (...responses: (FakeResponse | number | Error)[]): Responder =>
  (_, count) => {
    const response = responses[Math.min(count, responses.length) - 1] ?? 200;
    if (response instanceof Error) throw response;
    return response;
  };

for (const status of [408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]) {
  test(`a ${status} is retried`, async () => {
    const { send, requests } = retried(inOrder(status, 200));
    assert.equal((await send(requestTo(url))).status, 200);
    assert.equal(requests.length, 2);
  });
}

for (const status of [
  200, 201, 206, 301, 304, 307, 400, 401, 403, 404, 405, 406, 410, 416, 422, 451, 501, 505, 525, 530,
]) {
  test(`a ${status} is not retried`, async () => {
    const { send, requests } = retried(() => status);
    assert.equal((await send(requestTo(url))).status, status);
    assert.equal(requests.length, 1);
  });
}

test('five attempts are made, and the last response is given back', async () => {
  const { send, requests } = retried((_, count) => ({ status: 503, body: `response ${count}` }));
  const response = await send(requestTo(url));
  assert.equal(Buffer.from(response.body).toString(), 'response 5');
  assert.equal(requests.length, 5);
});

test('what the network did in the last of five attempts is thrown', async () => {
  const { send, requests } = retried((_, count) => {
    throw new ActionError('network', `reset ${count}`, { transient: true });
  });
  await assert.rejects(send(requestTo(url)), failsWith('network', 'reset 5'));
  assert.equal(requests.length, 5);
});

test('an error that is not transient is thrown at once', async () => {
  for (const error of [new ActionError('tls', 'bad certificate'), new TypeError('defect')]) {
    const { send, requests } = retried(inOrder(error));
    await assert.rejects(send(requestTo(url)), error);
    assert.equal(requests.length, 1);
  }
});

test('pauses double from half a second, with full jitter', async () => {
  const most = retried(inOrder(503));
  await most.send(requestTo(url));
  assert.deepEqual(most.clock.pauses, [500, 1000, 2000, 4000]);
  const half = retried(inOrder(reset(), reset(), 200), 0.5);
  await half.send(requestTo(url));
  assert.deepEqual(half.clock.pauses, [250, 500]);
  const none = retried(inOrder(503), 0);
  await none.send(requestTo(url));
  assert.deepEqual(none.clock.pauses, []);
});

describe('Retry-After', () => {
  const after = (value: string, status = 429) => ({ status, headers: { 'retry-after': value } });
  const now = fakeClock().now();

  const waits: Record<string, { value: string; pause: number }> = {
    seconds: { value: '7', pause: 7000 },
    'a whole minute': { value: '60', pause: 60_000 },
    'a date': { value: new Date(now + 9000).toUTCString(), pause: 9000 },
    'a date in the past: the pause is ours': { value: new Date(now - 9000).toUTCString(), pause: 500 },
    'less than our own pause': { value: '0', pause: 500 },
    'what is no time: the pause is ours': { value: 'soon', pause: 500 },
    'a negative number: the pause is ours': { value: '-5', pause: 500 },
    'nothing: the pause is ours': { value: '', pause: 500 },
  };
  for (const [what, { value, pause }] of Object.entries(waits)) {
    test(`${what} is obeyed`, async () => {
      const { send, clock } = retried(inOrder(after(value), 200));
      assert.equal((await send(requestTo(url))).status, 200);
      assert.deepEqual(clock.pauses, [pause]);
    });
  }

  test('more than a minute fails at once and says so', async () => {
    for (const value of ['61', '3600', '999999999', new Date(now + 61_000).toUTCString()]) {
      const { send, requests, clock } = retried(inOrder(after(value)));
      await assert.rejects(
        send(requestTo(url)),
        failsWith('rate-limited', 'asks for a wait of', 'The longest wait is 60 seconds'),
      );
      assert.equal(requests.length, 1, value);
      assert.deepEqual(clock.pauses, []);
    }
  });

  test('more than a minute from a registry that is down is registry-error', async () => {
    const { send } = retried(inOrder(after('120', 503)));
    await assert.rejects(send(requestTo(url)), failsWith('registry-error', '120 seconds', '503'));
  });

  test('of a response that is final does not matter', async () => {
    const { send } = retried(inOrder(after('3600', 404)));
    assert.equal((await send(requestTo(url))).status, 404);
  });
});

test('the error for a long wait gives the quota and the words of the registry', async () => {
  const headers = { 'retry-after': '300', 'ratelimit-remaining': '0;w=21600' };
  const body = { errors: [{ code: 'TOOMANYREQUESTS', message: 'slow down' }] };
  const { send } = retried(inOrder({ status: 429, headers, body }));
  await assert.rejects(
    send(requestTo(url)),
    failsWith('rate-limited', 'ratelimit-remaining: 0;w=21600', 'retry-after: 300', 'TOOMANYREQUESTS: slow down'),
  );
});

test('a 429 holds back the other requests to that host, and no other host', async () => {
  const { send, requests, clock } = retried((request) =>
    request.url.pathname === '/limited' && clock.pauses.length === 0
      ? { status: 429, headers: { 'retry-after': '30' } }
      : 200,
  );
  let release = () => {};
  const pause = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sleep = clock.sleep;
  clock.sleep = async (milliseconds, signal) => {
    clock.pauses.push(milliseconds);
    await pause;
    await sleep(0, signal);
    clock.time += 30_000;
  };
  const limited = send(requestTo('https://registry.example/limited'));
  await new Promise((resolve) => setImmediate(resolve));
  const other = send(requestTo('https://registry.example/other'));
  await send(requestTo('https://elsewhere.example/'));
  assert.deepEqual(
    requests.map((request) => request.url.href),
    ['https://registry.example/limited', 'https://elsewhere.example/'],
  );
  release();
  await Promise.all([limited, other]);
  assert.deepEqual(clock.pauses.slice(0, 2), [30_000, 30_000]);
});

test('no pause is begun that would outlast the operation: the response is given back', async () => {
  const { send, requests, clock } = retried(inOrder({ status: 429, headers: { 'retry-after': '30' } }));
  const response = await send(requestTo(url, { deadline: clock.now() + 20_000 }));
  assert.equal(response.status, 429);
  assert.equal(requests.length, 1);
  assert.deepEqual(clock.pauses, []);
});

test('a pause ends when the operation does, with the reason of its signal', async () => {
  const controller = new AbortController();
  const send = withRetries(
    fakeTransport(() => ({ status: 503, headers: { 'retry-after': '50' } })).send,
    rateLimits(systemClock),
    systemClock,
  );
  const sending = send(requestTo(url, { signal: controller.signal }));
  const late = new ActionError('timeout', 'the operation is over');
  setImmediate(() => controller.abort(late));
  await assert.rejects(sending, late);
});

test('a 403 DENIED of ghcr.io is tried once more, and only once', async () => {
  const denied = { status: 403, body: { errors: [{ code: 'DENIED', message: 'denied' }] } };
  const ghcr = requestTo('https://ghcr.io/v2/a/manifests/b');
  const passing = retried(inOrder(denied, 200));
  assert.equal((await passing.send(ghcr)).status, 200);
  const lasting = retried(inOrder(denied));
  assert.equal((await lasting.send(ghcr)).status, 403);
  assert.equal(lasting.requests.length, 2);
});

test('another 403 of ghcr.io, and a 403 DENIED of another registry, are final', async () => {
  const denied = { status: 403, body: { errors: [{ code: 'DENIED' }] } };
  const cases = [
    { at: 'https://ghcr.io/v2/', response: { status: 403, body: 'blocked' } },
    { at: 'https://ghcr.io.example/v2/', response: denied },
    { at: 'https://ghcr.io:8443/v2/', response: denied },
  ];
  for (const { at, response } of cases) {
    const { send, requests } = retried(inOrder(response));
    await send(requestTo(at));
    assert.equal(requests.length, 1, at);
  }
});

test('each retry is traced: what happened, the pause, the attempt', async () => {
  const lines: string[] = [];
  const { send } = retried(inOrder(503, reset(), 200));
  await send(requestTo(url, { phase: 'token', trace: (...parts) => lines.push(parts.join(' ')) }));
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^token GET .*: 503\. Trying again in 0\.5 s \(attempt 2 of 5\)\. urgent$/);
  assert.match(lines[1] ?? '', /^token closed Trying again in 1\.0 s \(attempt 3 of 5\)\. urgent$/);
});

test('a Retry-After of ten digits is too long, not nothing', async () => {
  const { send, requests } = retried(inOrder({ status: 429, headers: { 'retry-after': '9999999999' } }));
  await assert.rejects(send(requestTo(url)), failsWith('rate-limited'));
  assert.equal(requests.length, 1);
});

describe('another request to a host that asked for a wait', () => {
  test('does not queue for more than a minute: it fails at once', async () => {
    const clock = fakeClock();
    const { send, requests } = fakeTransport(() => ({ status: 429, headers: { 'retry-after': '65' } }));
    const limits = rateLimits(clock);
    // What is between is nothing but the reading of bodies.
    const limited = withRateLimits(openTransport(send), limits, clock);
    const whole: Transport = async (request) => ({ ...(await limited(request)), body: new Uint8Array() });
    const retrying = withRetries(whole, limits, clock);
    await assert.rejects(retrying(requestTo(url)), failsWith('rate-limited', '65 seconds'));
    await assert.rejects(retrying(requestTo(`${url}2`)), failsWith('rate-limited', '65 seconds'));
    assert.deepEqual([clock.pauses, requests.length], [[], 1]);
  });

  test('does not wait for what is longer than its own operation', async () => {
    const clock = fakeClock();
    const { send, requests } = fakeTransport(inOrder({ status: 429, headers: { 'retry-after': '60' } }, 200));
    let count = 0;
    const sleep: typeof clock.sleep = async (milliseconds, signal) => {
      count += 1;
      if (count > 1) return clock.sleep(milliseconds, signal);
      const request = requestTo('https://registry.example/other', { deadline: clock.now() + 5000 });
      await assert.rejects(retrying(request), failsWith('rate-limited', 'longer than what is left of timeout'));
      await clock.sleep(milliseconds, signal);
    };
    const retrying: Transport = withRetries(send, rateLimits(clock), { ...clock, sleep });
    await retrying(requestTo(url));
    assert.deepEqual(clock.pauses, [60_000]);
    assert.deepEqual(
      requests.map((request) => request.url.href),
      [url, url],
    );
  });
});
