import { ActionError, type ErrorCode } from './oci/action-error.ts';
import type { Clock } from './registry/retry.ts';

/** What waiting can mend. */
const waitable: ReadonlySet<ErrorCode> = new Set(['not-found', 'platform-not-found', 'gate-failed']);

/** How much longer each pause is than the one before. */
const growth = 1.5;

/** Milliseconds; pauses grow up to this, unless the first was longer. */
const longestPause = 60_000;

/** Milliseconds; a registry is not asked more often. */
const shortestPause = 1000;

/** The reason of an error that was still being waited for when the wait became useless. */
export const abandoned = 'abandoned';

/** How long to wait, in milliseconds, and with what. */
export interface WaitOptions {
  readonly timeout: number;
  readonly interval: number;
  readonly clock: Clock;
  /** Ends the wait when it has become useless. */
  readonly signal: AbortSignal;
  /** Whether a failure that is waited for by its kind can pass for this image. */
  readonly canMend: (error: ActionError) => boolean;
  /** Told before each pause what is still waited for. */
  readonly onWait: (error: ActionError, pause: number) => void;
}

/**
 * Looks until a look succeeds. With a time-out, `not-found`, `platform-not-found` and `gate-failed` are waited for;
 * anything else ends the wait at once. The last look is taken when the time is over.
 *
 * @param look takes one look; later ones may be cheaper, as it knows what it saw
 * @throws ActionError `wait-timeout`, caused by what still did not hold
 */
export async function waitFor<Result>(look: () => Promise<Result>, options: WaitOptions): Promise<Result> {
  const { timeout, interval, clock, signal, canMend, onWait } = options;
  const begin = clock.now();
  for (let next = Math.max(interval, shortestPause); ; next = Math.max(next, Math.min(next * growth, longestPause))) {
    try {
      return await look();
    } catch (error) {
      if (timeout === 0 || !isWaitable(error) || !canMend(error)) throw error;
      const waited = clock.now() - begin;
      if (signal.aborted) throw error.with({ reason: abandoned });
      if (waited >= timeout) throw waitOver(error, waited);
      const pause = Math.min(next, timeout - waited);
      onWait(error, pause);
      await clock.sleep(pause, signal).catch(() => {
        throw error.with({ reason: abandoned });
      });
    }
  }
}

function isWaitable(error: unknown): error is ActionError {
  return error instanceof ActionError && waitable.has(error.code);
}

function waitOver(error: ActionError, waited: number): ActionError {
  return error.with({
    code: 'wait-timeout',
    message: `Waited ${Math.round(waited / 1000)} s. ${error.message}`,
    advice: error.code === 'gate-failed' ? error.advice : undefined,
    cause: error,
  });
}
