import { ActionError } from '../error.ts';

/** Bytes that all documents of a run may have together: many hundred images, and less than the memory of a runner. */
const maxRunBytes = 20 * 1024 * 1024;

/** The bytes that a run may hold in memory. */
export interface Budget {
  /** Takes so many bytes, before anything is made of them. Throws `too-large` once they are used up. */
  take(bytes: number): void;
}

/** The budget for the documents of a run. */
export function documentBudget(): Budget {
  return byteBudget(maxRunBytes, 'The documents of this step');
}

/** A budget of so many bytes. `what` begins the message when they are used up. */
export function byteBudget(maxBytes: number, what: string): Budget {
  let left = maxBytes;
  return {
    take(bytes) {
      left -= bytes;
      if (left < 0) throw new ActionError('too-large', `${what} have more than ${maxBytes} bytes.`);
    },
  };
}
