import { ActionError } from '../error.ts';
import type { Digest } from '../oci/digest.ts';

/** Bytes that all documents of a run may have together: many hundred images, and less than the memory of a runner. */
const maxRunBytes = 20 * 1024 * 1024;

/** The bytes that a run may hold in memory. */
export interface Budget {
  /**
   * Counts bytes by their digest, each digest once: a wait sees the same documents again and again.
   *
   * @throws ActionError `too-large` once the budget is used up
   */
  take(digest: Digest, bytes: number): void;
}

/** The budget for the documents of a run. */
export function documentBudget(): Budget {
  return byteBudget(maxRunBytes, 'The documents of this step');
}

/** A budget of so many bytes. `what` begins the message when they are used up. */
export function byteBudget(maxBytes: number, what: string): Budget {
  const counted = new Set<Digest>();
  let left = maxBytes;
  return {
    take(digest, bytes) {
      if (counted.has(digest)) return;
      counted.add(digest);
      left -= bytes;
      if (left < 0) throw new ActionError('too-large', `${what} have more than ${maxBytes} bytes.`);
    },
  };
}
