import { ActionError } from '../../error.ts';
import { header, isGood, type OpenResponse, type OpenTransport, type Request, type Transport } from './transport.ts';

/** Bytes that are read of the body of an error response. */
const maxErrorBytes = 64 * 1024;

/** Milliseconds for the body of an error response, which the status has said the most of. */
const maxErrorBodyMs = 5_000;

/**
 * Reads the body of every response to its end, counted; of an error response the beginning, as far as it comes.
 * The body of a good response to a request for a stream is left to the caller.
 *
 * @throws ActionError `too-large`, `registry-error` for a content encoding, and what reading the body throws
 */
export function withWholeBody(send: OpenTransport): Transport {
  return async (request) => {
    const response = await send(request);
    const { status, headers, url, address } = response;
    const head = { status, headers, url, address };
    if (!isGood(response)) return { ...head, body: await beginningOf(response, request) };
    try {
      if (request.method !== 'HEAD') checkHeaders(response, request);
      if (request.isStream) return { ...head, body: new Uint8Array(), stream: response };
      return { ...head, body: await wholeOf(response, request) };
    } catch (error) {
      response.close();
      throw error;
    }
  };
}

async function wholeOf(response: OpenResponse, request: Request): Promise<Uint8Array> {
  const { maxBytes } = request;
  const collected = collector(declaredLength(response), maxBytes);
  for await (const chunk of response.body) {
    if (!collected.add(chunk)) throw tooLarge(request, `more than ${maxBytes}`);
  }
  return collected.bytes();
}

/** What becomes of the body of an error response changes nothing: its status is the news. */
async function beginningOf(response: OpenResponse, { deadline }: Request): Promise<Uint8Array> {
  const collected = collector(declaredLength(response), maxErrorBytes);
  const timer = setTimeout(() => response.close(), Math.max(0, Math.min(maxErrorBodyMs, deadline - Date.now())));
  try {
    for await (const chunk of response.body) if (!collected.add(chunk)) break;
  } catch {
    // What came until then is shown.
  } finally {
    clearTimeout(timer);
  }
  return collected.bytes();
}

/** Collects up to `maxBytes`. `add` is false when there are more. */
function collector(declared: number, maxBytes: number): { add(chunk: Uint8Array): boolean; bytes(): Uint8Array } {
  // As long as is declared, and longer where nothing is: a large body does not take its size twice.
  let buffer = Buffer.alloc(Math.min(declared, maxBytes));
  let length = 0;
  return {
    add(chunk) {
      const end = length + chunk.byteLength;
      if (end > buffer.byteLength) buffer = Buffer.concat([buffer], Math.min(maxBytes, Math.max(end, 2 * length)));
      buffer.set(chunk.subarray(0, buffer.byteLength - length), length);
      length = Math.min(end, buffer.byteLength);
      return end <= maxBytes;
    },
    bytes: () => buffer.subarray(0, length),
  };
}

function declaredLength(response: OpenResponse): number {
  return Math.max(0, Number(header(response, 'content-length') ?? 0) || 0);
}

function checkHeaders(response: OpenResponse, request: Request): void {
  const encoding = response.headers['content-encoding']?.join(', ') ?? 'identity';
  if (!/^(?:identity)?$/i.test(encoding.trim())) {
    throw new ActionError('registry-error', `${request.url.host} sent the content encoding "${encoding}".`, {
      advice: 'Plain bytes were requested. A proxy that compresses responses must not do so for registries.',
    });
  }
  const declared = declaredLength(response);
  if (!request.isStream && declared > request.maxBytes) throw tooLarge(request, String(declared));
}

function tooLarge({ url, maxBytes }: Request, length: string): ActionError {
  return new ActionError('too-large', `The response of ${url.href} has ${length} bytes; at most ${maxBytes} are read.`);
}
