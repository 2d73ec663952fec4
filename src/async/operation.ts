import { ActionError } from '../error.ts';

/** What a line of the log is about, in the order in which a person follows it. */
export type Phase = 'token' | 'index' | 'manifest';

/** Takes a line for the log: raw, to be made printable by whoever prints it. `urgent` lines are worth showing at once. */
export type Trace = (phase: Phase, line: string, urgent?: 'urgent') => void;

/** The limits and the log of something that takes several requests. */
export interface Operation {
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
  /** When `signal` will fire, in milliseconds since the epoch: no pause may outlast it. */
  readonly deadline: number;
  /** Milliseconds that one attempt at a request may take. */
  readonly attemptMs: number;
  readonly trace: Trace;
}

/** Milliseconds that an attempt may take at least: a pull-through cache may need 33 s for its first byte. */
const minAttemptMs = 30_000;

/**
 * Gives `body` an operation that ends after so many milliseconds.
 *
 * @throws ActionError `timeout` when it takes longer, besides what `body` throws
 */
export async function withDeadline<Result>(
  timeoutMs: number,
  trace: Trace,
  body: (operation: Operation) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const { signal } = controller;
  const late = new ActionError('timeout', `Resolving the image took longer than ${timeoutMs / 1000} seconds.`, {
    advice: 'Check the registry and the network first; the input timeout allows more.',
  });
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  const attemptMs = Math.max(minAttemptMs, timeoutMs / 2);
  const overdue = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(late), { once: true });
  });
  try {
    return await Promise.race([body({ signal, deadline: Date.now() + timeoutMs, attemptMs, trace }), overdue]);
  } finally {
    clearTimeout(timer);
  }
}
