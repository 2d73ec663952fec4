import type { Clock } from '../../src/async/clock.ts';
import type { ActionError, ErrorCode } from '../../src/error.ts';
import type {
  AddressPolicy,
  Connection,
  OpenTransport,
  Request,
  Response,
  Transport,
} from '../../src/registry/http/transport.ts';

/** Allows every address. One for all requests, as sockets are shared by requests under the same policy. */
export const anyAddress: AddressPolicy = { name: 'any', check: () => undefined };

/** A request as a store would make it. */
export function requestTo(url: string, more: Partial<Request> = {}): Request {
  return {
    method: 'GET',
    url: new URL(url),
    headers: {},
    maxBytes: 4 * 1024 * 1024,
    signal: new AbortController().signal,
    deadline: Number.POSITIVE_INFINITY,
    attemptMs: 30_000,
    addressPolicy: anyAddress,
    phase: 'index',
    trace: () => undefined,
    ...more,
  };
}

/** A response of a fake: a status alone, or more of it. */
export interface FakeResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | object;
  /** Where it came from, when that is not where the request went to. */
  readonly url?: string;
  /** The address of the connection. */
  readonly address?: string;
}

/** The response to a request, or of a URL. */
export function responseTo(from: Request | string, response: FakeResponse | number = {}): Response {
  const {
    status = 200,
    headers = {},
    body = '',
    url,
    address = '203.0.113.1',
  }: FakeResponse = typeof response === 'number' ? { status: response } : response;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
    body: Buffer.from(text),
    url: new URL(url ?? (typeof from === 'string' ? from : from.url.href)),
    address,
  };
}

/** A connection to a registry at this address; undefined for one through a proxy. */
export function connectionTo(url: string, address: string | undefined = '203.0.113.1'): Connection {
  return { url: new URL(url), address };
}

/** Responds to a request, or fails. */
export type Responder = (request: Request, count: number) => FakeResponse | number | Promise<FakeResponse | number>;

/** A transport that responds by `respond` and remembers the requests. */
export function fakeTransport(respond: Responder): { send: Transport; requests: Request[] } {
  const requests: Request[] = [];
  const send: Transport = async (request) => {
    requests.push(request);
    return responseTo(request, await respond(request, requests.length));
  };
  return { send, requests };
}

/** The same transport with bodies that are still to be read. */
export function openTransport(send: Transport): OpenTransport {
  return async (request) => {
    const response = await send(request);
    return { ...response, body: chunks(response.body), close: () => undefined };
  };
}

async function* chunks(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

/** A clock whose time passes only by sleeping; `pauses` has them in milliseconds. */
export function fakeClock(random = 1): Clock & { pauses: number[]; time: number } {
  const clock = {
    time: Date.UTC(2026, 0, 2, 3, 4, 5),
    pauses: [] as number[],
    now: () => clock.time,
    random: () => random,
    async sleep(milliseconds: number, signal: AbortSignal) {
      signal.throwIfAborted();
      clock.pauses.push(milliseconds);
      clock.time += milliseconds;
    },
  };
  return clock;
}

/** Lets everything happen that waits for nothing outside. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What `assert.rejects` and `assert.throws` are to find: this code, and words in the text that a person is shown. */
export function failsWith(code: ErrorCode, ...words: (string | RegExp)[]): (error: unknown) => true {
  return (error) => {
    const { code: actual, message, remoteMessage = '', advice = '' } = error as ActionError;
    const text = [message, remoteMessage, advice].join('\n');
    if (actual !== code) throw new Error(`The code is ${actual}, not ${code}: ${text}`, { cause: error });
    for (const word of words) {
      if (!(typeof word === 'string' ? text.includes(word) : word.test(text))) {
        throw new Error(`The text lacks ${word}: ${text}`, { cause: error });
      }
    }
    return true;
  };
}
