import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { type TokenCache, withAuth } from '../../../../src/registry/auth/auth.ts';
import type { Credential } from '../../../../src/registry/credentials/credential.ts';
import { withRedirects } from '../../../../src/registry/http/redirect.ts';
import { withScheme } from '../../../../src/registry/http/scheme.ts';
import type { Request, Transport } from '../../../../src/registry/http/transport.ts';
import { type Trust, trustFor } from '../../../../src/registry/trust/trust.ts';
import {
  type FakeResponse,
  failsWith,
  fakeTransport,
  type Responder,
  requestTo,
  settled,
} from '../../../support/transport.ts';

const host = 'registry.example';
const manifest = `https://${host}/v2/a/manifests/latest`;
const realm = `https://${host}/token`;
const bearer = { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` } };
const basic = { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
const password: Credential = { kind: 'basic', username: 'user', password: 'pass', source: 'a test' };
const optional: Credential = { ...password, source: 'the input github-token', isOptional: true };
const basicOf = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

interface Setup {
  readonly credential?: Credential | undefined;
  /** What the second look-up of the credential finds; the same by default. */
  readonly nextCredential?: Credential;
  readonly registry?: string;
  readonly path?: string;
  readonly tokens?: TokenCache;
  /** Responses of the token service; `token-N` by default. */
  readonly tokenResponder?: Responder;
  /** What is put between the registry and the authorizer. */
  readonly between?: (send: Transport, trust: Trust) => Transport;
}

/** A registry and its token service as two fakes, with the authorizer before them. */
function authorizer(respond: Responder, setup: Setup = {}) {
  const { credential, registry = host, path = 'a', tokens = new Map(), between = (send) => send } = setup;
  const registryFake = fakeTransport(respond);
  const tokenFake = fakeTransport(setup.tokenResponder ?? ((_, count) => ({ body: { token: `token-${count}` } })));
  const keptTokens: string[] = [];
  const lookups: boolean[] = [];
  const trust = trustFor(registry, { authHosts: new Map(), plainHttp: new Set() });
  const send = withAuth(between(registryFake.send, trust), {
    repository: { registry, path },
    trust,
    async findCredential(again) {
      lookups.push(again);
      return again ? (setup.nextCredential ?? credential) : credential;
    },
    sendToken: tokenFake.send,
    tokens,
    keepToken: (token) => keptTokens.push(token),
  });
  return {
    send,
    requests: registryFake.requests,
    tokenRequests: tokenFake.requests,
    keptTokens,
    lookups,
    headers: () => registryFake.requests.map(({ headers }) => headers['authorization']),
  };
}

/** Lets in who shows one of the headers. */
const guarded =
  (challenge: FakeResponse, ...headers: string[]): Responder =>
  (request) =>
    headers.includes(request.headers['authorization'] ?? '') ? 200 : challenge;

describe('the request goes out first', () => {
  test('and when it succeeds, nobody asks for credentials or tokens', async () => {
    const { send, requests, tokenRequests, lookups } = authorizer(() => 200, { credential: password });
    assert.equal((await send(requestTo(manifest))).status, 200);
    assert.deepEqual([requests.length, tokenRequests.length, lookups.length], [1, 0, 0]);
    assert.equal('authorization' in (requests[0]?.headers ?? {}), false);
  });

  for (const status of [404, 500, 302, 405, 429]) {
    test(`a ${status} is no challenge and is handed on`, async () => {
      const { send, requests, tokenRequests } = authorizer(() => ({ ...bearer, status }));
      assert.equal((await send(requestTo(manifest))).status, status);
      assert.deepEqual([requests.length, tokenRequests.length], [1, 0]);
    });
  }
});

describe('a challenge is answered', () => {
  test('with a token, which serves the requests that follow', async () => {
    const { send, tokenRequests, headers, keptTokens } = authorizer(guarded(bearer, 'Bearer token-1'));
    await send(requestTo(manifest, { headers: { accept: 'x' } }));
    await send(requestTo(manifest));
    assert.deepEqual(headers(), [undefined, 'Bearer token-1', 'Bearer token-1']);
    assert.equal(tokenRequests.length, 1);
    assert.equal(tokenRequests[0]?.url.searchParams.get('scope'), 'repository:a:pull');
    assert.deepEqual(keptTokens, ['token-1']);
  });

  test('with the password, where the registry wants Basic', async () => {
    const { send, tokenRequests, headers, lookups } = authorizer(guarded(basic, basicOf('user:pass')), {
      credential: password,
    });
    await send(requestTo(manifest));
    await send(requestTo(manifest));
    assert.deepEqual(headers(), [undefined, basicOf('user:pass'), basicOf('user:pass')]);
    assert.deepEqual([tokenRequests.length, lookups.length], [0, 1]);
  });

  test('by Bearer before Basic, in whatever order they come', async () => {
    const both = [
      ['Basic realm="r"', `Bearer realm="${realm}"`],
      [`Bearer realm="${realm}", Basic realm="r"`],
      [`Basic realm="r", BEARER REALM="${realm}"`],
    ];
    for (const values of both) {
      const challenge = { status: 401, headers: { 'www-authenticate': values } };
      const { send, headers, tokenRequests } = authorizer(guarded(challenge, 'Bearer token-1'), {
        credential: password,
      });
      await send(requestTo(manifest));
      assert.deepEqual(headers(), [undefined, 'Bearer token-1']);
      assert.equal(tokenRequests[0]?.headers['authorization'], basicOf('user:pass'));
    }
  });

  test('with a registry token as it is, and no token is asked for', async () => {
    const credential: Credential = { kind: 'bearer', token: 'ready', source: 'a test' };
    const { send, headers, tokenRequests } = authorizer(guarded(bearer, 'Bearer ready'), { credential });
    await send(requestTo(manifest));
    assert.deepEqual(headers(), [undefined, 'Bearer ready']);
    assert.equal(tokenRequests.length, 0);
  });

  test('after one GET of /v2/, where the 401 carries no challenge', async () => {
    const respond: Responder = (request) => {
      if (request.url.pathname === '/v2/') return bearer;
      return request.headers['authorization'] === 'Bearer token-1' ? 200 : 401;
    };
    const { send, requests } = authorizer(respond);
    assert.equal((await send(requestTo(manifest, { method: 'HEAD' }))).status, 200);
    assert.deepEqual(
      requests.map(({ method, url }) => `${method} ${url.pathname}`),
      ['HEAD /v2/a/manifests/latest', 'GET /v2/', 'HEAD /v2/a/manifests/latest'],
    );
  });

  test('with the words of the registry, where none can be found', async () => {
    const respond: Responder = ({ url }) => (url.pathname === '/v2/' ? 200 : { status: 401, body: 'go away' });
    const { send, requests } = authorizer(respond);
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'wants a login', 'go away'));
    assert.equal(requests.length, 2);
  });
});

describe('unauthorized', () => {
  test('is a challenge without credentials to answer it with: the text says so', async () => {
    const { send } = authorizer(() => basic);
    await assert.rejects(
      send(requestTo(manifest)),
      failsWith('unauthorized', 'No credentials were found for registry.example'),
    );
  });

  test('is a token that the registry does not take', async () => {
    const { send, requests } = authorizer(() => bearer, { credential: password });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'The credentials came from a test'));
    assert.equal(requests.length, 2);
  });

  test('is a password that the registry does not take, and it is sent once', async () => {
    const { send, headers } = authorizer(() => basic, { credential: password });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'The credentials came from a test'));
    assert.deepEqual(headers(), [undefined, basicOf('user:pass')]);
  });

  test('is a password that the token service does not take; nobody tries without', async () => {
    const { send, tokenRequests, requests } = authorizer(() => bearer, {
      credential: password,
      tokenResponder: () => 401,
    });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'The credentials came from a test'));
    assert.deepEqual([tokenRequests.length, requests.length], [1, 1]);
  });

  test('is a token where the registry wants a password', async () => {
    const credential: Credential = { kind: 'identity', token: 'x', source: 'a helper' };
    const { send } = authorizer(() => basic, { credential });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'a helper holds a token'));
  });

  test('is not a 401 from where the registry redirected to: its challenge is not answered, and nothing is rejected', async () => {
    const elsewhere = { ...bearer, url: 'https://cdn.example/blob' };
    const { send, tokenRequests, requests } = authorizer(() => elsewhere, { credential: password });
    assert.equal((await send(requestTo(manifest))).status, 401);
    assert.deepEqual([tokenRequests.length, requests.length], [0, 1]);
  });
});

describe('denied', () => {
  test('is a 403', async () => {
    const respond: Responder = (request) =>
      'authorization' in request.headers ? { status: 403, body: 'not yours' } : bearer;
    const { send } = authorizer(respond, { credential: password });
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'not yours', 'came from a test'));
  });

  test('is a 403 to an anonymous request', async () => {
    const { send } = authorizer(() => 403);
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'No credentials were found'));
  });

  test('is a 401 with insufficient_scope', async () => {
    const lacking = `Bearer realm="${realm}",service="s",error="insufficient_scope"`;
    const { send, requests } = authorizer(() => ({ status: 401, headers: { 'www-authenticate': lacking } }));
    await assert.rejects(send(requestTo(manifest)), failsWith('denied'));
    assert.equal(requests.length, 2);
  });

  test('is a 403 of the token service', async () => {
    const { send } = authorizer(() => bearer, { tokenResponder: () => 403 });
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'The token service'));
  });
});

describe('an error of the token service is an error, whatever its status', () => {
  const codes = { 404: 'registry-error', 429: 'rate-limited', 500: 'registry-error' } as const;
  for (const [status, code] of Object.entries(codes)) {
    test(`${status} is ${code}, never not-found`, async () => {
      const { send } = authorizer(() => bearer, { tokenResponder: () => Number(status) });
      await assert.rejects(send(requestTo(manifest)), failsWith(code));
    });
  }

  test('a realm that is not trusted gets no request', async () => {
    const challenge = { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://evil.example/token"' } };
    const { send, tokenRequests } = authorizer(() => challenge, { credential: password });
    await assert.rejects(send(requestTo(manifest)), failsWith('untrusted-host', 'registry.example=evil.example'));
    assert.equal(tokenRequests.length, 0);
  });

  test('an empty realm is registry-error', async () => {
    const challenge = { status: 401, headers: { 'www-authenticate': 'Bearer realm=""' } };
    await assert.rejects(authorizer(() => challenge).send(requestTo(manifest)), failsWith('registry-error'));
  });
});

describe('a token is', () => {
  test('shared by concurrent requests', async () => {
    const { send, tokenRequests, requests } = authorizer(guarded(bearer, 'Bearer token-1'));
    await Promise.all(Array.from({ length: 20 }, () => send(requestTo(manifest))));
    assert.deepEqual([tokenRequests.length, requests.length], [1, 40]);
  });

  test('shared by authorizers for the same repository, and not by those for others', async () => {
    const tokens: TokenCache = new Map();
    const everybody: Responder = (request) => ('authorization' in request.headers ? 200 : bearer);
    const one = authorizer(everybody, { tokens });
    const same = authorizer(everybody, { tokens });
    const other = authorizer(everybody, { tokens, path: 'b' });
    const login = authorizer(everybody, { tokens, credential: password });
    for (const { send } of [one, same, other, login]) await send(requestTo(manifest));
    assert.deepEqual(
      [one, same, other, login].map(({ tokenRequests }) => tokenRequests.length),
      [1, 0, 1, 1],
    );
  });

  test('renewed once when it expires in mid-run, for all requests that meet that', async () => {
    let valid = 'Bearer token-1';
    const { send, tokenRequests, headers } = authorizer((request) =>
      request.headers['authorization'] === valid ? 200 : bearer,
    );
    await send(requestTo(manifest));
    valid = 'Bearer token-2';
    const responses = await Promise.all(Array.from({ length: 10 }, () => send(requestTo(manifest))));
    assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]));
    assert.equal(tokenRequests.length, 2);
    assert.deepEqual(headers().slice(-10), Array(10).fill('Bearer token-2'));
  });

  test('renewed at most once for a request', async () => {
    let isOpen = true;
    const { send, tokenRequests, requests } = authorizer((request) =>
      isOpen && 'authorization' in request.headers ? 200 : bearer,
    );
    await send(requestTo(manifest));
    isOpen = false;
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized'));
    assert.deepEqual([tokenRequests.length, requests.length], [2, 4]);
  });

  test('not sent again when the service has no other', async () => {
    let isOpen = true;
    const respond: Responder = (request) => (isOpen && 'authorization' in request.headers ? 200 : bearer);
    const { send, tokenRequests, requests } = authorizer(respond, {
      tokenResponder: () => ({ body: { token: 'same' } }),
    });
    await send(requestTo(manifest));
    isOpen = false;
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized'));
    assert.deepEqual([tokenRequests.length, requests.length], [2, 3]);
  });

  test('kept from the log before it is used', async () => {
    const order: string[] = [];
    const { send } = withAuthOrder(order);
    await send(requestTo(manifest));
    assert.deepEqual(order, ['sent', 'kept token', 'sent Bearer token']);
  });
});

function withAuthOrder(order: string[]) {
  const registryFake = fakeTransport((request: Request) => {
    const { authorization } = request.headers;
    order.push(authorization === undefined ? 'sent' : `sent ${authorization}`);
    return authorization === undefined ? bearer : 200;
  });
  const send = withAuth(registryFake.send, {
    repository: { registry: host, path: 'a' },
    trust: trustFor(host, { authHosts: new Map(), plainHttp: new Set() }),
    findCredential: async () => undefined,
    sendToken: fakeTransport(() => ({ body: { token: 'token' } })).send,
    tokens: new Map(),
    keepToken: (token) => order.push(`kept ${token}`),
  });
  return { send };
}

describe('a registry that hides what it has from anonymous requests', () => {
  for (const status of [404, 403]) {
    test(`by ${status} is asked again with the credentials`, async () => {
      const respond: Responder = ({ url, headers }) => {
        if (url.pathname === '/v2/') return bearer;
        return headers['authorization'] === 'Bearer token-1' ? 200 : status;
      };
      const { send } = authorizer(respond, { credential: password });
      assert.equal((await send(requestTo(manifest))).status, 200);
    });
  }

  test('and has nothing to hide responds 404 to those who logged in, too', async () => {
    const { send, requests } = authorizer(({ url }) => (url.pathname === '/v2/' ? 200 : 404), { credential: password });
    assert.equal((await send(requestTo(manifest))).status, 404);
    assert.equal(requests.length, 2);
  });

  test('is not asked again with the token that the workflow has anyway', async () => {
    const { send, requests } = authorizer(() => 404, { credential: optional });
    assert.equal((await send(requestTo(manifest))).status, 404);
    assert.equal(requests.length, 1);
  });
});

describe("the workflow's own token, when it is rejected", () => {
  const refuses: Responder = (request) => ('authorization' in request.headers ? 403 : { body: { token: 'anonymous' } });

  test('by the token service, is left out and the registry tried without', async () => {
    const lines: string[] = [];
    const setup = { credential: optional, tokenResponder: refuses };
    const { send, tokenRequests } = authorizer(guarded(bearer, 'Bearer anonymous'), setup);
    const trace = (_: string, line: string) => lines.push(line);
    assert.equal((await send(requestTo(manifest, { trace }))).status, 200);
    assert.equal(tokenRequests.length, 2);
    assert.ok(lines.some((line) => line.includes('the input github-token was rejected')));
    await send(requestTo(manifest));
    assert.equal(tokenRequests.length, 2);
  });

  test('by the registry, is left out and the registry tried without', async () => {
    const tokenResponder: Responder = (request) => ({
      body: { token: 'authorization' in request.headers ? 'powerless' : 'anonymous' },
    });
    const respond: Responder = ({ headers: { authorization } }) =>
      authorization === undefined ? bearer : authorization === 'Bearer anonymous' ? 200 : 403;
    const { send } = authorizer(respond, { credential: optional, tokenResponder });
    assert.equal((await send(requestTo(manifest))).status, 200);
  });

  test('and nobody else gets in either, is one of both failures', async () => {
    const { send } = authorizer(() => bearer, { credential: optional, tokenResponder: () => 403 });
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'packages: read'));
  });

  test('is not left out for an error that is no rejection', async () => {
    const { send, tokenRequests } = authorizer(() => bearer, { credential: optional, tokenResponder: () => 500 });
    await assert.rejects(send(requestTo(manifest)), failsWith('registry-error'));
    assert.equal(tokenRequests.length, 1);
  });
});

describe('docker.io and ghcr.io, whose challenge is known beforehand', () => {
  const hub = 'https://registry-1.docker.io/v2/library/nginx/manifests/latest';
  const hubBearer = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
  const setup = { registry: 'docker.io', path: 'library/nginx' };

  test('are asked for a token while the first request is on its way, once', async () => {
    const { send, tokenRequests, headers } = authorizer(
      guarded({ status: 401, headers: { 'www-authenticate': hubBearer } }, 'Bearer token-1'),
      setup,
    );
    await Promise.all([send(requestTo(hub)), send(requestTo(hub))]);
    await send(requestTo(hub));
    assert.deepEqual(headers(), [undefined, undefined, 'Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    assert.deepEqual(
      tokenRequests.map(({ url }) => url.href),
      ['https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fnginx%3Apull'],
    );
  });

  test('may respond without a challenge all the same, and a token that cannot be had hurts nobody', async () => {
    const { send } = authorizer(() => 200, { ...setup, tokenResponder: () => 500 });
    assert.equal((await send(requestTo(hub))).status, 200);
    await settled();
  });

  test('may challenge otherwise than before', async () => {
    const challenge = 'Bearer realm="https://auth.docker.io/other",service="other"';
    const { send, headers, tokenRequests } = authorizer(
      guarded({ status: 401, headers: { 'www-authenticate': challenge } }, 'Bearer token-2'),
      setup,
    );
    await send(requestTo(hub));
    assert.deepEqual(headers(), [undefined, 'Bearer token-2']);
    assert.equal(tokenRequests[1]?.url.pathname, '/other');
  });
});

test('credentials are looked up once, by however many requests, and an error of the look-up is thrown', async () => {
  const { send, lookups } = authorizer(guarded(basic, basicOf('user:pass')), { credential: password });
  await Promise.all(Array.from({ length: 5 }, () => send(requestTo(manifest))));
  assert.equal(lookups.length, 1);
  const failing = withAuth(fakeTransport(() => basic).send, {
    repository: { registry: host, path: 'a' },
    trust: trustFor(host, { authHosts: new Map(), plainHttp: new Set() }),
    findCredential: () => Promise.reject(new ActionError('unauthorized', 'the helper hangs')),
    sendToken: fakeTransport(() => 500).send,
    tokens: new Map(),
    keepToken: () => undefined,
  });
  await assert.rejects(failing(requestTo(manifest)), failsWith('unauthorized', 'the helper hangs'));
});

test('a scheme that turned out to be https is still the registry', async () => {
  const respond: Responder = (request) =>
    request.headers['authorization'] === 'Bearer token-1'
      ? 200
      : { ...bearer, url: request.url.href.replace('http:', 'https:') };
  const { send } = authorizer(respond);
  assert.equal((await send(requestTo(manifest.replace('https:', 'http:')))).status, 200);
});

const wantsToken = (realm: string) => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` },
});
/** Lets in whoever shows a header. */
const open =
  (realm: string): Responder =>
  ({ headers }) =>
    'authorization' in headers ? 200 : wantsToken(realm);

describe('a token of one registry is not given to another that names the same realm', () => {
  test('with credentials, which the other is not trusted with', async () => {
    const tokens: TokenCache = new Map();
    const hubRealm = 'https://auth.docker.io/token';
    const path = 'org/private';
    const hub = authorizer(open(hubRealm), { registry: 'docker.io', path, credential: password, tokens });
    await hub.send(requestTo('https://registry-1.docker.io/v2/org/private/manifests/1'));
    const evil = authorizer(open(hubRealm), { registry: 'evil.example', path, credential: password, tokens });
    const result = evil.send(requestTo('https://evil.example/v2/org/private/manifests/1'));
    await assert.rejects(result, failsWith('untrusted-host'));
    assert.deepEqual(evil.headers(), [undefined]);
  });

  test('without credentials, where both are trusted', async () => {
    const tokens: TokenCache = new Map();
    for (const registry of ['r.example', 's.example']) {
      const token = `token-of-${registry}`;
      const { send, headers } = authorizer(open('https://auth.example/token'), {
        registry,
        tokens,
        tokenResponder: () => ({ body: { token } }),
      });
      await send(requestTo(`https://${registry}/v2/a/manifests/1`));
      assert.equal(headers().at(-1), `Bearer ${token}`);
    }
  });
});

describe("the workflow's own token, sent by several requests,", () => {
  const tokenResponder: Responder = ({ headers }) => ({
    body: { token: 'authorization' in headers ? 'mine' : 'anonymous' },
  });
  const setup = { registry: 'ghcr.io', path: 'o/i', credential: optional, tokenResponder };
  const image = 'https://ghcr.io/v2/o/i/manifests/1';

  test('is left out for all of them when it is rejected one request after the other', async () => {
    const rejections: (() => void)[] = [];
    const { send } = authorizer(async ({ headers: { authorization } }) => {
      if (authorization === undefined) return wantsToken('https://ghcr.io/token');
      if (authorization === 'Bearer anonymous') return 200;
      await new Promise<void>((resolve) => rejections.push(resolve));
      return 403;
    }, setup);
    const all = Promise.all([1, 2, 3].map(() => send(requestTo(image))));
    await settled();
    assert.equal(rejections.length, 3);
    for (const reject of rejections) {
      reject();
      await settled();
    }
    assert.deepEqual(
      (await all).map(({ status }) => status),
      [200, 200, 200],
    );
  });

  test('is named when the registry lets nobody in', async () => {
    const { send } = authorizer(
      ({ headers }) => ('authorization' in headers ? 403 : wantsToken('https://ghcr.io/token')),
      setup,
    );
    await assert.rejects(send(requestTo(image)), failsWith('denied', 'the input github-token'));
  });
});

describe('an operation whose time is over', () => {
  const over = new ActionError('timeout', 'The operation is over.');

  test('leaves no failed token request to those who come later', async () => {
    const { send } = authorizer(open(realm), {
      tokenResponder(_, count) {
        if (count === 1) throw over;
        return { body: { token: 'token' } };
      },
    });
    await assert.rejects(send(requestTo(manifest)), over);
    assert.equal((await send(requestTo(manifest))).status, 200);
  });

  test('does not end the operation that shares its token request', async () => {
    const { send, tokenRequests } = authorizer(open(realm), {
      tokenResponder({ signal }, count) {
        if (count > 1) return { body: { token: 'token' } };
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const first = new AbortController();
    const one = assert.rejects(send(requestTo(manifest, { signal: first.signal })), over);
    const two = send(requestTo(manifest));
    await settled();
    assert.equal(tokenRequests.length, 1);
    first.abort(over);
    await one;
    assert.equal((await two).status, 200);
  });
});

describe('what the registry redirects to is not the registry', () => {
  const between = (send: Transport, trust: Trust) => withRedirects(send, trust);

  for (const status of [403, 404]) {
    test(`its ${status} makes nobody ask it for a challenge`, async () => {
      const { send, requests, tokenRequests } = authorizer(
        ({ url }) => {
          if (url.hostname === host) return { status: 307, headers: { location: 'https://cdn.example/x' } };
          return url.pathname === '/v2/' ? wantsToken(realm) : status;
        },
        { credential: password, between },
      );
      assert.equal((await send(requestTo(manifest))).status, status);
      assert.deepEqual(
        requests.map(({ url }) => url.href),
        [manifest, 'https://cdn.example/x'],
      );
      assert.deepEqual(tokenRequests, []);
    });
  }

  test('nor is another port of its host, whose challenge is not answered', async () => {
    const elsewhere = `https://${host}:8443`;
    const { send, tokenRequests } = authorizer(
      ({ url }) =>
        url.origin === elsewhere
          ? wantsToken(`${elsewhere}/token`)
          : { status: 307, headers: { location: `${elsewhere}/x` } },
      { credential: password, between },
    );
    assert.equal((await send(requestTo(manifest))).status, 401);
    assert.deepEqual(tokenRequests, []);
  });
});

describe('GET /v2/, which tells how to log in,', () => {
  const silent: Responder = ({ url, headers }) => {
    if (url.pathname === '/v2/') return { ...bearer, body: 'x'.repeat(1000) };
    return 'authorization' in headers ? 200 : 401;
  };

  test('may respond with a body, although the request of which it is about may not', async () => {
    const { send, requests } = authorizer(silent);
    await send(requestTo(manifest, { method: 'HEAD', maxBytes: 0, isStream: true }));
    const [, base] = requests;
    assert.ok((base?.maxBytes ?? 0) >= 1000, String(base?.maxBytes));
    assert.deepEqual([base?.method, base?.isStream], ['GET', false]);
  });

  test('never carries the Authorization that was refused', async () => {
    let isOpen = true;
    const { send, requests } = authorizer(({ url, headers }) => {
      if (url.pathname === '/v2/') return bearer;
      return isOpen && 'authorization' in headers ? 200 : 401;
    });
    await send(requestTo(manifest));
    isOpen = false;
    await assert.rejects(send(requestTo(manifest)));
    const bases = requests.filter(({ url }) => url.pathname === '/v2/');
    assert.deepEqual(
      bases.map(({ headers }) => 'authorization' in headers),
      [false, false],
    );
  });

  test('that fails is an error, when an anonymous 404 may hide something', async () => {
    const { send } = authorizer(({ url }) => (url.pathname === '/v2/' ? 500 : 404), { credential: password });
    await assert.rejects(send(requestTo(manifest)), failsWith('registry-error'));
  });

  test('that wants no login leaves the 404 as it is', async () => {
    for (const status of [200, 404]) {
      const { send } = authorizer(({ url }) => (url.pathname === '/v2/' ? status : 404), { credential: password });
      assert.equal((await send(requestTo(manifest))).status, 404);
    }
  });
});

test('a registry that redirects plain HTTP to https on the same host gets its password there, never in the clear', async () => {
  const { send, requests } = authorizer(
    ({ url, headers }) => {
      if (url.protocol === 'http:') return { status: 301, headers: { location: url.href.replace('http:', 'https:') } };
      return 'authorization' in headers ? 200 : basic;
    },
    { credential: password, between: (transport, trust) => withRedirects(withScheme(transport), trust) },
  );
  assert.equal((await send(requestTo(manifest.replace('https:', 'http:')))).status, 200);
  assert.deepEqual(
    requests.map(({ url, headers }) => [url.protocol, 'authorization' in headers]),
    [
      ['http:', false],
      ['https:', false],
      ['https:', true],
    ],
  );
});

describe('a credential that was accepted in this run and is refused later has expired', () => {
  const next: Credential = { ...password, password: 'renewed' };
  const accepting = (valid: () => string): Responder =>
    guardedBy((authorization) => authorization === basicOf(`user:${valid()}`));
  const guardedBy =
    (accepts: (authorization: string) => boolean): Responder =>
    ({ headers }) =>
      accepts(headers['authorization'] ?? '') ? 200 : basic;

  test('and is fetched again, one time for each refusal', async () => {
    let valid = 'pass';
    const lines: string[] = [];
    const { send, lookups, headers } = authorizer(
      accepting(() => valid),
      { credential: password, nextCredential: next },
    );
    await send(requestTo(manifest));
    valid = 'renewed';
    const response = await send(requestTo(manifest, { trace: (_, line) => lines.push(line) }));
    assert.equal(response.status, 200);
    assert.deepEqual(lookups, [false, true]);
    assert.equal(headers().at(-1), basicOf('user:renewed'));
    assert.match(lines.join('\n'), /a test has expired/);
    await send(requestTo(manifest));
    assert.deepEqual(lookups, [false, true]);
  });

  test('and is final when there is no other', async () => {
    let valid = 'pass';
    const { send, lookups } = authorizer(
      accepting(() => valid),
      { credential: password },
    );
    await send(requestTo(manifest));
    valid = 'other';
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'came from a test'));
    assert.deepEqual(lookups, [false, true]);
  });

  test('and is final when the next is refused, too', async () => {
    let valid = 'pass';
    const { send, lookups } = authorizer(
      accepting(() => valid),
      { credential: password, nextCredential: next },
    );
    await send(requestTo(manifest));
    valid = 'other';
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized'));
    assert.deepEqual(lookups, [false, true]);
  });

  test('also where the token service is who refuses it', async () => {
    let valid = basicOf('user:pass');
    let isFresh = true;
    const { send, lookups } = authorizer(({ headers }) => (isFresh && 'authorization' in headers ? 200 : bearer), {
      credential: password,
      nextCredential: next,
      tokenResponder(request, count) {
        isFresh = true;
        return request.headers['authorization'] === valid ? { body: { token: `token-${count}` } } : 401;
      },
    });
    await send(requestTo(manifest));
    isFresh = false;
    valid = basicOf('user:renewed');
    assert.equal((await send(requestTo(manifest))).status, 200);
    assert.deepEqual(lookups, [false, true]);
  });

  test('but one that was never accepted is not fetched again', async () => {
    const { send, lookups } = authorizer(() => basic, { credential: password, nextCredential: next });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized'));
    assert.deepEqual(lookups, [false]);
  });
});
