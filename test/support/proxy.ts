import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Certificate } from './certificate.ts';

/** A proxy on loopback. */
export interface ConnectProxy {
  /** What it is to be called by `https_proxy`. */
  readonly url: string;
  /** What it was sent: `CONNECT ghcr.io:443`, and the headers that came with it. */
  readonly seen: { readonly line: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/**
 * Starts a proxy that knows CONNECT alone.
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
  const refuse: http.RequestListener = (request, response) => {
    record(request);
    response.writeHead(405).end('This proxy knows CONNECT only.');
  };
  const server = tls ? https.createServer(tls, refuse) : http.createServer(refuse);
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    record(request);
    const port = portOf(request.url ?? '');
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
