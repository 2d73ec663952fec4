import assert from 'node:assert/strict';
import dns from 'node:dns';
import { describe, mock, test } from 'node:test';
import { ActionError } from '../../src/oci/action-error.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { type TokenCache, withAuth } from '../../src/registry/auth.ts';
import { registryClient } from '../../src/registry/client.ts';
import type { Credential } from '../../src/registry/credentials/credential.ts';
import { httpTransport } from '../../src/registry/http.ts';
import { withLimit } from '../../src/registry/limit.ts';
import { repositoryReach } from '../../src/registry/reach.ts';
import { withRedirects } from '../../src/registry/redirect.ts';
import { withQuiet, withRetries } from '../../src/registry/retry.ts';
import { withScheme } from '../../src/registry/scheme.ts';
import type { Response, Transport } from '../../src/registry/transport.ts';
import { trustFor } from '../../src/registry/trust.ts';
import { look } from '../support/fake-client.ts';
import { startRawServer } from '../support/raw-server.ts';
import { failsWith, fakeClock, fakeTransport, type Reply, requestTo, responseFrom } from '../support/transport.ts';

// Each of these has been wrong once.

const given: Credential = { kind: 'basic', username: 'user', password: 'pass', source: 'a test' };
const optional: Credential = { ...given, source: 'the input github-token', isOptional: true };
const manifest = 'https://r.example/v2/a/manifests/1';

interface Setup {
  readonly registry?: string;
  readonly path?: string;
  readonly credential?: Credential;
  readonly tokens?: TokenCache;
  /** Answers of the token service; one good token by default. */
  readonly tokenReply?: Reply;
}

/** A registry and its token service as two fakes, with schemes, redirects and the authorizer before them. */
function reached(reply: Reply, setup: Setup = {}) {
  const { registry = 'r.example', path = 'a', credential, tokens = new Map() } = setup;
  const registryFake = fakeTransport(reply);
  const tokenFake = fakeTransport(setup.tokenReply ?? (() => ({ body: { token: 'token' } })));
  const trust = trustFor(registry, new Map());
  const send = withAuth(withRedirects(withScheme(registryFake.send), trust), {
    repository: { registry, path },
    trust,
    credential: async () => credential,
    sendToken: tokenFake.send,
    tokens,
    keepSecret: () => undefined,
  });
  return { send, sent: registryFake.sent, asked: tokenFake.sent };
}

function wantsToken(realm: string) {
  return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` } };
}

/** Lets in whoever shows a header. */
const guarded =
  (realm: string): Reply =>
  ({ headers }) =>
    'authorization' in headers ? 200 : wantsToken(realm);

/** Lets everything happen that waits for nothing outside. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a token of one registry is not given to another that names the same realm', () => {
  test('with credentials, which the other is not trusted with', async () => {
    const tokens: TokenCache = new Map();
    const realm = 'https://auth.docker.io/token';
    const path = 'org/private';
    const hub = reached(guarded(realm), { registry: 'docker.io', path, credential: given, tokens });
    await hub.send(requestTo('https://registry-1.docker.io/v2/org/private/manifests/1'));
    const evil = reached(guarded(realm), { registry: 'evil.example', path, credential: given, tokens });
    const asking = evil.send(requestTo('https://evil.example/v2/org/private/manifests/1'));
    await assert.rejects(asking, failsWith('untrusted-host'));
    assert.deepEqual(
      evil.sent.map(({ headers }) => headers['authorization']),
      [undefined],
    );
  });

  test('without credentials, where both are trusted', async () => {
    const tokens: TokenCache = new Map();
    const realm = 'https://auth.example/token';
    for (const registry of ['r.example', 's.example']) {
      const token = `token-of-${registry}`;
      const { send, sent } = reached(guarded(realm), { registry, tokens, tokenReply: () => ({ body: { token } }) });
      await send(requestTo(`https://${registry}/v2/a/manifests/1`));
      assert.equal(sent.at(-1)?.headers['authorization'], `Bearer ${token}`);
    }
  });
});

describe("the workflow's own token", () => {
  const realm = 'https://ghcr.io/token';
  const image = 'https://ghcr.io/v2/o/i/manifests/1';
  const tokenReply: Reply = ({ headers }) => ({ body: { token: 'authorization' in headers ? 'mine' : 'anonymous' } });
  const setup = { registry: 'ghcr.io', path: 'o/i', credential: optional, tokenReply };

  test('that is rejected one request after the other is left out for all of them', async () => {
    const rejections: (() => void)[] = [];
    const { send } = reached(async ({ headers: { authorization } }) => {
      if (authorization === undefined) return wantsToken(realm);
      if (authorization === 'Bearer anonymous') return 200;
      await new Promise<void>((resolve) => rejections.push(resolve));
      return 403;
    }, setup);
    const all = Promise.all([1, 2, 3].map(() => send(requestTo(image))));
    await settle();
    assert.equal(rejections.length, 3);
    for (const reject of rejections) {
      reject();
      await settle();
    }
    assert.deepEqual(
      (await all).map(({ status }) => status),
      [200, 200, 200],
    );
  });

  test('is named when the registry lets nobody in', async () => {
    const { send } = reached(({ headers }) => ('authorization' in headers ? 403 : wantsToken(realm)), setup);
    await assert.rejects(send(requestTo(image)), failsWith('denied', 'the input github-token'));
  });
});

describe('a look whose time is over', () => {
  const over = new ActionError('timeout', 'The look is over.');

  test('leaves no failed token request to those who come later', async () => {
    const { send } = reached(guarded('https://r.example/token'), {
      tokenReply(_, count) {
        if (count === 1) throw over;
        return { body: { token: 'token' } };
      },
    });
    await assert.rejects(send(requestTo(manifest)), over);
    assert.equal((await send(requestTo(manifest))).status, 200);
  });

  test('does not end the look that shares its token request', async () => {
    const { send, asked } = reached(guarded('https://r.example/token'), {
      tokenReply({ signal }, count) {
        if (count > 1) return { body: { token: 'token' } };
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const first = new AbortController();
    const one = assert.rejects(send(requestTo(manifest, { signal: first.signal })), over);
    const two = send(requestTo(manifest));
    await settle();
    assert.equal(asked.length, 1);
    first.abort(over);
    await one;
    assert.equal((await two).status, 200);
  });

  test('leaves the queue for a place, and takes none', async () => {
    const ends: (() => void)[] = [];
    const send = withLimit((request) => new Promise<Response>((end) => ends.push(() => end(responseFrom(request)))));
    const inFlight = Array.from({ length: 8 }, () => send(requestTo(manifest)));
    const look = new AbortController();
    const waiting = assert.rejects(send(requestTo(manifest, { signal: look.signal })), over);
    const last = send(requestTo(manifest));
    look.abort(over);
    await waiting;
    ends[0]?.();
    await settle();
    assert.equal(ends.length, 9, 'the place went to the one behind it');
    for (const end of ends) end();
    assert.equal((await Promise.all([...inFlight, last])).length, 9);
  });

  test('nor does a request that waits for its turn, when another is asked to wait for more than a minute', async () => {
    const clock = fakeClock();
    const { send, sent } = fakeTransport(() => ({ status: 429, headers: { 'retry-after': '65' } }));
    const quiet = new Map<string, number>();
    const retried = withRetries(withQuiet(send, clock, quiet), clock, quiet);
    await assert.rejects(retried(requestTo(manifest)), failsWith('rate-limited', '65 seconds'));
    await assert.rejects(retried(requestTo('https://r.example/other')), failsWith('rate-limited', '65 seconds'));
    assert.deepEqual([clock.slept, sent.length], [[], 1]);
  });

  test('does not wait for the end of a silence that another brought about', async () => {
    const clock = fakeClock();
    const { send, sent } = fakeTransport((_, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '60' } } : 200,
    );
    let others = 0;
    const sleep: typeof clock.sleep = async (milliseconds, signal) => {
      others += 1;
      if (others > 1) return clock.sleep(milliseconds, signal);
      const request = requestTo('https://r.example/other', { deadline: clock.now() + 5000 });
      await assert.rejects(retried(request), failsWith('rate-limited', 'outlasts this look'));
      await clock.sleep(milliseconds, signal);
    };
    const retried: Transport = withRetries(send, { ...clock, sleep }, new Map());
    await retried(requestTo(manifest));
    assert.deepEqual(clock.slept, [60_000]);
    assert.deepEqual(
      sent.map(({ url }) => url.href),
      [manifest, manifest],
    );
  });
});

describe('what the registry redirects to is not the registry', () => {
  for (const status of [403, 404]) {
    test(`its ${status} makes nobody ask it for a challenge`, async () => {
      const { send, sent, asked } = reached(
        ({ url }) => {
          if (url.hostname === 'r.example') return { status: 307, headers: { location: 'https://cdn.example/x' } };
          return url.pathname === '/v2/' ? wantsToken('https://r.example/token') : status;
        },
        { credential: given },
      );
      await send(requestTo(manifest)).catch((error: unknown) => assert.equal((error as ActionError).code, 'denied'));
      assert.deepEqual(
        sent.map(({ url }) => url.href),
        [manifest, 'https://cdn.example/x'],
      );
      assert.deepEqual(asked, []);
    });
  }

  test('nor is another port of its host, whose challenge is not answered', async () => {
    const elsewhere = 'https://r.example:8443';
    const { send, asked } = reached(
      ({ url }) =>
        url.origin === elsewhere
          ? wantsToken(`${elsewhere}/token`)
          : { status: 307, headers: { location: `${elsewhere}/x` } },
      { credential: given },
    );
    assert.equal((await send(requestTo(manifest))).status, 401);
    assert.deepEqual(asked, []);
  });
});

test('a 404 to strangers is an error where the registry fails when it is asked for its challenge', async () => {
  const { send } = reached(({ url }) => (url.pathname === '/v2/' ? 500 : 404), { credential: given });
  await assert.rejects(send(requestTo(manifest)), failsWith('registry-error'));
});

test('a 404 to strangers stays one where the registry asks for no login', async () => {
  for (const status of [200, 404]) {
    const { send } = reached(({ url }) => (url.pathname === '/v2/' ? status : 404), { credential: given });
    assert.equal((await send(requestTo(manifest))).status, 404);
  }
});

describe('a registry that may be spoken to over plain HTTP', () => {
  function client(reply: Reply) {
    const { send, sent } = fakeTransport(reply);
    const reach = repositoryReach({
      send: withScheme(send),
      credentials: async () => undefined,
      authHosts: new Map(),
      plainHttp: new Set(),
      keepToken: () => undefined,
    });
    return { ...registryClient(reach), sent };
  }

  test('may have TLS and a token service on port 443', async () => {
    const { manifest: fetch } = client(({ url, headers }) => {
      if (url.protocol === 'http:') throw new ActionError('network', 'closed', { reason: 'closed' });
      if (url.pathname === '/token') return { body: { token: 'token' } };
      return 'authorization' in headers ? 404 : wantsToken('https://localhost/token');
    });
    await assert.rejects(fetch(parseReference('localhost:443/a:1'), look), failsWith('not-found'));
  });

  test('is not looked for on port 443 when nobody is at the port 80 that was named', async () => {
    const { manifest: fetch, sent } = client(() => {
      throw new ActionError('network', 'refused', { transient: true, reason: 'refused' });
    });
    await assert.rejects(fetch(parseReference('localhost:80/a:1'), look), failsWith('network', 'refused'));
    assert.equal(sent.length, 1);
  });

  test('may say that it wants TLS to a HEAD, whose answer has no body', async () => {
    const { send } = fakeTransport(({ url }) => (url.protocol === 'https:' ? 200 : 400));
    const response = await withScheme(send)(requestTo('http://localhost:5000/', { method: 'HEAD' }));
    assert.equal(response.status, 200);
  });

  test('and redirects to https on the same host gets its password there, never in the clear', async () => {
    const { send, sent } = reached(
      ({ url, headers }) => {
        if (url.protocol === 'http:')
          return { status: 301, headers: { location: url.href.replace('http:', 'https:') } };
        return 'authorization' in headers ? 200 : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      },
      { credential: given },
    );
    assert.equal((await send(requestTo('http://r.example/v2/a/manifests/1'))).status, 200);
    assert.deepEqual(
      sent.map(({ url, headers }) => [url.protocol, 'authorization' in headers]),
      [
        ['http:', false],
        ['https:', false],
        ['https:', true],
      ],
    );
  });
});

test('a Retry-After of ten digits is too long, not nothing', async () => {
  const { send, sent } = fakeTransport(() => ({ status: 429, headers: { 'retry-after': '9999999999' } }));
  await assert.rejects(withRetries(send, fakeClock(), new Map())(requestTo(manifest)), failsWith('rate-limited'));
  assert.equal(sent.length, 1);
});

test('the refusal of an insecure realm gives no auth-hosts line, as none would allow it', async () => {
  const realm = new URL('http://auth.example/token');
  const refused = trustFor('r.example', new Map()).realm(realm, new URL('https://r.example/'), false);
  await assert.rejects(refused, (error: ActionError) => {
    assert.equal(error.code, 'untrusted-host');
    assert.doesNotMatch(`${error.message} ${error.advice}`, /auth-hosts|r\.example=/);
    return true;
  });
});

test('a registry with a public and a private address is not taken for one in the private network', async (t) => {
  const addresses = ['203.0.113.9', '10.0.0.1'].map((address) => ({ address, family: 4 }));
  const lookup = (async () => addresses) as unknown as typeof dns.promises.lookup;
  const mocked = mock.method(dns.promises, 'lookup', lookup);
  t.after(() => mocked.mock.restore());
  const origin = new URL('https://evil.example/');
  const redirect = trustFor('evil.example', new Map()).redirect(new URL('https://10.0.0.5/x'), origin, origin);
  await assert.rejects(redirect, failsWith('untrusted-host', '10.0.0.5'));
});

describe('is no defect of the action, and shows nothing that is secret:', () => {
  test('a registry token that no header can carry', async (t) => {
    const server = await startRawServer((socket) => socket.end('HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n'));
    t.after(() => server.close());
    const transport = httpTransport('test');
    t.after(() => transport.close());
    const sending = transport.send(requestTo(server.url, { headers: { authorization: 'Bearer a\nsecret' } }));
    await assert.rejects(sending, (error: unknown) => {
      assert.ok(error instanceof ActionError, String(error));
      assert.equal(error.code, 'network');
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.equal(server.received(), '');
  });

  test('a proxy setting that is no URL', async (t) => {
    process.env['http_proxy'] = 'user:secret@bad host:1';
    t.after(() => delete process.env['http_proxy']);
    const transport = httpTransport('test');
    t.after(() => transport.close());
    await assert.rejects(transport.send(requestTo('http://r.example/')), (error: unknown) => {
      assert.ok(error instanceof ActionError, String(error));
      assert.equal(error.code, 'network');
      assert.doesNotMatch(`${error.message} ${error.advice}`, /secret/);
      return true;
    });
  });
});
