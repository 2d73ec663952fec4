import type { Operation, Phase } from '../../async/operation.ts';

/** Which addresses a request may be sent to. */
export interface AddressPolicy {
  /** Equal for policies that allow the same: connections are shared under one name. */
  readonly name: string;
  /** Throws when one of the addresses that a host name stands for may not be contacted. */
  check(hostname: string, addresses: readonly string[]): void;
}

/** One HTTP request. */
export interface Request extends Operation {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bytes that the body of a good response may have. */
  readonly maxBytes: number;
  /** Whether the body of a good response is left to the caller to read, however large it is. */
  readonly isStream?: boolean;
  readonly addressPolicy: AddressPolicy;
  readonly phase: Phase;
}

/** Where a response came from. */
export interface Connection {
  /** After redirects. */
  readonly url: URL;
  /** The address that the connection was made to; undefined through a proxy. */
  readonly address: string | undefined;
}

interface ResponseHead extends Connection {
  readonly status: number;
  /** By lower-case name; a header that was sent several times has several values. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** One HTTP response whose body is still to be read, to its end or until it is closed. */
export interface OpenResponse extends ResponseHead {
  /** Fails unless it ends as it was announced. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection, for a body that is not read to its end. */
  close(): void;
}

/** One HTTP response. */
export interface Response extends ResponseHead {
  /** The whole body; of an error response its beginning; empty where the request asked for a stream. */
  readonly body: Uint8Array;
  /** Set for a good response to a request that asked for a stream. */
  readonly stream?: Pick<OpenResponse, 'body' | 'close'>;
}

/** Sends a request. Transports wrap transports; each adds one thing. */
export type Transport = (request: Request) => Promise<Response>;

/** The transports at the bottom, below {@link withWholeBody}. */
export type OpenTransport = (request: Request) => Promise<OpenResponse>;

/** Whether a response is what was asked for. */
export function isGood({ status }: Pick<Response, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** The first value of a header, by its lower-case name. */
export function header({ headers }: Pick<Response, 'headers'>, name: string): string | undefined {
  return headers[name]?.[0];
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

/** The host name of `url` as `node:net` takes it: IPv6 without its brackets. */
export function bareHostname(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
