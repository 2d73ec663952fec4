import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step } from '../support/action.ts';
import { assertGreen, assertRed, putApp, startRaw, withRegistry } from '../support/faults.ts';
import { image, types } from '../support/images.ts';
import { drip, flood, type Play, say, start } from '../support/plays.ts';
import type { Fault } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const good = image('linux/amd64').manifest.bytes;
const answerOf = (head: string, body: string | Uint8Array = '') =>
  `HTTP/1.1 ${head}\r\nContent-Type: ${types.manifest}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
/** Asks a server that plays this for an image. */
async function against(play: Play, timeout: string): Promise<Step> {
  const raw = await startRaw((socket) => socket.once('data', () => play(socket)));
  const step = await runInProcess({ image: `${raw.host}/app:1`, timeout });
  await raw.close();
  return step;
}

const faults: readonly (readonly [name: string, code: string, play: Play])[] = [
  ['a connection that is closed after the request', 'network', (socket) => socket.end()],
  ['a connection that is reset after the request', 'network', (socket) => socket.resetAndDestroy()],
  ['an answer that is cut in its head', 'network', say('HTTP/1.1 200 OK\r\nConte')],
  ['a body that is shorter than its length', 'network', say(answerOf('200 OK', good).slice(0, -9))],
  [
    'a chunked body without its end',
    'network',
    say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'),
  ],
  [
    'a body without a length that breaks off',
    'invalid-manifest',
    say(`HTTP/1.1 200 OK\r\nContent-Type: ${types.manifest}\r\n\r\n${good.subarray(0, 99)}`),
  ],
  ['an error whose body breaks off', 'denied', say(answerOf('403 x', 'abcdef').slice(0, -3))],
  ['an answer that never begins', 'timeout', () => undefined],
  ['a head that stalls', 'timeout', start('HTTP/1.1 200 OK\r\nConte')],
  ['a body that stalls', 'timeout', start(answerOf('200 OK', good).slice(0, -9))],
  ['an error whose body stalls', 'denied', start(answerOf('403 x', 'abcdef').slice(0, -3))],
  [
    'an error whose body is announced as 9 GB',
    'denied',
    start('HTTP/1.1 403 x\r\nContent-Length: 9000000000\r\n\r\na'),
  ],
  ['a head that drips', 'timeout', drip('HTTP/1.1 200 OK\r\nX: ')],
  ['a body that drips', 'timeout', drip('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')],
  ['interim answers without an end', 'timeout', flood('', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ['a header without an end', 'registry-error', flood('HTTP/1.1 200 OK\r\nX: ', 'a')],
  ['headers without an end', 'registry-error', flood('HTTP/1.1 200 OK\r\n', 'a: b\r\n')],
  [
    'trailers without an end',
    'registry-error',
    flood('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'a: b\r\n'),
  ],
  [
    'a chunk extension without an end',
    'registry-error',
    flood('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;', 'a'),
  ],
  ['what is no HTTP', 'registry-error', say('SSH-2.0-OpenSSH_9.9\r\n\r\n')],
  ['two lengths', 'registry-error', say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ')],
  [
    'a length and chunks',
    'registry-error',
    say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  ],
  ['an empty 200', 'invalid-manifest', say(answerOf('200 OK'))],
  ['HTML in place of JSON', 'unsupported', say(answerOf('200 OK', '<html>').replace(types.manifest, 'text/html'))],
  ['HTML that is announced as a manifest', 'invalid-manifest', say(answerOf('200 OK', '<html>'))],
  [
    'an error with status 200',
    'invalid-manifest',
    say(answerOf('200 OK', '{"errors":[{"code":"DENIED","message":"no"}]}')),
  ],
  ['a 201', 'registry-error', say(answerOf('201 x', good))],
  ['a 204', 'registry-error', say('HTTP/1.1 204 x\r\n\r\n')],
  ['a 206', 'registry-error', say(answerOf('206 x', good))],
  ['a 300', 'registry-error', say(answerOf('300 x'))],
  ['a 304', 'registry-error', say('HTTP/1.1 304 x\r\n\r\n')],
  ['a 400', 'registry-error', say(answerOf('400 x'))],
  ['a 401 without a challenge', 'unauthorized', say(answerOf('401 x'))],
  ['a 403', 'denied', say(answerOf('403 x'))],
  ['a 404 to everything', 'registry-error', say(answerOf('404 x'))],
  ['a web page with 404 to everything', 'registry-error', say(answerOf('404 x', '<h1>Not found</h1>'))],
  ['a 404 with an error list', 'not-found', say(answerOf('404 x', '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}'))],
  ['a 410', 'registry-error', say(answerOf('410 x'))],
  ['a 999', 'registry-error', say(answerOf('999 x'))],
];

describe('a registry that responds with', { concurrency: 4 }, () => {
  for (const [name, code, play] of faults) {
    test(`${name} is ${code}`, async () => {
      const isSlow = code === 'timeout';
      assertRed(
        await against(play, isSlow ? '1s' : '20s'),
        code,
        isSlow ? /Resolving the image took longer than 1 seconds/ : /./,
      );
    });
  }
});

describe('a 404 without an error list', () => {
  for (const [base, code] of [
    [200, 'not-found'],
    [401, 'not-found'],
    [404, 'registry-error'],
    [500, 'registry-error'],
  ] as const) {
    test(`is ${code} where GET /v2/ gets ${base}`, () =>
      withRegistry(async (registry) => {
        registry.fault = ({ url }, response) => {
          response.writeHead(url === '/v2/' ? base : 404).end('<h1>Not found</h1>');
          return true;
        };
        const step = await runInProcess({ image: `${registry.host}/app:1` });
        assertRed(step, code);
        const asked = registry.seen.find(({ url }) => url === '/v2/');
        assert.equal(asked?.headers.authorization, undefined);
      }));
  }
});

describe('a connection', { concurrency: 4 }, () => {
  test('that is refused is network', async () => {
    assertRed(await runInProcess({ image: '127.0.0.1:1/app:1' }), 'network', /refused/);
  });

  test('that is closed at once is network', async () => {
    const raw = await startRaw((socket) => socket.destroy());
    assertRed(await runInProcess({ image: `${raw.host}/app:1` }), 'network');
    await raw.close();
  });

  test('to a name that does not exist is network, and not tried again', async () => {
    const step = await runInProcess({ image: 'registry.invalid/app:1' });
    assertRed(step, 'network');
    assert.doesNotMatch(step.stdout, /Trying again/);
  });
});

/** Plays these faults one after the other, then lets the registry answer. */
const sequence = (...plays: readonly Fault[]): Fault => {
  const left = [...plays];
  return (...request) => left.shift()?.(...request) ?? false;
};
const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    response.writeHead(code, headers).end();
    return true;
  };
const reset: Fault = ({ socket }) => {
  socket.resetAndDestroy();
  return true;
};
const cut: Fault = ({ socket }, response) => {
  response.writeHead(200, { 'content-type': types.manifest, 'content-length': good.length });
  response.write(good.subarray(0, 20), () => socket.destroy());
  return true;
};

describe('what passes is tried again', { concurrency: 4 }, () => {
  const soon = new Date(0).toUTCString();
  const sequences: readonly (readonly [string, Fault])[] = [
    ['four resets', sequence(reset, reset, reset, reset)],
    ['four bodies that break off', sequence(cut, cut, cut, cut)],
    ['502, 503, 504 and a reset', sequence(status(502), status(503), status(504), reset)],
    ['429 with a wait in seconds', sequence(status(429, { 'retry-after': '1' }))],
    [
      '429 with a date in the past',
      sequence(status(429, { 'retry-after': soon }), status(429, { 'retry-after': soon })),
    ],
    [
      '503 with a wait that cannot be read',
      sequence(status(503, { 'retry-after': '-1' }), status(503, { 'retry-after': 'x' })),
    ],
    ...[408, 425, 429, 499, 500, 520, 524].map((code) => [String(code), sequence(status(code))] as const),
  ];
  for (const [name, fault] of sequences) {
    test(`after ${name}`, () =>
      withRegistry(async (registry) => {
        const { index } = putApp(registry);
        registry.fault = fault;
        const step = await runInProcess({ image: `${registry.host}/app:1` });
        assertGreen(step);
        assert.equal(step.outputs['digest'], index.digest);
        if (name.includes('in seconds')) assert.match(step.stdout, /429\. Trying again in 1\.0 s/);
      }));
  }

  for (const [name, code, fault, requests] of [
    ['503 five times', 'registry-error', status(503), 5],
    ['429 five times', 'rate-limited', status(429), 5],
    ['a wait of more than a minute', 'rate-limited', status(429, { 'retry-after': '61' }), 1],
    ['a wait of an hour, as a date', 'registry-error', status(503, { 'retry-after': new Date(4e12).toUTCString() }), 1],
    ['a wait of 300 years', 'rate-limited', status(429, { 'retry-after': '9999999999' }), 1],
    ['a 501', 'registry-error', status(501), 1],
    ['a 400', 'registry-error', status(400), 1],
  ] as const) {
    test(`but not after ${name}`, () =>
      withRegistry(async (registry) => {
        putApp(registry);
        registry.fault = fault;
        assertRed(await runInProcess({ image: `${registry.host}/app:1` }), code);
        assert.equal(registry.seen.length, requests);
      }));
  }

  test('but not so long that the time for one look is exceeded', () =>
    withRegistry(async (registry) => {
      registry.fault = status(503, { 'retry-after': '30' });
      assertRed(await runInProcess({ image: `${registry.host}/app:1`, timeout: '5s' }), 'registry-error', /503/);
    }));
});
