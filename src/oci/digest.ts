import { createHash } from 'node:crypto';
import { ActionError, type ErrorCode } from '../error.ts';

/** The registered algorithms, with the length of their lower-case hex. */
const hexLengths = { sha256: 64, sha512: 128 } as const;

/** A digest algorithm that this program can verify. */
export type Algorithm = keyof typeof hexLengths;

/** A checked digest: safe in a URL path, in a file name and in a shell. */
export type Digest = `${Algorithm}:${string}`;

/** Characters of a bad digest that are quoted. */
const maxQuotedLength = 140;

const wellFormed = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/;
const lowerHex = /^[0-9a-f]+$/;

/** Whether `text` is a `sha256` or `sha512` digest in its one canonical spelling. */
export function isDigest(text: string): text is Digest {
  const separator = text.indexOf(':');
  const algorithm = text.slice(0, separator);
  const hex = text.slice(separator + 1);
  return isAlgorithm(algorithm) && hex.length === hexLengths[algorithm] && lowerHex.test(hex);
}

/**
 * Reads a digest.
 *
 * @param malformed the code to fail with when `text` is no digest: what that means depends on where it stood
 * @throws ActionError `unsupported` for a well-formed digest of another algorithm
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
export function parseDigest(text: string, malformed: ErrorCode): Digest {
  if (isDigest(text)) return text;
  const algorithm = wellFormed.exec(text)?.[1];
  if (algorithm !== undefined && !isAlgorithm(algorithm)) {
    throw new ActionError(
      'unsupported',
      `The digest algorithm ${algorithm} is not supported: only sha256 and sha512 can be verified.`,
    );
  }
  throw new ActionError(malformed, `"${text.slice(0, maxQuotedLength)}" is not a digest.`, {
    advice: 'A digest is sha256: and 64, or sha512: and 128 lower-case hexadecimal digits.',
  });
}

/** The digest of exactly these bytes. */
export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Whether `digest` is that of exactly these bytes. */
export function isDigestOf(bytes: Uint8Array, digest: Digest): boolean {
  return digestOf(bytes, algorithmOf(digest)) === digest;
}

/** The algorithm that `digest` is made with. */
export function algorithmOf(digest: Digest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(hexLengths, name);
}
