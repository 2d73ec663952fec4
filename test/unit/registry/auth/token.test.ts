import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  basicHeader,
  fetchToken,
  type TokenContext,
  type TokenRequest,
  tokenKey,
  tokenRequestFor,
} from '../../../../src/registry/auth/token.ts';
import type { Credential } from '../../../../src/registry/credentials/credential.ts';
import type { Request } from '../../../../src/registry/http/transport.ts';
import { trustFor } from '../../../../src/registry/trust/trust.ts';
import { operation } from '../../../support/fake-store.ts';
import { connectionTo, type FakeResponse, failsWith, fakeTransport, requestTo } from '../../../support/transport.ts';

const repository = { registry: 'registry.example', path: 'team/app' };
const registry = connectionTo('https://registry.example/v2/team/app/manifests/latest');
const trust = trustFor('registry.example', { authHosts: new Map(), plainHttp: new Set() });
const password: Credential = { kind: 'basic', username: 'user', password: 'pass:wörd', source: 'a test' };
const identity: Credential = { kind: 'identity', token: 'identity+token/=', source: 'a helper' };
const scope = 'repository:team/app:pull';

function tokenRequest(parameters: Readonly<Record<string, string>>, credential?: Credential): TokenRequest {
  const challenge = { scheme: 'bearer', parameters: new Map(Object.entries(parameters)) };
  return tokenRequestFor(challenge, repository, credential);
}

const contextOf = (send: TokenContext['send']): TokenContext => ({ send, trust, registry, operation });

/** Fetches a token by a challenge. */
async function fetch(
  parameters: Readonly<Record<string, string>>,
  credential?: Credential,
  response: FakeResponse | number = { body: { token: 'granted' } },
): Promise<{ token: string; request: Request; query: [string, string][] }> {
  const { send, requests } = fakeTransport(() => response);
  const token = await fetchToken(tokenRequest(parameters, credential), contextOf(send));
  const [request = requestTo(registry.url.href)] = requests;
  assert.equal(requests.length, 1);
  return { token, request, query: [...request.url.searchParams] };
}

const realm = 'https://registry.example/token';

describe('a token request', () => {
  test('is a GET of the realm with service and scope, without credentials when there are none', async () => {
    const { token, request, query } = await fetch({ realm, service: 'Registry & Sons', scope });
    assert.equal(token, 'granted');
    assert.equal(request.method, 'GET');
    assert.equal(`${request.url.origin}${request.url.pathname}`, realm);
    assert.deepEqual(query, [
      ['service', 'Registry & Sons'],
      ['scope', scope],
    ]);
    assert.deepEqual(request.headers, {});
    assert.equal(request.body, undefined);
  });

  test('leaves the service out when the challenge has none, and sends an empty one as it is', async () => {
    assert.deepEqual((await fetch({ realm })).query, [['scope', scope]]);
    assert.deepEqual((await fetch({ realm, service: '' })).query, [
      ['service', ''],
      ['scope', scope],
    ]);
  });

  test('carries a Basic header in UTF-8 with credentials', async () => {
    const { request } = await fetch({ realm, service: 's' }, password);
    const { authorization = '' } = request.headers;
    assert.equal(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString(), 'user:pass:wörd');
  });

  test('is a POST with an identity token, which is in the body and nowhere else', async () => {
    const { request, query } = await fetch({ realm, service: 's' }, identity);
    assert.equal(request.method, 'POST');
    assert.deepEqual(request.headers, { 'content-type': 'application/x-www-form-urlencoded' });
    assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
      grant_type: 'refresh_token',
      client_id: 'image-digests',
      service: 's',
      scope,
      refresh_token: 'identity+token/=',
    });
    assert.deepEqual(query, []);
  });

  test('is a POST without a service when the challenge has none', async () => {
    const { request } = await fetch({ realm }, identity);
    assert.equal(new URLSearchParams(request.body).has('service'), false);
  });

  const greedy = [
    ...['repository:team/app:push,pull', 'repository:team/app:*', 'repository:other/secret:pull', 'registry:catalog:*'],
    ...['* *', '', 'repository:team/app:pull repository:other/secret:pull'],
  ];
  for (const named of greedy) {
    test(`is the pull scope of our own repository, when the challenge names "${named}"`, async () => {
      assert.deepEqual((await fetch({ realm, scope: named })).query, [['scope', scope]]);
      const { request } = await fetch({ realm, scope: named }, identity);
      assert.deepEqual(new URLSearchParams(request.body).getAll('scope'), [scope]);
    });
  }

  test('is the scope * when the challenge names that', async () => {
    assert.deepEqual((await fetch({ realm, scope: '*' })).query, [['scope', '*']]);
  });

  test('keeps the query of the realm, but for its scope', async () => {
    const { query } = await fetch({ realm: `${realm}?tenant=a%26b&scope=evil&scope=worse&x=`, service: 's' });
    assert.deepEqual(
      new Map(query),
      new Map([
        ['tenant', 'a&b'],
        ['x', ''],
        ['service', 's'],
        ['scope', scope],
      ]),
    );
    assert.equal(query.filter(([name]) => name === 'scope').length, 1);
  });

  test('cannot be changed by what a service is called', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'ab&=?#%+/ "\\é🙂\u0000') }), async (service) => {
        const { query, request } = await fetch({ realm, service });
        assert.deepEqual(query, [
          ['service', service],
          ['scope', scope],
        ]);
        assert.equal(request.url.hash, '');
      }),
      { numRuns: 50 },
    );
  });

  test('has no fragment', async () => {
    assert.equal((await fetch({ realm: `${realm}#x` })).request.url.hash, '');
  });

  test('is a request of at most 64 KiB that belongs to the token phase', async () => {
    const { request } = await fetch({ realm });
    assert.equal(request.maxBytes, 64 * 1024);
    assert.equal(request.phase, 'token');
  });
});

test('a realm that is no URL is registry-error', () => {
  for (const bad of ['', '/token', 'token', 'https://', '//auth.example/token']) {
    assert.throws(() => tokenRequest({ realm: bad }), failsWith('registry-error', 'names no realm to get it from'));
  }
});

for (const [what, realms, credential, words] of [
  [
    'with user information',
    ['https://user@registry.example/token', 'https://:secret@registry.example/token'],
    undefined,
    '',
  ],
  ['that may not see credentials', ['https://evil.example/token'], password, 'registry.example=evil.example'],
  ['at a metadata address', ['https://169.254.169.254/token'], undefined, 'Nothing allows this'],
] as const) {
  test(`a realm ${what} is untrusted-host and gets no request`, async () => {
    for (const realm of realms) {
      const { send, requests } = fakeTransport(() => ({ body: { token: 'granted' } }));
      const result = fetchToken(tokenRequest({ realm }, credential), contextOf(send));
      await assert.rejects(result, failsWith('untrusted-host', words));
      assert.equal(requests.length, 0);
    }
  });
}

test('a token request carries the limits of its operation, and the policy of its realm', async () => {
  const { request } = await fetch({ realm: 'https://auth.example/token' });
  assert.equal(request.signal, operation.signal);
  assert.equal(request.attemptMs, operation.attemptMs);
  assert.throws(() => request.addressPolicy.check('auth.example', ['10.0.0.1']), failsWith('untrusted-host'));
});

describe('the response', () => {
  const usable: Record<string, object> = {
    granted: { token: 'granted' },
    other: { access_token: 'other' },
    first: { token: 'first', access_token: 'second' },
    second: { token: '', access_token: 'second' },
    third: { token: null, access_token: 'third' },
    'aA0._~+/=-': { token: 'aA0._~+/=-' },
    sha256: { token: 'sha256' },
  };
  for (const [token, body] of Object.entries(usable)) {
    test(`${JSON.stringify(body)} gives ${token}`, async () => {
      assert.equal((await fetch({ realm }, undefined, { body })).token, token);
    });
  }

  const unusable: (string | object)[] = [
    ...['', '{}', 'null', '[]', '"token"', '42', '<html>', '{"token":', '{"token":["a"]}'],
    ...[{ token: '' }, { token: 42 }, { token: null }, { token: { a: 1 } }, { token: true }, { Token: 'a' }],
    ...[{ token: 'with space' }, { token: 'line\nfeed' }, { token: 'trailing\n' }, { token: 'é' }, { token: 'a,b' }],
    ...[{ token: 'a\u0000' }, { access_token: '<script>' }, { refresh_token: 'a' }, { token: ' a' }],
  ];
  for (const body of unusable) {
    test(`${JSON.stringify(body)} has no usable token and is registry-error`, async () => {
      await assert.rejects(
        fetch({ realm }, undefined, { body }),
        failsWith('registry-error', 'without a usable token'),
      );
    });
  }

  test('without a usable token is quoted as far as it tells an error, and no further', async () => {
    const body = { token: 'nearly a secret', error: 'invalid_scope', error_description: 'no such scope' };
    await assert.rejects(fetch({ realm }, undefined, { body }), (error: Error & { remoteMessage?: string }) => {
      assert.equal(error.remoteMessage, 'invalid_scope: no such scope');
      return failsWith('registry-error')(error) && !`${error.message}${error.remoteMessage}`.includes('nearly');
    });
  });

  for (const status of [301, 302, 303, 307, 308, 304]) {
    test(`${status} is not followed (ggcr #2292)`, async () => {
      const headers = { location: 'https://evil.example/token' };
      await assert.rejects(fetch({ realm }, password, { status, headers }), failsWith('untrusted-host', 'redirects'));
    });
  }

  const statuses = { 400: 'registry-error', 401: 'unauthorized', 403: 'denied', 404: 'registry-error' } as const;
  const more = { 201: 'registry-error', 204: 'registry-error', 429: 'rate-limited', 500: 'registry-error' } as const;
  for (const [status, code] of Object.entries({ ...statuses, ...more })) {
    test(`${status} is ${code}, with the words of the token service`, async () => {
      const body = { errors: [{ code: 'SOME', message: 'reason' }], token: 'granted' };
      const result = fetch({ realm }, undefined, { status: Number(status), body });
      await assert.rejects(
        result,
        failsWith(code, 'The token service https://registry.example gave no token', 'SOME: reason'),
      );
    });
  }
});

test('the key of a token tells realm, service, scope and credential apart, and the registry', () => {
  const requests = [
    tokenRequest({ realm }),
    tokenRequest({ realm: `${realm}?x` }),
    tokenRequest({ realm, service: '' }),
    tokenRequest({ realm, service: 's' }),
    tokenRequest({ realm, service: 's', scope: '*' }),
    tokenRequest({ realm, service: 's' }, password),
    tokenRequest({ realm, service: 's' }, identity),
  ];
  const other = requests.map((request) => ({ ...request, registry: 'other.example' }));
  assert.equal(new Set([...requests, ...other].map(tokenKey)).size, 2 * requests.length);
  assert.equal(
    tokenKey(tokenRequest({ realm, service: 's' }, password)),
    tokenKey(tokenRequest({ service: 's', realm }, password)),
  );
});

test('the key of a token does not hold the secret', () => {
  assert.equal(tokenKey(tokenRequest({ realm }, password)).includes('pass'), false);
});

test('a token is no user name and password', () => {
  assert.throws(() => basicHeader(identity), failsWith('unauthorized', 'a helper holds a token'));
  assert.throws(() => basicHeader({ ...identity, kind: 'bearer' }), failsWith('unauthorized'));
});
