import { ActionError } from './oci/action-error.ts';
import type { Look } from './registry/reach.ts';
import type { Clock } from './registry/retry.ts';
import type { Note } from './registry/transport.ts';

/** The clock of this machine. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, milliseconds);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    }),
};

/**
 * Gives `body` a look that ends after so many milliseconds.
 *
 * @throws ActionError `timeout` when it takes longer, besides what `body` throws
 */
export async function withLook<Result>(
  timeout: number,
  note: Note,
  body: (look: Look) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const late = new ActionError('timeout', `One look at the registry took longer than ${timeout / 1000} seconds.`, {
    advice: 'Look at the registry and the network first; the input timeout allows more.',
  });
  const timer = setTimeout(() => controller.abort(late), timeout);
  const { promise: overdue, stop } = rejection(controller.signal);
  try {
    return await Promise.race([body({ signal: controller.signal, deadline: Date.now() + timeout, note }), overdue]);
  } finally {
    clearTimeout(timer);
    stop();
  }
}

function rejection(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let stop = () => {};
  const promise = new Promise<never>((_, reject) => {
    const listener = () => reject(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
    stop = () => signal.removeEventListener('abort', listener);
  });
  return { promise, stop };
}
