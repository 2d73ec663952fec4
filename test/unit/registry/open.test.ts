import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentBudget } from '../../../src/content/budget.ts';
import { contentCache } from '../../../src/content/cache.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import type { Mirrors } from '../../../src/registry/endpoints.ts';
import { openRegistries } from '../../../src/registry/open.ts';
import { operation } from '../../support/fake-store.ts';
import { image } from '../../support/images.ts';
import { rejection } from '../../support/refusals.ts';
import { type FakeResponse, fakeClock, fakeTransport, openTransport, type Responder } from '../../support/transport.ts';

const { manifest } = image('linux/amd64');
const served: FakeResponse = { body: manifest.bytes.toString(), headers: { 'content-type': manifest.mediaType } };

function registries(
  respond: Responder,
  { mirrors = new Map(), plainHttp = [] as string[] }: { mirrors?: Mirrors; plainHttp?: string[] } = {},
) {
  const { send, requests } = fakeTransport((request, count) => {
    // As sockets do it: the name stands for the address that the test gives.
    const response = respond(request, count);
    if (typeof response === 'object' && 'address' in response && response.address)
      request.addressPolicy.check(request.url.hostname, [response.address]);
    return response;
  });
  const credentials: string[] = [];
  const all = openRegistries({
    send: openTransport(send),
    credentials: async ({ registry }) => {
      credentials.push(registry);
      return undefined;
    },
    authHosts: new Map(),
    plainHttp: new Set(plainHttp),
    keepToken: () => undefined,
    budget: documentBudget(),
    cache: contentCache(),
    mirrors,
    tagsFromRegistry: false,
    clock: fakeClock(),
  });
  return { all, requests, credentials, urls: () => requests.map(({ url }) => url.href) };
}

const own = parseReference('registry.example/o/app:v1');

test('a registry that an image names is spoken to by https, also on loopback', async () => {
  const { all, urls } = registries(() => ({ ...served, address: '203.0.113.1' }));
  await all.open(own, operation).resolve('v1');
  await all.openNamed(parseReference('base.example/o/base:v1'), own, operation).resolve('v1');
  assert.equal(urls()[1], 'https://base.example/v2/o/base/manifests/v1');
});

test('an image may name a local registry only when it is there itself', async () => {
  const at = async (ownAddress: string, name: string, address: string, isOnRegistry = true) => {
    const { all } = registries(({ url }) => ({
      ...served,
      address: url.host === 'registry.example' ? ownAddress : address,
    }));
    await all.open(own, operation).resolve('v1');
    return all.openNamed(parseReference(`${name}/o/base:v1`), isOnRegistry ? own : undefined, operation).resolve('v1');
  };
  for (const [name, address] of [
    ['localhost:5000', '127.0.0.1'],
    ['127.0.0.1:5000', '127.0.0.1'],
    ['[::1]:5000', '::1'],
    ['10.0.0.1', '10.0.0.1'],
    ['base.example', '10.0.0.1'],
    ['base.example', '127.0.0.1'],
    ['base.internal', '10.0.0.1'],
    ['base.local', '192.168.0.1'],
  ] as const) {
    await rejection('untrusted-host', at('203.0.113.1', name, address)).catch((problem: Error) => {
      throw new Error(`${name}: ${problem.message}`);
    });
  }
  for (const own of ['203.0.113.1', '10.0.0.9', '127.0.0.1']) {
    await rejection('untrusted-host', at(own, 'base.example', '169.254.169.254'));
    await rejection('untrusted-host', at(own, '169.254.169.254', '169.254.169.254'));
  }
  assert.ok(await at('10.0.0.9', 'base.example', '10.0.0.1'));
  assert.ok(await at('10.0.0.9', 'base.example', '203.0.113.7'));
  assert.ok(await at('203.0.113.1', 'base.example', '203.0.113.7'));
  await rejection('untrusted-host', at('10.0.0.9', 'localhost:5000', '127.0.0.1'));
  // An image in a local layout is nowhere.
  await rejection('untrusted-host', at('10.0.0.9', 'base.example', '10.0.0.1', false));
  await rejection('untrusted-host', at('127.0.0.1', 'localhost:5000', '127.0.0.1', false));
});

test('an image that came from a mirror alone names no local registry', async () => {
  const mirrors: Mirrors = new Map([['registry.example', [{ host: 'mirror.example', prefix: '' }]]]);
  const { all, urls } = registries(
    ({ url }) => ({ ...served, address: url.host === 'mirror.example' ? '10.0.0.5' : '10.0.0.6' }),
    { mirrors },
  );
  await all.open(own, operation).resolve('v1');
  assert.deepEqual(urls(), ['https://mirror.example/v2/o/app/manifests/v1']);
  await rejection(
    'untrusted-host',
    all.openNamed(parseReference('base.example/o/base:v1'), own, operation).resolve('v1'),
  );
});

test('each host is asked for with its own credentials', async () => {
  const mirrors: Mirrors = new Map([['registry.example', [{ host: 'mirror.example', prefix: 'p' }]]]);
  const { all, credentials, urls } = registries(
    ({ url }) =>
      url.host === 'mirror.example' ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } } : served,
    { mirrors },
  );
  await all.open(own, operation).resolve('v1');
  assert.equal(urls()[0], 'https://mirror.example/v2/p/o/app/manifests/v1');
  assert.deepEqual(
    [...new Set(credentials)].sort(),
    ['mirror.example', 'registry.example'].filter((host) => credentials.includes(host)),
  );
  assert.ok(credentials.includes('mirror.example'));
});
