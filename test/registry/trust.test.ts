import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { describe, mock, type TestContext, test } from 'node:test';
import { type AuthHosts, trustFor } from '../../src/registry/trust.ts';
import { failsWith } from '../support/transport.ts';

const pairs = (registry: string, ...hosts: string[]): AuthHosts => new Map([[registry, new Set(hosts)]]);
const none: AuthHosts = new Map();

interface Asked {
  readonly registry: string;
  readonly target: string;
  /** How the registry is spoken to; https unless it says otherwise. */
  readonly scheme?: 'http' | 'https';
  readonly credentials?: boolean;
  readonly authHosts?: AuthHosts;
}

const wire = (registry: string) => (registry === 'docker.io' ? 'registry-1.docker.io' : registry);
const originOf = ({ registry, scheme = 'https' }: Asked) => new URL(`${scheme}://${wire(registry)}/v2/`);

const realm = (asked: Asked) =>
  trustFor(asked.registry, asked.authHosts ?? none).realm(
    new URL(asked.target),
    originOf(asked),
    asked.credentials ?? false,
  );

const redirect = (asked: Asked, from = originOf(asked)) =>
  trustFor(asked.registry, asked.authHosts ?? none).redirect(new URL(asked.target), from, originOf(asked));

const refused = failsWith('untrusted-host');

/** Lets names resolve to these addresses, and others to nothing. */
function resolveTo(context: TestContext, names: Readonly<Record<string, readonly string[]>>): void {
  const lookup = async (name: string) => (names[name] ?? []).map((address) => ({ address, family: 4 }));
  const mocked = mock.method(dns, 'lookup', lookup as unknown as typeof dns.lookup);
  context.after(() => mocked.mock.restore());
}

describe('credentials go', () => {
  const allowed: Asked[] = [
    { registry: 'registry.example', target: 'https://registry.example/token' },
    { registry: 'registry.example', target: 'https://REGISTRY.example:443/other/path?query' },
    { registry: 'registry.example:8443', target: 'https://registry.example:8443/token' },
    { registry: 'docker.io', target: 'https://auth.docker.io/token' },
    { registry: 'docker.io', target: 'https://registry-1.docker.io/token' },
    { registry: 'registry.gitlab.com', target: 'https://gitlab.com/jwt/auth' },
    { registry: 'nvcr.io', target: 'https://authn.nvidia.com/token' },
    { registry: 'ghcr.io', target: 'https://ghcr.io/token' },
    { registry: 'localhost:5000', target: 'http://localhost:5000/token', scheme: 'http' },
    { registry: '[::1]:5000', target: 'http://[::1]:5000/token', scheme: 'http' },
  ];
  for (const asked of allowed) {
    test(`from ${asked.registry} to ${asked.target}`, async () => {
      await realm({ ...asked, credentials: true });
    });
  }
});

describe('credentials do not go (ggcr #2193; CVE-2026-33540; CVE-2026-48978)', () => {
  const forbidden: Asked[] = [
    { registry: 'registry.example', target: 'https://auth.registry.example/token' },
    { registry: 'registry.example', target: 'https://evil.example/token' },
    { registry: 'registry.example', target: 'https://registry.example.evil.example/token' },
    { registry: 'registry.example', target: 'https://evilregistry.example/token' },
    { registry: 'registry.example', target: 'https://registry.example:8443/token' },
    { registry: 'registry.example', target: 'https://registry.example./token' },
    { registry: 'registry.example', target: 'https://registry.example@evil.example/token' },
    { registry: 'registry.example:8443', target: 'https://registry.example/token' },
    { registry: 'registry.example', target: 'https://auth.docker.io/token' },
    { registry: 'docker.io', target: 'https://auth.docker.io:8443/token' },
    { registry: 'docker.io', target: 'https://auth.docker.io.evil.example/token' },
    { registry: 'docker.io', target: 'https://hub.docker.com/token' },
    { registry: 'docker.io.evil.example', target: 'https://auth.docker.io/token' },
    { registry: 'registry.gitlab.com', target: 'https://gitlab.com.evil.example/jwt/auth' },
    { registry: 'gitlab.com', target: 'https://registry.gitlab.com/jwt/auth' },
    { registry: 'nvcr.io', target: 'https://evil.nvidia.com/token' },
    { registry: 'ghcr.io', target: 'https://github.com/token' },
    { registry: 'localhost:5000', target: 'http://localhost:5001/token', scheme: 'http' },
    { registry: 'localhost:5000', target: 'http://127.0.0.1:5000/token', scheme: 'http' },
  ];
  for (const asked of forbidden) {
    test(`from ${asked.registry} to ${asked.target}`, async () => {
      await assert.rejects(realm({ ...asked, credentials: true }), refused);
    });
  }

  test('and the text gives the line for auth-hosts that would allow it', async () => {
    for (const [target, host] of [
      ['https://auth.example/token', 'auth.example'],
      ['https://auth.example:8443/token', 'auth.example:8443'],
    ] as const) {
      const asked = { registry: 'registry.example', target, credentials: true };
      await assert.rejects(realm(asked), failsWith('untrusted-host', `registry.example=${host}`));
      await realm({ ...asked, authHosts: pairs('registry.example', host) });
    }
  });
});

describe('an auth-hosts pair', () => {
  test('holds for its registry and its host, exactly', async () => {
    const authHosts = pairs('registry.example', 'auth.example');
    const asked = { registry: 'registry.example', target: 'https://auth.example/token', credentials: true, authHosts };
    await realm(asked);
    await realm({ ...asked, target: 'https://auth.example:443/token' });
    for (const target of [
      ...['https://auth.example:8443/', 'https://sub.auth.example/', 'https://auth.example.evil.example/'],
      ...['https://auth.example./', 'https://xauth.example/'],
    ]) {
      await assert.rejects(realm({ ...asked, target }), refused, target);
    }
    for (const registry of ['other.example', 'registry.example:443', 'sub.registry.example']) {
      await assert.rejects(realm({ ...asked, registry }), refused, registry);
    }
  });

  test('with a port holds for that port', async () => {
    const asked = { registry: 'r.example', credentials: true, authHosts: pairs('r.example', 'auth.example:8443') };
    await realm({ ...asked, target: 'https://auth.example:8443/token' });
    await assert.rejects(realm({ ...asked, target: 'https://auth.example/token' }), refused);
    await realm({ ...asked, authHosts: pairs('r.example', 'auth.example:443'), target: 'https://auth.example/token' });
  });

  test('allows loopback, private addresses and private names', async () => {
    for (const host of ['127.0.0.1:5001', '10.0.0.1', 'auth.internal', 'auth', '203.0.113.7', '[fd00::1]']) {
      const asked = { registry: 'r.example', target: `https://${host}/token`, authHosts: pairs('r.example', host) };
      await realm(asked);
      await realm({ ...asked, credentials: true });
      await redirect(asked);
    }
  });

  test('does not allow link-local and metadata addresses', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', 'metadata.google.internal', '[::ffff:a9fe:a9fe]']) {
      const asked = { registry: 'r.example', target: `https://${host}/token`, authHosts: pairs('r.example', host) };
      await assert.rejects(realm(asked), failsWith('untrusted-host', 'link-local or metadata', 'Nothing allows this'));
      await assert.rejects(redirect(asked), failsWith('untrusted-host', 'Nothing allows this'));
    }
    const check = await realm({
      registry: 'r.example',
      target: 'https://auth.example/',
      authHosts: pairs('r.example', 'auth.example'),
    });
    await assert.rejects(
      check('auth.example', ['8.8.8.8', '169.254.169.254']),
      failsWith('untrusted-host', 'auth.example'),
    );
    await check('auth.example', ['10.0.0.1', '127.0.0.1']);
  });
});

describe('without credentials a token may be asked for', () => {
  for (const target of ['https://auth.example/token', 'https://auth.example:8443/', 'https://evil.example/']) {
    test(`at ${target}, an https host with a public name`, async () => {
      await realm({ registry: 'registry.example', target });
    });
  }

  const privates = [
    ...['https://auth/token', 'https://localhost/token', 'https://auth.localhost/', 'https://vault.internal/'],
    ...['https://printer.local/', 'https://vault.internal./', 'https://8.8.8.8/', 'https://[2001:4860:4860::8888]/'],
    ...['https://10.0.0.1/', 'https://127.0.0.1/', 'https://[::1]/', 'https://2130706433/', 'https://0x7f.1/'],
    ...['ftp://auth.example/', 'file:///token', 'http://auth.example/token', 'http://registry.example/token'],
    ...['data:application/json,{"token":"a"}', 'javascript:alert(1)'],
  ];
  for (const target of privates) {
    test(`not at ${target} (CVE-2026-33990)`, async () => {
      await assert.rejects(realm({ registry: 'registry.example', target }), refused);
    });
  }

  for (const host of [
    '169.254.169.254',
    '0251.0376.0251.0376',
    '2852039166',
    '[64:ff9b::a9fe:a9fe]',
    'metadata.goog',
  ]) {
    test(`never at ${host}, even for a registry on loopback (CVE-2026-33990)`, async () => {
      const asked = { registry: 'localhost:5000', target: `http://${host}/`, scheme: 'http' } as const;
      await assert.rejects(realm(asked), failsWith('untrusted-host', 'Nothing allows this'));
      await assert.rejects(redirect(asked), failsWith('untrusted-host', 'Nothing allows this'));
    });
  }

  test('at http only when the registry itself is spoken to over http', async () => {
    const asked = { registry: 'localhost:5000', target: 'http://localhost:5001/token' };
    await realm({ ...asked, scheme: 'http' });
    await assert.rejects(realm({ ...asked, scheme: 'https' }), failsWith('untrusted-host', 'not https'));
    await assert.rejects(realm({ ...asked, target: 'http://auth.example/', scheme: 'http' }), refused);
  });

  test('on loopback only when the registry is there', async () => {
    await realm({ registry: '127.0.0.1:5000', target: 'https://localhost:5001/token' });
    await assert.rejects(realm({ registry: '10.0.0.1', target: 'https://localhost:5001/token' }), refused);
  });

  test('at a private address only when the registry is at one', async () => {
    await realm({ registry: '10.0.0.1', target: 'https://192.168.0.1/token' });
    await assert.rejects(realm({ registry: 'localhost:5000', target: 'https://192.168.0.1/token' }), refused);
    await assert.rejects(realm({ registry: '8.8.8.8', target: 'https://192.168.0.1/token' }), refused);
  });
});

describe('what a name resolves to is judged before anything connects (ggcr #2440)', () => {
  test('a link-local or metadata address is refused for the registry itself, a realm and a redirect', async () => {
    const asked = { registry: 'registry.example', target: 'https://auth.example/' };
    const own = await realm({ ...asked, target: 'https://registry.example/token' });
    for (const check of [
      trustFor('registry.example', none).registry(),
      own,
      await realm(asked),
      await redirect(asked),
    ]) {
      for (const address of ['169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1%2', '168.63.129.16']) {
        await assert.rejects(check('auth.example', ['8.8.8.8', address]), failsWith('untrusted-host', 'auth.example'));
      }
    }
  });

  test('the registry itself may be anywhere else', async () => {
    await trustFor('registry.example', none).registry()('registry.example', [
      '10.0.0.1',
      '127.0.0.1',
      '::1',
      '8.8.8.8',
    ]);
  });

  test('a realm or redirect on a private address is refused when the registry is elsewhere', async (context) => {
    resolveTo(context, { 'registry.example': ['203.0.113.1'] });
    const asked = { registry: 'registry.example', target: 'https://auth.example/' };
    for (const check of [await realm(asked), await redirect(asked)]) {
      await check('auth.example', ['8.8.8.8']);
      for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', '::ffff:192.168.0.1']) {
        await assert.rejects(
          check('auth.example', ['8.8.8.8', address]),
          failsWith('untrusted-host', 'registry.example=auth.example'),
        );
      }
    }
  });

  test('a realm or redirect on a private address is allowed when the registry is on one', async (context) => {
    resolveTo(context, { 'registry.example': ['10.0.0.1'] });
    const asked = { registry: 'registry.example', target: 'https://auth.example/' };
    for (const check of [await realm(asked), await redirect(asked)]) {
      await check('auth.example', ['192.168.0.1', '8.8.8.8']);
      await assert.rejects(check('auth.example', ['127.0.0.1']), refused);
    }
  });

  test('a registry that does not resolve here, behind a proxy, counts as public', async (context) => {
    resolveTo(context, {});
    const check = await realm({ registry: 'registry.example', target: 'https://auth.example/' });
    await assert.rejects(check('auth.example', ['10.0.0.1']), refused);
    await check('auth.example', []);
  });
});

describe('a redirect may lead', () => {
  const allowed: Asked[] = [
    { registry: 'registry.example', target: 'https://registry.example/x' },
    { registry: 'registry.example', target: 'https://cdn.example/x' },
    { registry: 'registry.example', target: 'https://203.0.113.7/x' },
    { registry: 'registry.example:8443', target: 'https://registry.example/x' },
    { registry: 'localhost:5000', target: 'http://localhost:9000/x', scheme: 'http' },
    { registry: 'localhost:5000', target: 'https://cdn.example/x', scheme: 'http' },
    { registry: '10.0.0.1', target: 'https://10.0.0.2/x' },
  ];
  for (const asked of allowed) {
    test(`from ${asked.registry} to ${asked.target}`, async () => {
      await redirect(asked);
    });
  }

  const forbidden: Asked[] = [
    { registry: 'registry.example', target: 'https://localhost/x' },
    { registry: 'registry.example', target: 'https://127.0.0.1/x' },
    { registry: 'registry.example', target: 'https://[::1]/x' },
    { registry: 'registry.example', target: 'https://0x0a000001/x' },
    { registry: 'registry.example', target: 'https://minio/x' },
    { registry: 'registry.example', target: 'https://vault.internal/x' },
    { registry: 'registry.example', target: 'https://169.254.169.254/x' },
    { registry: 'registry.example', target: 'http://registry.example/x' },
    { registry: 'localhost:5000', target: 'https://10.0.0.1/x', scheme: 'http' },
  ];
  for (const asked of forbidden) {
    test(`not from ${asked.registry} to ${asked.target}`, async () => {
      await assert.rejects(redirect(asked), refused);
    });
  }

  test('not from https to http, even when a registry over http sent it to https before', async () => {
    const asked = { registry: 'localhost:5000', target: 'http://localhost:5000/x', scheme: 'http' } as const;
    await redirect(asked);
    await assert.rejects(redirect(asked, new URL('https://localhost:5001/')), failsWith('untrusted-host', 'https'));
  });
});

test('a registry at a link-local or metadata address is never spoken to', () => {
  for (const registry of ['169.254.169.254', '169.254.169.254:5000', '[fe80::1]:5000', 'metadata.google.internal']) {
    assert.throws(() => trustFor(registry, none).registry(), failsWith('untrusted-host', 'Nothing allows this'));
  }
});

test('requests under the same rule have the same check, as sockets are shared by it, and no others', async () => {
  const trust = trustFor('registry.example', pairs('registry.example', 'allowed.example'));
  const origin = new URL('https://registry.example/');
  const at = (host: string) => trust.realm(new URL(`https://${host}/token`), origin, false);
  assert.equal(await at('auth.example'), await at('auth.example'));
  assert.equal(await at('auth.example'), await trust.redirect(new URL('https://auth.example/x'), origin, origin));
  assert.notEqual(await at('auth.example'), await at('auth.example:8443'));
  assert.notEqual(await at('auth.example'), await at('other.example'));
  assert.notEqual(await at('auth.example'), trust.registry());
  assert.equal(await at('allowed.example'), trust.registry());
  const other = trustFor('other.example', none);
  assert.notEqual(other.registry(), trust.registry());
});
