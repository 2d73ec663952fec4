import { verifyDigest } from '../content/verify.ts';
import { ActionError } from '../error.ts';
import { type Digest, digestOf, isDigest } from '../oci/digest.ts';
import { type ManifestDocument, parseDocument, refuseUnsupportedType } from '../oci/document.ts';
import { parseRecord } from '../oci/json-record.ts';
import { essence, isGenericType } from '../oci/media-type.ts';
import { bodyText, errorMessageIn } from './http/response-error.ts';
import { header, type Response } from './http/transport.ts';

/** The digests that a registry announces, as far as they are well-formed. A missing or malformed header is fine. */
export function announcedDigests({ headers }: Response): Digest[] {
  return (headers['docker-content-digest'] ?? []).flatMap((value) => value.split(/[\s,]+/)).filter(isDigest);
}

/** The media type that a registry announces; undefined when it is generic, and says nothing. */
export function announcedType(response: Response): string | undefined {
  const type = essence(header(response, 'content-type'));
  return isGenericType(type) ? undefined : type;
}

/**
 * Holds the body of a response against what was requested and what its headers claim.
 *
 * @param requestedDigest undefined for a tag
 * @returns the digest of the bytes: the one requested, else sha256
 * @throws ActionError `digest-mismatch`
 */
export function verifyAnnounced(response: Response, requestedDigest: Digest | undefined): Digest {
  const { body, url } = response;
  if (requestedDigest !== undefined) verifyDigest(body, requestedDigest, url.href);
  for (const digest of announcedDigests(response)) {
    verifyDigest(body, digest, url.href, 'announced by Docker-Content-Digest');
  }
  return requestedDigest ?? digestOf(body);
}

/**
 * Refuses a response that is announced as something else than an index or a manifest. This comes before its digest, as
 * that of a schema 1 manifest is not that of its bytes.
 *
 * @throws ActionError `unsupported`
 */
export function refuseAnnouncedType(response: Response): void {
  refuseUnsupportedType(announcedType(response) ?? '');
}

/** Adds to an error of reading a body the error that registries and proxies send with status 200. */
export function quoting<Result>(response: Response, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const text = bodyText(response.body).trim();
    const message = errorMessageIn(parseRecord(text)) ?? (/^[[{]|^$/.test(text) ? undefined : text);
    throw error.with({ remoteMessage: message });
  }
}

/** Reads the document in a response whose digest has been verified. */
export function readAnnounced(response: Response): ManifestDocument {
  return quoting(response, () => parseDocument(response.body, announcedType(response)));
}
