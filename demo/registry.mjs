// A registry in memory, with its token service: for the demo, the tests and the benchmark.
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { digestOf } from './images.mjs';

/** Bytes of randomness in a token, so that it is as long as those of real registries. */
const tokenBytes = 300;

/**
 * Makes a registry without a place on the network: `handler` responds to requests.
 *
 * @param options
 *   `auth`: `none`, `bearer` or `basic`; tokens come from the path `/token` of the registry itself;
 *   `users`: passwords by user name; without any, everybody gets a token;
 *   `realm`, `service`: to be named in the challenge, when tokens come from elsewhere; `realms`: the same by host;
 *   `challenge`: parameters that it has besides;
 *   `tls`: whether URLs begin with https
 * @returns `seen`, every request in order; `fault`, to be set to a function that every request passes through first, and
 *   that responds in place of the registry when it gives true; `put` and more to fill it; see test/support/registry.ts
 */
export function createRegistry(options = {}) {
  const { auth = 'none', users = {}, realms = {} } = options;
  const manifests = new Map();
  const blobs = new Map();
  const tokens = new Set();
  const seen = [];

  const handler = async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    // A proxy is sent the whole URL, and hands on the path.
    request.url = request.url.replace(/^http:\/\/[^/]+/, '');
    const { method, url, headers } = request;
    const entry = { method, url, headers, body: Buffer.concat(chunks).toString(), status: 0 };
    const count = seen.push(entry);
    response.on('finish', () => {
      entry.status = response.statusCode;
    });
    if (registry.fault?.(request, response, count)) return;
    const { pathname } = new URL(url, 'http://registry');
    if (pathname === '/token') giveToken(request, response);
    else if (isAuthorized(request)) serve(request, response, pathname);
    else challenge(request, response);
  };

  const giveToken = ({ headers: { authorization } }, response) => {
    const isWelcome = authorization === undefined ? Object.keys(users).length === 0 : isBasic(authorization);
    if (!isWelcome) return errorAnswer(response, 401, 'UNAUTHORIZED', 'who are you?');
    const token = randomBytes(tokenBytes).toString('base64url');
    tokens.add(token);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ token, expires_in: 300 }));
  };

  const isBasic = (authorization) => {
    const [user = '', password] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(/:(.*)/s);
    return authorization.startsWith('Basic ') && users[user] !== undefined && users[user] === password;
  };

  const isAuthorized = ({ headers: { authorization = '' } }) => {
    if (auth === 'none') return true;
    return auth === 'basic' ? isBasic(authorization) : tokens.has(authorization.replace(/^Bearer /, ''));
  };

  const challenge = ({ headers: { host } }, response) => {
    const {
      realm = options.realm ?? `${options.tls ? 'https' : 'http'}://${host}/token`,
      service = options.service ?? 'test-registry',
    } = realms[host] ?? {};
    const bearer = `Bearer realm="${realm}",service="${service}"${options.challenge ?? ''}`;
    response.setHeader('www-authenticate', auth === 'basic' ? 'Basic realm="test"' : bearer);
    errorAnswer(response, 401, 'UNAUTHORIZED', 'authentication required');
  };

  const serve = ({ method }, response, path) => {
    if (path === '/v2/') return response.end('{}');
    const [, listed] = /^\/v2\/(.+)\/tags\/list$/.exec(path) ?? [];
    if (listed !== undefined) return response.end(JSON.stringify({ name: listed, tags: tagsOf(listed) }));
    const [, repository = '', kind, target = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const part = (kind === 'blobs' ? blobs : manifests).get(`${repository} ${decodeURIComponent(target)}`);
    if (part === undefined) {
      return errorAnswer(response, 404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', 'not here');
    }
    response.setHeader('content-type', kind === 'blobs' ? 'application/octet-stream' : part.mediaType);
    response.setHeader('content-length', part.bytes.length);
    response.setHeader('docker-content-digest', part.digest);
    return response.end(method === 'HEAD' ? undefined : part.bytes);
  };

  const tagsOf = (repository) =>
    [...manifests.keys()]
      .map((key) => key.split(' '))
      .filter(([owner, target]) => owner === repository && !target.includes(':'))
      .map(([, tag]) => tag);

  const registry = {
    handler,
    seen,
    tokens,
    fault: undefined,
    /** Puts a manifest or index under tags, or under its digest alone. */
    put(repository, document, ...tags) {
      const digests = [document.digest, digestOf(document.bytes), digestOf(document.bytes, 'sha512')];
      for (const target of [...digests, ...tags]) manifests.set(`${repository} ${target}`, document);
    },
    /** Puts an image with those of its blobs that have bytes. */
    putImage(repository, { manifest, config, layers }, ...tags) {
      registry.put(repository, manifest, ...tags);
      for (const part of [config, ...layers]) if (part.bytes !== undefined) registry.putBlob(repository, part);
    },
    putBlob: (repository, part) => void blobs.set(`${repository} ${part.digest}`, part),
    remove: (repository, tag) => void manifests.delete(`${repository} ${tag}`),
    paths: () => seen.map(({ method, url }) => `${method} ${url}`),
    expireTokens: () => tokens.clear(),
  };
  return registry;
}

/**
 * Starts a registry on loopback.
 *
 * @param options those of {@link createRegistry}; `tls`: key and certificate in PEM; `listenOn`: `port` and `host`
 */
export async function startRegistry(options = {}) {
  const registry = createRegistry(options);
  const server = options.tls ? https.createServer(options.tls, registry.handler) : http.createServer(registry.handler);
  const { port: requestedPort = 0, host = '127.0.0.1' } = options.listenOn ?? {};
  await new Promise((resolve) => server.listen(requestedPort, host, resolve));
  const { port } = server.address();
  return Object.assign(registry, {
    host: `127.0.0.1:${port}`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** An error response as the distribution specification has it. */
export function errorAnswer(response, status, code, message) {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ errors: [{ code, message }] }));
}
