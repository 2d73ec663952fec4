import type { Clock } from '../async/clock.ts';
import { ActionError, type ErrorCause, type ErrorCode } from '../error.ts';

/** What time may fix. */
const waitedForCodes: ReadonlySet<ErrorCode> = new Set([
  'not-found',
  'platform-not-found',
  'gate-failed',
  'not-attested',
  'not-verified',
]);

/** What time may fix although nothing that has a digest changes: proofs come after the push, and a good one after a bad. */
const lateProofs: ReadonlySet<ErrorCode> = new Set(['not-attested', 'not-verified']);

/** The same of content: it may still be pushed. */
const lateContent: ReadonlySet<ErrorCause | undefined> = new Set(['missing-child', 'bad-blob', 'missing-referrer']);

/** The codes of gates, whose advice is still right when the wait is over. */
const waitedForGates: ReadonlySet<ErrorCode> = new Set(['gate-failed', 'not-attested', 'not-verified']);

/** How much longer each pause is than the one before. */
const pauseGrowth = 1.5;

/** Milliseconds; pauses grow up to this, unless the first was longer. */
const maxPauseMs = 60_000;

/** Milliseconds; a registry is not asked more often. */
const minPauseMs = 1000;

/** How long to wait, and with what. */
export interface WaitOptions {
  /** Milliseconds from the first round to the last; 0 for a single round. */
  readonly timeoutMs: number;
  /** Milliseconds of the first pause. */
  readonly intervalMs: number;
  /** Whether the image is named by its digest, so that it cannot become another. */
  readonly isImmutable: boolean;
  readonly clock: Clock;
  /** Ends the wait when it has become useless. */
  readonly signal: AbortSignal;
  /** Told before each pause what is still waited for. */
  readonly onWait: (error: ActionError, pauseMs: number) => void;
}

/**
 * Runs rounds until one succeeds. What time cannot fix ends the wait at once. The last round is run when the time is over.
 *
 * @param round looks at the image once; later rounds may be cheaper, as it remembers what it saw
 * @throws ActionError `wait-timeout`, saying what still did not hold
 */
export async function waitFor<Result>(round: () => Promise<Result>, options: WaitOptions): Promise<Result> {
  const { timeoutMs, intervalMs, clock, signal, onWait } = options;
  const begin = clock.now();
  for (let next = Math.max(intervalMs, minPauseMs); ; next = Math.max(next, Math.min(next * pauseGrowth, maxPauseMs))) {
    try {
      return await round();
    } catch (error) {
      if (timeoutMs === 0 || !mayTimeFix(error, options.isImmutable)) throw error;
      const waitedMs = clock.now() - begin;
      if (signal.aborted) throw error.with({ cause: 'abandoned' });
      if (waitedMs >= timeoutMs) throw waitTimeout(error, waitedMs);
      const pauseMs = Math.min(next, timeoutMs - waitedMs);
      onWait(error, pauseMs);
      await clock.sleep(pauseMs, signal).catch(() => {
        throw error.with({ cause: 'abandoned' });
      });
    }
  }
}

/** Whether a failure may pass although the image stays the one that it is. */
export function mayPassForSameImage(error: unknown): boolean {
  return error instanceof ActionError && (lateContent.has(error.cause) || lateProofs.has(error.code));
}

/** Whether an image is missing, at once or at the end of a wait. */
export function isMissingImage(error: unknown): error is ActionError {
  return error instanceof ActionError && (error.code === 'not-found' || error.cause === 'still-missing');
}

function mayTimeFix(error: unknown, isImmutable: boolean): error is ActionError {
  if (!(error instanceof ActionError)) return false;
  if (error.code === 'not-found' || mayPassForSameImage(error)) return true;
  return !isImmutable && waitedForCodes.has(error.code);
}

function waitTimeout(error: ActionError, waitedMs: number): ActionError {
  return error.with({
    code: 'wait-timeout',
    message: `Waited ${Math.round(waitedMs / 1000)} s. ${error.message}`,
    advice: waitedForGates.has(error.code) ? error.advice : undefined,
    cause: error.code === 'not-found' ? 'still-missing' : error.cause,
  });
}
