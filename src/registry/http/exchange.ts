import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { ActionError } from '../../error.ts';
import { checkedLookup } from './lookup.ts';
import { networkError, protocolError } from './network-error.ts';
import { bareHostname, type OpenResponse, portOf, type Request } from './transport.ts';

/** Milliseconds for name look-up, proxy, connection and TLS together. */
const maxConnectMs = 10_000;

/** Milliseconds that one address gets before the next is tried: Node's 250 fail where IPv6 is dead and IPv4 slow. */
const addressAttemptMs = 3_000;

/** Milliseconds that a stream may take for its next bytes. */
const maxStreamPauseMs = 30_000;

/** Bytes of a stream that are handed on together, and chunks: servers may send single bytes. */
const streamPieceBytes = 256 * 1024;
const maxGathered = 4096;

/** Bytes of the headers of a response: Google Artifact Registry sends 21 KiB. */
const maxHeaderBytes = 128 * 1024;

/** How the server of a request is reached. */
export interface Route {
  readonly agent: http.Agent;
  /** Whether it is reached through a proxy, so that nobody here knows its address. */
  readonly isProxied: boolean;
  /** A proxy that takes the whole URL of a request, as for plain HTTP. */
  readonly forwarder?: Forwarder;
}

/** A proxy for plain HTTP. */
export interface Forwarder {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  /** For the proxy itself. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends a request and waits for the head of its response. The limits of the attempt last until its body ends.
 *
 * @throws ActionError with the cause `stale` when the connection was used before, and ended before any response
 */
export function exchange(request: Request, route: Route, userAgent: string): Promise<OpenResponse> {
  const { url, signal } = request;
  return new Promise((resolve, reject) => {
    let sent: ClientRequest | undefined;
    let message: IncomingMessage | undefined;
    const stop = (error: unknown) => {
      reject(networkError(error, url));
      (message ?? sent)?.destroy(networkError(error, url));
    };
    const attempt = setTimeout(() => stop(timeout(url, 'no complete response', request.attemptMs)), request.attemptMs);
    const connect = setTimeout(() => stop(timeout(url, 'no connection', maxConnectMs)), maxConnectMs);
    const abort = () => stop(signal.reason);
    const release = () => {
      clearTimeout(attempt);
      clearTimeout(connect);
      signal.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      release();
      reject(error);
    };
    if (signal.aborted) return fail(networkError(signal.reason, url));
    signal.addEventListener('abort', abort, { once: true });
    try {
      sent = start(request, route, userAgent);
    } catch (error) {
      return fail(networkError(error, url));
    }
    sent.on('error', (error) => {
      fail(asStale(networkError(error, url), sent, message));
      // What broke the body: the reader would hear of a closed connection alone.
      message?.destroy(networkError(error, url));
    });
    sent.once('socket', () => onceConnected(sent, isTls(url, route), () => clearTimeout(connect)));
    sent.once('upgrade', (_, socket) => {
      socket.destroy();
      fail(protocolError(url, 'it switches to another protocol'));
    });
    sent.once('response', (head) => {
      message = head;
      clearTimeout(connect);
      if (request.isStream) clearTimeout(attempt);
      // Until the body is read, nothing else hears of an error.
      head.on('error', release);
      resolve(openResponse(head, request, route, release));
    });
  });
}

function start(request: Request, { agent, forwarder }: Route, userAgent: string): ClientRequest {
  const { url, method, body } = request;
  const { request: send } = (forwarder?.isTls ?? url.protocol === 'https:') ? https : http;
  const path = `${url.pathname}${url.search}`;
  // Missing in the types of Node: options go through to the socket.
  const socketOptions: object = { autoSelectFamilyAttemptTimeout: addressAttemptMs };
  const sent = send({
    ...socketOptions,
    agent,
    method,
    host: forwarder?.host ?? bareHostname(url),
    port: forwarder?.port ?? portOf(url),
    path: forwarder === undefined ? path : `${url.origin}${path}`,
    headers: {
      ...request.headers,
      ...forwarder?.headers,
      host: url.host,
      'user-agent': userAgent,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    maxHeaderSize: maxHeaderBytes,
    ...(forwarder === undefined ? { lookup: checkedLookup(request.addressPolicy) } : {}),
  });
  sent.end(body);
  return sent;
}

function openResponse(message: IncomingMessage, request: Request, route: Route, release: () => void): OpenResponse {
  return {
    status: message.statusCode ?? 0,
    headers: message.headersDistinct,
    url: request.url,
    address: route.isProxied ? undefined : message.socket.remoteAddress,
    body: bodyOf(message, request, release),
    close() {
      release();
      message.destroy();
    },
  };
}

/** The bytes of a body, which must end as it was announced. Those of a stream come in pieces of a useful size. */
async function* bodyOf(message: IncomingMessage, request: Request, release: () => void): AsyncGenerator<Uint8Array> {
  const { url, isStream = false } = request;
  const idle = () => message.destroy(timeout(url, 'no more of the body', maxStreamPauseMs));
  const chunks: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]();
  let gathered: Uint8Array[] = [];
  let length = 0;
  const taken = (): Uint8Array => {
    const piece = gathered.length === 1 ? (gathered[0] as Uint8Array) : Buffer.concat(gathered, length);
    gathered = [];
    length = 0;
    return piece;
  };
  try {
    for (;;) {
      // Armed only while the network is waited for: the reader may be slow.
      const timer = isStream ? setTimeout(idle, maxStreamPauseMs) : undefined;
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done) break;
      gathered.push(next.value);
      length += next.value.byteLength;
      if (!isStream || length >= streamPieceBytes || gathered.length >= maxGathered) yield taken();
    }
    if (length > 0) yield taken();
    if (!message.complete) throw truncated(url);
  } catch (error) {
    // A download is resumed behind the last byte that came.
    if (length > 0) yield taken();
    throw networkError(error, url);
  } finally {
    release();
    message.destroy();
  }
}

/** A server closes connections that idle, and may do so while a request is on its way. */
function asStale(
  error: ActionError,
  sent: ClientRequest | undefined,
  message: IncomingMessage | undefined,
): ActionError {
  const isStale = sent?.reusedSocket === true && message === undefined && error.cause === 'closed';
  return isStale ? error.with({ cause: 'stale' }) : error;
}

function isTls(url: URL, { forwarder }: Route): boolean {
  return forwarder?.isTls ?? url.protocol === 'https:';
}

function onceConnected(sent: ClientRequest | undefined, withTls: boolean, then: () => void): void {
  const socket = sent?.socket;
  if (!socket || sent.reusedSocket || (!withTls && !socket.connecting)) then();
  else socket.once(withTls ? 'secureConnect' : 'connect', then);
}

function timeout(url: URL, what: string, milliseconds: number): ActionError {
  const message = `${url.host}: ${what} within ${milliseconds / 1000} seconds.`;
  return new ActionError('timeout', message, { transient: true, cause: 'attempt-timeout' });
}

function truncated(url: URL): ActionError {
  return new ActionError('network', `The response of ${url.href} broke off.`, { transient: true, cause: 'closed' });
}
