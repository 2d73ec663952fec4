import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { trustedCertificate } from './certificate.ts';
import { type ConnectProxy, startProxy } from './proxy.ts';

/** What a site was sent. */
export interface Asked {
  /** The name under which the site was reached: `ghcr.io`. */
  readonly site: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a site answers. Objects become JSON. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array | object;
}

/** A web site in one function. */
export type Site = (asked: Asked) => Answer;

/** Sites under their real names. */
export interface Sites {
  /** Every request to every site, in order of arrival. */
  readonly seen: Asked[];
  /** What the proxy was sent: `CONNECT ghcr.io:443`, and the headers that came with it. */
  readonly proxied: ConnectProxy['seen'];
  /** The environment of a process that is to reach the sites. */
  readonly env: Readonly<Record<string, string>>;
  /** The requests to one site, as `GET /path?query`. */
  paths(site: string): string[];
  close(): Promise<void>;
}

/**
 * Plays sites by their real names, `host` or `host:port`, on loopback: a proxy maps every CONNECT to the local TLS
 * server of that site, and answers 502 for names that are none. Nothing leaves this machine.
 *
 * @param isProxySecure whether the proxy itself speaks TLS
 */
export async function startSites(sites: Readonly<Record<string, Site>>, isProxySecure = false): Promise<Sites> {
  const names = new Set(Object.keys(sites).map((site) => site.replace(/:.*/, '')));
  const certificate = await trustedCertificate([...names, 'localhost']);
  const seen: Asked[] = [];
  const ports = new Map<string, number>();
  const servers: http.Server[] = [];
  for (const [name, site] of Object.entries(sites)) {
    const server = https.createServer(certificate, answerer(name, site, seen));
    servers.push(server);
    ports.set(name.includes(':') ? name : `${name}:443`, await listen(server));
  }
  const proxy = await startProxy((target) => ports.get(target), isProxySecure ? certificate : undefined);
  return {
    seen,
    proxied: proxy.seen,
    env: { https_proxy: proxy.url, http_proxy: proxy.url, NODE_EXTRA_CA_CERTS: certificate.file },
    paths: (site) => seen.filter((asked) => asked.site === site).map(lineOf),
    async close() {
      await proxy.close();
      await Promise.all(servers.map(stop));
      await certificate.remove();
    },
  };
}

/** A site on loopback over plain HTTP, as `127.0.0.1:PORT`. */
export interface LocalSite {
  readonly host: string;
  readonly seen: Asked[];
  close(): Promise<void>;
}

export async function startSite(site: Site): Promise<LocalSite> {
  const seen: Asked[] = [];
  const server = http.createServer((request, response) => answerer(host, site, seen)(request, response));
  const host = `127.0.0.1:${await listen(server)}`;
  return { host, seen, close: () => stop(server) };
}

/** `GET /path?query`, the query decoded. */
export function lineOf({ method, path, query }: Asked): string {
  const pairs = [...query].map(([name, value]) => `${name}=${value}`);
  return `${method} ${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

function answerer(name: string, site: Site, seen: Asked[]) {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://site');
    const asked: Asked = {
      site: name,
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(asked);
    const { status = 200, headers = {}, body = '' } = site(asked);
    const isText = typeof body === 'string' || body instanceof Uint8Array;
    const bytes = Buffer.from(isText ? body : JSON.stringify(body));
    response.writeHead(status, {
      'content-type': isText ? 'text/plain' : 'application/json',
      'content-length': bytes.length,
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
}

async function listen(server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: http.Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
