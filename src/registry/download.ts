import type { Operation } from '../async/operation.ts';
import type { Semaphore } from '../async/semaphore.ts';
import { verifiedStream } from '../content/verify.ts';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Response } from './http/transport.ts';
import { type ByteRange, type FetchRange, progressBytes, type RangeReader, rangeReader } from './range-reader.ts';

/** Bytes from which on a blob is downloaded in pieces: over a distance one connection is slower than several. */
const minPiecedBytes = 32 * 1024 * 1024;

/** Bytes of a piece. A piece waits in memory for those before it. */
const pieceBytes = 8 * 1024 * 1024;

/** Milliseconds in which a download has to make progress, and in which that is checked. */
const maxStallMs = 60_000;
const stallCheckMs = 10_000;

/** What a download works with. */
export interface DownloadContext {
  readonly operation: Operation;
  /** One is taken by each download, and one by each piece that is fetched ahead. */
  readonly slots: Semaphore;
}

/**
 * Downloads a blob. What breaks off is resumed where it ended, asked of the registry anew, as signed storage addresses
 * expire.
 *
 * @throws ActionError `digest-mismatch` (with the cause `resumed` where it was resumed), `size-mismatch`,
 *   `registry-error` for a wrong range, `timeout` without 1 MiB in a minute, `network` after five breaks without 1 MiB
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export async function* download(
  descriptor: Descriptor,
  fetch: FetchRange,
  context: DownloadContext,
): AsyncGenerator<Uint8Array> {
  const { operation, slots } = context;
  const release = await slots.acquire(operation.signal);
  const abort = new AbortController();
  const watch = watchProgress(descriptor, abort);
  const state = { resumed: false };
  const reader = rangeReader(descriptor, fetch, {
    operation: { ...operation, signal: AbortSignal.any([operation.signal, abort.signal]) },
    onBytes: watch.add,
    onBreak(message) {
      state.resumed = true;
      operation.trace('manifest', message, 'urgent');
    },
  });
  try {
    yield* verifiedStream(bytesOf(descriptor, reader, slots), descriptor, descriptor.digest);
  } catch (error) {
    const isResumed = state.resumed && error instanceof ActionError && error.code === 'digest-mismatch';
    throw isResumed ? error.with({ cause: 'resumed' }) : error;
  } finally {
    watch.stop();
    // Ends the pieces that are still under way.
    abort.abort(new ActionError('network', `The download of ${descriptor.digest} was given up.`));
    release();
  }
}

async function* bytesOf({ size }: Descriptor, reader: RangeReader, slots: Semaphore): AsyncGenerator<Uint8Array> {
  const whole = { start: 0, end: size - 1 };
  if (size < minPiecedBytes) return yield* reader.read(whole);
  // One request tells whether the server does ranges.
  const first = { start: 0, end: pieceBytes - 1 };
  const response = await reader.fetch(first);
  if (response.status === 200) yield* reader.read(whole, response);
  else yield* inPieces(size, { first, response }, reader, slots);
}

/** Yields the pieces in order, fetching ahead as many as there are free slots. */
async function* inPieces(
  size: number,
  { first, response }: { first: ByteRange; response: Response },
  reader: RangeReader,
  slots: Semaphore,
): AsyncGenerator<Uint8Array> {
  const ahead: { chunks: AsyncIterable<Uint8Array>; release: () => void }[] = [];
  let next = first.end + 1;
  const takePiece = (): ByteRange => {
    const piece = { start: next, end: Math.min(next + pieceBytes, size) - 1 };
    next = piece.end + 1;
    return piece;
  };
  const fetchAhead = () => {
    while (next < size) {
      const release = slots.tryAcquire();
      if (release === undefined) return;
      ahead.push({ chunks: eagerly(reader.read(takePiece())), release });
    }
  };
  try {
    fetchAhead();
    yield* reader.read(first, response);
    while (ahead.length > 0 || next < size) {
      fetchAhead();
      const piece = ahead.shift();
      if (piece === undefined) yield* reader.read(takePiece());
      else {
        try {
          yield* piece.chunks;
        } finally {
          piece.release();
        }
      }
    }
  } finally {
    for (const { release } of ahead) release();
  }
}

/** Starts reading at once, and keeps what has been read until somebody takes it. */
function eagerly(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};
  const read = async () => {
    try {
      for await (const chunk of source) {
        chunks.push(chunk);
        wake();
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    wake();
  };
  void read();
  return (async function* () {
    for (;;) {
      const taken = chunks;
      chunks = [];
      yield* taken;
      if (chunks.length > 0) continue;
      if (end?.error !== undefined) throw end.error;
      if (end !== undefined) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  })();
}

/** Aborts a download that has got less than 1 MiB in the last minute. */
function watchProgress({ digest }: Descriptor, abort: AbortController): { add(bytes: number): void; stop(): void } {
  let total = 0;
  const marks = [0];
  const timer = setInterval(() => {
    marks.push(total);
    if (marks.length <= maxStallMs / stallCheckMs) return;
    const before = marks.shift() ?? 0;
    if (total - before >= progressBytes) return;
    abort.abort(
      new ActionError('timeout', `${digest}: less than 1 MiB came in the last ${maxStallMs / 1000} seconds.`),
    );
  }, stallCheckMs);
  timer.unref();
  return {
    add(bytes) {
      total += bytes;
    },
    stop: () => clearInterval(timer),
  };
}
