/** Checks the addresses that a host name stands for; throws when one of them may not be contacted. */
export type AddressCheck = (hostname: string, addresses: readonly string[]) => Promise<void>;

/** What a request is for, as a person would follow it. */
export type Phase = 'token' | 'index' | 'manifest';

/** Takes a line for the log: raw, to be made printable by whoever prints it. `urgent` lines are worth showing at once. */
export type Note = (phase: Phase, line: string, urgent?: 'urgent') => void;

/** One HTTP request. */
export interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bytes that the body of a good answer may have. */
  readonly limit: number;
  /** Ends the request, whatever it is waiting for. */
  readonly signal: AbortSignal;
  /** When `signal` will fire, in milliseconds since the epoch: no pause may outlast it. */
  readonly deadline: number;
  readonly checkAddresses: AddressCheck;
  readonly phase: Phase;
  readonly note: Note;
}

/** One HTTP answer, read to its end. */
export interface Response {
  readonly status: number;
  /** By lower-case name; a header that was sent several times has several values. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** The whole body; of an error answer, its beginning. */
  readonly body: Uint8Array;
  /** Where it came from, after redirects. */
  readonly url: URL;
}

/** Sends a request. Transports wrap transports; each adds one thing. */
export type Transport = (request: Request) => Promise<Response>;

/** The first value of a header, by its lower-case name. */
export function header(response: Response, name: string): string | undefined {
  return response.headers[name]?.[0];
}

/** Whether two places have the same scheme, host and port. */
export function isSameOrigin(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && one.host === other.host;
}

/** The port of `url`, the scheme's own where none is written. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** `url` as a host name that `node:net` understands: IPv6 without its brackets. */
export function bareHostname(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
