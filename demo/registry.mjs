// A registry on loopback with one image, behind a token service: what ghcr.io and Docker Hub do, in one page.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { makeImage } from './image.mjs';

const repository = 'demo/shop';
const tag = '1.4.2';

/**
 * Starts the registry.
 *
 * @returns {Promise<{ image: string, close: () => void }>} the reference of its image, and how to end it
 */
export async function startRegistry() {
  const token = randomUUID();
  const served = contentByPath();
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://registry');
    if (pathname === '/token') return sendJson(response, 200, { token });
    if (request.headers.authorization !== `Bearer ${token}`) return challenge(request, response);
    const found = served.get(pathname);
    if (found === undefined) return sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    response.writeHead(200, {
      'content-type': found.mediaType,
      'content-length': found.bytes.length,
      'docker-content-digest': found.digest,
    });
    response.end(request.method === 'HEAD' ? undefined : found.bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    image: `127.0.0.1:${server.address().port}/${repository}:${tag}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function contentByPath() {
  const { index, manifests, blobs } = makeImage();
  const served = new Map([[`/v2/${repository}/manifests/${tag}`, index]]);
  for (const part of [index, ...manifests]) served.set(`/v2/${repository}/manifests/${part.digest}`, part);
  for (const part of blobs) served.set(`/v2/${repository}/blobs/${part.digest}`, part);
  return served;
}

function challenge(request, response) {
  const realm = `http://${request.headers.host}/token`;
  response.setHeader(
    'www-authenticate',
    `Bearer realm="${realm}",service="demo-registry",scope="repository:${repository}:pull"`,
  );
  sendError(response, 401, 'UNAUTHORIZED', 'authentication required');
}

function sendError(response, status, code, message) {
  sendJson(response, status, { errors: [{ code, message }] });
}

function sendJson(response, status, document) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}
