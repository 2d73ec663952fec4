import { trustedCertificate } from './certificate.ts';
import { startProxy } from './proxy.ts';
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
  const certificate = await trustedCertificate(Object.keys(hosts).map((host) => host.replace(/:[0-9]+$/, '')));
  const registries = new Map<string, TestRegistry>();
  for (const [host, options] of Object.entries(hosts)) {
    if (typeof options === 'string') continue;
    registries.set(host, await startRegistry({ ...options, ...(options.plain ? {} : { tls: certificate }) }));
  }
  const find = (host: string): TestRegistry | undefined => {
    const options = hosts[host];
    return registries.get(typeof options === 'string' ? options : host);
  };
  const proxy = await startProxy((target) => find(target.replace(/:(?:443|80)$/, ''))?.port);
  return {
    at(host) {
      const registry = find(host);
      if (registry === undefined) throw new Error(`There is no ${host} in this test.`);
      return registry;
    },
    environment: {
      https_proxy: proxy.url,
      http_proxy: proxy.url,
      NODE_EXTRA_CA_CERTS: certificate.file,
      // The names are looked up although the proxy resolves them: a name server that is slow must not slow the tests.
      RES_OPTIONS: 'timeout:1 attempts:1',
    },
    async close() {
      await proxy.close();
      for (const registry of registries.values()) await registry.close();
      await certificate.remove();
    },
  };
}
