import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Connection } from '../../../../src/registry/http/transport.ts';
import { type AuthHosts, trustFor } from '../../../../src/registry/trust/trust.ts';
import { failsWith } from '../../../support/transport.ts';

const pairs = (registry: string, ...hosts: string[]): AuthHosts => new Map([[registry, new Set(hosts)]]);
const nowhere: ReadonlySet<string> = new Set();
const bare = (registry: string) => trustFor(registry, { authHosts: new Map(), plainHttp: nowhere });

/** Where a registry leads, by a token realm or a redirect. */
interface Lead {
  readonly registry: string;
  readonly target: string;
  /** How the registry is spoken to; https unless it says otherwise. */
  readonly scheme?: 'http' | 'https';
  /** The address that the connection to the registry was made to; by default what its name says, else a public one. */
  readonly address?: string;
  /** Whether the registry was reached through a proxy, so that its address is not known. */
  readonly isProxied?: boolean;
  readonly withCredential?: boolean;
  readonly authHosts?: AuthHosts;
}

const wire = (registry: string) => (registry === 'docker.io' ? 'registry-1.docker.io' : registry);

function connectionOf({ registry, scheme = 'https', address, isProxied = false }: Lead): Connection {
  const url = new URL(`${scheme}://${wire(registry)}/v2/`);
  const hostname = url.hostname.replace(/[[\]]/g, '');
  const own = hostname === 'localhost' ? '127.0.0.1' : /^[0-9.]+$|:/.test(hostname) ? hostname : '203.0.113.1';
  return { url, address: isProxied ? undefined : (address ?? own) };
}

const trustOf = ({ registry, authHosts = new Map() }: Lead) => trustFor(registry, { authHosts, plainHttp: nowhere });
const realm = (lead: Lead) =>
  trustOf(lead).realm(new URL(lead.target), connectionOf(lead), lead.withCredential ?? false);
const redirect = (lead: Lead, from = connectionOf(lead).url) =>
  trustOf(lead).redirect(new URL(lead.target), from, connectionOf(lead));

const refused = failsWith('untrusted-host');

describe('credentials go', () => {
  const allowed: Lead[] = [
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
  for (const lead of allowed) {
    test(`from ${lead.registry} to ${lead.target}`, () => {
      realm({ ...lead, withCredential: true });
    });
  }
});

describe('credentials do not go (ggcr #2193; CVE-2026-33540; CVE-2026-48978)', () => {
  const forbidden: Lead[] = [
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
  for (const lead of forbidden) {
    test(`from ${lead.registry} to ${lead.target}`, () => {
      assert.throws(() => realm({ ...lead, withCredential: true }), refused);
    });
  }

  test('and the text gives the line for auth-hosts that would allow it', () => {
    for (const [target, host] of [
      ['https://auth.example/token', 'auth.example'],
      ['https://auth.example:8443/token', 'auth.example:8443'],
    ] as const) {
      const lead = { registry: 'registry.example', target, withCredential: true };
      assert.throws(() => realm(lead), failsWith('untrusted-host', `registry.example=${host}`));
      realm({ ...lead, authHosts: pairs('registry.example', host) });
    }
  });
});

describe('an auth-hosts pair', () => {
  test('holds for its registry and its host, exactly', () => {
    const authHosts = pairs('registry.example', 'auth.example');
    const lead = {
      registry: 'registry.example',
      target: 'https://auth.example/token',
      withCredential: true,
      authHosts,
    };
    realm(lead);
    realm({ ...lead, target: 'https://auth.example:443/token' });
    for (const target of [
      ...['https://auth.example:8443/', 'https://sub.auth.example/', 'https://auth.example.evil.example/'],
      ...['https://auth.example./', 'https://xauth.example/'],
    ]) {
      assert.throws(() => realm({ ...lead, target }), refused, target);
    }
    for (const registry of ['other.example', 'registry.example:443', 'sub.registry.example']) {
      assert.throws(() => realm({ ...lead, registry }), refused, registry);
    }
  });

  test('with a port holds for that port', () => {
    const lead = { registry: 'r.example', withCredential: true, authHosts: pairs('r.example', 'auth.example:8443') };
    realm({ ...lead, target: 'https://auth.example:8443/token' });
    assert.throws(() => realm({ ...lead, target: 'https://auth.example/token' }), refused);
    realm({ ...lead, authHosts: pairs('r.example', 'auth.example:443'), target: 'https://auth.example/token' });
  });

  test('allows loopback, private addresses and private names', () => {
    for (const host of ['127.0.0.1:5001', '10.0.0.1', 'auth.internal', 'auth', '203.0.113.7', '[fd00::1]']) {
      const lead = { registry: 'r.example', target: `https://${host}/token`, authHosts: pairs('r.example', host) };
      realm(lead);
      realm({ ...lead, withCredential: true });
      redirect(lead);
    }
  });

  test('does not allow link-local and metadata addresses', () => {
    for (const host of ['169.254.169.254', '[fe80::1]', 'metadata.google.internal', '[::ffff:a9fe:a9fe]']) {
      const lead = { registry: 'r.example', target: `https://${host}/token`, authHosts: pairs('r.example', host) };
      assert.throws(() => realm(lead), failsWith('untrusted-host', 'link-local or metadata', 'Nothing allows this'));
      assert.throws(() => redirect(lead), failsWith('untrusted-host', 'Nothing allows this'));
    }
    const policy = realm({
      registry: 'r.example',
      target: 'https://auth.example/',
      authHosts: pairs('r.example', 'auth.example'),
    });
    assert.throws(
      () => policy.check('auth.example', ['8.8.8.8', '169.254.169.254']),
      failsWith('untrusted-host', 'auth.example'),
    );
    policy.check('auth.example', ['10.0.0.1', '127.0.0.1']);
  });
});

describe('without credentials a token may be asked for', () => {
  for (const target of ['https://auth.example/token', 'https://auth.example:8443/', 'https://evil.example/']) {
    test(`at ${target}, an https host with a public name`, () => {
      realm({ registry: 'registry.example', target });
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
    test(`not at ${target} (CVE-2026-33990)`, () => {
      assert.throws(() => realm({ registry: 'registry.example', target }), refused);
    });
  }

  for (const host of [
    '169.254.169.254',
    '0251.0376.0251.0376',
    '2852039166',
    '[64:ff9b::a9fe:a9fe]',
    'metadata.goog',
  ]) {
    test(`never at ${host}, even for a registry on loopback (CVE-2026-33990)`, () => {
      const lead = { registry: 'localhost:5000', target: `http://${host}/`, scheme: 'http' } as const;
      assert.throws(() => realm(lead), failsWith('untrusted-host', 'Nothing allows this'));
      assert.throws(() => redirect(lead), failsWith('untrusted-host', 'Nothing allows this'));
    });
  }

  test('at http only when the registry itself is spoken to over http', () => {
    const lead = { registry: 'localhost:5000', target: 'http://localhost:5001/token' };
    realm({ ...lead, scheme: 'http' });
    assert.throws(() => realm({ ...lead, scheme: 'https' }), failsWith('untrusted-host', 'not https'));
    assert.throws(() => realm({ ...lead, target: 'http://auth.example/', scheme: 'http' }), refused);
  });

  test('on loopback only when the registry is there', () => {
    realm({ registry: '127.0.0.1:5000', target: 'https://localhost:5001/token' });
    assert.throws(() => realm({ registry: '10.0.0.1', target: 'https://localhost:5001/token' }), refused);
  });

  test('at a private address only when the registry is at one', () => {
    realm({ registry: '10.0.0.1', target: 'https://192.168.0.1/token' });
    assert.throws(() => realm({ registry: 'localhost:5000', target: 'https://192.168.0.1/token' }), refused);
    assert.throws(() => realm({ registry: '8.8.8.8', target: 'https://192.168.0.1/token' }), refused);
  });
});

describe('what a name resolves to is judged before anything connects (ggcr #2440)', () => {
  test('a link-local or metadata address is refused for the registry itself, a realm and a redirect', () => {
    const lead = { registry: 'registry.example', target: 'https://auth.example/' };
    const own = realm({ ...lead, target: 'https://registry.example/token' });
    for (const policy of [bare('registry.example').registry(), own, realm(lead), redirect(lead)]) {
      for (const address of ['169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1%2', '168.63.129.16']) {
        assert.throws(
          () => policy.check('auth.example', ['8.8.8.8', address]),
          failsWith('untrusted-host', 'auth.example'),
        );
      }
    }
  });

  test('the registry itself may be anywhere else', () => {
    bare('registry.example').registry().check('registry.example', ['10.0.0.1', '127.0.0.1', '::1', '8.8.8.8']);
  });

  test('a realm or redirect on a private address is refused when the registry is elsewhere', () => {
    const lead = { registry: 'registry.example', target: 'https://auth.example/' };
    for (const policy of [realm(lead), redirect(lead)]) {
      policy.check('auth.example', ['8.8.8.8']);
      for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', '::ffff:192.168.0.1', '240.0.0.1']) {
        assert.throws(
          () => policy.check('auth.example', ['8.8.8.8', address]),
          failsWith(
            'untrusted-host',
            'registry.example=auth.example',
            'this connection to the registry is to 203.0.113.1',
          ),
        );
      }
    }
  });

  test('a realm or redirect on a private address is allowed when this connection to the registry is to one', () => {
    const lead = { registry: 'registry.example', target: 'https://auth.example/', address: '10.0.0.1' };
    for (const policy of [realm(lead), redirect(lead)]) {
      policy.check('auth.example', ['192.168.0.1', '8.8.8.8']);
      assert.throws(() => policy.check('auth.example', ['127.0.0.1']), refused);
    }
  });

  test('a registry with a public and a private address is where this connection was made to, whatever its name says', () => {
    const lead = { registry: 'evil.example', target: 'https://10.0.0.5/x' };
    assert.throws(() => redirect({ ...lead, address: '203.0.113.9' }), failsWith('untrusted-host', '10.0.0.5'));
    redirect({ ...lead, address: '10.0.0.1' });
    // A second look-up of the name could have been answered otherwise: its address is what counts.
    assert.throws(
      () => redirect({ registry: '10.0.0.1', target: 'https://10.0.0.5/x', address: '203.0.113.9' }),
      refused,
    );
  });

  test('a registry behind a proxy counts as public: nobody here knows where it is', () => {
    const lead = { registry: 'registry.example', target: 'https://auth.example/', isProxied: true };
    for (const policy of [realm(lead), redirect(lead)]) {
      assert.throws(
        () => policy.check('auth.example', ['10.0.0.1']),
        failsWith('untrusted-host', 'the registry was reached through a proxy'),
      );
      policy.check('auth.example', []);
    }
    for (const target of ['https://10.0.0.1/', 'https://localhost/', 'https://auth/', 'https://auth.internal/']) {
      assert.throws(() => realm({ ...lead, target }), refused, target);
      assert.throws(() => redirect({ ...lead, target }), refused, target);
      assert.throws(() => redirect({ ...lead, target, registry: '10.0.0.9' }), refused, target);
    }
  });
});

describe('a registry that is plain HTTP because it is loopback', () => {
  for (const registry of ['localhost:5000', 'a.localhost:5000', '127.0.0.1:5000', '[::1]:5000']) {
    test(`must have loopback addresses only: ${registry}`, () => {
      const trust = bare(registry);
      assert.equal(trust.scheme, 'http');
      const policy = trust.registry();
      policy.check(registry, ['127.0.0.1', '::1']);
      for (const addresses of [['203.0.113.1'], ['127.0.0.1', '10.0.0.1'], ['192.168.0.1']]) {
        assert.throws(
          () => policy.check(registry, addresses),
          failsWith('untrusted-host', `${registry} has an address outside this machine`, 'plain-http'),
        );
      }
      assert.throws(
        () => policy.check(registry, ['169.254.169.254']),
        failsWith('untrusted-host', 'Nothing allows this'),
      );
    });
  }

  test('must have them for its own realm and redirects, too', () => {
    const lead = { registry: 'a.localhost:5000', target: 'http://a.localhost:5000/token', scheme: 'http' } as const;
    for (const policy of [realm({ ...lead, address: '127.0.0.1', withCredential: true }), redirect(lead)]) {
      assert.throws(() => policy.check('a.localhost', ['203.0.113.1']), refused);
    }
  });

  test('may be anywhere where the user lists it', () => {
    const trust = trustFor('a.localhost:5000', { authHosts: new Map(), plainHttp: new Set(['a.localhost:5000']) });
    assert.equal(trust.scheme, 'http');
    trust.registry().check('a.localhost', ['203.0.113.1']);
  });
});

test('other registries are spoken to over https, unless they are listed', () => {
  for (const registry of ['registry.example', '10.0.0.1:5000', 'localhost.example', '127.evil.example', 'docker.io']) {
    assert.equal(bare(registry).scheme, 'https', registry);
    assert.equal(trustFor(registry, { authHosts: new Map(), plainHttp: new Set([registry]) }).scheme, 'http', registry);
  }
});

describe('a redirect may lead', () => {
  const allowed: Lead[] = [
    { registry: 'registry.example', target: 'https://registry.example/x' },
    { registry: 'registry.example', target: 'https://cdn.example/x' },
    { registry: 'registry.example', target: 'https://203.0.113.7/x' },
    { registry: 'registry.example:8443', target: 'https://registry.example/x' },
    { registry: 'localhost:5000', target: 'http://localhost:9000/x', scheme: 'http' },
    { registry: 'localhost:5000', target: 'https://cdn.example/x', scheme: 'http' },
    { registry: '10.0.0.1', target: 'https://10.0.0.2/x' },
    { registry: 'registry.internal', target: 'https://minio/x', address: '10.0.0.1' },
    { registry: 'registry.internal', target: 'https://vault.internal/x', address: '10.0.0.1' },
    { registry: 'registry.internal', target: 'https://10.0.0.2/x', address: '192.168.7.7' },
  ];
  for (const lead of allowed) {
    test(`from ${lead.registry} to ${lead.target}`, () => {
      redirect(lead);
    });
  }

  const forbidden: Lead[] = [
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
  for (const lead of forbidden) {
    test(`not from ${lead.registry} to ${lead.target}`, () => {
      assert.throws(() => redirect(lead), refused);
    });
  }

  test('not from https to http, even when a registry over http sent it to https before', () => {
    const lead = { registry: 'localhost:5000', target: 'http://localhost:5000/x', scheme: 'http' } as const;
    redirect(lead);
    assert.throws(() => redirect(lead, new URL('https://localhost:5001/')), failsWith('untrusted-host', 'https'));
  });
});

test('a registry at a link-local or metadata address is never spoken to', () => {
  for (const registry of ['169.254.169.254', '169.254.169.254:5000', '[fe80::1]:5000', 'metadata.google.internal']) {
    assert.throws(() => bare(registry).registry(), failsWith('untrusted-host', 'Nothing allows this'));
  }
});

describe('policies, by whose names connections are shared,', () => {
  const names = (leads: readonly Lead[]) =>
    leads.flatMap((lead) => [realm(lead), redirect(lead)]).map(({ name }) => name);
  const lead = { registry: 'registry.example', target: 'https://auth.example/token' };

  test('have one name where they allow the same', () => {
    assert.equal(
      new Set(names([lead, { ...lead, target: 'https://other.example/' }, { ...lead, address: '8.8.4.4' }])).size,
      1,
    );
    assert.equal(bare('registry.example').registry().name, bare('other.example').registry().name);
    const allowed = { ...lead, authHosts: pairs('registry.example', 'auth.example') };
    assert.deepEqual(new Set(names([allowed])), new Set([bare('registry.example').registry().name]));
  });

  test('have names of their own where they allow something else', () => {
    const others = [
      bare('registry.example').registry(),
      bare('localhost:5000').registry(),
      realm(lead),
      realm({ ...lead, address: '10.0.0.1' }),
      realm({ ...lead, address: '127.0.0.1' }),
    ];
    assert.equal(new Set(others.map(({ name }) => name)).size, others.length);
  });
});

test('the refusal of an insecure realm gives no auth-hosts line, as none would allow it', () => {
  const lead = { registry: 'r.example', target: 'http://auth.example/token' };
  assert.throws(
    () => realm(lead),
    (error: Error & { code?: string; advice?: string }) => {
      assert.equal(error.code, 'untrusted-host');
      assert.doesNotMatch(`${error.message} ${error.advice}`, /auth-hosts|r\.example=/);
      return true;
    },
  );
});
