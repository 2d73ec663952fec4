import type { ActionError, ErrorCode } from '../../src/oci/action-error.ts';
import type { Clock } from '../../src/registry/retry.ts';
import type { Request, Response, Transport } from '../../src/registry/transport.ts';

/** The same for all requests, as sockets are shared by requests with the same check. */
const anyAddress = async () => undefined;

/** A request as a client would make it. */
export function requestTo(url: string, more: Partial<Request> = {}): Request {
  return {
    method: 'GET',
    url: new URL(url),
    headers: {},
    limit: 4 * 1024 * 1024,
    signal: new AbortController().signal,
    deadline: Number.POSITIVE_INFINITY,
    checkAddresses: anyAddress,
    phase: 'index',
    note: () => undefined,
    ...more,
  };
}

/** What a fake answers: a status alone, or more of it. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | object;
  /** Where it came from, when that is not where it was asked for. */
  readonly url?: string;
}

/** The answer to a request, or to a URL. */
export function responseFrom(from: Request | string, answer: Answer | number = {}): Response {
  const {
    status = 200,
    headers = {},
    body = '',
    url,
  }: Answer = typeof answer === 'number' ? { status: answer } : answer;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
    body: Buffer.from(text),
    url: new URL(url ?? (typeof from === 'string' ? from : from.url.href)),
  };
}

/** Answers a request, or fails. */
export type Reply = (request: Request, count: number) => Answer | number | Promise<Answer | number>;

/** A transport that answers by `reply` and remembers what it was sent. */
export function fakeTransport(reply: Reply): { send: Transport; sent: Request[] } {
  const sent: Request[] = [];
  const send: Transport = async (request) => {
    sent.push(request);
    return responseFrom(request, await reply(request, sent.length));
  };
  return { send, sent };
}

/** A clock whose time passes only by sleeping; `slept` has the pauses in milliseconds. */
export function fakeClock(random = 1): Clock & { slept: number[]; time: number } {
  const clock = {
    time: Date.UTC(2026, 0, 2, 3, 4, 5),
    slept: [] as number[],
    now: () => clock.time,
    random: () => random,
    async sleep(milliseconds: number, signal: AbortSignal) {
      signal.throwIfAborted();
      clock.slept.push(milliseconds);
      clock.time += milliseconds;
    },
  };
  return clock;
}

/** What `assert.rejects` and `assert.throws` are to find: this code, and words in the text that a person is shown. */
export function failsWith(code: ErrorCode, ...words: (string | RegExp)[]): (error: unknown) => true {
  return (error) => {
    const { code: actual, message, said = '', advice = '' } = error as ActionError;
    const text = [message, said, advice].join('\n');
    if (actual !== code) throw new Error(`The code is ${actual}, not ${code}: ${text}`, { cause: error });
    for (const word of words) {
      if (!(typeof word === 'string' ? text.includes(word) : word.test(text))) {
        throw new Error(`The text lacks ${word}: ${text}`, { cause: error });
      }
    }
    return true;
  };
}
