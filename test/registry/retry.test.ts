import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { ActionError } from '../../src/oci/action-error.ts';
import { withRetries } from '../../src/registry/retry.ts';
import { type Answer, failsWith, fakeClock, fakeTransport, type Reply, requestTo } from '../support/transport.ts';

const url = 'https://registry.example/v2/a/manifests/b';
const reset = () => new ActionError('network', 'closed', { transient: true, reason: 'closed' });

function retried(reply: Reply, random = 1) {
  const clock = fakeClock(random);
  const fake = fakeTransport(reply);
  return { clock, sent: fake.sent, send: withRetries(fake.send, clock, new Map()) };
}

/** Answers in order, the last again and again. */
const inOrder =
  (...answers: (Answer | number | Error)[]): Reply =>
  (_, count) => {
    const answer = answers[Math.min(count, answers.length) - 1] ?? 200;
    if (answer instanceof Error) throw answer;
    return answer;
  };

for (const status of [408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]) {
  test(`a ${status} is retried`, async () => {
    const { send, sent } = retried(inOrder(status, 200));
    assert.equal((await send(requestTo(url))).status, 200);
    assert.equal(sent.length, 2);
  });
}

for (const status of [
  200, 201, 206, 301, 304, 307, 400, 401, 403, 404, 405, 406, 410, 416, 422, 451, 501, 505, 525, 530,
]) {
  test(`a ${status} is not retried`, async () => {
    const { send, sent } = retried(() => status);
    assert.equal((await send(requestTo(url))).status, status);
    assert.equal(sent.length, 1);
  });
}

test('five attempts are made, and the last answer is given back', async () => {
  const { send, sent } = retried((_, count) => ({ status: 503, body: `answer ${count}` }));
  const response = await send(requestTo(url));
  assert.equal(Buffer.from(response.body).toString(), 'answer 5');
  assert.equal(sent.length, 5);
});

test('what the network did in the last of five attempts is thrown', async () => {
  const { send, sent } = retried((_, count) => {
    throw new ActionError('network', `reset ${count}`, { transient: true });
  });
  await assert.rejects(send(requestTo(url)), failsWith('network', 'reset 5'));
  assert.equal(sent.length, 5);
});

test('an error that is not transient is thrown at once', async () => {
  for (const error of [new ActionError('tls', 'bad certificate'), new TypeError('defect')]) {
    const { send, sent } = retried(inOrder(error));
    await assert.rejects(send(requestTo(url)), error);
    assert.equal(sent.length, 1);
  }
});

test('pauses double from half a second, with full jitter', async () => {
  const most = retried(inOrder(503));
  await most.send(requestTo(url));
  assert.deepEqual(most.clock.slept, [500, 1000, 2000, 4000]);
  const half = retried(inOrder(reset(), reset(), 200), 0.5);
  await half.send(requestTo(url));
  assert.deepEqual(half.clock.slept, [250, 500]);
  const none = retried(inOrder(503), 0);
  await none.send(requestTo(url));
  assert.deepEqual(none.clock.slept, []);
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
      assert.deepEqual(clock.slept, [pause]);
    });
  }

  test('more than a minute fails at once and says so', async () => {
    for (const value of ['61', '3600', '999999999', new Date(now + 61_000).toUTCString()]) {
      const { send, sent, clock } = retried(inOrder(after(value)));
      await assert.rejects(send(requestTo(url)), failsWith('rate-limited', 'asks for a wait of', 'At most 60 seconds'));
      assert.equal(sent.length, 1, value);
      assert.deepEqual(clock.slept, []);
    }
  });

  test('more than a minute from a registry that is down is registry-error', async () => {
    const { send } = retried(inOrder(after('120', 503)));
    await assert.rejects(send(requestTo(url)), failsWith('registry-error', '120 seconds', '503'));
  });

  test('of an answer that is final is not looked at', async () => {
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
  const { send, sent, clock } = retried((request) =>
    request.url.pathname === '/limited' && clock.slept.length === 0
      ? { status: 429, headers: { 'retry-after': '30' } }
      : 200,
  );
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sleep = clock.sleep;
  clock.sleep = async (milliseconds, signal) => {
    clock.slept.push(milliseconds);
    await held;
    await sleep(0, signal);
    clock.time += 30_000;
  };
  const limited = send(requestTo('https://registry.example/limited'));
  await new Promise((resolve) => setImmediate(resolve));
  const other = send(requestTo('https://registry.example/other'));
  await send(requestTo('https://elsewhere.example/'));
  assert.deepEqual(
    sent.map((request) => request.url.href),
    ['https://registry.example/limited', 'https://elsewhere.example/'],
  );
  release();
  await Promise.all([limited, other]);
  assert.deepEqual(clock.slept.slice(0, 2), [30_000, 30_000]);
});

test('no pause is begun that would outlast the look: the answer is given back', async () => {
  const { send, sent, clock } = retried(inOrder({ status: 429, headers: { 'retry-after': '30' } }));
  const response = await send(requestTo(url, { deadline: clock.now() + 20_000 }));
  assert.equal(response.status, 429);
  assert.equal(sent.length, 1);
  assert.deepEqual(clock.slept, []);
});

test('a pause ends when the look does, with the reason of its signal', async () => {
  const controller = new AbortController();
  const send = withRetries(
    fakeTransport(() => ({ status: 503, headers: { 'retry-after': '50' } })).send,
    systemClock,
    new Map(),
  );
  const sent = send(requestTo(url, { signal: controller.signal }));
  const late = new ActionError('timeout', 'the look is over');
  setImmediate(() => controller.abort(late));
  await assert.rejects(sent, late);
});

test('a 403 DENIED of ghcr.io is tried once more, and only once', async () => {
  const denied = { status: 403, body: { errors: [{ code: 'DENIED', message: 'denied' }] } };
  const ghcr = requestTo('https://ghcr.io/v2/a/manifests/b');
  const passing = retried(inOrder(denied, 200));
  assert.equal((await passing.send(ghcr)).status, 200);
  const lasting = retried(inOrder(denied));
  assert.equal((await lasting.send(ghcr)).status, 403);
  assert.equal(lasting.sent.length, 2);
});

test('another 403 of ghcr.io, and a 403 DENIED of another registry, are final', async () => {
  const denied = { status: 403, body: { errors: [{ code: 'DENIED' }] } };
  const cases = [
    { at: 'https://ghcr.io/v2/', answer: { status: 403, body: 'blocked' } },
    { at: 'https://ghcr.io.example/v2/', answer: denied },
    { at: 'https://ghcr.io:8443/v2/', answer: denied },
  ];
  for (const { at, answer } of cases) {
    const { send, sent } = retried(inOrder(answer));
    await send(requestTo(at));
    assert.equal(sent.length, 1, at);
  }
});

test('each retry is noted: what happened, the pause, the attempt', async () => {
  const lines: string[] = [];
  const { send } = retried(inOrder(503, reset(), 200));
  await send(requestTo(url, { phase: 'token', note: (...parts) => lines.push(parts.join(' ')) }));
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^token GET .*: 503\. Trying again in 0\.5 s \(attempt 2 of 5\)\. urgent$/);
  assert.match(lines[1] ?? '', /^token closed Trying again in 1\.0 s \(attempt 3 of 5\)\. urgent$/);
});
