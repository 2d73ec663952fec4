import { createHash } from 'node:crypto';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, type Digest, digestOf } from '../oci/digest.ts';
import { type ManifestDocument, parseDocument } from '../oci/document.ts';

/** Bytes that a manifest, an index or an image config may have, as in the reference implementations. */
export const maxDocumentBytes = 4 * 1024 * 1024;

/**
 * Refuses what is too large by its descriptor, before it is fetched.
 *
 * @throws ActionError `too-large`
 */
export function refuseLarge({ digest, size }: Descriptor): void {
  if (size <= maxDocumentBytes) return;
  const message = `${digest} has ${size} bytes by its descriptor; at most ${maxDocumentBytes} are read.`;
  throw new ActionError('too-large', message);
}

/**
 * Verifies that bytes have this digest (GHSA-qv35-3gw6-8q4j).
 *
 * @param place where they come from, for the message
 * @param origin who says that it should be this digest
 * @throws ActionError `digest-mismatch`
 */
export function verifyDigest(bytes: Uint8Array, digest: Digest, place: string, origin = 'requested'): void {
  requireDigest(digestOf(bytes, algorithmOf(digest)), digest, place, origin);
}

function requireDigest(actual: Digest, digest: Digest, place: string, origin = 'requested'): void {
  if (actual === digest) return;
  throw new ActionError('digest-mismatch', `${place}: the bytes have ${actual}; ${origin} was ${digest}.`, {
    advice:
      'What serves or stores the image, or something on the way, gives wrong bytes. Do not use this image from there.',
  });
}

/**
 * Verifies that bytes are what their descriptor demands.
 *
 * @param place where they come from, for the message
 * @throws ActionError `digest-mismatch` or `size-mismatch`
 */
export function verifyBytes(bytes: Uint8Array, descriptor: Descriptor, place: string): void {
  verifyDigest(bytes, descriptor.digest, place);
  verifySize(bytes, descriptor);
}

/**
 * Verifies that bytes have the size of their descriptor.
 *
 * @throws ActionError `size-mismatch`
 */
export function verifySize(bytes: Uint8Array, { digest, size }: Descriptor): void {
  if (bytes.byteLength === size) return;
  throw sizeMismatch(digest, `${bytes.byteLength}`, size);
}

/**
 * Passes bytes on, and verifies at their end that they are what their descriptor demands. More bytes than it says are
 * never passed on.
 *
 * @param place where they come from, for the message
 * @throws ActionError `digest-mismatch` or `size-mismatch`
 */
export async function* verifiedStream(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  place: string,
): AsyncGenerator<Uint8Array> {
  const algorithm = algorithmOf(digest);
  const hash = createHash(algorithm);
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > size) throw sizeMismatch(digest, `more than ${size}`, size);
    hash.update(chunk);
    yield chunk;
  }
  if (length !== size) throw sizeMismatch(digest, `${length}`, size);
  requireDigest(`${algorithm}:${hash.digest('hex')}`, digest, place);
}

function sizeMismatch(digest: Digest, actual: string, size: number): ActionError {
  return new ActionError('size-mismatch', `${digest} has ${actual} bytes; its descriptor says ${size}.`, {
    advice: 'The image is malformed. Push it again.',
  });
}

/**
 * Reads a document whose bytes have been verified, and holds its media type against that of its descriptor.
 *
 * @param contentType what it was announced as; undefined or generic where nothing was said
 * @throws ActionError `invalid-manifest` or `unsupported`
 */
export function readDescribed(
  bytes: Uint8Array,
  descriptor: Descriptor,
  contentType: string | undefined,
): ManifestDocument {
  const document = parseDocument(bytes, contentType ?? descriptor.mediaType);
  if (document.mediaType === descriptor.mediaType) return document;
  throw new ActionError(
    'invalid-manifest',
    `${descriptor.digest} is ${document.mediaType}; its descriptor says "${descriptor.mediaType}".`,
  );
}
