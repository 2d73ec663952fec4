import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A server that speaks no protocol: a test writes its answers byte by byte. */
export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** The connections so far. */
  readonly sockets: Socket[];
  /** What was received, of all connections together. */
  received(): string;
  close(): Promise<void>;
}

/** Calls `answer` for every request head that arrives, counted over all connections. */
export async function startRawServer(
  answer: (socket: Socket, count: number) => void,
  host = '127.0.0.1',
): Promise<RawServer> {
  const sockets: Socket[] = [];
  let received = '';
  let count = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      if (!text.includes('\r\n\r\n')) return;
      count += 1;
      answer(socket, count);
    });
  });
  await listen(server, host);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v2/`,
    port,
    sockets,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, host: string): Promise<void> {
  server.listen(0, host);
  await once(server, 'listening');
}

/** A port on loopback where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listen(server, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
