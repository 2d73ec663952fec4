import { createHash } from 'node:crypto';
import type { Algorithm, Digest } from './digest.ts';

/** The digest of exactly these bytes. */
export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
