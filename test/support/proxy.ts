import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Certificate } from './certificate.ts';

/** A proxy on loopback. */
export interface ConnectProxy {
  /** What it is to be called by `https_proxy`. */
  readonly url: string;
  /** What it was sent: `CONNECT ghcr.io:443` or `GET http://…`, and the headers that came with it. */
  readonly seen: { readonly line: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/**
 * Starts a proxy: HTTPS by CONNECT, plain HTTP by the whole URL.
 *
 * @param portOf where on loopback `host:port` is to be found; undefined for what is answered with 502
 * @param tls a certificate for `localhost`, for a proxy that speaks TLS itself
 */
export async function startProxy(
  portOf: (target: string) => number | undefined,
  tls?: Certificate,
): Promise<ConnectProxy> {
  const seen: ConnectProxy['seen'] = [];
  const record = ({ method, url, headers }: IncomingMessage) => seen.push({ line: `${method} ${url}`, headers });
  const sockets = new Set<Socket>();
  /** Plain HTTP comes with the whole URL. Like many proxies, this one takes no CONNECT for it. */
  const forward: http.RequestListener = (request, response) => {
    record(request);
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const port = url && portOf(`${url.hostname}:${url.port || 80}`);
    if (url === undefined || port === undefined) return response.writeHead(url ? 502 : 400).end();
    const { method, headers } = request;
    const onward = http.request({ port, host: '127.0.0.1', method, path: `${url.pathname}${url.search}`, headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    return request.pipe(onward);
  };
  const server = tls ? https.createServer(tls, forward) : http.createServer(forward);
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    record(request);
    const { url = '' } = request;
    const port = url.endsWith(':80') ? undefined : portOf(url);
    if (port === undefined) return client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => sockets.delete(socket));
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
