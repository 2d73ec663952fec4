import type { Clock } from '../../async/clock.ts';
import { ActionError } from '../../error.ts';
import type { RateLimits } from './rate-limit.ts';
import { type AttemptResult, maxAttempts, pauseBeforeRetry } from './retry-policy.ts';
import type { Request, Response, Transport } from './transport.ts';

/**
 * Sends a request again while {@link pauseBeforeRetry} says so and the operation has time for the pause. A 429 holds
 * back every request to that host.
 *
 * The last response is returned whatever it is. What the network did in the last attempt is thrown.
 *
 * @throws ActionError `rate-limited` or `registry-error` when the registry asks for a longer wait than a minute
 */
export function withRetries(send: Transport, limits: RateLimits, clock: Clock): Transport {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      await limits.waitForRateLimit(request);
      const result = await send(request).catch(asResult);
      const pauseMs = pauseBeforeRetry(attempt, result, clock.now(), clock.random());
      if (pauseMs === undefined || clock.now() + pauseMs >= request.deadline) return unwrap(result);
      const next = `Trying again in ${seconds(pauseMs)} s (attempt ${attempt + 1} of ${maxAttempts}).`;
      request.trace(request.phase, `${describe(result, request)} ${next}`, 'urgent');
      if (!(result instanceof ActionError) && result.status === 429) {
        limits.holdBack(request.url.host, clock.now() + pauseMs);
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, request.signal);
    }
  };
}

function asResult(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  throw error;
}

function unwrap(result: AttemptResult): Response {
  if (result instanceof ActionError) throw result;
  return result;
}

function describe(result: AttemptResult, { method, url }: Request): string {
  return result instanceof ActionError ? result.message : `${method} ${url.href}: ${result.status}.`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0);
}
