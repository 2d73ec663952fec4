import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertRed, runWatched, startTunnel, withRegistry } from '../support/faults.ts';
import type { Fault } from '../support/registry.ts';

const redirectTo =
  (location: string): Fault =>
  ({ url = '' }, response) => {
    if (!url.includes('/manifests/')) return false;
    response.writeHead(307, { location }).end();
    return true;
  };

describe('a registry with a public name', { concurrency: 4 }, () => {
  const publicName = { 'registry.example': ['93.184.216.34'], 'rebind.example': ['169.254.169.254'] };
  const cases = [
    ['the runner itself', 'http://127.0.0.1:1/', /a loopback address, while the registry was reached through a proxy/],
    ['the runner by name', 'http://localhost:1/', /a loopback address/],
    ['a private address', 'http://10.0.0.1/', /a private address/],
    ['a name without a dot', 'http://intranet/', /a name of a private network/],
    ['a name under .internal', 'http://vault.internal/', /a name of a private network/],
    ['a name that resolves to the metadata service', 'http://rebind.example/', /link-local or metadata/],
  ] as const;
  for (const [what, location, text] of cases) {
    test(`may not redirect to ${what}`, () =>
      withRegistry(async (registry) => {
        const proxy = await startTunnel(registry.port);
        registry.fault = redirectTo(location);
        const step = await runWatched(
          { image: 'registry.example/app:1', 'plain-http': 'registry.example' },
          { hosts: publicName, env: { http_proxy: `http://${proxy.host}` } },
        );
        await proxy.close();
        assertRed(step, 'untrusted-host', text);
        assert.equal(registry.seen.length, 1);
      }));
  }

  test('may not be at the metadata service itself, whatever else its name stands for', async () => {
    const hosts = { 'rebind.example': ['127.0.0.1', '169.254.169.254'] };
    assertRed(await runWatched({ image: 'rebind.example/app:1' }, { hosts }), 'untrusted-host');
    assertRed(await runWatched({ image: '169.254.169.254/app:1' }), 'untrusted-host');
  });
});
