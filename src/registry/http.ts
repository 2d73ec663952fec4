import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { HttpClient } from '@actions/http-client';
import { ActionError } from '../oci/action-error.ts';
import { readBody } from './body.ts';
import { type EarlySockets, openEarly } from './early.ts';
import { checkedLookup, resolveBriefly } from './lookup.ts';
import { networkError, protocolError } from './network-error.ts';
import { type AddressCheck, bareHostname, portOf, type Request, type Response, type Transport } from './transport.ts';

/** Milliseconds for name look-up, proxy, connection and TLS together. */
const connectTimeout = 10_000;

/** Milliseconds for one request, from its start to the last byte of its answer. */
const attemptTimeout = 30_000;

/** More than are ever in flight to one host, so that no agent queues: a queue of `tunnel` loses sockets. */
const socketsPerHost = 64;

/** A transport with sockets of its own. */
export interface HttpTransport {
  readonly send: Transport;
  /** Closes every socket, so that the process can end. */
  close(): void;
}

/**
 * Sends requests by `node:http` through the agents of `@actions/http-client`, which know the runner's proxy settings.
 * Nothing else of that client is used: its bodies never settle when they are truncated, and its time-out is not armed
 * while a proxy connects (measured in 4.0.1).
 *
 * The transport fails with `network`, `tls`, `timeout`, `too-large` or `registry-error`; it never follows, retries or inflates.
 *
 * @param userAgent the `User-Agent` of every request
 * @param early connections that are used before new ones are opened
 */
export function httpTransport(userAgent: string, early = openEarly([])): HttpTransport {
  // Sockets are shared by requests under the same rules only: a pooled socket skips the check of its address.
  const pools = new Map<AddressCheck, Map<string, http.Agent>>();

  const agentFor = ({ url, checkAddresses }: Request): http.Agent => {
    const pool = pools.get(checkAddresses) ?? new Map<string, http.Agent>();
    const agent = pool.get(url.origin) ?? withEarly(newAgent(url), url.origin, early);
    pools.set(checkAddresses, pool.set(url.origin, agent));
    return agent;
  };

  const known = new Map<string, Promise<string[]>>();
  const addressesOf = (hostname: string): Promise<string[]> => {
    const found = known.get(hostname) ?? resolveBriefly(hostname);
    known.set(hostname, found);
    return found;
  };

  return {
    async send(request) {
      const agent = agentFor(request);
      // A proxy resolves names itself; what this machine knows of the name is checked all the same.
      if (isProxy(agent)) {
        await request.checkAddresses(request.url.hostname, await addressesOf(bareHostname(request.url)));
      } else await early.check(request.url.origin, request.checkAddresses);
      return exchange(request, agent, userAgent);
    },
    close() {
      early.close();
      const agents = [...pools.values()].flatMap((pool) => [...pool.values()]);
      for (const agent of agents) if (!isProxy(agent)) agent.destroy();
    },
  };
}

function newAgent(url: URL): http.Agent {
  try {
    const client = new HttpClient(undefined, [], { keepAlive: true, maxSockets: socketsPerHost });
    const agent: http.Agent = client.getAgent(url.href);
    if (isProxy(agent)) useOwnName(agent);
    return agent;
  } catch (cause) {
    throw new ActionError('network', 'The proxy settings of the runner cannot be used.', {
      advice: 'Check that https_proxy and http_proxy are URLs: http://proxy:port.',
      cause,
    });
  }
}

/** Has an agent take early connections first, for TLS: what they are to be used for is decided by now. */
function withEarly(agent: http.Agent, origin: string, early: EarlySockets): http.Agent {
  if (!(agent instanceof https.Agent)) return agent;
  const connect = agent.createConnection;
  agent.createConnection = (options, callback) => {
    const socket = early.take(origin);
    return connect.call(agent, socket === undefined ? options : { ...options, socket }, callback);
  };
  return agent;
}

function exchange(request: Request, agent: http.Agent, userAgent: string): Promise<Response> {
  const { url, signal } = request;
  return new Promise((resolve, reject) => {
    let sent: ClientRequest | undefined;
    const finish = (conclude: () => void) => {
      clearTimeout(attempt);
      clearTimeout(connect);
      signal.removeEventListener('abort', abort);
      conclude();
    };
    const fail = (error: unknown) => {
      finish(() => reject(networkError(error, url)));
      sent?.destroy();
    };
    const abort = () => fail(signal.reason);
    const attempt = setTimeout(() => fail(timeout(url, 'no complete answer', attemptTimeout)), attemptTimeout);
    const connect = setTimeout(() => fail(timeout(url, 'no connection', connectTimeout)), connectTimeout);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      sent = start(request, agent, userAgent);
    } catch (error) {
      return fail(error);
    }
    sent.on('error', fail);
    sent.once('socket', () => onceConnected(sent, url, () => clearTimeout(connect)));
    sent.once('upgrade', () => fail(protocolError(url, 'it switches to another protocol')));
    sent.once('response', (message) => {
      clearTimeout(connect);
      readBody(message, request).then((response) => finish(() => resolve(response)), fail);
    });
  });
}

function onceConnected(sent: ClientRequest | undefined, url: URL, then: () => void): void {
  const socket = sent?.socket;
  const isTls = url.protocol === 'https:';
  if (!socket || sent.reusedSocket || (!isTls && !socket.connecting)) then();
  else socket.once(isTls ? 'secureConnect' : 'connect', then);
}

/** An agent of the package `tunnel`. */
interface ProxyAgent extends http.Agent {
  readonly proxyOptions: { readonly host: string; servername?: string };
}

/** The agents for a proxy come from the package `tunnel`; no other has this property. */
function isProxy(agent: http.Agent): agent is ProxyAgent {
  return 'proxyOptions' in agent;
}

/** Has the certificate of a proxy checked against its own name; that in the header `Host` is the registry's. */
function useOwnName({ proxyOptions }: ProxyAgent): void {
  proxyOptions.servername = isIP(proxyOptions.host) === 0 ? proxyOptions.host : '';
}

function start(request: Request, agent: http.Agent, userAgent: string): ClientRequest {
  const { url, method, body } = request;
  const { request: send } = url.protocol === 'https:' ? https : http;
  const sent = send({
    agent,
    method,
    protocol: url.protocol,
    host: isProxy(agent) ? url.hostname : bareHostname(url),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: {
      ...request.headers,
      'user-agent': userAgent,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    lookup: checkedLookup(request.checkAddresses),
  });
  sent.end(body);
  return sent;
}

function timeout(url: URL, what: string, milliseconds: number): ActionError {
  const message = `${url.host}: ${what} within ${milliseconds / 1000} seconds.`;
  return new ActionError('timeout', message, { transient: true, reason: 'timeout' });
}
