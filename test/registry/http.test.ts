import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, mock, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ActionError, type ErrorCode } from '../../src/oci/action-error.ts';
import { httpTransport } from '../../src/registry/http.ts';
import { withRetries } from '../../src/registry/retry.ts';
import type { Request, Response } from '../../src/registry/transport.ts';
import { makeCertificate } from '../support/certificate.ts';
import { freePort, type RawServer, startRawServer } from '../support/raw-server.ts';
import { failsWith, fakeClock, requestTo } from '../support/transport.ts';

type Send = (url: string, more?: Partial<Request>) => Promise<Response>;

/** A transport that closes with its test. */
function transport(context: TestContext): { send: Send; close: () => void } {
  const { send, close } = httpTransport('image-digests/test');
  context.after(close);
  return { send: (url, more) => send(requestTo(url, more)), close };
}

/** A server whose every answer is this text, after which the connection stays open unless it is to end. */
async function answering(
  context: TestContext,
  answer: string | Buffer | ((socket: Socket, count: number) => void),
  host?: string,
): Promise<RawServer> {
  const reply = typeof answer === 'function' ? answer : (socket: Socket) => socket.write(answer);
  const server = await startRawServer(reply, host);
  context.after(server.close);
  return server;
}

const ok = (body: string, ...headers: string[]) =>
  ['HTTP/1.1 200 OK', `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');
const textOf = ({ body }: Response) => Buffer.from(body).toString();

describe('an answer', () => {
  test('is given with its status, headers, body and place', async (context) => {
    const { url } = await answering(context, ok('hello', 'X-One: 1', 'www-authenticate: a', 'WWW-Authenticate: b'));
    const response = await transport(context).send(`${url}?x=1`);
    assert.equal(response.status, 200);
    assert.equal(textOf(response), 'hello');
    assert.deepEqual(response.headers['x-one'], ['1']);
    assert.deepEqual(response.headers['www-authenticate'], ['a', 'b']);
    assert.equal(response.url.href, `${url}?x=1`);
  });

  test('may come in chunks, or end with the connection', async (context) => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
    const one = await answering(context, chunked);
    assert.equal(textOf(await transport(context).send(one.url)), 'abcde');
    const two = await answering(context, (socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfghij'));
    assert.equal(textOf(await transport(context).send(two.url)), 'fghij');
  });

  test('to HEAD has no body, whatever length it states', async (context) => {
    const { url } = await answering(context, 'HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n');
    const response = await transport(context).send(url, { method: 'HEAD' });
    assert.equal(response.body.byteLength, 0);
    assert.deepEqual(response.headers['content-length'], ['99999999']);
  });

  test('is a redirect as it is: nothing is followed here', async (context) => {
    const { url } = await answering(context, 'HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n');
    const response = await transport(context).send(url);
    assert.deepEqual([response.status, response.headers['location']], [307, ['/elsewhere']]);
  });
});

describe('a request', () => {
  test('says who we are and that nothing may be compressed, and its own headers', async (context) => {
    const server = await answering(context, ok(''));
    await transport(context).send(server.url, { headers: { accept: 'x/y', authorization: 'Bearer t' } });
    const received = server.received();
    assert.match(received, /^GET \/v2\/ HTTP\/1\.1\r\n/);
    for (const line of [
      ...['user-agent: image-digests/test', 'accept-encoding: identity', 'accept: x/y', 'authorization: Bearer t'],
      `host: 127.0.0.1:${server.port}`,
    ]) {
      assert.ok(received.toLowerCase().includes(`\r\n${line.toLowerCase()}\r\n`), line);
    }
  });

  test('with a body states its length in bytes', async (context) => {
    const server = await answering(context, ok(''));
    await transport(context).send(server.url, { method: 'POST', body: 'é=1' });
    assert.match(server.received(), /content-length: 4\r\n/i);
    assert.ok(server.received().endsWith(`\r\n\r\n${Buffer.from('é=1').toString('latin1')}`));
  });

  test('reaches IPv6', async (context) => {
    const server = await answering(context, ok('six'), '::1');
    assert.equal(textOf(await transport(context).send(server.url)), 'six');
    assert.match(server.received(), new RegExp(`host: \\[::1\\]:${server.port}\r\n`, 'i'));
  });

  test('uses a connection that is there already', async (context) => {
    const server = await answering(context, ok('again'));
    const { send } = transport(context);
    for (let at = 0; at < 3; at += 1) await send(server.url);
    assert.equal(server.sockets.length, 1);
  });

  test('does not use a connection that was opened under another check of addresses (CVE-2026-33990)', async (context) => {
    const server = await answering(context, ok('again'));
    const { send } = transport(context);
    const [one, two] = [async () => undefined, async () => undefined];
    for (const checkAddresses of [one, two, one, two]) await send(server.url, { checkAddresses });
    assert.equal(server.sockets.length, 2);
  });

  test('that was sent on a connection which the server closes just then is worth another attempt', async (context) => {
    const server = await answering(context, (socket, count) =>
      count === 2 ? socket.destroy() : socket.write(ok('x')),
    );
    const { send } = transport(context);
    await send(server.url);
    await assert.rejects(send(server.url), isTransient('network', 'closed'));
    await send(server.url);
  });
});

test('connections end with the transport', async (context) => {
  const server = await answering(context, ok('x'));
  const { send, close } = transport(context);
  await send(server.url);
  const [socket] = server.sockets;
  assert.ok(socket);
  const ended = once(socket, 'close');
  close();
  await ended;
});

function isTransient(code: ErrorCode, reason?: string): (error: unknown) => true {
  return (error) => {
    failsWith(code)(error);
    assert.ok(error instanceof ActionError && error.transient, 'it is not worth another attempt');
    if (reason !== undefined) assert.equal(error.reason, reason);
    return true;
  };
}

describe('a body that breaks off is an error that is worth another attempt', () => {
  const broken: Record<string, string> = {
    'before the declared length': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!',
    'without a byte of the declared length': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n',
    'within a chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nfive!',
    'between chunks': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfive!\r\n',
    'in an error answer': 'HTTP/1.1 404 Not Found\r\ncontent-length: 10\r\n\r\nfive!',
    'in a redirect': 'HTTP/1.1 307 X\r\nlocation: /\r\ncontent-length: 10\r\n\r\nfive!',
    'in the headers': 'HTTP/1.1 200 OK\r\ncontent-le',
    'before anything': '',
  };
  for (const [where, answer] of Object.entries(broken)) {
    test(where, async (context) => {
      for (const end of ['end', 'resetAndDestroy'] as const) {
        const server = await answering(context, (socket) => {
          if (answer === '') socket[end]();
          else socket.write(answer, () => setImmediate(() => socket[end]()));
        });
        await assert.rejects(transport(context).send(server.url), isTransient('network', 'closed'));
      }
    });
  }

  test('and the next attempt may bring it whole', async (context) => {
    const server = await answering(context, (socket, count) => {
      if (count === 1) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!');
      else socket.write(ok('whole'));
    });
    const { send, close } = httpTransport('test');
    context.after(close);
    assert.equal(textOf(await withRetries(send, fakeClock(0), new Map())(requestTo(server.url))), 'whole');
  });
});

describe('too-large', () => {
  const limited = { limit: 100 };

  test('is a body that declares more than the limit, before it has come', async (context) => {
    const { url } = await answering(context, 'HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n');
    await assert.rejects(transport(context).send(url, limited), failsWith('too-large', 'has 101 bytes', 'at most 100'));
  });

  test('is a body that grows beyond the limit without declaring it', async (context) => {
    const endless = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `40\r\n${'x'.repeat(64)}\r\n`;
      const timer = setInterval(() => socket.write(chunk), 1);
      socket.on('close', () => clearInterval(timer));
    };
    const server = await answering(context, endless);
    await assert.rejects(transport(context).send(server.url, limited), failsWith('too-large', 'more than 100'));
    if (server.sockets[0]?.closed === false) await once(server.sockets[0], 'close');
  });

  test('is a body without an end that ends with the connection', async (context) => {
    const { url } = await answering(context, (socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(101)}`));
    await assert.rejects(transport(context).send(url, limited), failsWith('too-large'));
  });

  test('is not a body of just the limit', async (context) => {
    const { url } = await answering(context, ok('x'.repeat(100)));
    assert.equal((await transport(context).send(url, limited)).body.byteLength, 100);
  });

  test('is not an error answer: its beginning is read, 64 KiB of it', async (context) => {
    const body = 'y'.repeat(200_000);
    for (const head of ['content-length: 200000', 'connection: close']) {
      const { url } = await answering(context, (socket) => socket.end(`HTTP/1.1 500 X\r\n${head}\r\n\r\n${body}`));
      const response = await transport(context).send(url, limited);
      assert.deepEqual([response.status, response.body.byteLength], [500, 64 * 1024]);
    }
  });

  test('is not an error answer above the limit of a good one', async (context) => {
    const { url } = await answering(context, ok('z'.repeat(1000)).replace('200 OK', '401 Unauthorized'));
    assert.equal((await transport(context).send(url, limited)).body.byteLength, 1000);
  });
});

describe('a content encoding', () => {
  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'GZIP', 'identity, gzip', 'x-unknown']) {
    test(`${encoding} is registry-error, and nothing is inflated`, async (context) => {
      const body = gzipSync('{}');
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
      const { url } = await answering(context, Buffer.concat([Buffer.from(head), body]));
      await assert.rejects(transport(context).send(url), failsWith('registry-error', 'content encoding', encoding));
    });
  }

  for (const encoding of ['identity', 'Identity', '']) {
    test(`"${encoding}" is none`, async (context) => {
      const { url } = await answering(context, ok('plain', `content-encoding: ${encoding}`));
      assert.equal(textOf(await transport(context).send(url)), 'plain');
    });
  }

  test('of an error answer does not hide its status', async (context) => {
    const { url } = await answering(context, ok('x', 'content-encoding: gzip').replace('200 OK', '404 Not Found'));
    assert.equal((await transport(context).send(url)).status, 404);
  });
});

describe('an answer that is not HTTP is registry-error', () => {
  const answers: Record<string, string> = {
    'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
    'a TLS alert': '\u0015\u0003\u0001\u0000\u0002\u0002\u0046',
    'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    'a length that is no number': 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n',
    'a bad chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'headers without an end': `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`,
    'a switch of protocols': 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  };
  for (const [what, answer] of Object.entries(answers)) {
    test(what, async (context) => {
      const { url } = await answering(context, answer);
      await assert.rejects(transport(context).send(url), (error: unknown) => {
        failsWith('registry-error', 'not valid HTTP')(error);
        assert.equal(error instanceof ActionError && error.transient, false);
        return true;
      });
    });
  }
});

describe('the network', () => {
  test('that refuses a connection is worth another attempt', async (context) => {
    const refused = transport(context).send(`http://127.0.0.1:${await freePort()}/`);
    await assert.rejects(refused, isTransient('network', 'refused'));
  });

  test('that refuses a name on all of its addresses is, too', async (context) => {
    const port = await freePort();
    resolving(context, { 'two.example': ['127.0.0.1', '::1'] });
    const refused = transport(context).send(`http://two.example:${port}/`);
    await assert.rejects(refused, isTransient('network', 'refused'));
  });

  test('that knows no such name is not', async (context) => {
    resolving(context, {});
    await assert.rejects(transport(context).send('http://nowhere.example/'), (error: unknown) => {
      failsWith('network', 'no host of that name')(error);
      return error instanceof ActionError && !error.transient;
    });
  });
});

/** Lets names resolve to these addresses, and no others. */
function resolving(context: TestContext, names: Readonly<Record<string, readonly string[]>>): { asked: string[] } {
  const asked: string[] = [];
  type Callback = (error: Error | null, found?: { address: string; family: number }[]) => void;
  const lookup = (name: string, _options: unknown, callback: Callback) => {
    asked.push(name);
    const found = (names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const missing = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    setImmediate(() => (found.length === 0 ? callback(missing) : callback(null, found)));
  };
  mock.method(dns, 'lookup', lookup as unknown as typeof dns.lookup);
  syncBuiltinESMExports();
  context.after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { asked };
}

describe('the addresses of a name', () => {
  test('are checked before anything connects to them', async (context) => {
    const server = await answering(context, ok('never'));
    resolving(context, { 'registry.example': ['127.0.0.1', '169.254.169.254'] });
    const seen: unknown[] = [];
    const refusal = new ActionError('untrusted-host', 'no');
    const checkAddresses = async (...asked: unknown[]) => {
      seen.push(asked);
      throw refusal;
    };
    const sent = transport(context).send(`http://registry.example:${server.port}/`, { checkAddresses });
    await assert.rejects(sent, refusal);
    assert.deepEqual(seen, [['registry.example', ['127.0.0.1', '169.254.169.254']]]);
    assert.equal(server.sockets.length, 0);
  });

  test('are those that are contacted, so that a name cannot change its mind between (CVE-2026-33990)', async (context) => {
    const server = await answering(context, ok('here'));
    const { asked } = resolving(context, { 'registry.example': ['127.0.0.1'] });
    const { send } = transport(context);
    assert.equal(textOf(await send(`http://registry.example:${server.port}/`)), 'here');
    assert.deepEqual(asked, ['registry.example']);
  });
});

describe('the signal of a look ends a request', { timeout: 20_000 }, () => {
  const late = new ActionError('timeout', 'the look is over');
  const stalls: Record<string, (socket: Socket) => void> = {
    'that is not answered': () => undefined,
    'whose headers have no end': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-'),
    'whose body does not come': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'),
    'whose body has no end': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'),
    'whose error has no end': (socket) => socket.write('HTTP/1.1 500 X\r\ncontent-length: 5\r\n\r\nab'),
  };
  for (const [what, answer] of Object.entries(stalls)) {
    test(what, async (context) => {
      const look = new AbortController();
      const server = await answering(context, (socket) => {
        answer(socket);
        setTimeout(() => look.abort(late), 20);
      });
      await assert.rejects(transport(context).send(server.url, { signal: look.signal }), late);
      if (server.sockets[0]?.closed === false) await once(server.sockets[0], 'close');
    });
  }

  test('before it has begun, and nothing is sent', async (context) => {
    const server = await answering(context, ok('never'));
    await assert.rejects(transport(context).send(server.url, { signal: AbortSignal.abort(late) }), late);
    assert.equal(server.sockets.length, 0);
  });
});

describe('a request without an answer is a timeout that is worth another attempt', () => {
  test('after 30 seconds, when the connection stands', async (context) => {
    let arrive = () => {};
    const asked = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const server = await answering(context, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab', arrive);
    });
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sent = transport(context).send(server.url);
    const failed = assert.rejects(sent, isTransient('timeout'));
    await asked;
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(29_999);
    assert.equal(server.sockets[0]?.closed, false);
    context.mock.timers.tick(1);
    await failed;
  });

  test('after 10 seconds, when there is no connection', async (context) => {
    mock.method(dns, 'lookup', () => undefined);
    syncBuiltinESMExports();
    context.after(() => {
      mock.restoreAll();
      syncBuiltinESMExports();
    });
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sent = transport(context).send('http://registry.example/');
    const failed = assert.rejects(sent, (error: unknown) => {
      isTransient('timeout')(error);
      return failsWith('timeout', 'no connection within 10 seconds')(error);
    });
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(10_000);
    await failed;
  });

  test('after 10 seconds, when TLS does not come about', async (context) => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
    context.after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sent = transport(context).send(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    const failed = assert.rejects(sent, failsWith('timeout', 'no connection within 10 seconds'));
    if (sockets.length === 0) await once(silent, 'connection');
    context.mock.timers.tick(10_000);
    await failed;
  });
});

/** A server that speaks TLS with a certificate for `registry.example` that nobody trusts. */
async function startTls(context: TestContext): Promise<number> {
  const server = https.createServer(makeCertificate(['registry.example']), (_, response) => response.end('secure'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('TLS', () => {
  test('with a certificate that nobody trusts is tls, and is not tried again', async (context) => {
    const port = await startTls(context);
    await assert.rejects(transport(context).send(`https://127.0.0.1:${port}/`), (error: unknown) => {
      failsWith('tls', 'self-signed', 'NODE_EXTRA_CA_CERTS')(error);
      return error instanceof ActionError && !error.transient && error.reason === 'tls';
    });
  });

  test('to a server that speaks plain HTTP is tls', async (context) => {
    const port = await startPlain(context);
    await assert.rejects(transport(context).send(`https://127.0.0.1:${port}/`), (error: unknown) => {
      failsWith('tls')(error);
      return error instanceof ActionError && error.reason === 'not-tls';
    });
  });
});

/** A server that answers TLS's first bytes as Go and nginx do. */
async function startPlain(context: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A proxy that sends every tunnel to `port`, or answers CONNECT with something else. */
async function startProxy(
  context: TestContext,
  to: number | string,
): Promise<{ seen: () => string; count: () => number }> {
  const proxy = await answering(context, (socket) => {
    if (typeof to === 'string') return void socket.end(to);
    socket.removeAllListeners('data');
    const upstream = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.on('data', (text: string) => upstream.write(text, 'latin1'));
      upstream.pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    return undefined;
  });
  setProxy(context, `http://user:p%40ss@127.0.0.1:${proxy.port}`);
  return { seen: proxy.received, count: () => proxy.sockets.length };
}

function setProxy(context: TestContext, address: string, noProxy = ''): void {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  const before = names.map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, { http_proxy: address, https_proxy: address, no_proxy: noProxy });
  context.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

describe('a proxy of the runner', () => {
  test('is used, by CONNECT and with its password, which the registry does not see', async (context) => {
    const server = await answering(context, ok('through'));
    const { seen } = await startProxy(context, server.port);
    resolving(context, {});
    const { send } = transport(context);
    assert.equal(textOf(await send('http://registry.example:5000/v2/')), 'through');
    assert.match(seen(), /^CONNECT registry\.example:5000 HTTP\/1\.1\r\n/);
    assert.match(
      seen(),
      new RegExp(`proxy-authorization: Basic ${Buffer.from('user:p@ss').toString('base64')}\r\n`, 'i'),
    );
    assert.match(server.received(), /^GET \/v2\/ HTTP\/1\.1\r\n/);
    assert.doesNotMatch(server.received(), /proxy-authorization/i);
  });

  test('is not used for loopback, nor for what no_proxy names', async (context) => {
    const server = await answering(context, ok('direct'));
    const { count } = await startProxy(context, 'HTTP/1.1 500 X\r\n\r\n');
    process.env['no_proxy'] = 'other.example,.internal.example';
    resolving(context, { 'registry.internal.example': ['127.0.0.1'] });
    const { send } = transport(context);
    assert.equal(textOf(await send(server.url)), 'direct');
    assert.equal(textOf(await send(`http://registry.internal.example:${server.port}/`)), 'direct');
    assert.equal(count(), 0);
  });

  test('does not keep certificates from being checked', async (context) => {
    await startProxy(context, await startTls(context));
    resolving(context, {});
    const sent = transport(context).send('https://registry.example/');
    await assert.rejects(sent, failsWith('tls', 'self-signed'));
  });

  test('does not keep addresses from being checked that this machine knows', async (context) => {
    const { count } = await startProxy(context, 'HTTP/1.1 500 X\r\n\r\n');
    resolving(context, { 'registry.example': ['10.0.0.1'] });
    const refusal = new ActionError('untrusted-host', 'no');
    const checkAddresses = async (_: string, addresses: readonly string[]) => {
      assert.deepEqual(addresses, ['10.0.0.1']);
      throw refusal;
    };
    await assert.rejects(transport(context).send('https://registry.example/', { checkAddresses }), refusal);
    assert.equal(count(), 0);
  });

  test('that wants a password is network, and is not tried again', async (context) => {
    await startProxy(context, 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    resolving(context, {});
    await assert.rejects(transport(context).send('https://registry.example/'), (error: unknown) => {
      failsWith('network', '407', 'https_proxy')(error);
      return error instanceof ActionError && !error.transient;
    });
  });

  test('that is not there is network, and is tried again', async (context) => {
    setProxy(context, `http://127.0.0.1:${await freePort()}`);
    resolving(context, {});
    const sent = transport(context).send('https://registry.example/');
    await assert.rejects(sent, isTransient('network'));
  });

  test('that does not answer CONNECT is a timeout after 10 seconds', async (context) => {
    let arrive = () => {};
    const asked = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const proxy = await answering(context, () => arrive());
    setProxy(context, `http://127.0.0.1:${proxy.port}`);
    resolving(context, {});
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sent = transport(context).send('https://registry.example/');
    const failed = assert.rejects(sent, isTransient('timeout'));
    await asked;
    context.mock.timers.tick(10_000);
    await failed;
  });

  test('whose tunnel breaks off is network, and is tried again', async (context) => {
    const server = await answering(context, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab'));
    await startProxy(context, server.port);
    resolving(context, {});
    await assert.rejects(transport(context).send('http://registry.example/'), isTransient('network', 'closed'));
  });
});
