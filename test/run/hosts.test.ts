import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { assertGreen, assertRed, putApp, withRegistry } from '../support/faults.ts';
import { type Fault, startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const password = 'correct-horse-battery';
const login = { username: 'ci', password };
const users = { ci: password };

/** A host that a registry may try to send clients to. It notes what it is shown. */
async function withOther(body: (other: TestRegistry) => Promise<void>, fault?: Fault): Promise<void> {
  const other = await startRegistry();
  other.fault = fault;
  putApp(other);
  try {
    await body(other);
  } finally {
    await other.close();
  }
}

const shown = ({ seen }: TestRegistry) => seen.map(({ headers }) => headers.authorization).filter(Boolean);
const isManifest = ({ url = '' }: IncomingMessage) => url.includes('/manifests/');

const redirectTo =
  (location: string): Fault =>
  (request, response) => {
    if (!isManifest(request)) return false;
    response.writeHead(307, { location }).end();
    return true;
  };

const challenge =
  (value: string): Fault =>
  ({ url = '' }, response) => {
    if (!url.startsWith('/v2/')) return false;
    response.writeHead(401, { 'www-authenticate': value }).end();
    return true;
  };

describe('redirects', { concurrency: 4 }, () => {
  test('to another port are followed without credentials, which do not come back on the way home', () =>
    withRegistry(
      (registry) =>
        withOther(async (other) => {
          putApp(registry);
          let isHome = false;
          registry.fault = (request, response) => {
            if (!isManifest(request) || isHome || request.headers.authorization === undefined) return false;
            response.writeHead(307, { location: `http://${other.host}${request.url}` }).end();
            return true;
          };
          other.fault = (request, response) => {
            isHome = true;
            response.writeHead(307, { location: `http://${registry.host}${request.url}` }).end();
            return true;
          };
          const step = await runInProcess({ image: `${registry.host}/app:1`, ...login });
          assertRed(step, 'unauthorized', /./, [password]);
          assert.deepEqual(shown(other), []);
          assert.equal(registry.seen.at(-1)?.headers.authorization, undefined);
        }),
      { auth: 'basic', users },
    ));

  test('to another port end green where the bytes are right', () =>
    withRegistry(
      (registry) =>
        withOther(async (other) => {
          putApp(registry);
          registry.fault = (request, response) => {
            if (!isManifest(request) || request.headers.authorization === undefined) return false;
            response.writeHead(302, { location: `http://${other.host}${request.url}?sig=${password}` }).end();
            return true;
          };
          const step = await runInProcess({ image: `${registry.host}/app:1`, ...login, inspect: 'true' });
          assertGreen(step, [password]);
          assert.ok(other.seen.length > 0);
          assert.deepEqual(shown(other), []);
        }),
      { auth: 'bearer', users },
    ));

  for (const status of [401, 403, 404]) {
    test(`to a host that answers ${status} with a challenge of its own do not give it the credentials`, () =>
      withRegistry((registry) =>
        withOther(
          async (other) => {
            registry.fault = redirectTo(`http://${other.host}/stolen`);
            const step = await runInProcess({ image: `${registry.host}/app:1`, ...login });
            assert.equal(step.status, 1);
            assert.deepEqual(shown(other), []);
            assert.ok(!other.seen.some(({ url }) => url.startsWith('/token')));
          },
          ({ url = '', headers }, response) => {
            if (url.startsWith('/token')) return false;
            const realm = `Bearer realm="http://${headers.host}/token",service="x"`;
            response.writeHead(status, { 'www-authenticate': realm }).end();
            return true;
          },
        ),
      ));
  }

  for (const location of [
    'http://169.254.169.254/latest/meta-data',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://0251.0376.0251.0376/',
    'http://169.254.169.254./',
    'http://%31%36%39.254.169.254/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://METADATA.google.internal./',
    '//169.254.169.254/',
    '\\\\169.254.169.254\\',
    'http://user:password@169.254.169.254/',
  ]) {
    test(`CVE-2026-33540: to the metadata service as ${location} are untrusted-host`, () =>
      withRegistry(async (registry) => {
        registry.fault = redirectTo(location);
        const step = await runInProcess({ image: `${registry.host}/app:1` });
        assertRed(step, 'untrusted-host', /link-local or metadata address/);
        assert.equal(registry.seen.length, 1);
      }));
  }

  for (const [location, code] of [
    ['http://10.0.0.1/', 'untrusted-host'],
    ['http://192.168.1.1/', 'untrusted-host'],
    ['http://[fc00::1]/', 'untrusted-host'],
    ['file:///etc/passwd', 'untrusted-host'],
    ['ftp://127.0.0.1/', 'untrusted-host'],
    ['data:application/json,{}', 'untrusted-host'],
    ['javascript:alert(1)', 'untrusted-host'],
    ['http://', 'registry-error'],
    ['http://a b/', 'registry-error'],
    ['http://[::1/', 'registry-error'],
    ['', 'registry-error'],
  ] as const) {
    test(`to "${location}" are ${code}`, () =>
      withRegistry(async (registry) => {
        registry.fault = redirectTo(location);
        assertRed(await runInProcess({ image: `${registry.host}/app:1` }), code);
      }));
  }

  test('in a loop are registry-error after five', () =>
    withRegistry(async (registry) => {
      registry.fault = redirectTo('/v2/app/manifests/1');
      assertRed(await runInProcess({ image: `${registry.host}/app:1` }), 'registry-error', /more than 5 times/);
      assert.equal(registry.seen.length, 6);
    }));

  test('without a target are registry-error', () =>
    withRegistry(async (registry) => {
      registry.fault = (_, response) => {
        response.writeHead(302).end();
        return true;
      };
      assertRed(await runInProcess({ image: `${registry.host}/app:1` }), 'registry-error');
    }));

  test('show neither userinfo nor signatures in the log', () =>
    withRegistry(async (registry) => {
      const secret = 'AKIA0123456789SECRET';
      const location = `http://${secret}:${secret}@${registry.host}/x?X-Amz-Signature=${secret}&digest=sha256:1#${secret}`;
      registry.fault = redirectTo(location);
      const step = await runInProcess({ image: `${registry.host}/app:1` });
      assertRed(step, 'registry-error', /./, [secret]);
      assert.match(step.stdout, /X-Amz-Signature=\*\*\*&digest=sha256:1/);
    }));
});

describe('token realms', { concurrency: 4 }, () => {
  for (const realm of [
    'http://169.254.169.254/token',
    'http://[::ffff:a9fe:a9fe]/token',
    'http://metadata.google.internal/token',
    'http://10.0.0.1/token',
    'http://intranet/token',
    'http://evil.example/token',
    'https://vault.internal/token',
    'https://printer.local/token',
    'file:///etc/passwd',
    'ftp://127.0.0.1/token',
  ]) {
    for (const given of [{}, login]) {
      const who = given === login ? 'with' : 'without';
      test(`CVE-2026-33990: ${realm} ${who} credentials is untrusted-host`, () =>
        withRegistry(async (registry) => {
          registry.fault = challenge(`Bearer realm="${realm}",service="x"`);
          const step = await runInProcess({ image: `${registry.host}/app:1`, ...given });
          assertRed(step, 'untrusted-host', /./, [password]);
        }));
    }
  }

  test('ggcr #2193: credentials are not sent to a realm on another port', () =>
    withRegistry((registry) =>
      withOther(async (other) => {
        registry.fault = challenge(`Bearer realm="http://${other.host}/token"`);
        const step = await runInProcess({ image: `${registry.host}/app:1`, ...login });
        assertRed(step, 'untrusted-host', new RegExp(`auth-hosts: ${registry.host}=${other.host}`), [password]);
        assert.deepEqual(other.seen, []);
      }),
    ));

  test('ggcr #2292: a host that only begins or ends as a known one does not see credentials', () =>
    withRegistry(async (registry) => {
      for (const host of [
        `${registry.host}.evil.example`,
        `evil.example/${registry.host}`,
        `${registry.host}@evil.example`,
      ]) {
        registry.fault = challenge(`Bearer realm="http://${host}/token"`);
        const step = await runInProcess({ image: `${registry.host}/app:1`, ...login });
        assert.ok(['untrusted-host', 'registry-error'].includes(step.outputs['error-code'] ?? ''), step.stdout);
      }
    }));

  test('CVE-2026-48978: a token service that redirects is not followed', () =>
    withRegistry(
      (registry) =>
        withOther(async (other) => {
          registry.fault = ({ url = '' }, response) => {
            if (!url.startsWith('/token')) return false;
            response.writeHead(307, { location: `http://${other.host}/token` }).end();
            return true;
          };
          const step = await runInProcess({ image: `${registry.host}/app:1`, ...login });
          assertRed(step, 'untrusted-host', /redirects, and is not followed/, [password]);
          assert.deepEqual(other.seen, []);
        }),
      { auth: 'bearer', users },
    ));

  test('a challenge for the scope of others is answered with our own', () =>
    withRegistry(
      async (registry) => {
        putApp(registry);
        const step = await runInProcess({ image: `${registry.host}/app:1` });
        assertGreen(step);
        const asked = registry.seen.filter(({ url }) => url.startsWith('/token')).map(({ url }) => url);
        assert.deepEqual(asked, ['/token?service=test-registry&scope=repository%3Aapp%3Apull']);
      },
      { auth: 'bearer', challenge: ',scope="repository:secret:push,pull registry:catalog:*"' },
    ));
});
