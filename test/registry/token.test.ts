import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Credential } from '../../src/registry/credentials/credential.ts';
import { basicHeader, fetchToken, type TokenRequest, tokenKey, tokenRequestFor } from '../../src/registry/token.ts';
import type { Request } from '../../src/registry/transport.ts';
import { trustFor } from '../../src/registry/trust.ts';
import { type Answer, failsWith, fakeTransport, requestTo } from '../support/transport.ts';

const repository = { registry: 'registry.example', path: 'team/app' };
const origin = new URL('https://registry.example/v2/team/app/manifests/latest');
const password: Credential = { kind: 'basic', username: 'user', password: 'pass:wörd', source: 'a test' };
const identity: Credential = { kind: 'identity', token: 'identity+token/=', source: 'a helper' };
const scope = 'repository:team/app:pull';

function wantedBy(parameters: Readonly<Record<string, string>>, credential?: Credential): TokenRequest {
  const challenge = { scheme: 'bearer', parameters: new Map(Object.entries(parameters)) };
  return tokenRequestFor(challenge, repository, credential);
}

/** Asks for a token by a challenge. */
async function ask(
  parameters: Readonly<Record<string, string>>,
  credential?: Credential,
  answer: Answer | number = { body: { token: 'granted' } },
): Promise<{ token: string; request: Request; query: [string, string][] }> {
  const { send, sent } = fakeTransport(() => answer);
  const base = requestTo(origin.href, { method: 'HEAD' });
  const trust = trustFor(repository.registry, new Map());
  const token = await fetchToken(send, wantedBy(parameters, credential), base, origin, trust);
  const [request = base] = sent;
  assert.equal(sent.length, 1);
  return { token, request, query: [...request.url.searchParams] };
}

const realm = 'https://registry.example/token';

describe('what is asked for', () => {
  test('is a GET of the realm with service and scope, without credentials when there are none', async () => {
    const { token, request, query } = await ask({ realm, service: 'Registry & Sons', scope });
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
    assert.deepEqual((await ask({ realm })).query, [['scope', scope]]);
    assert.deepEqual((await ask({ realm, service: '' })).query, [
      ['service', ''],
      ['scope', scope],
    ]);
  });

  test('carries a Basic header in UTF-8 with credentials', async () => {
    const { request } = await ask({ realm, service: 's' }, password);
    const { authorization = '' } = request.headers;
    assert.equal(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString(), 'user:pass:wörd');
  });

  test('is a POST with an identity token, which is in the body and nowhere else', async () => {
    const { request, query } = await ask({ realm, service: 's' }, identity);
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
    const { request } = await ask({ realm }, identity);
    assert.equal(new URLSearchParams(request.body).has('service'), false);
  });

  const greedy = [
    ...['repository:team/app:push,pull', 'repository:team/app:*', 'repository:other/secret:pull', 'registry:catalog:*'],
    ...['* *', '', 'repository:team/app:pull repository:other/secret:pull'],
  ];
  for (const named of greedy) {
    test(`is the pull scope of our own repository, when the challenge names "${named}"`, async () => {
      assert.deepEqual((await ask({ realm, scope: named })).query, [['scope', scope]]);
      const { request } = await ask({ realm, scope: named }, identity);
      assert.deepEqual(new URLSearchParams(request.body).getAll('scope'), [scope]);
    });
  }

  test('is the scope * when the challenge names that', async () => {
    assert.deepEqual((await ask({ realm, scope: '*' })).query, [['scope', '*']]);
  });

  test('keeps the query of the realm, but for its scope', async () => {
    const { query } = await ask({ realm: `${realm}?tenant=a%26b&scope=evil&scope=worse&x=`, service: 's' });
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
        const { query, request } = await ask({ realm, service });
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
    assert.equal((await ask({ realm: `${realm}#x` })).request.url.hash, '');
  });

  test('is a request of at most 64 KiB that belongs to the token phase', async () => {
    const { request } = await ask({ realm });
    assert.equal(request.limit, 64 * 1024);
    assert.equal(request.phase, 'token');
  });
});

test('a realm that is no URL is registry-error', () => {
  for (const bad of ['', '/token', 'token', 'https://', '//auth.example/token']) {
    assert.throws(() => wantedBy({ realm: bad }), failsWith('registry-error', 'without saying where'));
  }
});

test('a realm with user information is untrusted-host and gets no request', async () => {
  for (const bad of ['https://user@registry.example/token', 'https://:secret@registry.example/token']) {
    const { send, sent } = fakeTransport(() => ({ body: { token: 'granted' } }));
    const asked = fetchToken(
      send,
      wantedBy({ realm: bad }),
      requestTo(origin.href),
      origin,
      trustFor('registry.example', new Map()),
    );
    await assert.rejects(asked, failsWith('untrusted-host'));
    assert.equal(sent.length, 0);
  }
});

test('a realm that may not be asked gets no request', async () => {
  const { send, sent } = fakeTransport(() => ({ body: { token: 'granted' } }));
  const wanted = wantedBy({ realm: 'https://evil.example/token' }, password);
  const asked = fetchToken(send, wanted, requestTo(origin.href), origin, trustFor('registry.example', new Map()));
  await assert.rejects(asked, failsWith('untrusted-host', 'registry.example=evil.example'));
  assert.equal(sent.length, 0);
});

describe('the answer', () => {
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
      assert.equal((await ask({ realm }, undefined, { body })).token, token);
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
      await assert.rejects(ask({ realm }, undefined, { body }), failsWith('registry-error', 'without a usable token'));
    });
  }

  test('without a usable token is quoted as far as it speaks of an error, and no further', async () => {
    const body = { token: 'nearly a secret', error: 'invalid_scope', error_description: 'no such scope' };
    await assert.rejects(ask({ realm }, undefined, { body }), (error: Error & { said?: string }) => {
      assert.equal(error.said, 'invalid_scope: no such scope');
      return failsWith('registry-error')(error) && !`${error.message}${error.said}`.includes('nearly');
    });
  });

  for (const status of [301, 302, 303, 307, 308, 304]) {
    test(`${status} is not followed (ggcr #2292)`, async () => {
      const headers = { location: 'https://evil.example/token' };
      await assert.rejects(ask({ realm }, password, { status, headers }), failsWith('untrusted-host', 'redirects'));
    });
  }

  const statuses = { 400: 'registry-error', 401: 'unauthorized', 403: 'denied', 404: 'registry-error' } as const;
  const more = { 201: 'registry-error', 204: 'registry-error', 429: 'rate-limited', 500: 'registry-error' } as const;
  for (const [status, code] of Object.entries({ ...statuses, ...more })) {
    test(`${status} is ${code}, with the words of the token service`, async () => {
      const body = { errors: [{ code: 'SOME', message: 'reason' }], token: 'granted' };
      const asked = ask({ realm }, undefined, { status: Number(status), body });
      await assert.rejects(
        asked,
        failsWith(code, 'The token service https://registry.example gave no token', 'SOME: reason'),
      );
    });
  }
});

test('the key of a token tells realm, service, scope and credential apart', () => {
  const requests = [
    wantedBy({ realm }),
    wantedBy({ realm: `${realm}?x` }),
    wantedBy({ realm, service: '' }),
    wantedBy({ realm, service: 's' }),
    wantedBy({ realm, service: 's', scope: '*' }),
    wantedBy({ realm, service: 's' }, password),
    wantedBy({ realm, service: 's' }, identity),
  ];
  assert.equal(new Set(requests.map(tokenKey)).size, requests.length);
  assert.equal(
    tokenKey(wantedBy({ realm, service: 's' }, password)),
    tokenKey(wantedBy({ service: 's', realm }, password)),
  );
});

test('the key of a token does not hold the secret', () => {
  assert.equal(tokenKey(wantedBy({ realm }, password)).includes('pass'), false);
});

test('a token is no user name and password', () => {
  assert.throws(() => basicHeader(identity), failsWith('unauthorized', 'a helper holds a token'));
  assert.throws(() => basicHeader({ ...identity, kind: 'bearer' }), failsWith('unauthorized'));
});
