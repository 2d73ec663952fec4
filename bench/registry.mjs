// Registries with token services, in memory.
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

/**
 * Starts a server that is both registry and token service: which of the two is decided by the path, and each shape
 * names the host that its tokens come from.
 *
 * @param socketPath where TLS is spoken
 * @param plainPort the port of 127.0.0.1 where it is not
 * @param images by repository, as `makeImage` gives them; every tag is `1`
 * @param realms the challenge's realm and service by host
 */
export async function startRegistry({ key, cert, socketPath, plainPort, images, realms }) {
  const tokens = new Set();
  const seen = [];
  /** By repository, whether its tag is hidden from the request that asks for it. */
  const hidden = new Map();

  const giveToken = (response) => {
    const token = randomBytes(300).toString('base64url');
    tokens.add(token);
    send(response, 200, JSON.stringify({ token, access_token: token, expires_in: 300 }));
  };

  const serve = (request, response, path) => {
    if (path === '/v2/') return send(response, 200, '{}');
    const [, repository, target] = /^\/v2\/(.+)\/(?:manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const image = images.get(repository);
    const found = image?.blobs.get(target === '1' && !hidden.get(repository)?.() ? image.index : target);
    if (found === undefined) {
      const isTags = /^\/v2\/(.+)\/tags\/list$/.test(path);
      if (isTags) return send(response, 200, JSON.stringify({ name: path, tags: ['1'] }));
      return send(response, 404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
    }
    response.setHeader('docker-content-digest', found.digest);
    send(response, 200, found.bytes, path.includes('/blobs/') ? 'application/octet-stream' : found.mediaType, request);
  };

  const answer = (request, response) => {
    const host = request.headers.host ?? '';
    const { pathname } = new URL(request.url ?? '/', 'https://registry');
    const entry = { method: request.method, host, path: pathname, status: 0 };
    seen.push(entry);
    response.on('finish', () => {
      entry.status = response.statusCode;
    });
    if (pathname === '/token') return giveToken(response);
    if (tokens.has((request.headers.authorization ?? '').slice('Bearer '.length))) {
      return serve(request, response, pathname);
    }
    const { realm, service } = realms[host];
    response.setHeader('www-authenticate', `Bearer realm="${realm}",service="${service}"`);
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    return send(response, 401, '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
  };
  const server = https.createServer({ key, cert }, answer);
  await new Promise((resolve) => server.listen(socketPath, resolve));
  await new Promise((resolve) => http.createServer(answer).listen(plainPort, '127.0.0.1', resolve));
  return { server, seen, hide: (repository, isHidden) => hidden.set(repository, isHidden) };
}

function send(response, status, body, type = 'application/json', request = undefined) {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length });
  response.end(request?.method === 'HEAD' ? undefined : bytes);
}
