import { ActionError } from '../../error.ts';
import { bodyText, logInAdvice, statusError } from './response-error.ts';
import { header, type Response } from './transport.ts';

/** Attempts at one request, the first included. */
export const maxAttempts = 5;

/** Milliseconds: the first pause is up to this, and each may be twice as long as the one before. */
const firstPauseMs = 500;

/** Milliseconds that a pause of our own may have. */
const maxPauseMs = 20_000;

/** Milliseconds that a registry may ask us to wait; for more than this the request fails at once and says so. */
export const maxRetryAfterMs = 60_000;

const retriedStatuses = new Set([408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

/** How an attempt ended: with a response, or with what the network did. */
export type AttemptResult = Response | ActionError;

/**
 * Milliseconds until the next attempt: full-jitter back-off from 0.5 s to 20 s, and at least what `Retry-After` asks
 * for. Undefined when there is to be no other.
 *
 * @param attempt the number of the attempt that ended with `result`, from 1
 * @param random from 0 to 1
 * @throws ActionError `rate-limited` or `registry-error` when the registry asks for more than a minute
 */
export function pauseBeforeRetry(
  attempt: number,
  result: AttemptResult,
  now: number,
  random: number,
): number | undefined {
  if (attempt >= maxAttempts || !isRetried(result, attempt)) return undefined;
  const backOffMs = random * Math.min(maxPauseMs, firstPauseMs * 2 ** (attempt - 1));
  if (result instanceof ActionError) return backOffMs;
  const requestedMs = retryAfterMs(result, now) ?? 0;
  if (requestedMs > maxRetryAfterMs) throw retryAfterTooLong(result, requestedMs);
  return Math.max(backOffMs, requestedMs);
}

/**
 * Milliseconds that `Retry-After` asks for, as seconds or as a date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(response: Pick<Response, 'headers'>, now: number): number | undefined {
  const value = header(response, 'retry-after')?.trim() ?? '';
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  // One of the three forms of a date has no zone, and means GMT.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(/GMT$/.test(value) ? value : `${value} GMT`) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function isRetried(result: AttemptResult, attempt: number): boolean {
  if (result instanceof ActionError) return result.transient;
  return retriedStatuses.has(result.status) || (attempt === 1 && isPassingDenial(result));
}

/** ghcr.io denies now and then what it grants a moment later. */
function isPassingDenial({ status, url, body }: Response): boolean {
  return status === 403 && url.host === 'ghcr.io' && /"DENIED"/.test(bodyText(body));
}

function retryAfterTooLong(response: Response, requestedMs: number): ActionError {
  const seconds = Math.round(requestedMs / 1000);
  return statusError(response, `${response.url.host} asks for a wait of ${seconds} seconds`).with({
    advice: `The longest wait is ${maxRetryAfterMs / 1000} seconds. ${response.status === 429 ? logInAdvice : 'Run the job again later.'}`,
  });
}
