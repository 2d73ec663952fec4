import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate for some names that trusts itself, with its key, both in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** The folder with `cert.pem`, for `NODE_EXTRA_CA_CERTS`. */
  readonly file: string;
  remove(): Promise<void>;
}

/** Makes a certificate by openssl; it holds for the names and for `127.0.0.1`. */
export async function makeCertificate(names: readonly string[]): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-tls-'));
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const alternatives = [...names.map((name) => `DNS:${name}`), 'IP:127.0.0.1'].join(',');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const output = ['-keyout', keyFile, '-out', file, '-days', '2', '-subj', '/CN=image-digests-test'];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-nodes', ...curve, ...output],
    ...['-addext', `subjectAltName=${alternatives}`],
  ]);
  const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(file, 'utf8')]);
  return { key, cert, file, remove: () => rm(folder, { recursive: true, force: true }) };
}

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
export interface Internet {
  /** Every request to every site, in order of arrival. */
  readonly seen: Asked[];
  /** What the proxy was sent: `CONNECT ghcr.io:443`, and the headers that came with it. */
  readonly proxied: { readonly line: string; readonly headers: IncomingHttpHeaders }[];
  /** The environment of a process that is to reach the sites. */
  readonly env: Readonly<Record<string, string>>;
  /** The requests to one site, as `GET /path?query`. */
  paths(site: string): string[];
  close(): Promise<void>;
}

/**
 * Plays sites by their real names, `host` or `host:port`, on loopback: a proxy maps every CONNECT to the local TLS
 * server of that site, and answers 502 for names that are none. Nothing leaves this machine.
 */
export async function startInternet(sites: Readonly<Record<string, Site>>): Promise<Internet> {
  const certificate = await makeCertificate([...new Set(Object.keys(sites).map((site) => site.replace(/:.*/, '')))]);
  const seen: Asked[] = [];
  const proxied: Internet['proxied'] = [];
  const ports = new Map<string, number>();
  const servers: http.Server[] = [];
  for (const [name, site] of Object.entries(sites)) {
    const server = https.createServer(certificate, answerer(name, site, seen));
    servers.push(server);
    ports.set(name.includes(':') ? name : `${name}:443`, await listen(server));
  }
  const proxy = connectProxy(ports, proxied);
  servers.push(proxy);
  const address = `http://127.0.0.1:${await listen(proxy)}`;
  return {
    seen,
    proxied,
    env: { https_proxy: address, http_proxy: address, NODE_EXTRA_CA_CERTS: certificate.file },
    paths: (site) => seen.filter((asked) => asked.site === site).map(lineOf),
    async close() {
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

function connectProxy(ports: ReadonlyMap<string, number>, proxied: Internet['proxied']): http.Server {
  const record = (request: IncomingMessage) =>
    proxied.push({ line: `${request.method} ${request.url}`, headers: request.headers });
  const proxy = http.createServer((request, response) => {
    record(request);
    response.writeHead(405).end('This proxy knows CONNECT only.');
  });
  proxy.on('connect', (request: IncomingMessage, client, head: Buffer) => {
    record(request);
    const port = ports.get(request.url ?? '');
    if (port === undefined) return client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    return undefined;
  });
  return proxy;
}

async function listen(server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Tunnels are no connections of HTTP any more: they end with their sites. */
async function stop(server: http.Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
