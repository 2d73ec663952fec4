import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { before, describe, test } from 'node:test';
import { type Authority, makeAuthority } from './support/authority.ts';
import {
  assertGreen,
  assertHarmless,
  assertRed,
  pour,
  putApp,
  runWatched,
  startRaw,
  startTunnel,
  type WatchedStep,
  type WatchOptions,
  withRegistry,
} from './support/faults.ts';
import { image, types } from './support/images.ts';
import { withoutSignals } from './support/posix.ts';
import type { Fault } from './support/registry.ts';

/** What a server does with a connection, after the first bytes of a request. */
type Play = (socket: Socket) => void;

const good = image('linux/amd64').manifest.bytes;
const answerOf = (head: string, body: string | Uint8Array = '') =>
  `HTTP/1.1 ${head}\r\nContent-Type: ${types.manifest}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const say =
  (text: string): Play =>
  (socket) =>
    socket.end(text);
const start =
  (text: string): Play =>
  (socket) =>
    socket.write(text);
const drip =
  (text: string): Play =>
  (socket) => {
    socket.write(text);
    const timer = setInterval(() => socket.write('a'), 20);
    socket.on('close', () => clearInterval(timer));
  };
const flood =
  (text: string, chunk: string): Play =>
  (socket) => {
    socket.write(text);
    pour(socket, Buffer.from(chunk.repeat(Math.ceil(65_536 / chunk.length))));
  };

/** Asks a server that plays this for an image. */
async function against(play: Play, timeout: string): Promise<WatchedStep> {
  const raw = await startRaw((socket) => socket.once('data', () => play(socket)));
  const step = await runWatched({ image: `${raw.host}/app:1`, timeout });
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
  ['an error whose body breaks off', 'network', say(answerOf('404 x', 'abcdef').slice(0, -3))],
  ['an answer that never begins', 'timeout', () => undefined],
  ['a head that stalls', 'timeout', start('HTTP/1.1 200 OK\r\nConte')],
  ['a body that stalls', 'timeout', start(answerOf('200 OK', good).slice(0, -9))],
  ['an error whose body stalls', 'timeout', start(answerOf('404 x', 'abcdef').slice(0, -3))],
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
  ['a switch of protocols', 'registry-error', start('HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')],
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
  ['a 404', 'not-found', say(answerOf('404 x'))],
  ['a 410', 'registry-error', say(answerOf('410 x'))],
  ['a 999', 'registry-error', say(answerOf('999 x'))],
];

describe('a registry that answers with', { concurrency: 4 }, () => {
  for (const [name, code, play] of faults) {
    test(`${name} is ${code}`, async () => {
      const isSlow = code === 'timeout';
      assertRed(await against(play, isSlow ? '1s' : '20s'), code, isSlow ? /One look at the registry/ : /./);
    });
  }
});

describe('a connection', { concurrency: 4 }, () => {
  test('that is refused is network', async () => {
    assertRed(await runWatched({ image: '127.0.0.1:1/app:1' }), 'network', /refused/);
  });

  test('that is closed at once is network', async () => {
    const raw = await startRaw((socket) => socket.destroy());
    assertRed(await runWatched({ image: `${raw.host}/app:1` }), 'network');
    await raw.close();
  });

  test('to a name that does not exist is network, and not tried again', async () => {
    const step = await runWatched({ image: 'registry.invalid/app:1' });
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
        const step = await runWatched({ image: `${registry.host}/app:1` });
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
        assertRed(await runWatched({ image: `${registry.host}/app:1` }), code);
        assert.equal(registry.seen.length, requests);
      }));
  }

  test('but not so long that the time for one look is exceeded', () =>
    withRegistry(async (registry) => {
      registry.fault = status(503, { 'retry-after': '30' });
      assertRed(await runWatched({ image: `${registry.host}/app:1`, timeout: '5s' }), 'registry-error', /503/);
    }));
});

describe('TLS', { concurrency: 4 }, () => {
  let authority: Authority;
  before(async () => {
    authority = await makeAuthority();
  });
  const names = 'IP:127.0.0.1,DNS:registry.example,DNS:localhost';
  const hosts = { 'registry.example': ['127.0.0.1'] };
  type Broken = readonly [name: string, options: () => Promise<object>, text?: RegExp, isTrusted?: boolean];
  const broken: readonly Broken[] = [
    ['a certificate of nobody known', () => authority.issue(names), /certificate/, false],
    ['a certificate that has expired', () => authority.issue(names, ['20200101000000Z', '20210101000000Z']), /expired/],
    [
      'a certificate of the future',
      () => authority.issue(names, ['20480101000000Z', '20490101000000Z']),
      /not yet valid/,
    ],
    ['a certificate for another host', () => authority.issue('DNS:other.example,DNS:##[error]::x')],
    [
      'a version that is too old',
      async () => ({
        ...(await authority.issue(names)),
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'ALL:@SECLEVEL=0',
      }),
    ],
    [
      'no cipher in common',
      async () => ({ ...(await authority.issue(names)), maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:@SECLEVEL=0' }),
    ],
    [
      'a demand for a certificate of ours',
      async () => ({ ...(await authority.issue(names)), requestCert: true, rejectUnauthorized: true }),
    ],
  ];
  for (const [name, options, text = /./, isTrusted = true] of broken) {
    for (const where of ['registry.example', '127.0.0.1']) {
      test(`with ${name} on ${where} is tls`, async () => {
        const tls = (await options()) as { key: string; cert: string };
        await withRegistry(
          async (registry) => {
            putApp(registry);
            const env = isTrusted ? { NODE_EXTRA_CA_CERTS: authority.file } : {};
            const image = `${where}:${registry.port}/app:1`;
            assertRed(await runWatched({ image }, { env, hosts }), 'tls', text);
            assert.deepEqual(registry.seen, []);
          },
          { tls },
        );
      });
    }
  }

  test('is insisted on, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    const tls = await authority.issue(names);
    await withRegistry(
      async (registry) => {
        const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
        const step = await runWatched({ image: `registry.example:${registry.port}/app:1` }, { env, hosts });
        assertRed(step, 'tls');
        assert.match(step.stdout, /::warning/);
      },
      { tls },
    );
  });

  test('is not given up for a registry that speaks plain HTTP', () =>
    withRegistry(async (registry) => {
      putApp(registry);
      assertRed(await runWatched({ image: `registry.example:${registry.port}/app:1` }, { hosts }), 'tls');
      assert.deepEqual(registry.seen, []);
    }));

  test('that is closed in the handshake is network', async () => {
    const raw = await startRaw((socket) => socket.once('data', () => socket.destroy()));
    assertRed(await runWatched({ image: `registry.example:${raw.port}/app:1` }, { hosts }), 'network');
    await raw.close();
  });

  test('that stalls in the handshake is timeout', async () => {
    const raw = await startRaw(() => undefined);
    assertRed(await runWatched({ image: `registry.example:${raw.port}/app:1`, timeout: '1s' }, { hosts }), 'timeout');
    await raw.close();
  });

  test('with a certificate of a known authority is good, on loopback too', async () => {
    const tls = await authority.issue(names);
    await withRegistry(
      async (registry) => {
        putApp(registry);
        const env = { NODE_EXTRA_CA_CERTS: authority.file };
        assertGreen(await runWatched({ image: `registry.example:${registry.port}/app:1` }, { env, hosts }));
        assertGreen(await runWatched({ image: `${registry.host}/app:1` }, { env, hosts }));
      },
      { tls },
    );
  });

  test('is not left by a redirect', async () => {
    const tls = await authority.issue(names);
    await withRegistry(
      (registry) =>
        withRegistry(async (plain) => {
          putApp(plain);
          registry.fault = ({ url = '' }, response) => {
            response.writeHead(302, { location: `http://${plain.host}${url}` }).end();
            return true;
          };
          const env = { NODE_EXTRA_CA_CERTS: authority.file };
          const step = await runWatched({ image: `registry.example:${registry.port}/app:1` }, { env, hosts });
          assertRed(step, 'untrusted-host', /https/);
          assert.deepEqual(plain.seen, []);
        }),
      { tls },
    );
  });
});

describe('a proxy', { concurrency: 4 }, () => {
  const secret = 'proxy-password-0123';
  const through = (host: string, inputs = {}) =>
    runWatched(
      { image: 'registry.example/app:1', ...inputs },
      { env: { https_proxy: `http://ci:${secret}@${host}`, http_proxy: `http://ci:${secret}@${host}` } },
    );
  const broken: readonly (readonly [name: string, code: string, text: RegExp, play: Play])[] = [
    [
      'that asks for a password',
      'network',
      /407.*password/s,
      say('HTTP/1.1 407 ##[error]::x\r\nContent-Length: 0\r\n\r\n'),
    ],
    ['that forbids', 'network', /403/, say('HTTP/1.1 403 x\r\n\r\n')],
    ['that has a fault', 'network', /502/, say('HTTP/1.1 502 x\r\n\r\n')],
    ['that hangs', 'timeout', /./, () => undefined],
    ['that drips', 'timeout', /./, drip('HTTP/1.1 200 OK\r\nX: ')],
    ['that closes at CONNECT', 'network', /./, (socket) => socket.destroy()],
    ['that closes after CONNECT', 'network', /./, say('HTTP/1.1 200 OK\r\n\r\n')],
    ['that hangs after CONNECT', 'timeout', /./, start('HTTP/1.1 200 OK\r\n\r\n')],
    ['that answers in place of the registry', 'network', /./, say('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}')],
    ['that speaks no HTTP', 'network', /./, say('##[error]::error::x\r\n\r\n')],
    ['whose head has no end', 'network', /./, flood('HTTP/1.1 200 OK\r\nX: ', 'a')],
  ];
  for (const [name, code, text, play] of broken) {
    test(`${name} is ${code}`, async () => {
      const raw = await startRaw((socket) => socket.once('data', () => play(socket)));
      const step = await through(raw.host, { timeout: code === 'timeout' ? '1s' : '20s' });
      await raw.close();
      assertRed(step, code, text, [secret]);
    });
  }

  test('that refuses connections is network', async () => {
    assertRed(await through('127.0.0.1:1'), 'network', /proxy/, [secret]);
  });

  for (const setting of ['::error::x', ' ', 'http://127.0.0.1:99999', '127.0.0.1:99999', 'http://[::1']) {
    test(`that is set to "${setting}" is an error of whoever set it, and is not passed by`, () =>
      withRegistry(async (registry) => {
        putApp(registry);
        const inputs = {
          image: `registry.example:${registry.port}/app:1`,
          'plain-http': `registry.example:${registry.port}`,
        };
        const hosts = { 'registry.example': ['127.0.0.1'] };
        const step = await runWatched(inputs, { hosts, env: { http_proxy: setting } });
        assert.equal(step.status, 1);
        assert.ok(['invalid-input', 'network'].includes(step.outputs['error-code'] ?? ''), step.stdout);
        assert.deepEqual(registry.seen, []);
        assertHarmless(step);
      }));
  }

  test('that works is used', () =>
    withRegistry(async (registry) => {
      putApp(registry);
      const proxy = await startTunnel(registry.port);
      assertGreen(await through(proxy.host, { 'plain-http': 'registry.example' }), [secret]);
      await proxy.close();
    }));
});

describe('a signal', { skip: withoutSignals, concurrency: 4 }, () => {
  const phases: readonly (readonly [string, (url: string) => boolean])[] = [
    ['the first request', () => true],
    ['the token', (url) => url.startsWith('/token')],
    ['the child', (url) => url.includes('/manifests/sha256:')],
    ['the config', (url) => url.includes('/blobs/')],
  ];
  for (const [phase, isPhase] of phases) {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      test(`${signal} during ${phase} ends the step red, without outputs and files`, () =>
        withRegistry(
          async (registry) => {
            putApp(registry);
            let end = () => {};
            registry.fault = ({ url = '' }) => {
              if (!isPhase(url)) return false;
              end();
              return true;
            };
            const inputs = { image: `${registry.host}/app:1`, inspect: 'true' };
            const onStart: WatchOptions['onStart'] = (child) => {
              end = () => child.kill(signal);
            };
            const step = await runWatched(inputs, { onStart });
            assert.equal(step.status, 1, 'the action ended, not the system');
            assert.deepEqual(step.outputs, { 'error-code': 'timeout' });
            assert.match(step.errors[0]?.text ?? '', new RegExp(`ended by ${signal}`));
            assert.deepEqual(step.files, []);
            assert.equal(step.summary, '');
            assertHarmless(step);
          },
          { auth: 'bearer' },
        ));
    }
  }
});
