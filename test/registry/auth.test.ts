import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../src/oci/action-error.ts';
import { type TokenCache, withAuth } from '../../src/registry/auth.ts';
import type { Credential } from '../../src/registry/credentials/credential.ts';
import type { Request } from '../../src/registry/transport.ts';
import { type AuthHosts, trustFor } from '../../src/registry/trust.ts';
import { type Answer, failsWith, fakeTransport, type Reply, requestTo } from '../support/transport.ts';

const host = 'registry.example';
const manifest = `https://${host}/v2/a/manifests/latest`;
const realm = `https://${host}/token`;
const bearer = { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` } };
const basic = { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
const given: Credential = { kind: 'basic', username: 'user', password: 'pass', source: 'a test' };
const optional: Credential = { ...given, source: 'the input github-token', isOptional: true };
const basicOf = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

interface Setup {
  readonly credential?: Credential | undefined;
  readonly registry?: string;
  readonly path?: string;
  readonly tokens?: TokenCache;
  /** Answers of the token service; `token-N` by default. */
  readonly tokenReply?: Reply;
  readonly authHosts?: AuthHosts;
}

/** A registry and its token service as two fakes, with the authorizer before them. */
function authorizer(reply: Reply, setup: Setup = {}) {
  const { credential, registry = host, path = 'a', tokens = new Map(), authHosts = new Map() } = setup;
  const registryFake = fakeTransport(reply);
  const tokenFake = fakeTransport(setup.tokenReply ?? ((_, count) => ({ body: { token: `token-${count}` } })));
  const secrets: string[] = [];
  let lookups = 0;
  const send = withAuth(registryFake.send, {
    repository: { registry, path },
    trust: trustFor(registry, authHosts),
    async credential() {
      lookups += 1;
      return credential;
    },
    sendToken: tokenFake.send,
    tokens,
    keepSecret: (secret) => secrets.push(secret),
  });
  return {
    send,
    sent: registryFake.sent,
    asked: tokenFake.sent,
    secrets,
    lookups: () => lookups,
    headers: () => registryFake.sent.map(({ headers }) => headers['authorization']),
  };
}

/** Lets in who shows one of the headers. */
const guarded =
  (challenge: Answer, ...headers: string[]): Reply =>
  (request) =>
    headers.includes(request.headers['authorization'] ?? '') ? 200 : challenge;

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the request goes out first', () => {
  test('and when it is answered, nobody asks for credentials or tokens', async () => {
    const { send, sent, asked, lookups } = authorizer(() => 200, { credential: given });
    assert.equal((await send(requestTo(manifest))).status, 200);
    assert.deepEqual([sent.length, asked.length, lookups()], [1, 0, 0]);
    assert.equal('authorization' in (sent[0]?.headers ?? {}), false);
  });

  for (const status of [404, 500, 302, 405, 429]) {
    test(`a ${status} is no challenge and is given back`, async () => {
      const { send, sent, asked } = authorizer(() => ({ ...bearer, status }));
      assert.equal((await send(requestTo(manifest))).status, status);
      assert.deepEqual([sent.length, asked.length], [1, 0]);
    });
  }
});

describe('a challenge is answered', () => {
  test('with a token, which serves the requests that follow', async () => {
    const { send, asked, headers, secrets } = authorizer(guarded(bearer, 'Bearer token-1'));
    await send(requestTo(manifest, { headers: { accept: 'x' } }));
    await send(requestTo(manifest));
    assert.deepEqual(headers(), [undefined, 'Bearer token-1', 'Bearer token-1']);
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.url.searchParams.get('scope'), 'repository:a:pull');
    assert.deepEqual(secrets, ['token-1']);
  });

  test('with the password, where the registry wants Basic', async () => {
    const { send, asked, headers, lookups } = authorizer(guarded(basic, basicOf('user:pass')), { credential: given });
    await send(requestTo(manifest));
    await send(requestTo(manifest));
    assert.deepEqual(headers(), [undefined, basicOf('user:pass'), basicOf('user:pass')]);
    assert.deepEqual([asked.length, lookups()], [0, 1]);
  });

  test('by Bearer before Basic, in whatever order they come', async () => {
    const both = [
      ['Basic realm="r"', `Bearer realm="${realm}"`],
      [`Bearer realm="${realm}", Basic realm="r"`],
      [`Basic realm="r", BEARER REALM="${realm}"`],
    ];
    for (const values of both) {
      const challenge = { status: 401, headers: { 'www-authenticate': values } };
      const { send, headers, asked } = authorizer(guarded(challenge, 'Bearer token-1'), { credential: given });
      await send(requestTo(manifest));
      assert.deepEqual(headers(), [undefined, 'Bearer token-1']);
      assert.equal(asked[0]?.headers['authorization'], basicOf('user:pass'));
    }
  });

  test('with a registry token as it is, and no token is asked for', async () => {
    const credential: Credential = { kind: 'bearer', token: 'ready', source: 'a test' };
    const { send, headers, asked } = authorizer(guarded(bearer, 'Bearer ready'), { credential });
    await send(requestTo(manifest));
    assert.deepEqual(headers(), [undefined, 'Bearer ready']);
    assert.equal(asked.length, 0);
  });

  test('after one GET of /v2/, where the 401 carries no challenge', async () => {
    const reply: Reply = (request) => {
      if (request.url.pathname === '/v2/') return bearer;
      return request.headers['authorization'] === 'Bearer token-1' ? 200 : 401;
    };
    const { send, sent } = authorizer(reply);
    assert.equal((await send(requestTo(manifest, { method: 'HEAD' }))).status, 200);
    assert.deepEqual(
      sent.map(({ method, url }) => `${method} ${url.pathname}`),
      ['HEAD /v2/a/manifests/latest', 'GET /v2/', 'HEAD /v2/a/manifests/latest'],
    );
  });

  test('with the words of the registry, where none can be found', async () => {
    const reply: Reply = ({ url }) => (url.pathname === '/v2/' ? 200 : { status: 401, body: 'go away' });
    const { send, sent } = authorizer(reply);
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'wants a login', 'go away'));
    assert.equal(sent.length, 2);
  });
});

describe('unauthorized', () => {
  test('is a challenge to nobody: the text says that there are no credentials', async () => {
    const { send } = authorizer(() => basic);
    await assert.rejects(
      send(requestTo(manifest)),
      failsWith('unauthorized', 'No credentials were found for registry.example'),
    );
  });

  test('is a token that the registry does not take', async () => {
    const { send, sent } = authorizer(() => bearer, { credential: given });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'The credentials came from a test'));
    assert.equal(sent.length, 2);
  });

  test('is a password that the registry does not take, and it is sent once', async () => {
    const { send, headers } = authorizer(() => basic, { credential: given });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'The credentials came from a test'));
    assert.deepEqual(headers(), [undefined, basicOf('user:pass')]);
  });

  test('is a password that the token service does not take; nobody tries without', async () => {
    const { send, asked, sent } = authorizer(() => bearer, { credential: given, tokenReply: () => 401 });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'The credentials came from a test'));
    assert.deepEqual([asked.length, sent.length], [1, 1]);
  });

  test('is a token where the registry wants a password', async () => {
    const credential: Credential = { kind: 'identity', token: 'x', source: 'a helper' };
    const { send } = authorizer(() => basic, { credential });
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized', 'a helper holds a token'));
  });

  test('is not a 401 from where the registry redirected to: its challenge is not answered, and nothing is rejected', async () => {
    const elsewhere = { ...bearer, url: 'https://cdn.example/blob' };
    const { send, asked, sent } = authorizer(() => elsewhere, { credential: given });
    assert.equal((await send(requestTo(manifest))).status, 401);
    assert.deepEqual([asked.length, sent.length], [0, 1]);
  });
});

describe('denied', () => {
  test('is a 403', async () => {
    const reply: Reply = (request) =>
      'authorization' in request.headers ? { status: 403, body: 'not yours' } : bearer;
    const { send } = authorizer(reply, { credential: given });
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'not yours', 'came from a test'));
  });

  test('is a 403 to nobody', async () => {
    const { send } = authorizer(() => 403);
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'No credentials were found'));
  });

  test('is a 401 with insufficient_scope', async () => {
    const lacking = `Bearer realm="${realm}",service="s",error="insufficient_scope"`;
    const { send, sent } = authorizer(() => ({ status: 401, headers: { 'www-authenticate': lacking } }));
    await assert.rejects(send(requestTo(manifest)), failsWith('denied'));
    assert.equal(sent.length, 2);
  });

  test('is a 403 of the token service', async () => {
    const { send } = authorizer(() => bearer, { tokenReply: () => 403 });
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'The token service'));
  });
});

describe('an error of the token service is an error, whatever its status', () => {
  const codes = { 404: 'registry-error', 429: 'rate-limited', 500: 'registry-error' } as const;
  for (const [status, code] of Object.entries(codes)) {
    test(`${status} is ${code}, never not-found`, async () => {
      const { send } = authorizer(() => bearer, { tokenReply: () => Number(status) });
      await assert.rejects(send(requestTo(manifest)), failsWith(code));
    });
  }

  test('a realm that may not be asked gets no request', async () => {
    const challenge = { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://evil.example/token"' } };
    const { send, asked } = authorizer(() => challenge, { credential: given });
    await assert.rejects(send(requestTo(manifest)), failsWith('untrusted-host', 'registry.example=evil.example'));
    assert.equal(asked.length, 0);
  });

  test('an empty realm is registry-error', async () => {
    const challenge = { status: 401, headers: { 'www-authenticate': 'Bearer realm=""' } };
    await assert.rejects(authorizer(() => challenge).send(requestTo(manifest)), failsWith('registry-error'));
  });
});

describe('a token is', () => {
  test('shared by concurrent requests', async () => {
    const { send, asked, sent } = authorizer(guarded(bearer, 'Bearer token-1'));
    await Promise.all(Array.from({ length: 20 }, () => send(requestTo(manifest))));
    assert.deepEqual([asked.length, sent.length], [1, 40]);
  });

  test('shared by authorizers for the same repository, and not by those for others', async () => {
    const tokens: TokenCache = new Map();
    const everybody: Reply = (request) => ('authorization' in request.headers ? 200 : bearer);
    const one = authorizer(everybody, { tokens });
    const same = authorizer(everybody, { tokens });
    const other = authorizer(everybody, { tokens, path: 'b' });
    const login = authorizer(everybody, { tokens, credential: given });
    for (const { send } of [one, same, other, login]) await send(requestTo(manifest));
    assert.deepEqual(
      [one, same, other, login].map(({ asked }) => asked.length),
      [1, 0, 1, 1],
    );
  });

  test('renewed once when it expires in mid-run, for all requests that meet that', async () => {
    let valid = 'Bearer token-1';
    const { send, asked, headers } = authorizer((request) =>
      request.headers['authorization'] === valid ? 200 : bearer,
    );
    await send(requestTo(manifest));
    valid = 'Bearer token-2';
    const responses = await Promise.all(Array.from({ length: 10 }, () => send(requestTo(manifest))));
    assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]));
    assert.equal(asked.length, 2);
    assert.deepEqual(headers().slice(-10), Array(10).fill('Bearer token-2'));
  });

  test('renewed at most once for a request', async () => {
    let isOpen = true;
    const { send, asked, sent } = authorizer((request) =>
      isOpen && 'authorization' in request.headers ? 200 : bearer,
    );
    await send(requestTo(manifest));
    isOpen = false;
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized'));
    assert.deepEqual([asked.length, sent.length], [2, 4]);
  });

  test('not sent again when the service has no other', async () => {
    let isOpen = true;
    const reply: Reply = (request) => (isOpen && 'authorization' in request.headers ? 200 : bearer);
    const { send, asked, sent } = authorizer(reply, { tokenReply: () => ({ body: { token: 'same' } }) });
    await send(requestTo(manifest));
    isOpen = false;
    await assert.rejects(send(requestTo(manifest)), failsWith('unauthorized'));
    assert.deepEqual([asked.length, sent.length], [2, 3]);
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
    trust: trustFor(host, new Map()),
    credential: async () => undefined,
    sendToken: fakeTransport(() => ({ body: { token: 'token' } })).send,
    tokens: new Map(),
    keepSecret: (secret) => order.push(`kept ${secret}`),
  });
  return { send };
}

describe('a registry that hides what it has from strangers', () => {
  for (const status of [404, 403]) {
    test(`by ${status} is asked again with the given credentials`, async () => {
      const reply: Reply = ({ url, headers }) => {
        if (url.pathname === '/v2/') return bearer;
        return headers['authorization'] === 'Bearer token-1' ? 200 : status;
      };
      const { send } = authorizer(reply, { credential: given });
      assert.equal((await send(requestTo(manifest))).status, 200);
    });
  }

  test('and has nothing to hide answers 404 to those who logged in, too', async () => {
    const { send, sent } = authorizer(({ url }) => (url.pathname === '/v2/' ? 200 : 404), { credential: given });
    assert.equal((await send(requestTo(manifest))).status, 404);
    assert.equal(sent.length, 2);
  });

  test('is not asked again with credentials that nobody gave', async () => {
    const { send, sent } = authorizer(() => 404, { credential: optional });
    assert.equal((await send(requestTo(manifest))).status, 404);
    assert.equal(sent.length, 1);
  });
});

describe("the workflow's own token, when it is rejected", () => {
  const refuses: Reply = (request) => ('authorization' in request.headers ? 403 : { body: { token: 'anonymous' } });

  test('by the token service, is left out and the registry tried without', async () => {
    const lines: string[] = [];
    const setup = { credential: optional, tokenReply: refuses };
    const { send, asked } = authorizer(guarded(bearer, 'Bearer anonymous'), setup);
    const note = (_: string, line: string) => lines.push(line);
    assert.equal((await send(requestTo(manifest, { note }))).status, 200);
    assert.equal(asked.length, 2);
    assert.ok(lines.some((line) => line.includes('the input github-token was rejected')));
    await send(requestTo(manifest));
    assert.equal(asked.length, 2);
  });

  test('by the registry, is left out and the registry tried without', async () => {
    const tokenReply: Reply = (request) => ({
      body: { token: 'authorization' in request.headers ? 'powerless' : 'anonymous' },
    });
    const reply: Reply = ({ headers: { authorization } }) =>
      authorization === undefined ? bearer : authorization === 'Bearer anonymous' ? 200 : 403;
    const { send } = authorizer(reply, { credential: optional, tokenReply });
    assert.equal((await send(requestTo(manifest))).status, 200);
  });

  test('and nobody else gets in either, is one of both failures', async () => {
    const { send } = authorizer(() => bearer, { credential: optional, tokenReply: () => 403 });
    await assert.rejects(send(requestTo(manifest)), failsWith('denied', 'packages: read'));
  });

  test('is not left out for an error that is no rejection', async () => {
    const { send, asked } = authorizer(() => bearer, { credential: optional, tokenReply: () => 500 });
    await assert.rejects(send(requestTo(manifest)), failsWith('registry-error'));
    assert.equal(asked.length, 1);
  });
});

describe('docker.io and ghcr.io, whose challenge is known', () => {
  const hub = 'https://registry-1.docker.io/v2/library/nginx/manifests/latest';
  const hubBearer = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
  const setup = { registry: 'docker.io', path: 'library/nginx' };

  test('are asked for a token while the first request is on its way, once', async () => {
    const { send, asked, headers } = authorizer(
      guarded({ status: 401, headers: { 'www-authenticate': hubBearer } }, 'Bearer token-1'),
      setup,
    );
    await Promise.all([send(requestTo(hub)), send(requestTo(hub))]);
    await send(requestTo(hub));
    assert.deepEqual(headers(), [undefined, undefined, 'Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    assert.deepEqual(
      asked.map(({ url }) => url.href),
      ['https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fnginx%3Apull'],
    );
  });

  test('may answer without a challenge all the same, and a token that cannot be had hurts nobody', async () => {
    const { send } = authorizer(() => 200, { ...setup, tokenReply: () => 500 });
    assert.equal((await send(requestTo(hub))).status, 200);
    await settle();
  });

  test('may challenge otherwise than is known', async () => {
    const challenge = 'Bearer realm="https://auth.docker.io/other",service="other"';
    const { send, headers, asked } = authorizer(
      guarded({ status: 401, headers: { 'www-authenticate': challenge } }, 'Bearer token-2'),
      setup,
    );
    await send(requestTo(hub));
    assert.deepEqual(headers(), [undefined, 'Bearer token-2']);
    assert.equal(asked[1]?.url.pathname, '/other');
  });
});

test('credentials are looked up once, by however many requests, and an error of the look-up is thrown', async () => {
  const { send, lookups } = authorizer(guarded(basic, basicOf('user:pass')), { credential: given });
  await Promise.all(Array.from({ length: 5 }, () => send(requestTo(manifest))));
  assert.equal(lookups(), 1);
  const failing = withAuth(fakeTransport(() => basic).send, {
    repository: { registry: host, path: 'a' },
    trust: trustFor(host, new Map()),
    credential: () => Promise.reject(new ActionError('unauthorized', 'the helper hangs')),
    sendToken: fakeTransport(() => 500).send,
    tokens: new Map(),
    keepSecret: () => undefined,
  });
  await assert.rejects(failing(requestTo(manifest)), failsWith('unauthorized', 'the helper hangs'));
});

test('a scheme that turned out to be https is still the registry', async () => {
  const reply: Reply = (request) =>
    request.headers['authorization'] === 'Bearer token-1'
      ? 200
      : { ...bearer, url: request.url.href.replace('http:', 'https:') };
  const { send } = authorizer(reply);
  assert.equal((await send(requestTo(manifest.replace('https:', 'http:')))).status, 200);
});
