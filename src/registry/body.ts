import type { IncomingMessage } from 'node:http';
import { ActionError } from '../oci/action-error.ts';
import type { Request, Response } from './transport.ts';

/** Bytes that are read of the body of an error answer. */
const errorBodyLimit = 64 * 1024;

/**
 * Reads the body of an answer to its end, counted and checked to be complete; of an error answer, the beginning.
 *
 * @throws ActionError `too-large`, `network` when it breaks off, `registry-error` for a content encoding
 */
export async function readBody(message: IncomingMessage, request: Request): Promise<Response> {
  const status = message.statusCode ?? 0;
  const response = { status, headers: message.headersDistinct, url: request.url };
  const isGood = status >= 200 && status < 300;
  const limit = isGood ? request.limit : errorBodyLimit;
  if (request.method !== 'HEAD' && isGood) checkHeaders(message, request);
  const { body, isCut } = await collect(message, limit);
  if (isCut && isGood) throw tooLarge(request, `more than ${limit}`);
  if (!isCut && !message.complete) throw truncated(request.url);
  return { ...response, body };
}

/** The first bytes of a body; the connection is closed when there are more. */
function collect(message: IncomingMessage, limit: number): Promise<{ body: Uint8Array; isCut: boolean }> {
  // As long as is declared, and longer where nothing is: a large body does not take its size twice.
  let body = Buffer.alloc(Math.min(Number(message.headers['content-length'] ?? 0) || 0, limit));
  let length = 0;
  return new Promise((resolve, reject) => {
    message.on('data', (chunk: Uint8Array) => {
      const end = length + chunk.byteLength;
      if (end > body.byteLength) body = Buffer.concat([body], Math.min(limit, Math.max(end, 2 * length)));
      body.set(chunk.subarray(0, body.byteLength - length), length);
      length = Math.min(end, body.byteLength);
      if (end <= limit) return;
      message.destroy();
      resolve({ body, isCut: true });
    });
    const finish = () => resolve({ body: body.subarray(0, length), isCut: false });
    message.on('end', finish);
    message.on('error', reject);
    message.on('close', finish);
  });
}

function checkHeaders(message: IncomingMessage, request: Request): void {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (!/^(?:identity)?$/i.test(encoding.trim())) {
    throw new ActionError('registry-error', `${request.url.host} sent the content encoding "${encoding}".`, {
      advice: 'It was asked for plain bytes. A proxy that compresses answers must not do so for registries.',
    });
  }
  const declared = Number(message.headers['content-length'] ?? 0);
  if (declared > request.limit) throw tooLarge(request, String(declared));
}

function tooLarge({ url, limit }: Request, length: string): ActionError {
  return new ActionError('too-large', `The answer of ${url.href} has ${length} bytes; at most ${limit} are read.`);
}

function truncated(url: URL): ActionError {
  return new ActionError('network', `The answer of ${url.href} broke off.`, { transient: true, reason: 'closed' });
}
