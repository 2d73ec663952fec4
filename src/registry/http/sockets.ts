import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { HttpClient } from '@actions/http-client';
import { ActionError } from '../../error.ts';
import { nameClass } from '../trust/address.ts';
import { exchange, type Forwarder, type Route } from './exchange.ts';
import { resolveBriefly } from './lookup.ts';
import { bareHostname, type OpenTransport, type Request } from './transport.ts';

/** More than are ever in flight to one host, so that no agent queues: a queue of `tunnel` loses sockets. */
const maxSocketsPerHost = 64;

/** The sockets of a run. */
export interface Sockets {
  readonly send: OpenTransport;
  /** Closes every socket, so that the process can end. */
  close(): void;
}

/**
 * Sends requests by `node:http` through the agents of `@actions/http-client`, which know the runner's proxy settings.
 * Nothing else of that client is used: its bodies never settle when they are truncated, and its time-out is not armed
 * while a proxy connects (measured in 4.0.1).
 *
 * Requests fail with `network`, `tls`, `timeout` or `registry-error`; nothing is followed, retried or inflated. Only a
 * request whose pooled connection had ended is sent again, on a new one.
 *
 * @param userAgent the `User-Agent` of every request
 */
export function openSockets(userAgent: string): Sockets {
  // Shared by requests under one policy only: a pooled socket skips the check of its address.
  const routes = new Map<string, Route>();
  const routeFor = ({ url, addressPolicy }: Request): Route => {
    const key = `${addressPolicy.name} ${url.origin}`;
    const route = routes.get(key) ?? newRoute(url);
    routes.set(key, route);
    return route;
  };

  const lookups = new Map<string, Promise<string[]>>();
  const addressesOf = (hostname: string): Promise<string[]> => {
    const addresses = lookups.get(hostname) ?? resolveBriefly(hostname);
    lookups.set(hostname, addresses);
    return addresses;
  };

  return {
    async send(request) {
      const route = routeFor(request);
      // A proxy resolves names itself; what this machine knows of the name is checked all the same.
      if (route.isProxied) {
        request.addressPolicy.check(request.url.hostname, await addressesOf(bareHostname(request.url)));
      }
      for (;;) {
        try {
          return await exchange(request, route, userAgent);
        } catch (error) {
          if (!(error instanceof ActionError) || error.cause !== 'stale') throw error;
          dropIdleSockets(route.agent);
        }
      }
    },
    close() {
      for (const { agent } of routes.values()) if (!isTunnel(agent)) agent.destroy();
    },
  };
}

function dropIdleSockets(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function newRoute(url: URL): Route {
  const agent = newAgent(url);
  if (!isTunnel(agent)) return { agent, isProxied: false };
  useOwnName(agent);
  if (url.protocol === 'https:') return { agent, isProxied: true };
  const forwarder = forwarderBy(agent);
  const options = { keepAlive: true, maxSockets: maxSocketsPerHost };
  return { agent: forwarder.isTls ? new https.Agent(options) : new http.Agent(options), isProxied: true, forwarder };
}

function newAgent(url: URL): http.Agent {
  try {
    const client = new HttpClient(undefined, [], { keepAlive: true, maxSockets: maxSocketsPerHost });
    return client.getAgent(urlForProxyRules(url).href);
  } catch {
    throw new ActionError('network', 'The proxy settings of the runner cannot be used.', {
      advice: 'Check that https_proxy and http_proxy are URLs: http://proxy:port.',
    });
  }
}

/**
 * What the toolkit should decide by whether a host goes around the proxy. It takes every host that begins with `127.` for
 * loopback, and no name below `localhost`; what is loopback is decided here.
 */
function urlForProxyRules(url: URL): URL {
  const rules = new URL(url.origin);
  if (nameClass(bareHostname(url)) === 'loopback') rules.hostname = 'localhost';
  // A name below another is covered by the same entries of no_proxy.
  else if (/^127\./.test(url.hostname)) rules.hostname = `not-loopback.${url.hostname}`;
  return rules;
}

/** An agent of the package `tunnel`, which speaks through a proxy. */
interface Tunnel extends http.Agent {
  readonly proxyOptions: { host: string; readonly port: string; readonly proxyAuth?: string; servername?: string };
  /** How the proxy is contacted: by `http.request` or `https.request`. */
  readonly request: typeof http.request;
}

/** No other agent has this property. */
function isTunnel(agent: http.Agent): agent is Tunnel {
  return 'proxyOptions' in agent;
}

/** Has the certificate of a proxy checked against its own name; that in the header `Host` is the registry's. */
function useOwnName({ proxyOptions }: Tunnel): void {
  proxyOptions.host = proxyOptions.host.replace(/^\[(.*)\]$/, '$1');
  proxyOptions.servername = isIP(proxyOptions.host) === 0 ? proxyOptions.host : '';
}

/** Plain HTTP goes to a proxy with its whole URL: many refuse CONNECT for it. */
function forwarderBy({ proxyOptions, request }: Tunnel): Forwarder {
  const { host, port, proxyAuth } = proxyOptions;
  const isTls = request === (https.request as typeof http.request);
  const credentials = proxyAuth && `Basic ${Buffer.from(proxyAuth).toString('base64')}`;
  return {
    isTls,
    host,
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    headers: credentials ? { 'proxy-authorization': credentials } : {},
  };
}
