import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Authority, makeAuthority } from '../support/authority.ts';
import {
  assertGreen,
  assertHarmless,
  assertRed,
  putApp,
  runWatched,
  startRaw,
  startTunnel,
  withRegistry,
} from '../support/faults.ts';
import { drip, flood, type Play, say, start } from '../support/plays.ts';

test('a registry that switches to another protocol is registry-error', async () => {
  const play = start('HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
  const raw = await startRaw((socket) => socket.once('data', () => play(socket)));
  const step = await runWatched({ image: `${raw.host}/app:1` });
  await raw.close();
  assertRed(step, 'registry-error', /switches to another protocol/);
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
