import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

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
 */
export async function startProxy(portOf: (target: string) => number | undefined): Promise<ConnectProxy> {
  const seen: ConnectProxy['seen'] = [];
  const record = ({ method, url, headers }: IncomingMessage) => seen.push({ line: `${method} ${url}`, headers });
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    record(request);
    response.writeHead(405).end('This proxy knows CONNECT only.');
  });
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
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
