import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { type RegistryOptions, startRegistry, type TestRegistry } from './registry.ts';

/** Options of a host; `plain` for one without TLS. */
export type HostOptions = Omit<RegistryOptions, 'tls' | 'listenOn'> & { readonly plain?: boolean };

/** Registries under the names of real ones, reached by a proxy, so that references need no rewriting. */
export interface Internet {
  /** The registry at `host[:port]`. */
  at(host: string): TestRegistry;
  /** What a step needs in its environment to reach them. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Starts registries under names: each `host[:port]` is one of its own, or another name of one, as
 * `{ 'auth.docker.io': 'registry-1.docker.io' }`.
 */
export async function startInternet(hosts: Readonly<Record<string, HostOptions | string>>): Promise<Internet> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-internet-'));
  const certificate = makeCertificate(Object.keys(hosts).map((host) => host.replace(/:[0-9]+$/, '')));
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, certificate.cert);
  const registries = new Map<string, TestRegistry>();
  for (const [host, options] of Object.entries(hosts)) {
    if (typeof options === 'string') continue;
    registries.set(host, await startRegistry({ ...options, ...(options.plain ? {} : { tls: certificate }) }));
  }
  const at = (host: string): TestRegistry => {
    const options = hosts[host];
    const registry = registries.get(typeof options === 'string' ? options : host);
    if (registry === undefined) throw new Error(`There is no ${host} in this test.`);
    return registry;
  };
  const proxy = await startProxy(at);
  return {
    at,
    environment: {
      https_proxy: proxy.url,
      http_proxy: proxy.url,
      NODE_EXTRA_CA_CERTS: authority,
      // The names are looked up although the proxy resolves them: a name server that is slow must not slow the tests.
      RES_OPTIONS: 'timeout:1 attempts:1',
    },
    async close() {
      await proxy.close();
      for (const registry of registries.values()) await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A proxy that knows CONNECT alone, and only these hosts. */
async function startProxy(at: Internet['at']): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = http.createServer();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    let target: TestRegistry;
    try {
      target = at((request.url ?? '').replace(/:(?:443|80)$/, ''));
    } catch {
      return client.end('HTTP/1.1 404 Not Found\r\n\r\n');
    }
    const upstream = connect(target.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => sockets.delete(socket));
    }
    return;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
