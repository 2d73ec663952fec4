import { ActionError } from '../oci/action-error.ts';
import { algorithmOf, type Digest, isDigest } from '../oci/digest.ts';
import { digestOf } from '../oci/hash.ts';
import { type Descriptor, type Index, type Manifest, parseManifest, refuseUnsupportedType } from '../oci/manifest.ts';
import { essence, isGenericType } from '../oci/media-type.ts';
import { bodyOf, errorWords } from './error.ts';
import { parseRecord } from './json-record.ts';
import { header, type Response } from './transport.ts';

/** Bytes that a manifest, an index or an image config may have, as in the reference implementations. */
export const documentLimit = 4 * 1024 * 1024;

/** Verified bytes and what they say. */
export interface Fetched {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly document: Index | Manifest;
}

/**
 * Verifies and reads an index or a manifest.
 *
 * @param asked the digest that was asked for; undefined for a tag
 * @param describedAs the media type by its descriptor, which counts where the answer's says nothing
 * @throws ActionError `digest-mismatch`, `invalid-manifest` or `unsupported`
 */
export function verifyDocument(response: Response, asked: Digest | undefined, describedAs?: string): Fetched {
  const announced = header(response, 'content-type');
  // First of all, as the digest of a schema 1 manifest is not that of its bytes.
  refuseUnsupportedType(essence(announced));
  const digest = verifyDigest(response, asked);
  const type = isGenericType(essence(announced)) ? (describedAs ?? announced) : announced;
  return { digest, bytes: response.body, document: readDocument(response, type) };
}

/** Some registries answer 200 with an error in the body, and proxies with a page: it is worth quoting. */
function readDocument(response: Response, type: string | undefined): Index | Manifest {
  try {
    return parseManifest(response.body, type);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const text = bodyOf(response.body).trim();
    throw error.with({ said: errorWords(parseRecord(text)) ?? (/^[[{]|^$/.test(text) ? undefined : text) });
  }
}

/** Verifies that a document is what its descriptor says. Throws `size-mismatch` or `invalid-manifest` besides. */
export function verifyChild(response: Response, descriptor: Descriptor): Fetched {
  const fetched = verifyDocument(response, descriptor.digest, descriptor.mediaType);
  verifySize(fetched.bytes, descriptor);
  if (fetched.document.mediaType === descriptor.mediaType) return fetched;
  throw new ActionError(
    'invalid-manifest',
    `${descriptor.digest} is ${fetched.document.mediaType}; its descriptor says "${descriptor.mediaType}".`,
  );
}

/** Verifies that a blob is what its descriptor says. Throws `digest-mismatch` or `size-mismatch`. */
export function verifyBlob(response: Response, descriptor: Descriptor): Uint8Array {
  verifyDigest(response, descriptor.digest);
  verifySize(response.body, descriptor);
  return response.body;
}

/** Refuses what is too large by its descriptor, before it is asked for. Throws `too-large`. */
export function refuseLarge({ digest, size }: Descriptor): void {
  if (size <= documentLimit) return;
  throw new ActionError(
    'too-large',
    `${digest} has ${size} bytes by its descriptor; at most ${documentLimit} are read.`,
  );
}

/** The digests that a registry announces, as far as they are well-formed. */
export function announcedDigests(response: Response): Digest[] {
  return (response.headers['docker-content-digest'] ?? []).flatMap((value) => value.split(/[\s,]+/)).filter(isDigest);
}

/**
 * Computes the digest of a body. It must be the one that was asked for (GHSA-qv35-3gw6-8q4j) and the one that the
 * registry announces.
 */
function verifyDigest(response: Response, asked: Digest | undefined): Digest {
  for (const expected of [asked, ...announcedDigests(response)]) {
    if (expected === undefined) continue;
    const actual = digestOf(response.body, algorithmOf(expected));
    if (actual === expected) continue;
    const origin = expected === asked ? 'asked for' : 'announced by Docker-Content-Digest';
    throw new ActionError(
      'digest-mismatch',
      `${response.url.href}: the bytes have ${actual}; ${origin} was ${expected}.`,
      {
        advice:
          'The registry, or something between it and the runner, serves wrong bytes. Do not use this image from there.',
      },
    );
  }
  return asked ?? digestOf(response.body);
}

function verifySize(bytes: Uint8Array, { digest, size }: Descriptor): void {
  if (bytes.byteLength === size) return;
  throw new ActionError('size-mismatch', `${digest} has ${bytes.byteLength} bytes; its descriptor says ${size}.`, {
    advice: 'The image is malformed. Push it again.',
  });
}
