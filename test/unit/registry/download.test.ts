import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { type Semaphore, semaphore } from '../../../src/async/semaphore.ts';
import { ActionError } from '../../../src/error.ts';
import { download } from '../../../src/registry/download.ts';
import { type BlobServer, blobServer, chunks, closed, silence } from '../../support/blob-server.ts';
import { operation } from '../../support/fake-store.ts';
import { failsWith, settled } from '../../support/transport.ts';

const mebibyte = 1024 * 1024;
const small = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 31) >> 3));
const large = Buffer.alloc(40 * mebibyte);
for (let at = 0; at < large.length; at += 4096) large.writeUInt32LE(at, at);

interface Setting {
  readonly slots?: Semaphore;
  readonly signal?: AbortSignal;
  readonly lines?: string[];
}

/** Downloads from a server; fails like the download, and when a body is left open. */
async function downloaded(
  server: BlobServer,
  { slots = semaphore(8), signal, lines = [] }: Setting = {},
): Promise<Buffer> {
  const within = {
    ...operation,
    signal: signal ?? operation.signal,
    trace: (_: string, line: string) => void lines.push(line),
  };
  const parts: Uint8Array[] = [];
  for await (const chunk of download(server.descriptor, server.fetch, { operation: within, slots })) parts.push(chunk);
  return Buffer.concat(parts);
}

/** How many slots are free. */
function freeSlots(slots: Semaphore): number {
  const taken: (() => void)[] = [];
  for (let release = slots.tryAcquire(); release !== undefined; release = slots.tryAcquire()) taken.push(release);
  for (const release of taken) release();
  return taken.length;
}

describe('a blob', () => {
  test('comes by one request without a range, whole', async () => {
    const server = blobServer(small);
    assert.ok(small.equals(await downloaded(server)));
    assert.deepEqual(server.requests, ['whole']);
    assert.equal(server.open(), 0);
  });

  test('of no bytes comes, too', async () => {
    const server = blobServer(new Uint8Array());
    assert.equal((await downloaded(server)).length, 0);
    assert.deepEqual(server.requests, ['whole']);
  });

  test('that a server gives with 206 for the whole is good', async () => {
    const contentRange = `bytes 0-${small.length - 1}/${small.length}`;
    assert.ok(small.equals(await downloaded(blobServer(small, () => ({ status: 206, contentRange })))));
  });

  test('with one wrong bit is digest-mismatch', async () => {
    for (const at of [0, 100_000, small.length - 1]) {
      const wrong = Buffer.from(small);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      const server = blobServer(small, () => ({ bytes: wrong }));
      const error = await downloaded(server).catch((reason: unknown) => reason);
      assert.ok(failsWith('digest-mismatch')(error));
      assert.equal((error as ActionError).cause, undefined, 'it was not resumed');
      assert.equal(server.open(), 0);
    }
  });

  test('with one byte more or one less is size-mismatch', async () => {
    for (const bytes of [Buffer.concat([small, Buffer.from([0])]), small.subarray(0, -1), Buffer.alloc(0)]) {
      const server = blobServer(small, () => ({ bytes }));
      await assert.rejects(downloaded(server), failsWith('size-mismatch', server.descriptor.digest));
      assert.equal(server.open(), 0);
    }
  });

  test('without an end is size-mismatch as soon as it is too large', async () => {
    let sent = 0;
    const endless = async function* () {
      for (;;) {
        sent += 65_536;
        yield Buffer.alloc(65_536);
      }
    };
    const server = blobServer(small, () => ({ bytes: endless() }));
    await assert.rejects(downloaded(server), failsWith('size-mismatch', 'more than'));
    assert.ok(sent <= small.length + 2 * 65_536, `${sent} bytes were read`);
  });
});

describe('a connection that breaks', () => {
  test('is resumed by Range where it ended, three times, and each is told', async () => {
    const cuts = [50_000, 70_000, 130_000];
    const server = blobServer(small, ({ range, count }) => {
      const cut = cuts[count - 1];
      return cut === undefined ? undefined : { bytes: chunks(small.subarray(range?.start ?? 0, cut), closed(), 9999) };
    });
    const lines: string[] = [];
    assert.ok(small.equals(await downloaded(server, { lines })));
    const last = small.length - 1;
    assert.deepEqual(server.requests, ['whole', `50000-${last}`, `70000-${last}`, `130000-${last}`]);
    assert.equal(lines.length, 3);
    assert.match(lines[1] ?? '', /broke off at 70000 of 200000 bytes: resuming/);
    assert.equal(server.open(), 0);
  });

  test('after the last byte is no break', async () => {
    const server = blobServer(small, () => ({ bytes: chunks(small, closed()) }));
    assert.ok(small.equals(await downloaded(server)));
    assert.deepEqual(server.requests, ['whole']);
  });

  test('starts over where the server has no ranges, and what was there is skipped', async () => {
    const server = blobServer(small, ({ count }) => ({
      status: 200,
      bytes: count < 3 ? chunks(small.subarray(0, 60_000 * count), closed(), 7777) : chunks(small, undefined, 7777),
    }));
    assert.ok(small.equals(await downloaded(server)));
    assert.equal(server.requests.length, 3);
  });

  test('and other bytes when it starts over are digest-mismatch, marked as resumed', async () => {
    const other = Buffer.from(small).fill(7, 100_000);
    const server = blobServer(small, ({ count }) => ({
      status: 200,
      bytes: count === 1 ? chunks(small.subarray(0, 60_000), closed()) : other,
    }));
    const error = await downloaded(server).catch((reason: unknown) => reason);
    assert.ok(failsWith('digest-mismatch')(error));
    assert.equal((error as ActionError).cause, 'resumed');
  });

  test('and fewer bytes than before when it starts over are size-mismatch', async () => {
    const server = blobServer(small, ({ count }) => ({
      status: 200,
      bytes: count === 1 ? chunks(small.subarray(0, 60_000), closed()) : small.subarray(0, 10),
    }));
    await assert.rejects(downloaded(server), failsWith('size-mismatch'));
  });

  test('five times without 1 MiB between is network', async () => {
    const server = blobServer(small, () => ({ bytes: chunks(small.subarray(0, 0), closed()) }));
    await assert.rejects(downloaded(server), failsWith('network', 'broke off 5 times without progress'));
    assert.equal(server.requests.length, 5);
    assert.equal(server.open(), 0);
  });

  test('more often is borne as long as 1 MiB comes each time', async () => {
    const content = large.subarray(0, 30 * mebibyte);
    const server = blobServer(content, ({ range, count }) => {
      const start = range?.start ?? 0;
      return count > 20 ? undefined : { bytes: chunks(content.subarray(start, start + mebibyte), closed()) };
    });
    assert.ok(content.equals(await downloaded(server)));
    assert.equal(server.requests.length, 21);
  });

  test('with a failure that another attempt would meet again ends the download', async () => {
    const failure = new ActionError('registry-error', 'The response is not valid HTTP.');
    const server = blobServer(small, () => ({ bytes: chunks(small.subarray(0, 1000), failure) }));
    await assert.rejects(downloaded(server), failsWith('registry-error', 'not valid HTTP'));
    assert.equal(server.requests.length, 1);
  });
});

describe('a range that was not asked for', () => {
  /** The download breaks off at 50000, and is resumed with this. */
  const resumedWith = (contentRange: string | null, bytes = small.subarray(50_000)) =>
    blobServer(small, ({ count }) =>
      count === 1
        ? { bytes: chunks(small.subarray(0, 50_000), closed(), 10_000) }
        : { status: 206, contentRange, bytes },
    );
  const last = small.length - 1;

  test('is registry-error', async () => {
    for (const value of [
      `bytes 0-${last}/${small.length}`,
      `bytes 49999-${last}/${small.length}`,
      `bytes 50001-${last}/${small.length}`,
      `bytes 50000-${last - 1}/${small.length}`,
      `bytes 50000-${small.length}/${small.length}`,
      `bytes 050000-${last}/${small.length}`,
      `bytes */${small.length}`,
      `items 50000-${last}/${small.length}`,
      `bytes 50000-${last}`,
      '',
      null,
    ]) {
      await assert.rejects(downloaded(resumedWith(value)), failsWith('registry-error', 'registry.test'), String(value));
    }
  });

  test('with another total is size-mismatch, and an unknown total is none', async () => {
    const other = resumedWith(`bytes 50000-${last}/${small.length + 1}`);
    await assert.rejects(downloaded(other), failsWith('size-mismatch', String(small.length + 1)));
    assert.ok(small.equals(await downloaded(resumedWith(`bytes 50000-${last}/*`))));
  });

  test('with more or fewer bytes than it says is registry-error', async () => {
    const right = `bytes 50000-${last}/${small.length}`;
    const longer = Buffer.concat([small.subarray(50_000), Buffer.from('x')]);
    for (const bytes of [longer, small.subarray(50_000, -1)]) {
      await assert.rejects(
        downloaded(resumedWith(right, bytes)),
        failsWith('registry-error', 'bytes than it announced'),
      );
    }
  });
});

describe('a blob of 40 MiB', () => {
  test('comes in pieces of 8 MiB after one request that tells of ranges, and in order', async () => {
    const server = blobServer(large);
    assert.ok(large.equals(await downloaded(server)));
    const piece = 8 * mebibyte;
    assert.deepEqual(
      server.requests,
      [0, 1, 2, 3, 4].map((at) => `${at * piece}-${(at + 1) * piece - 1}`),
    );
    assert.equal(server.open(), 0);
  });

  test('comes by one request where the server has no ranges', async () => {
    const server = blobServer(large, () => ({ status: 200 }));
    assert.ok(large.equals(await downloaded(server)));
    assert.equal(server.requests.length, 1);
  });

  test('comes one piece after the other where no slot is free', async () => {
    const slots = semaphore(1);
    let most = 0;
    const server: BlobServer = blobServer(large, () => {
      most = Math.max(most, server.open() + 1);
      return undefined;
    });
    assert.ok(large.equals(await downloaded(server, { slots })));
    assert.equal(most, 1);
    assert.equal(freeSlots(slots), 1);
  });

  test('fetches ahead by as many pieces as there are free slots', async () => {
    const slots = semaphore(3);
    let most = 0;
    const server: BlobServer = blobServer(large, () => {
      most = Math.max(most, server.open() + 1);
      return undefined;
    });
    assert.ok(large.equals(await downloaded(server, { slots })));
    assert.equal(most, 3);
    assert.equal(freeSlots(slots), 3);
  });

  test('is in order although later pieces come first', async () => {
    const piece = 8 * mebibyte;
    const late = async function* (bytes: Uint8Array) {
      for (let wait = 0; wait < 20; wait += 1) await settled();
      yield* chunks(bytes);
    };
    const server = blobServer(large, ({ range, count }) =>
      count % 2 === 1 && range ? { bytes: late(large.subarray(range.start, range.start + piece)) } : undefined,
    );
    assert.ok(large.equals(await downloaded(server)));
  });

  test('resumes each piece that breaks, by itself', async () => {
    const broken = new Set<number>();
    const server = blobServer(large, ({ range }) => {
      if (range === undefined || range.start % (8 * mebibyte) !== 0 || broken.has(range.start)) return undefined;
      broken.add(range.start);
      return { bytes: chunks(large.subarray(range.start, range.start + 3 * mebibyte), closed()) };
    });
    assert.ok(large.equals(await downloaded(server)));
    assert.equal(server.requests.length, 10);
    assert.equal(server.open(), 0);
  });

  test('with one wrong bit in a late piece is digest-mismatch', async () => {
    const wrong = Buffer.from(large);
    wrong[large.length - 3] = 0xff;
    const server = blobServer(large, ({ range }) =>
      range ? { bytes: wrong.subarray(range.start, range.end + 1) } : undefined,
    );
    await assert.rejects(downloaded(server), failsWith('digest-mismatch'));
  });

  test('with a piece of another total fails, and ends those that are under way', async () => {
    const signals: AbortSignal[] = [];
    const server = blobServer(large, ({ range, operation: within }) => {
      signals.push(within.signal);
      if (range?.start === 16 * mebibyte) return { contentRange: `bytes ${range.start}-${range.end}/999` };
      return (range?.start ?? 0) > 16 * mebibyte ? { bytes: silence(within.signal) } : undefined;
    });
    await assert.rejects(downloaded(server), failsWith('size-mismatch', '999'));
    assert.equal(signals.length, 5);
    assert.ok(signals.every((signal) => signal.aborted));
  });
});

test('a reader that has enough ends every request, and gives the slots back', async () => {
  const slots = semaphore(4);
  const signals: AbortSignal[] = [];
  const server = blobServer(large, ({ operation: within }) => {
    signals.push(within.signal);
    return undefined;
  });
  for await (const _ of download(server.descriptor, server.fetch, { operation, slots })) break;
  await settled();
  assert.ok(signals.length > 0 && signals.every((signal) => signal.aborted));
  assert.equal(freeSlots(slots), 4);
});

test('an operation that is over ends a download, with its own reason, also one that waits for a slot', async () => {
  const abort = new AbortController();
  const slots = semaphore(1);
  const server = blobServer(small, ({ operation: within }) => ({ bytes: silence(within.signal) }));
  const running = downloaded(server, { slots, signal: abort.signal });
  const waiting = downloaded(server, { slots, signal: abort.signal });
  await settled();
  abort.abort(new ActionError('size-mismatch', 'Another has failed.'));
  await assert.rejects(running, failsWith('size-mismatch', 'Another has failed'));
  await assert.rejects(waiting, failsWith('size-mismatch', 'Another has failed'));
  assert.equal(server.requests.length, 1);
  assert.equal(freeSlots(slots), 1);
});

describe('a download that stalls', () => {
  test('is timeout after a minute with less than 1 MiB, and not before', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const server = blobServer(small, ({ operation: within }) => ({ bytes: silence(within.signal) }));
      let end: unknown;
      const failing = downloaded(server).catch((error: unknown) => {
        end = error;
      });
      await settled();
      mock.timers.tick(59_000);
      await settled();
      assert.equal(end, undefined);
      mock.timers.tick(1_000);
      await failing;
      assert.ok(failsWith('timeout', 'less than 1 MiB')(end));
    } finally {
      mock.timers.reset();
    }
  });

  test('is borne as long as 1 MiB comes in each minute', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const content = large.subarray(0, 6 * mebibyte);
      const slow = async function* () {
        for (let at = 0; at < content.length; at += mebibyte) {
          yield content.subarray(at, at + mebibyte);
          for (let tick = 0; tick < 5; tick += 1) mock.timers.tick(10_000);
        }
      };
      const server = blobServer(content, () => ({ bytes: slow() }));
      assert.ok(content.equals(await downloaded(server)));
    } finally {
      mock.timers.reset();
    }
  });
});
