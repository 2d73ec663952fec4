import type { Operation } from '../../src/async/operation.ts';
import { ActionError } from '../../src/error.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { Response } from '../../src/registry/http/transport.ts';
import type { ByteRange, FetchRange } from '../../src/registry/range-reader.ts';
import { digestOf, types } from './images.ts';

/** What a server gives for one request: where it lies, and where it breaks off. */
export interface ServedRange {
  readonly status?: number;
  /** In place of the right one; null for none. */
  readonly contentRange?: string | null;
  readonly bytes?: AsyncIterable<Uint8Array> | Uint8Array;
}

/** One request to a {@link BlobServer}. */
export interface BlobRequest {
  readonly range: ByteRange | undefined;
  /** From 1. */
  readonly count: number;
  readonly operation: Operation;
}

/** A server of one blob, and what it was asked for. */
export interface BlobServer {
  readonly descriptor: Descriptor;
  readonly fetch: FetchRange;
  /** `0-15`, or `whole`, in order. */
  readonly requests: string[];
  /** The bodies that are not closed. */
  open(): number;
}

/** A connection that ended too early. */
export const closed = (): ActionError =>
  new ActionError('network', 'The connection was closed.', { transient: true, cause: 'closed' });

/** The descriptor of bytes. */
export function describedBytes(bytes: Uint8Array): Descriptor {
  return { mediaType: types.layer, digest: digestOf(bytes) as Digest, size: bytes.byteLength };
}

/** These chunks, then the failure, if there is one. */
export async function* chunks(bytes: Uint8Array, failure?: Error, chunkBytes = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    yield bytes.subarray(at, Math.min(at + chunkBytes, bytes.byteLength));
  }
  if (failure !== undefined) throw failure;
}

/** A body that sends nothing until its operation is over. */
export async function* silence(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  yield new Uint8Array();
}

/** Serves a blob by ranges, unless `respond` does something else. */
export function blobServer(
  content: Uint8Array,
  respond: (request: BlobRequest, content: Uint8Array) => ServedRange | undefined = () => undefined,
): BlobServer {
  const requests: string[] = [];
  let open = 0;
  const fetch: FetchRange = async (range, operation) => {
    operation.signal.throwIfAborted();
    const count = requests.push(range === undefined ? 'whole' : `${range.start}-${range.end}`);
    const served = respond({ range, count, operation }, content) ?? {};
    const { status = range === undefined ? 200 : 206 } = served;
    const right = range && `bytes ${range.start}-${range.end}/${content.byteLength}`;
    const contentRange = status !== 206 || served.contentRange === null ? undefined : (served.contentRange ?? right);
    const inRange = range === undefined || status === 200 ? content : content.subarray(range.start, range.end + 1);
    const { bytes = inRange } = served;
    open += 1;
    let isOpen = true;
    const close = () => {
      if (isOpen) open -= 1;
      isOpen = false;
    };
    const response: Response = {
      status,
      headers: contentRange === undefined ? {} : { 'content-range': [contentRange] },
      url: new URL('https://registry.test/v2/app/blobs/x'),
      address: '203.0.113.1',
      body: new Uint8Array(),
      stream: { body: bytes instanceof Uint8Array ? chunks(bytes) : bytes, close },
    };
    return response;
  };
  return { descriptor: describedBytes(content), fetch, requests, open: () => open };
}
