import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, mock, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ActionError, type ErrorCode } from '../../../../src/error.ts';
import { withWholeBody } from '../../../../src/registry/http/body.ts';
import { rateLimits } from '../../../../src/registry/http/rate-limit.ts';
import { withRetries } from '../../../../src/registry/http/retry.ts';
import { openSockets } from '../../../../src/registry/http/sockets.ts';
import type { AddressPolicy, OpenResponse, Request, Response } from '../../../../src/registry/http/transport.ts';
import { makeCertificate } from '../../../support/certificate.ts';
import { freePort, type RawServer, startRawServer } from '../../../support/raw-server.ts';
import { failsWith, fakeClock, requestTo } from '../../../support/transport.ts';

type Send = (url: string, more?: Partial<Request>) => Promise<Response>;

/** Sockets that close with their test, with bodies read whole. */
function transport(context: TestContext): { send: Send; close: () => void } {
  const { send, close } = openSockets('image-digests/test');
  context.after(close);
  const whole = withWholeBody(send);
  return { send: (url, more) => whole(requestTo(url, more)), close };
}

/** A server whose every response is this text, after which the connection stays open unless it is to end. */
async function responding(
  context: TestContext,
  response: string | Buffer | ((socket: Socket, count: number) => void),
  host?: string,
): Promise<RawServer> {
  const reply = typeof response === 'function' ? response : (socket: Socket) => socket.write(response);
  const server = await startRawServer(reply, host);
  context.after(server.close);
  return server;
}

const ok = (body: string, ...headers: string[]) =>
  ['HTTP/1.1 200 OK', `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');
const textOf = ({ body }: Response) => Buffer.from(body).toString();

describe('a response', () => {
  test('has its status, headers, body, place and address', async (context) => {
    const { url } = await responding(context, ok('hello', 'X-One: 1', 'www-authenticate: a', 'WWW-Authenticate: b'));
    const response = await transport(context).send(`${url}?x=1`);
    assert.equal(response.status, 200);
    assert.equal(textOf(response), 'hello');
    assert.deepEqual(response.headers['x-one'], ['1']);
    assert.deepEqual(response.headers['www-authenticate'], ['a', 'b']);
    assert.equal(response.url.href, `${url}?x=1`);
    assert.equal(response.address, '127.0.0.1');
  });

  test('may come in chunks, or end with the connection', async (context) => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
    const one = await responding(context, chunked);
    assert.equal(textOf(await transport(context).send(one.url)), 'abcde');
    const two = await responding(context, (socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfghij'));
    assert.equal(textOf(await transport(context).send(two.url)), 'fghij');
  });

  test('to HEAD has no body, whatever length it states', async (context) => {
    const { url } = await responding(context, 'HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n');
    const response = await transport(context).send(url, { method: 'HEAD' });
    assert.equal(response.body.byteLength, 0);
    assert.deepEqual(response.headers['content-length'], ['99999999']);
  });

  test('is a redirect as it is: nothing is followed here', async (context) => {
    const { url } = await responding(context, 'HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n');
    const response = await transport(context).send(url);
    assert.deepEqual([response.status, response.headers['location']], [307, ['/elsewhere']]);
  });
});

describe('a request', () => {
  test('says who we are and that nothing may be compressed, and its own headers', async (context) => {
    const server = await responding(context, ok(''));
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
    const server = await responding(context, ok(''));
    await transport(context).send(server.url, { method: 'POST', body: 'é=1' });
    assert.match(server.received(), /content-length: 4\r\n/i);
    assert.ok(server.received().endsWith(`\r\n\r\n${Buffer.from('é=1').toString('latin1')}`));
  });

  test('reaches IPv6', async (context) => {
    const server = await responding(context, ok('six'), '::1');
    assert.equal(textOf(await transport(context).send(server.url)), 'six');
    assert.match(server.received(), new RegExp(`host: \\[::1\\]:${server.port}\r\n`, 'i'));
  });

  test('uses a connection that is there already', async (context) => {
    const server = await responding(context, ok('again'));
    const { send } = transport(context);
    for (let at = 0; at < 3; at += 1) await send(server.url);
    assert.equal(server.sockets.length, 1);
  });

  test('does not use a connection that was opened under another policy for addresses (CVE-2026-33990)', async (context) => {
    const server = await responding(context, ok('again'));
    const { send } = transport(context);
    const [one, two] = ['one', 'two'].map((name): AddressPolicy => ({ name, check: () => undefined }));
    for (const addressPolicy of [one, two, one, two, { ...one }])
      await send(server.url, { addressPolicy } as Partial<Request>);
    assert.equal(server.sockets.length, 2);
  });

  test('that was sent on a connection which the server closes just then is sent on a new one, at the cost of no attempt', async (context) => {
    const server = await responding(context, (socket, count) =>
      count === 2 ? socket.destroy() : socket.write(ok(`response ${count}`)),
    );
    const { send } = transport(context);
    await send(server.url);
    assert.equal(textOf(await send(server.url)), 'response 3');
    assert.equal(server.sockets.length, 2);
  });

  test('that was sent on a pooled connection, all of which ended meanwhile, is sent on a new one', async (context) => {
    let isOver = false;
    const server = await responding(context, (socket) => {
      if (isOver && server.sockets.indexOf(socket) < 4) socket.destroy();
      else if (isOver) socket.write(ok('again'));
      else if (server.sockets.length === 4) for (const one of server.sockets) one.write(ok('first'));
    });
    const { send } = transport(context);
    await Promise.all([1, 2, 3, 4].map(() => send(server.url)));
    isOver = true;
    assert.equal(textOf(await send(server.url)), 'again');
    assert.equal(server.sockets.length, 5);
  });

  test('on a new connection which ends before a response is worth another attempt, and sent once', async (context) => {
    const server = await responding(context, (socket) => socket.destroy());
    await assert.rejects(transport(context).send(server.url), isTransient('network', 'closed'));
    assert.equal(server.sockets.length, 1);
  });

  test('with a header that cannot be sent is network, and no defect, and shows nothing that is secret', async (context) => {
    const server = await responding(context, ok(''));
    const sending = transport(context).send(server.url, { headers: { authorization: 'Bearer a\nsecret' } });
    await assert.rejects(sending, (error: unknown) => {
      failsWith('network')(error);
      assert.doesNotMatch((error as Error).message, /secret/);
      return true;
    });
    assert.equal(server.received(), '');
  });
});

test('connections end with the sockets', async (context) => {
  const server = await responding(context, ok('x'));
  const { send, close } = transport(context);
  await send(server.url);
  const [socket] = server.sockets;
  assert.ok(socket);
  const ended = once(socket, 'close');
  close();
  await ended;
});

function isTransient(code: ErrorCode, cause?: string): (error: unknown) => true {
  return (error) => {
    failsWith(code)(error);
    assert.ok(error instanceof ActionError && error.transient, 'it is not worth another attempt');
    if (cause !== undefined) assert.equal(error.cause, cause);
    return true;
  };
}

describe('a body that breaks off is an error that is worth another attempt', () => {
  const broken: Record<string, string> = {
    'before the declared length': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!',
    'without a byte of the declared length': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n',
    'within a chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nfive!',
    'between chunks': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfive!\r\n',
    'in the headers': 'HTTP/1.1 200 OK\r\ncontent-le',
    'before anything': '',
  };
  for (const [where, text] of Object.entries(broken)) {
    test(where, async (context) => {
      for (const end of ['end', 'resetAndDestroy'] as const) {
        const server = await responding(context, (socket) => {
          if (text === '') socket[end]();
          else socket.write(text, () => setImmediate(() => socket[end]()));
        });
        await assert.rejects(transport(context).send(server.url), isTransient('network', 'closed'));
      }
    });
  }

  for (const [what, head] of Object.entries({
    'an error': 'HTTP/1.1 404 Not Found',
    'a redirect': 'HTTP/1.1 307 X\r\nlocation: /',
  })) {
    test(`but not in ${what}, whose status has said the most of it`, async (context) => {
      const server = await responding(context, (socket) => socket.end(`${head}\r\ncontent-length: 10\r\n\r\nfive!`));
      const response = await transport(context).send(server.url);
      assert.deepEqual([response.status, textOf(response)], [what === 'an error' ? 404 : 307, 'five!']);
    });
  }

  test('and the next attempt may bring it whole', async (context) => {
    const server = await responding(context, (socket, count) => {
      if (count === 1) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!');
      else socket.write(ok('whole'));
    });
    const { send, close } = openSockets('test');
    context.after(close);
    const clock = fakeClock(0);
    const retrying = withRetries(withWholeBody(send), rateLimits(clock), clock);
    assert.equal(textOf(await retrying(requestTo(server.url))), 'whole');
  });
});

describe('too-large', () => {
  const limited = { maxBytes: 100 };

  test('is a body that declares more than the limit, before it has come', async (context) => {
    const { url } = await responding(context, 'HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n');
    await assert.rejects(transport(context).send(url, limited), failsWith('too-large', 'has 101 bytes', 'at most 100'));
  });

  test('is a body that grows beyond the limit without declaring it', async (context) => {
    const endless = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `40\r\n${'x'.repeat(64)}\r\n`;
      const timer = setInterval(() => socket.write(chunk), 1);
      socket.on('close', () => clearInterval(timer));
    };
    const server = await responding(context, endless);
    await assert.rejects(transport(context).send(server.url, limited), failsWith('too-large', 'more than 100'));
    if (server.sockets[0]?.closed === false) await once(server.sockets[0], 'close');
  });

  test('is a body without an end that ends with the connection', async (context) => {
    const { url } = await responding(context, (socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(101)}`));
    await assert.rejects(transport(context).send(url, limited), failsWith('too-large'));
  });

  test('is not a body of just the limit', async (context) => {
    const { url } = await responding(context, ok('x'.repeat(100)));
    assert.equal((await transport(context).send(url, limited)).body.byteLength, 100);
  });

  test('is not an error response: its beginning is read, 64 KiB of it', async (context) => {
    const body = 'y'.repeat(200_000);
    for (const head of ['content-length: 200000', 'connection: close']) {
      const { url } = await responding(context, (socket) => socket.end(`HTTP/1.1 500 X\r\n${head}\r\n\r\n${body}`));
      const response = await transport(context).send(url, limited);
      assert.deepEqual([response.status, response.body.byteLength], [500, 64 * 1024]);
    }
  });

  test('is not an error response above the limit of a good one', async (context) => {
    const { url } = await responding(context, ok('z'.repeat(1000)).replace('200 OK', '401 Unauthorized'));
    assert.equal((await transport(context).send(url, limited)).body.byteLength, 1000);
  });
});

describe('a content encoding', () => {
  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'GZIP', 'identity, gzip', 'x-unknown']) {
    test(`${encoding} is registry-error, and nothing is inflated`, async (context) => {
      const body = gzipSync('{}');
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
      const { url } = await responding(context, Buffer.concat([Buffer.from(head), body]));
      await assert.rejects(transport(context).send(url), failsWith('registry-error', 'content encoding', encoding));
    });
  }

  for (const encoding of ['identity', 'Identity', '']) {
    test(`"${encoding}" is none`, async (context) => {
      const { url } = await responding(context, ok('plain', `content-encoding: ${encoding}`));
      assert.equal(textOf(await transport(context).send(url)), 'plain');
    });
  }

  test('of an error response does not hide its status', async (context) => {
    const { url } = await responding(context, ok('x', 'content-encoding: gzip').replace('200 OK', '404 Not Found'));
    assert.equal((await transport(context).send(url)).status, 404);
  });
});

describe('a response that is not HTTP is registry-error', () => {
  const responses: Record<string, string> = {
    'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
    'a TLS alert': '\u0015\u0003\u0001\u0000\u0002\u0002\u0046',
    'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    'a length that is no number': 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n',
    'headers without an end': `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`,
  };
  for (const [what, text] of Object.entries(responses)) {
    test(what, async (context) => {
      const { url } = await responding(context, text);
      await assert.rejects(transport(context).send(url), (error: unknown) => {
        failsWith('registry-error', 'not valid HTTP')(error);
        assert.equal(error instanceof ActionError && error.transient, false);
        return true;
      });
    });
  }
});

test('headers of 100 KB are read: Google Artifact Registry sends 21', async (context) => {
  const { url } = await responding(
    context,
    ok('x', ...Array.from({ length: 10 }, (_, at) => `x-${at}: ${'y'.repeat(10_000)}`)),
  );
  assert.equal((await transport(context).send(url)).headers['x-9']?.[0]?.length, 10_000);
});

describe('a stream', { timeout: 20_000 }, () => {
  const open = async (context: TestContext, server: RawServer, more: Partial<Request> = {}): Promise<OpenResponse> => {
    const { send, close } = openSockets('test');
    context.after(close);
    return send(requestTo(server.url, { isStream: true, ...more }));
  };

  test('is given while it comes, beyond any limit of bytes, in pieces of 256 KiB', async (context) => {
    const first = 'x'.repeat(256 * 1024);
    const server = await responding(context, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${first.length + 3}\r\n\r\n${first}`);
    });
    const { body } = await open(context, server, { maxBytes: 0 });
    const chunks: string[] = [];
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk).toString());
      if (chunks.length === 1) server.sockets[0]?.write('def');
    }
    assert.equal(chunks.join(''), `${first}def`);
    assert.ok(chunks.length <= 3);
  });

  test('gives what came before it broke off', async (context) => {
    const server = await responding(context, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc'));
    const { body } = await open(context, server);
    const chunks: string[] = [];
    const read = async () => {
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
    };
    await assert.rejects(read, isTransient('network', 'closed'));
    assert.equal(chunks.join(''), 'abc');
  });

  test('that breaks off fails at its end', async (context) => {
    const server = await responding(context, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc'));
    const { body } = await open(context, server);
    await assert.rejects(
      async () => {
        for await (const _ of body);
      },
      isTransient('network', 'closed'),
    );
  });

  test('that is closed ends its connection', async (context) => {
    const server = await responding(context, 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc');
    const { close } = await open(context, server);
    const [socket] = server.sockets;
    assert.ok(socket);
    const ended = once(socket, 'close');
    close();
    await ended;
  });
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
function resolving(context: TestContext, names: Readonly<Record<string, readonly string[]>>): { lookups: string[] } {
  const lookups: string[] = [];
  type Callback = (error: Error | null, entries?: { address: string; family: number }[]) => void;
  const lookup = (name: string, _options: unknown, callback: Callback) => {
    lookups.push(name);
    const entries = (names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const missing = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    setImmediate(() => (entries.length === 0 ? callback(missing) : callback(null, entries)));
  };
  mock.method(dns, 'lookup', lookup as unknown as typeof dns.lookup);
  syncBuiltinESMExports();
  context.after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { lookups };
}

describe('the addresses of a name', () => {
  test('are checked before anything connects to them', async (context) => {
    const server = await responding(context, ok('never'));
    resolving(context, { 'registry.example': ['127.0.0.1', '169.254.169.254'] });
    const seen: unknown[] = [];
    const refusal = new ActionError('untrusted-host', 'no');
    const addressPolicy: AddressPolicy = {
      name: 'none',
      check(...parameters) {
        seen.push(parameters);
        throw refusal;
      },
    };
    const sending = transport(context).send(`http://registry.example:${server.port}/`, { addressPolicy });
    await assert.rejects(sending, refusal);
    assert.deepEqual(seen, [['registry.example', ['127.0.0.1', '169.254.169.254']]]);
    assert.equal(server.sockets.length, 0);
  });

  test('are those that are contacted, so that a name cannot change its mind between (CVE-2026-33990)', async (context) => {
    const server = await responding(context, ok('here'));
    const { lookups } = resolving(context, { 'registry.example': ['127.0.0.1'] });
    const { send } = transport(context);
    assert.equal(textOf(await send(`http://registry.example:${server.port}/`)), 'here');
    assert.deepEqual(lookups, ['registry.example']);
  });
});

describe('the signal of an operation ends a request', { timeout: 20_000 }, () => {
  const late = new ActionError('timeout', 'the operation is over');
  const stalls: Record<string, (socket: Socket) => void> = {
    'without a response': () => undefined,
    'whose headers have no end': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-'),
    'whose body does not come': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'),
    'whose body has no end': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'),
  };
  for (const [what, stall] of Object.entries(stalls)) {
    test(what, async (context) => {
      const operation = new AbortController();
      const server = await responding(context, (socket) => {
        stall(socket);
        setTimeout(() => operation.abort(late), 20);
      });
      await assert.rejects(transport(context).send(server.url, { signal: operation.signal }), late);
      if (server.sockets[0]?.closed === false) await once(server.sockets[0], 'close');
    });
  }

  test('before it has begun, and nothing is sent', async (context) => {
    const server = await responding(context, ok('never'));
    await assert.rejects(transport(context).send(server.url, { signal: AbortSignal.abort(late) }), late);
    assert.equal(server.sockets.length, 0);
  });
});

describe('a request without a response is a timeout that is worth another attempt', () => {
  test('after the time of an attempt, when the connection stands', async (context) => {
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const server = await responding(context, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab', arrive);
    });
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sending = transport(context).send(server.url, { attemptMs: 60_000 });
    const failed = assert.rejects(sending, isTransient('timeout', 'attempt-timeout'));
    await arrival;
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(59_999);
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
    const sending = transport(context).send('http://registry.example/');
    const failed = assert.rejects(sending, (error: unknown) => {
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
    const sending = transport(context).send(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    const failed = assert.rejects(sending, failsWith('timeout', 'no connection within 10 seconds'));
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
      return error instanceof ActionError && !error.transient && error.cause === 'tls';
    });
  });

  test('to a server that speaks plain HTTP is tls', async (context) => {
    const port = await startPlain(context);
    await assert.rejects(transport(context).send(`https://127.0.0.1:${port}/`), (error: unknown) => {
      failsWith('tls')(error);
      return error instanceof ActionError && error.cause === 'not-tls';
    });
  });
});

/** A server that responds to TLS's first bytes as Go and nginx do. */
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

/** A proxy that sends every tunnel to a port, or responds to CONNECT with something else. */
async function startProxy(
  context: TestContext,
  to: number | string,
): Promise<{ seen: () => string; count: () => number }> {
  const proxy = await responding(context, (socket) => {
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
  test('is used for https by CONNECT, with its password', async (context) => {
    const { seen } = await startProxy(context, await startTls(context));
    resolving(context, {});
    await assert.rejects(transport(context).send('https://registry.example:5000/v2/'), failsWith('tls'));
    assert.match(seen(), /^CONNECT registry\.example:5000 HTTP\/1\.1\r\n/);
    assert.match(
      seen(),
      new RegExp(`proxy-authorization: Basic ${Buffer.from('user:p@ss').toString('base64')}\r\n`, 'i'),
    );
  });

  test('is used for plain HTTP with the whole URL, and the address of the registry is not known', async (context) => {
    const proxy = await responding(context, ok('through'));
    setProxy(context, `http://user:p%40ss@127.0.0.1:${proxy.port}`);
    resolving(context, {});
    const response = await transport(context).send('http://registry.example:5000/v2/?x=1');
    assert.deepEqual([textOf(response), response.address], ['through', undefined]);
    assert.match(proxy.received(), /^GET http:\/\/registry\.example:5000\/v2\/\?x=1 HTTP\/1\.1\r\n/);
    assert.match(proxy.received(), /\r\nhost: registry\.example:5000\r\n/i);
    assert.match(
      proxy.received(),
      new RegExp(`proxy-authorization: Basic ${Buffer.from('user:p@ss').toString('base64')}\r\n`, 'i'),
    );
  });

  test('may be at an IPv6 address', async (context) => {
    const proxy = await responding(context, ok('six'), '::1');
    setProxy(context, `http://[::1]:${proxy.port}`);
    resolving(context, {});
    assert.equal(textOf(await transport(context).send('http://registry.example/')), 'six');
  });

  test('is used for a name that only begins like a loopback address', async (context) => {
    const proxy = await responding(context, ok('through'));
    setProxy(context, `http://127.0.0.1:${proxy.port}`);
    resolving(context, {});
    assert.equal(textOf(await transport(context).send('http://127.evil.example/')), 'through');
  });

  test('is not used for loopback, nor for what no_proxy names', async (context) => {
    const server = await responding(context, ok('direct'));
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
    const sending = transport(context).send('https://registry.example/');
    await assert.rejects(sending, failsWith('tls', 'self-signed'));
  });

  test('does not keep addresses from being checked that this machine knows', async (context) => {
    const { count } = await startProxy(context, 'HTTP/1.1 500 X\r\n\r\n');
    resolving(context, { 'registry.example': ['10.0.0.1'] });
    const refusal = new ActionError('untrusted-host', 'no');
    const addressPolicy: AddressPolicy = {
      name: 'none',
      check(_, addresses) {
        assert.deepEqual(addresses, ['10.0.0.1']);
        throw refusal;
      },
    };
    await assert.rejects(transport(context).send('https://registry.example/', { addressPolicy }), refusal);
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
    const sending = transport(context).send('https://registry.example/');
    await assert.rejects(sending, isTransient('network'));
  });

  test('that does not respond to CONNECT is a timeout after 10 seconds', async (context) => {
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const proxy = await responding(context, () => arrive());
    setProxy(context, `http://127.0.0.1:${proxy.port}`);
    resolving(context, {});
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sending = transport(context).send('https://registry.example/');
    const failed = assert.rejects(sending, isTransient('timeout'));
    await arrival;
    context.mock.timers.tick(10_000);
    await failed;
  });

  test('that breaks off is network, and is tried again', async (context) => {
    const proxy = await responding(context, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab'));
    setProxy(context, `http://127.0.0.1:${proxy.port}`);
    resolving(context, {});
    await assert.rejects(transport(context).send('http://registry.example/'), isTransient('network', 'closed'));
  });

  test('whose setting is no URL is network, and shows nothing that is secret', async (context) => {
    setProxy(context, 'user:secret@bad host:1');
    resolving(context, {});
    await assert.rejects(transport(context).send('http://r.example/'), (error: unknown) => {
      failsWith('network')(error);
      const { message, advice } = error as ActionError;
      assert.doesNotMatch(`${message} ${advice}`, /secret/);
      return true;
    });
  });
});
