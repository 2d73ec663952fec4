import { ActionError } from '../oci/action-error.ts';
import { bodyOf, statusError } from './error.ts';
import { header, type Request, type Response, type Transport } from './transport.ts';

/** Attempts at one request, the first included. */
const mostAttempts = 5;

/** Milliseconds: the first pause is up to this, and each may be twice as long as the one before. */
const firstPause = 500;

/** Milliseconds that a pause of ours may have. */
const longestPause = 20_000;

/** Milliseconds that a registry may ask us to wait; more than this fails at once and says so. */
const longestRetryAfter = 60_000;

const retriedStatuses = new Set([408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

/** What retrying takes from the world. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A number from 0 to 1, for full jitter. */
  random(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when that comes first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * Sends a request again when the failure may pass: at most five attempts, full-jitter back-off from 0.5 s to 20 s,
 * `Retry-After` obeyed up to a minute. A 429 holds back every request to that host.
 *
 * The last answer is given back whatever it is. What the network did in the last attempt is thrown.
 *
 * @throws ActionError `rate-limited` or `registry-error` when the registry asks for a longer wait than a minute
 */
export function withRetries(send: Transport, clock: Clock, quietUntil: QuietHosts): Transport {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      await beQuiet(request, clock, quietUntil);
      const outcome = await send(request).catch(asTransient);
      const delay = delayBefore(attempt, outcome, request, clock);
      if (delay === undefined) return unwrap(outcome);
      request.note(
        request.phase,
        `${describe(outcome, request)} Trying again in ${seconds(delay)} s (attempt ${attempt + 1} of ${mostAttempts}).`,
        'urgent',
      );
      if (!(outcome instanceof ActionError) && outcome.status === 429)
        keepQuiet(quietUntil, request, clock.now() + delay);
      if (delay > 0) await clock.sleep(delay, request.signal);
    }
  };
}

/**
 * Holds back requests to hosts that have asked for quiet while they waited for their turn, and takes note of a 429 before
 * the turn is passed on.
 */
export function withQuiet(send: Transport, clock: Clock, quietUntil: QuietHosts): Transport {
  return async (request) => {
    await beQuiet(request, clock, quietUntil);
    const response = await send(request);
    if (response.status === 429) keepQuiet(quietUntil, request, clock.now() + (retryAfter(response, clock.now()) ?? 0));
    return response;
  };
}

/** Until when a host is not to be asked, in milliseconds since the epoch. */
export type QuietHosts = Map<string, number>;

function keepQuiet(quietUntil: QuietHosts, { url }: Request, end: number): void {
  quietUntil.set(url.host, Math.max(quietUntil.get(url.host) ?? 0, end));
}

async function beQuiet(request: Request, clock: Clock, quietUntil: QuietHosts): Promise<void> {
  const end = quietUntil.get(request.url.host) ?? 0;
  const left = end - clock.now();
  if (left <= 0) return;
  if (left > longestRetryAfter || end >= request.deadline) throw quietTooLong(request, left);
  await clock.sleep(left, request.signal);
}

/** Milliseconds until the next attempt; undefined when there is to be none. */
function delayBefore(
  attempt: number,
  outcome: Response | ActionError,
  request: Request,
  clock: Clock,
): number | undefined {
  if (attempt >= mostAttempts || !mayPass(outcome, attempt)) return undefined;
  const backOff = clock.random() * Math.min(longestPause, firstPause * 2 ** (attempt - 1));
  const asked = outcome instanceof ActionError ? undefined : retryAfter(outcome, clock.now());
  if (asked !== undefined && asked > longestRetryAfter) throw waitTooLong(outcome as Response, asked);
  const delay = Math.max(backOff, asked ?? 0);
  return clock.now() + delay < request.deadline ? delay : undefined;
}

function mayPass(outcome: Response | ActionError, attempt: number): boolean {
  if (outcome instanceof ActionError) return outcome.transient;
  return retriedStatuses.has(outcome.status) || (attempt === 1 && isPassingDenial(outcome));
}

/** ghcr.io denies now and then what it grants a moment later. */
function isPassingDenial({ status, url, body }: Response): boolean {
  return status === 403 && url.host === 'ghcr.io' && /"DENIED"/.test(bodyOf(body));
}

/** Milliseconds that `Retry-After` asks for, as seconds or as a date. */
function retryAfter(response: Response, now: number): number | undefined {
  const value = header(response, 'retry-after')?.trim() ?? '';
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  // One of the three forms of a date has no zone, and means GMT.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(/GMT$/.test(value) ? value : `${value} GMT`) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function waitTooLong(response: Response, asked: number): ActionError {
  return statusError(response, `${response.url.host} asks for a wait of ${seconds(asked)} seconds`).with({
    advice: `At most ${longestRetryAfter / 1000} seconds are waited for. Run the job again later${
      response.status === 429 ? ', or log in: limits are higher for users who are known' : ''
    }.`,
  });
}

function quietTooLong({ url }: Request, left: number): ActionError {
  const wait = left > longestRetryAfter ? `asks for a wait of ${seconds(left)} seconds` : 'its wait outlasts this look';
  return new ActionError('rate-limited', `${url.host} answered 429 to another request, and ${wait}.`, {
    advice: 'Log in, as limits are higher for users who are known, or allow more by the input timeout.',
  });
}

function asTransient(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  throw error;
}

function unwrap(outcome: Response | ActionError): Response {
  if (outcome instanceof ActionError) throw outcome;
  return outcome;
}

function describe(outcome: Response | ActionError, { method, url }: Request): string {
  return outcome instanceof ActionError ? outcome.message : `${method} ${url.href}: ${outcome.status}.`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0);
}
