import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { withWholeBody } from '../../../../src/registry/http/body.ts';
import type { OpenResponse, Request } from '../../../../src/registry/http/transport.ts';
import { failsWith, requestTo } from '../../../support/transport.ts';

interface FakeBody {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** Chunks of the body; an error is thrown in its place. */
  readonly chunks?: readonly (string | Error)[];
  /** What is waited for after the chunks; nothing when the body ends. */
  readonly rest?: Promise<never>;
}

/** Sends one request whose response has this body, and tells whether it was closed and how much was read. */
function reading({ status = 200, headers = {}, chunks = [], rest }: FakeBody, request: Partial<Request> = {}) {
  const seen = { closed: 0, chunks: 0 };
  async function* body() {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      seen.chunks += 1;
      yield Buffer.from(chunk);
    }
    if (rest) await rest;
  }
  const url = new URL('https://registry.example/v2/');
  const response: OpenResponse = {
    status,
    headers,
    url,
    address: '203.0.113.1',
    body: body(),
    close() {
      seen.closed += 1;
    },
  };
  const result = withWholeBody(async () => response)(requestTo(url.href, { maxBytes: 10, ...request }));
  return { seen, result };
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const broken = new ActionError('network', 'broke off', { transient: true });

describe('the body of a good response', () => {
  test('is read whole, in whatever pieces it comes, and its head is kept', async () => {
    for (const headers of [{}, { 'content-length': ['5'] }]) {
      const { result, seen } = reading({ headers, chunks: ['a', 'bcd', '', 'e'] });
      const { body, ...head } = await result;
      assert.equal(textOf(body), 'abcde');
      assert.deepEqual([head.status, head.address, head.headers], [200, '203.0.113.1', headers]);
      assert.equal(seen.closed, 0);
    }
  });

  test('of just the limit is read, and a byte more is too-large', async () => {
    assert.equal((await reading({ chunks: ['0123456789'] }).result).body.byteLength, 10);
    const { result, seen } = reading({ chunks: ['01234', '56789', 'x'] });
    await assert.rejects(result, failsWith('too-large', 'more than 10'));
    assert.equal(seen.closed, 1);
  });

  test('that declares more than the limit is too-large before anything is read', async () => {
    const { result, seen } = reading({ headers: { 'content-length': ['11'] }, chunks: ['x'] });
    await assert.rejects(result, failsWith('too-large', 'has 11 bytes', 'at most 10'));
    assert.deepEqual(seen, { closed: 1, chunks: 0 });
  });

  test('that declares less than comes, or nonsense, is what comes', async () => {
    for (const length of ['2', 'many', '']) {
      const { result } = reading({ headers: { 'content-length': [length] }, chunks: ['abc', 'def'] });
      assert.equal(textOf((await result).body), 'abcdef', length);
    }
  });

  test('that breaks off is that error', async () => {
    const { result, seen } = reading({ chunks: ['abc', broken] });
    await assert.rejects(result, broken);
    assert.equal(seen.closed, 1);
  });

  test('to HEAD is nothing, whatever its headers say', async () => {
    const headers = { 'content-length': ['99999999'], 'content-encoding': ['gzip'] };
    const { body } = await reading({ headers }, { method: 'HEAD', maxBytes: 0 }).result;
    assert.equal(body.byteLength, 0);
  });

  for (const encoding of ['gzip', 'br', 'identity, gzip']) {
    test(`with the content encoding ${encoding} is registry-error, and nothing is inflated`, async () => {
      const { result, seen } = reading({ headers: { 'content-encoding': [encoding] }, chunks: ['x'] });
      await assert.rejects(result, failsWith('registry-error', 'content encoding', encoding));
      assert.deepEqual(seen, { closed: 1, chunks: 0 });
    });
  }
});

describe('a stream', () => {
  test('is left to the caller, however long it says to be', async () => {
    const { result, seen } = reading(
      { headers: { 'content-length': ['999'] }, chunks: ['ab', 'cd'] },
      { isStream: true },
    );
    const { body, stream } = await result;
    assert.deepEqual([body.byteLength, seen.chunks], [0, 0]);
    const chunks: string[] = [];
    for await (const chunk of stream?.body ?? []) chunks.push(textOf(chunk));
    assert.deepEqual(chunks, ['ab', 'cd']);
    stream?.close();
    assert.equal(seen.closed, 1);
  });

  test('is none where the response is an error: its beginning is read', async () => {
    const { body, stream } = await reading({ status: 404, chunks: ['gone'] }, { isStream: true }).result;
    assert.deepEqual([textOf(body), stream], ['gone', undefined]);
  });

  test('that is encoded is registry-error', async () => {
    const { result } = reading({ headers: { 'content-encoding': ['gzip'] } }, { isStream: true });
    await assert.rejects(result, failsWith('registry-error'));
  });
});

describe('the body of an error response', () => {
  test('is read up to 64 KiB, whatever the limit of a good one is', async () => {
    const chunk = 'x'.repeat(40_000);
    assert.equal((await reading({ status: 500, chunks: [chunk] }, { maxBytes: 0 }).result).body.byteLength, 40_000);
    const { body } = await reading({ status: 500, chunks: [chunk, chunk, chunk] }).result;
    assert.equal(body.byteLength, 64 * 1024);
  });

  test('that is announced as 9 GB is judged by its status', async () => {
    const { result } = reading({ status: 404, headers: { 'content-length': ['9000000000'] }, chunks: ['no', broken] });
    const { status, body } = await result;
    assert.deepEqual([status, textOf(body)], [404, 'no']);
  });

  test('that breaks off, or is encoded, changes nothing', async () => {
    for (const body of [
      { chunks: ['begin', broken] },
      { chunks: ['begin'], headers: { 'content-encoding': ['gzip'] } },
    ]) {
      const response = await reading({ status: 503, ...body }).result;
      assert.deepEqual([response.status, textOf(response.body)], [503, 'begin']);
    }
  });

  test('that never ends is given up after 5 seconds, and its status is the news', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    let end = (_: Error) => {};
    const rest = new Promise<never>((_, reject) => (end = reject));
    const url = new URL('https://registry.example/v2/');
    let closed = 0;
    async function* body() {
      yield Buffer.from('begin');
      await rest;
    }
    const close = () => {
      closed += 1;
      end(broken);
    };
    const response: OpenResponse = { status: 401, headers: {}, url, address: undefined, body: body(), close };
    const result = withWholeBody(async () => response)(requestTo(url.href));
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(4_999);
    assert.equal(closed, 0);
    t.mock.timers.tick(1);
    assert.equal(closed, 1);
    const { status, body: read } = await result;
    assert.deepEqual([status, textOf(read)], [401, 'begin']);
  });

  test('that never ends is given up earlier, where the operation has less time left', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    let end = (_: Error) => {};
    const rest = new Promise<never>((_, reject) => (end = reject));
    const url = new URL('https://registry.example/v2/');
    let closed = 0;
    async function* body() {
      yield Buffer.from('begin');
      await rest;
    }
    const response: OpenResponse = {
      status: 401,
      headers: {},
      url,
      address: undefined,
      body: body(),
      close() {
        closed += 1;
        end(broken);
      },
    };
    const result = withWholeBody(async () => response)(requestTo(url.href, { deadline: Date.now() + 100 }));
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(100);
    assert.equal(closed, 1);
    assert.equal((await result).status, 401);
  });
});
