import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { semaphore } from '../../../src/async/semaphore.ts';
import { download } from '../../../src/registry/download.ts';
import { type BlobServer, blobServer, chunks, closed } from '../../support/blob-server.ts';
import { operation } from '../../support/fake-store.ts';
import { settled } from '../../support/transport.ts';

const mebibyte = 1024 * 1024;
const piece = 8 * mebibyte;
const large = Buffer.alloc(64 * mebibyte);
for (let at = 0; at < large.length; at += 4096) large.writeUInt32LE(at, at);

async function downloaded(server: BlobServer, slots = semaphore(8)): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of download(server.descriptor, server.fetch, { operation, slots })) parts.push(chunk);
  return Buffer.concat(parts);
}

test('a piece that is served as the whole blob is cut to what was asked for', async () => {
  const server = blobServer(large, ({ range }) => (range?.start === 0 ? undefined : { status: 200 }));
  assert.ok(large.equals(await downloaded(server)));
});

test('a piece that breaks off and is resumed with the whole blob is cut to what was asked for', async () => {
  const server = blobServer(large, ({ range, count }) => {
    if (count === 1) return { bytes: chunks(large.subarray(0, 5 * mebibyte), closed()) };
    return range?.start === 5 * mebibyte ? { status: 200 } : undefined;
  });
  assert.ok(large.equals(await downloaded(server)));
});

test('no more than a piece is read ahead of a response without an end', async () => {
  const taken = new Map<number, number>();
  const endless = async function* (start: number) {
    for (let at = 0; at < 20 * piece; at += mebibyte) {
      taken.set(start, at);
      yield Buffer.alloc(mebibyte);
      await settled();
    }
  };
  const slow = async function* () {
    for (let round = 0; round < 400; round += 1) await settled();
    yield* chunks(large.subarray(0, piece));
  };
  const server = blobServer(large, ({ range }) =>
    range?.start === 0 ? { bytes: slow() } : { status: 200, bytes: endless(range?.start ?? 0) },
  );
  await downloaded(server).catch(() => undefined);
  for (const [start, bytes] of taken) assert.ok(bytes <= start + piece + mebibyte, `${bytes} bytes for ${start}`);
});

test('a slot is given back when the piece that it was for fails', async () => {
  const slots = semaphore(4);
  const server = blobServer(large, ({ range }) =>
    range?.start === piece ? { contentRange: 'bytes 0-1/2' } : undefined,
  );
  await assert.rejects(downloaded(server, slots));
  await settled();
  let free = 0;
  while (slots.tryAcquire() !== undefined) free += 1;
  assert.equal(free, 4);
});

test('bytes that are skipped count as progress where the server starts over', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const content = large.subarray(0, 20 * mebibyte);
    const slow = async function* (signal: AbortSignal) {
      for (let at = 0; at < content.length; at += mebibyte) {
        signal.throwIfAborted();
        mock.timers.tick(10_000);
        await settled();
        yield content.subarray(at, at + mebibyte);
      }
    };
    const server = blobServer(content, ({ count, operation: within }) => ({
      status: 200,
      bytes: count === 1 ? chunks(content.subarray(0, 15 * mebibyte), closed()) : slow(within.signal),
    }));
    assert.ok(content.equals(await downloaded(server)));
  } finally {
    mock.timers.reset();
  }
});
