import type { Operation } from '../async/operation.ts';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { header, type Response } from './http/transport.ts';

/** Bytes that count as progress. */
export const progressBytes = 1024 * 1024;

/** Breaks without progress between them. */
const maxBreaks = 5;

/** Bytes of a blob, the last included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Requests a blob, or a range of it, as a stream. Throws unless the response is good. */
export type FetchRange = (range: ByteRange | undefined, operation: Operation) => Promise<Response>;

/** Reads ranges of one blob. */
export interface RangeReader {
  fetch(range: ByteRange): Promise<Response>;
  /** The bytes of a range; `response` is one that was requested for it. */
  read(range: ByteRange, response?: Response): AsyncGenerator<Uint8Array>;
}

/** What a reader works with. */
export interface ReaderContext {
  readonly operation: Operation;
  readonly onBytes: (bytes: number) => void;
  /** Told where a connection broke off. */
  readonly onBreak: (message: string) => void;
}

/**
 * A reader of the ranges of one blob. What breaks off is resumed where it ended, asked of the registry anew.
 *
 * @throws ActionError when it reads: `size-mismatch`, `registry-error` for a wrong range, `network` after five breaks
 *   without 1 MiB of progress
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function rangeReader(descriptor: Descriptor, fetch: FetchRange, context: ReaderContext): RangeReader {
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
          const opened = current ?? (await request({ start: at, end }));
          for await (const chunk of bodyFrom(at, end, opened, descriptor, context.onBytes)) {
            at += chunk.byteLength;
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
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const { stream } = response;
  if (stream === undefined) return;
  const isWhole = response.status === 200;
  try {
    if (!isWhole) checkRange(response, { start: at, end }, descriptor);
    // A server without ranges starts over: what was there already is skipped.
    let skip = isWhole ? at : 0;
    let left = end - at + 1;
    // The whole of a blob must end where it should; of a piece the rest is not read.
    const isPiece = isWhole && end < descriptor.size - 1;
    for await (const chunk of stream.body) {
      onBytes(chunk.byteLength);
      const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
      skip -= chunk.byteLength - rest.byteLength;
      left -= rest.byteLength;
      if (left <= 0 && isPiece) {
        yield rest.subarray(0, rest.byteLength + left);
        return;
      }
      if (left < 0) throw isWhole ? tooLong(descriptor) : wrongRange(response, 'more bytes than it announced');
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

function tooLong({ digest, size }: Descriptor): ActionError {
  return new ActionError('size-mismatch', `${digest} has more than ${size} bytes; its descriptor says ${size}.`, {
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
