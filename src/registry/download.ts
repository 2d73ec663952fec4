import type { Operation } from '../async/operation.ts';
import type { Semaphore } from '../async/semaphore.ts';
import { verifiedStream } from '../content/verify.ts';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { header, type Response } from './http/transport.ts';

/** Bytes from which on a blob is downloaded in pieces: over a distance one connection is slower than several. */
const minPiecedBytes = 32 * 1024 * 1024;

/** Bytes of a piece. A piece waits in memory for those before it. */
const pieceBytes = 16 * 1024 * 1024;

/** Bytes that count as progress. */
const progressBytes = 1024 * 1024;

/** Milliseconds in which a download has to make progress, and in which that is checked. */
const maxStallMs = 60_000;
const stallCheckMs = 10_000;

/** Breaks without progress between them. */
const maxBreaks = 5;

/** Bytes of a blob, the last included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Requests a blob, or a range of it, as a stream. Throws unless the response is good. */
export type FetchRange = (range: ByteRange | undefined, operation: Operation) => Promise<Response>;

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
        yield* piece.chunks;
        piece.release();
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

/** Reads ranges of one blob. */
interface RangeReader {
  fetch(range: ByteRange): Promise<Response>;
  /** The bytes of a range; `response` is one that was requested for it. */
  read(range: ByteRange, response?: Response): AsyncGenerator<Uint8Array>;
}

interface ReaderContext {
  readonly operation: Operation;
  readonly onBytes: (bytes: number) => void;
  /** Told where a connection broke off. */
  readonly onBreak: (message: string) => void;
}

function rangeReader(descriptor: Descriptor, fetch: FetchRange, context: ReaderContext): RangeReader {
  const { size, digest } = descriptor;
  const request = (range: ByteRange) => {
    const isWhole = range.start === 0 && range.end === size - 1;
    return fetch(isWhole ? undefined : range, context.operation);
  };
  return {
    fetch: request,
    async *read({ start, end }, response) {
      let at = start;
      let lastBreak = start;
      let breaks = 0;
      for (let current = response; ; current = undefined) {
        try {
          for await (const chunk of bodyFrom(at, end, current ?? (await request({ start: at, end })), descriptor)) {
            at += chunk.byteLength;
            context.onBytes(chunk.byteLength);
            yield chunk;
          }
          return;
        } catch (error) {
          if (!(error instanceof ActionError) || !error.transient || context.operation.signal.aborted) throw error;
          if (at > end) return;
          breaks = at - lastBreak >= progressBytes ? 1 : breaks + 1;
          lastBreak = at;
          if (breaks >= maxBreaks) throw brokenOff(digest, error);
          context.onBreak(`${digest} broke off at ${at} of ${size} bytes: resuming. ${error.message}`);
        }
      }
    },
  };
}

/** The bytes from `at` on of a response to a request for the bytes from `at` to `end`. */
async function* bodyFrom(
  at: number,
  end: number,
  response: Response,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array> {
  const { stream } = response;
  if (stream === undefined) return;
  const isWhole = response.status === 200;
  try {
    if (!isWhole) checkRange(response, { start: at, end }, descriptor);
    // A server without ranges starts over: what was there already is skipped.
    let skip = isWhole ? at : 0;
    let left = isWhole ? Number.POSITIVE_INFINITY : end - at + 1;
    for await (const chunk of stream.body) {
      const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
      skip -= chunk.byteLength - rest.byteLength;
      left -= rest.byteLength;
      if (left < 0) throw wrongRange(response, 'more bytes than it announced');
      if (rest.byteLength > 0) yield rest;
    }
    if (!isWhole && left > 0) throw wrongRange(response, 'fewer bytes than it announced');
  } finally {
    stream.close();
  }
}

function checkRange(response: Response, { start, end }: ByteRange, { digest, size }: Descriptor): void {
  const value = header(response, 'content-range') ?? '';
  const [, first, last, total] = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*)$/.exec(value) ?? [];
  if (response.status !== 206 || first !== String(start) || last !== String(end)) {
    throw wrongRange(response, `the range "${value}" where bytes ${start}-${end} were requested`);
  }
  if (total === '*' || total === String(size)) return;
  throw new ActionError('size-mismatch', `${digest} has ${total} bytes by its range; its descriptor says ${size}.`, {
    advice: 'The image is malformed. Push it again.',
  });
}

function wrongRange({ url, status }: Response, what: string): ActionError {
  return new ActionError('registry-error', `${url.host} responded ${status} with ${what}.`, {
    advice: 'The registry or its storage does not follow HTTP. Tell its operator.',
  });
}

function brokenOff(digest: string, error: ActionError): ActionError {
  return new ActionError('network', `${digest} broke off ${maxBreaks} times without progress. ${error.message}`);
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
