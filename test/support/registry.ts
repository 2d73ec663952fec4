import { randomBytes } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Blob, digestOf, type Image } from './images.ts';

/** What the registry was sent. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request in place of the registry; gives false to let the registry answer. */
export type Fault = (request: IncomingMessage, response: ServerResponse, count: number) => boolean | undefined;

export interface RegistryOptions {
  /** How clients prove who they are. Bearer tokens come from the path `/token` of the registry itself. */
  readonly auth?: 'none' | 'bearer' | 'basic';
  /** Passwords by user name; without any, everybody gets a token. */
  readonly users?: Readonly<Record<string, string>>;
  /** Key and certificate, in PEM, for TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The realm to name, when tokens come from elsewhere. */
  readonly realm?: string;
  readonly service?: string;
  /** Parameters that the challenge has besides realm and service. */
  readonly challenge?: string;
  readonly listenOn?: { readonly port?: number; readonly host?: string };
}

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  /** Every request, in order of arrival. */
  readonly seen: Seen[];
  readonly tokens: Set<string>;
  /** Set to play faults; every request passes through it first. */
  fault: Fault | undefined;
  /** Puts a manifest or index under tags, or under its digest alone. */
  put(repository: string, document: Blob, ...tags: string[]): void;
  /** Puts an image with its blobs. */
  putImage(repository: string, image: Image, ...tags: string[]): void;
  putBlob(repository: string, blob: Blob): void;
  remove(repository: string, tag: string): void;
  /** The paths of the requests so far, each with its method. */
  paths(): string[];
  /** Invalidates every token that was given out. */
  expireTokens(): void;
  close(): Promise<void>;
}

/** An in-memory registry on loopback, with faults on demand. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const { auth = 'none', users = {} } = options;
  const manifests = new Map<string, Blob>();
  const blobs = new Map<string, Blob>();
  const tokens = new Set<string>();
  const seen: Seen[] = [];
  let count = 0;

  const handler = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    count += 1;
    if (registry.fault?.(request, response, count)) return;
    const url = new URL(request.url ?? '/', 'http://registry');
    if (url.pathname === '/token') return giveToken(request, response);
    if (!isAuthorized(request)) return challenge(request, response);
    serve(request, response, url.pathname);
  };

  const giveToken = (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    const isKnown = authorization === undefined ? Object.keys(users).length === 0 : isBasic(authorization);
    if (!isKnown) return errorAnswer(response, 401, 'UNAUTHORIZED', 'who are you?');
    const token = randomBytes(24).toString('base64url');
    tokens.add(token);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ token }));
  };

  const isBasic = (authorization: string): boolean => {
    const [user = '', password] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(/:(.*)/s);
    return authorization.startsWith('Basic ') && users[user] !== undefined && users[user] === password;
  };

  const isAuthorized = ({ headers: { authorization = '' } }: IncomingMessage): boolean => {
    if (auth === 'none') return true;
    return auth === 'basic' ? isBasic(authorization) : tokens.has(authorization.replace(/^Bearer /, ''));
  };

  const challenge = (request: IncomingMessage, response: ServerResponse) => {
    const scheme = options.tls ? 'https' : 'http';
    const realm = options.realm ?? `${scheme}://${request.headers.host}/token`;
    const service = options.service ?? 'test-registry';
    const bearer = `Bearer realm="${realm}",service="${service}"${options.challenge ?? ''}`;
    response.setHeader('www-authenticate', auth === 'basic' ? 'Basic realm="test"' : bearer);
    errorAnswer(response, 401, 'UNAUTHORIZED', 'authentication required');
  };

  const serve = (request: IncomingMessage, response: ServerResponse, path: string) => {
    if (path === '/v2/') return response.end('{}');
    const [, repository = '', kind, target = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const found = (kind === 'blobs' ? blobs : manifests).get(`${repository} ${decodeURIComponent(target)}`);
    if (found === undefined) {
      return errorAnswer(response, 404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', 'not here');
    }
    response.setHeader('content-type', kind === 'blobs' ? 'application/octet-stream' : found.mediaType);
    response.setHeader('content-length', found.bytes.length);
    response.setHeader('docker-content-digest', found.digest);
    response.end(request.method === 'HEAD' ? undefined : found.bytes);
    return;
  };

  const server = options.tls ? https.createServer(options.tls, handler) : http.createServer(handler);
  const { port: wanted = 0, host: listenHost = '127.0.0.1' } = options.listenOn ?? {};
  await new Promise<void>((resolve) => server.listen(wanted, listenHost, resolve));
  const { port } = server.address() as AddressInfo;

  const registry: TestRegistry = {
    host: `127.0.0.1:${port}`,
    port,
    seen,
    tokens,
    fault: undefined,
    put(repository, document, ...tags) {
      const digests = [document.digest, digestOf(document.bytes), digestOf(document.bytes, 'sha512')];
      for (const target of [...digests, ...tags]) manifests.set(`${repository} ${target}`, document);
    },
    putImage(repository, { manifest, config, layers }, ...tags) {
      registry.put(repository, manifest, ...tags);
      for (const part of [config, ...layers]) registry.putBlob(repository, part);
    },
    putBlob: (repository, blob) => void blobs.set(`${repository} ${blob.digest}`, blob),
    remove: (repository, tag) => void manifests.delete(`${repository} ${tag}`),
    paths: () => seen.map(({ method, url }) => `${method} ${url}`),
    expireTokens: () => tokens.clear(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}

/** An error answer as the distribution specification has it. */
export function errorAnswer(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ errors: [{ code, message }] }));
}
