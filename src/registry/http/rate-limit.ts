import type { Clock } from '../../async/clock.ts';
import { ActionError } from '../../error.ts';
import { logInAdvice } from './response-error.ts';
import { maxRetryAfterMs, retryAfterMs } from './retry-policy.ts';
import type { OpenTransport, Request } from './transport.ts';

/** The hosts that have responded 429, and until when they are left alone. */
export interface RateLimits {
  /** Leaves a host alone until `end`, in milliseconds since the epoch. */
  holdBack(host: string, end: number): void;
  /**
   * Waits until the host of a request may be contacted again.
   *
   * @throws ActionError `rate-limited` when that is more than a minute, or after the operation's end
   */
  waitForRateLimit(request: Request): Promise<void>;
}

/** The rate limits of a run. */
export function rateLimits(clock: Clock): RateLimits {
  const ends = new Map<string, number>();
  return {
    holdBack(host, end) {
      ends.set(host, Math.max(ends.get(host) ?? 0, end));
    },
    async waitForRateLimit({ url, deadline, signal }) {
      const end = ends.get(url.host) ?? 0;
      const leftMs = end - clock.now();
      if (leftMs <= 0) return;
      if (leftMs > maxRetryAfterMs || end >= deadline) throw holdTooLong(url, leftMs);
      await clock.sleep(leftMs, signal);
    },
  };
}

/**
 * Holds back requests to hosts that responded 429 while the requests were queued, and records a 429 before the next
 * request is let through.
 */
export function withRateLimits(send: OpenTransport, limits: RateLimits, clock: Clock): OpenTransport {
  return async (request) => {
    await limits.waitForRateLimit(request);
    const response = await send(request);
    if (response.status === 429) {
      limits.holdBack(request.url.host, clock.now() + (retryAfterMs(response, clock.now()) ?? 0));
    }
    return response;
  };
}

function holdTooLong({ host }: URL, leftMs: number): ActionError {
  const wait =
    leftMs > maxRetryAfterMs
      ? `asks for a wait of ${Math.round(leftMs / 1000)} seconds`
      : 'its wait is longer than what is left of timeout';
  return new ActionError('rate-limited', `${host} responded 429 to another request, and ${wait}.`, {
    advice: `${logInAdvice} Or allow more by the input timeout.`,
  });
}
