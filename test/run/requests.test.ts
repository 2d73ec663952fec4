import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Operation } from '../../src/async/operation.ts';
import { documentBudget } from '../../src/content/budget.ts';
import { contentCache } from '../../src/content/cache.ts';
import { loadImage } from '../../src/image/image.ts';
import { platformImages } from '../../src/image/platform-image.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { OpenTransport, Request, Response } from '../../src/registry/http/transport.ts';
import { openRegistries, type Registries } from '../../src/registry/open.ts';
import { type Image, image, index } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

// Nothing here takes the time: requests and modules are counted, which is what the time is spent on.

const linux: readonly [Image, Image, Image] = [image('linux/amd64'), image('linux/arm64'), image('linux/s390x')];
const app = index(linux);

describe('GETs of manifests, which Docker Hub counts', { concurrency: true }, () => {
  const newer = image('linux/amd64', { layers: ['base', 'newer'] });
  const other = index([newer, linux[1]]);
  const single = image('linux/amd64', { labels: { a: 'single' } });
  const three = 'linux/amd64,linux/arm64,linux/s390x';
  /** `gets` and `heads` are those of manifests, in the whole run; fewer cannot give the outputs. */
  const uses: readonly { use: string; inputs: Record<string, string>; gets: number; heads: number }[] = [
    { use: 'an index costs two: itself and the manifest of the platform', inputs: {}, gets: 2, heads: 0 },
    { use: 'a single manifest costs one', inputs: { image: 'o/single:1' }, gets: 1, heads: 0 },
    { use: 'a digest costs as much as a tag', inputs: { image: `o/app@${app.digest}` }, gets: 2, heads: 0 },
    { use: 'three platforms share the index', inputs: { platform: three }, gets: 4, heads: 0 },
    { use: 'inspect, which reads a blob, costs none', inputs: { inspect: 'true' }, gets: 2, heads: 0 },
    { use: 'verify-blobs costs none', inputs: { 'verify-blobs': 'true' }, gets: 2, heads: 0 },
    {
      use: 'require-platforms costs none, as it asks by HEAD',
      inputs: { 'require-platforms': three },
      gets: 2,
      heads: 3,
    },
    { use: 'expected-digest costs none', inputs: { 'expected-digest': app.digest }, gets: 2, heads: 0 },
    { use: 'compare-with an equal digest costs none', inputs: { 'compare-with': 'o/same:1' }, gets: 2, heads: 1 },
    { use: 'compare-with another image costs one more', inputs: { 'compare-with': 'o/other:1' }, gets: 3, heads: 1 },
    {
      use: 'compare-with an absent image costs one that finds none',
      inputs: { 'compare-with': 'o/none:1' },
      gets: 3,
      heads: 1,
    },
    { use: 'base-image costs two more', inputs: { 'base-image': 'o/other:1' }, gets: 4, heads: 0 },
    {
      use: 'the same image under two tags costs its children once',
      inputs: { image: 'o/app:1\no/app:2' },
      gets: 3,
      heads: 0,
    },
    {
      use: 'the same image asked for twice costs as much as once',
      inputs: { image: 'o/app:1\no/app:1' },
      gets: 2,
      heads: 0,
    },
  ];

  for (const { use, inputs, gets, heads } of uses) {
    test(use, async () => {
      const registry = await startRegistry({ auth: 'bearer' });
      registry.putImage('o/single', single, '1');
      for (const name of ['o/app', 'o/same', 'o/other']) for (const part of linux) registry.putImage(name, part);
      registry.putImage('o/other', newer);
      registry.put('o/app', app, '1', '2');
      registry.put('o/same', app, '1');
      registry.put('o/other', other, '1');
      const named = Object.fromEntries(
        Object.entries({ image: 'o/app:1', ...inputs }).map(([name, value]) => [
          name,
          value.replace(/^o\//gm, `${registry.host}/o/`),
        ]),
      );
      try {
        const step = await runInProcess(named);
        assert.equal(step.status, 0, step.stdout);
        const count = (method: string) =>
          registry.seen.filter(
            (seen) => seen.method === method && seen.url.includes('/manifests/') && seen.headers.authorization,
          ).length;
        assert.deepEqual({ gets: count('GET'), heads: count('HEAD') }, { gets, heads }, String(registry.paths()));
      } finally {
        await registry.close();
      }
    });
  }
});

test('waiting for a tag costs a HEAD a round, and a GET where that finds none', async () => {
  const registry = await startRegistry();
  after(() => registry.close());
  for (const part of linux) registry.putImage('o/app', part);
  registry.fault = (_request, _response, count) => {
    if (count === 4) registry.put('o/app', app, '1');
    return false;
  };
  const inputs = { image: `${registry.host}/o/app:1`, 'wait-timeout': '20s', 'wait-interval': '1s' };
  const step = await runInProcess(inputs);
  assert.equal(step.status, 0, step.stdout);
  const path = '/v2/o/app/manifests';
  assert.deepEqual(registry.paths(), [
    `GET ${path}/1`,
    `HEAD ${path}/1`,
    `GET ${path}/1`,
    `HEAD ${path}/1`,
    `GET ${path}/1`,
    `GET ${path}/${linux[0].manifest.digest}`,
  ]);
});

/** Answers one request; a registry without a network. */
type Answers = (request: Request) => { status: number; body?: string | Uint8Array; headers?: Response['headers'] };

/**
 * Sends requests over a network on which everything that is on its way at the same time arrives at the same time. Each
 * entry of `trips` is one round trip: the requests that waited for no other's answer, sorted.
 */
function byRoundTrips(answers: Answers): { send: OpenTransport; trips: string[][] } {
  const trips: string[][] = [];
  let onTheirWay: (() => void)[] = [];
  const send: OpenTransport = (request) =>
    new Promise((resolve) => {
      const { method, url, headers } = request;
      if (onTheirWay.length === 0) {
        trips.push([]);
        void turns(100).then(() => {
          const arrived = onTheirWay;
          onTheirWay = [];
          for (const answer of arrived) answer();
        });
      }
      const query = request.phase === 'token' ? `?service=${url.searchParams.get('service')}` : '';
      trips.at(-1)?.push(`${method} ${url.host}${url.pathname}${query} ${headers['authorization'] ?? ''}`.trim());
      trips.at(-1)?.sort();
      onTheirWay.push(() => {
        const { status, body = '', headers: answered = {} } = answers(request);
        resolve({
          status,
          headers: answered,
          url,
          address: '192.0.2.1',
          body: (async function* () {
            yield Buffer.from(body);
          })(),
          close: () => undefined,
        });
      });
    });
  return { send, trips };
}

/** Lets everything happen that waits for no answer. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A registry that wants tokens of one service, each named after the service that gave it. */
function strict(realm: string, service: string): Answers {
  return ({ phase, url, headers }) => {
    if (phase === 'token') {
      return { status: 200, body: JSON.stringify({ token: `for-${url.searchParams.get('service')}` }) };
    }
    if (headers['authorization'] !== `Bearer for-${service}`) {
      return { status: 401, headers: { 'www-authenticate': [`Bearer realm="${realm}",service="${service}"`] } };
    }
    return { status: 200, body: app.bytes, headers: { 'content-type': [app.mediaType] } };
  };
}

function registriesOver(send: OpenTransport): Registries {
  return openRegistries({
    send,
    credentials: async () => undefined,
    authHosts: new Map(),
    plainHttp: new Set(),
    keepToken: () => undefined,
    budget: documentBudget(),
    cache: contentCache(),
    mirrors: new Map(),
    tagsFromRegistry: false,
  });
}

const operation = (): Operation => ({
  signal: new AbortController().signal,
  deadline: Date.now() + 60_000,
  attemptMs: 60_000,
  trace: () => undefined,
});

/** The round trips that it takes to read a manifest. */
async function tripsTo(reference: string, answers: Answers): Promise<string[][]> {
  const { send, trips } = byRoundTrips(answers);
  const { digest } = await registriesOver(send).open(parseReference(reference), operation()).resolve('1');
  assert.equal(digest, app.digest);
  return trips;
}

describe('round trips', () => {
  const known = [
    {
      registry: 'docker.io',
      wire: 'registry-1.docker.io',
      token: 'auth.docker.io/token',
      service: 'registry.docker.io',
    },
    { registry: 'ghcr.io', wire: 'ghcr.io', token: 'ghcr.io/token', service: 'ghcr.io' },
  ];
  for (const { registry, wire, token, service } of known) {
    const manifest = `GET ${wire}/v2/o/app/manifests/1`;
    const guess = `GET ${token}?service=${service}`;

    test(`${registry} is asked for the manifest and for a token at the same time`, async () => {
      assert.deepEqual(await tripsTo(`${registry}/o/app:1`, strict(`https://${token}`, service)), [
        [guess, manifest].sort(),
        [`${manifest} Bearer for-${service}`],
      ]);
    });

    test(`where ${registry} has another token service than expected, that costs one request, and no token is shown to it`, async () => {
      assert.deepEqual(await tripsTo(`${registry}/o/app:1`, strict('https://tokens.example.org/', 'moved')), [
        [guess, manifest].sort(),
        ['GET tokens.example.org/?service=moved'],
        [`${manifest} Bearer for-moved`],
      ]);
    });

    test(`where the token service expected of ${registry} fails, the one that the registry names is asked`, async () => {
      const answers = strict('https://tokens.example.org/', 'moved');
      const failing: Answers = (request) =>
        `${request.url.host}${request.url.pathname}` === token ? { status: 404 } : answers(request);
      const trips = await tripsTo(`${registry}/o/app:1`, failing);
      assert.deepEqual(trips.at(-1), [`${manifest} Bearer for-moved`]);
      assert.equal(trips.flat().length, 4);
    });

    test(`a second request to ${registry} goes out with the token, alone`, async () => {
      const { send, trips } = byRoundTrips(strict(`https://${token}`, service));
      const store = registriesOver(send).open(parseReference(`${registry}/o/app`), operation());
      for (const tag of ['1', '2']) await store.resolve(tag);
      assert.deepEqual(trips.slice(2), [[`GET ${wire}/v2/o/app/manifests/2 Bearer for-${service}`]]);
    });
  }

  test('any other registry is asked for the manifest first, never pinged, and for a token when it says where', async () => {
    const manifest = 'GET registry.example.org/v2/o/app/manifests/1';
    const answers = strict('https://tokens.example.org/get', 'example');
    assert.deepEqual(await tripsTo('registry.example.org/o/app:1', answers), [
      [manifest],
      ['GET tokens.example.org/get?service=example'],
      [`${manifest} Bearer for-example`],
    ]);
  });

  test('an open registry costs one round trip', async () => {
    const open: Answers = () => ({ status: 200, body: app.bytes, headers: { 'content-type': [app.mediaType] } });
    assert.deepEqual(await tripsTo('registry.example.org/o/app:1', open), [
      ['GET registry.example.org/v2/o/app/manifests/1'],
    ]);
  });

  test('the manifests of all platforms are fetched together, and their configs too', async () => {
    const documents = new Map(
      [app, ...linux.flatMap(({ manifest, config }) => [manifest, config])].map((blob) => [blob.digest, blob]),
    );
    const { send, trips } = byRoundTrips(({ url }) => {
      const { bytes, mediaType } = documents.get(url.pathname.split('/').at(-1) ?? '') ?? app;
      return { status: 200, body: bytes, headers: { 'content-type': [mediaType] } };
    });
    const store = registriesOver(send).open(parseReference('registry.example.org/o/app'), operation());
    await platformImages(await loadImage(store, '1'), store).all(true);
    assert.deepEqual(
      trips.map((trip) => trip.length),
      [1, 3, 3],
    );
  });

  test('the whole action sends just these requests, in this order', async () => {
    const registry = await startRegistry({ auth: 'bearer' });
    after(() => registry.close());
    for (const part of linux) registry.putImage('o/app', part);
    registry.put('o/app', app, '1');
    const step = await runInProcess({ image: `${registry.host}/o/app:1`, inspect: 'true' });
    assert.equal(step.status, 0, step.stdout);
    const [amd64] = linux;
    assert.deepEqual(
      registry.paths().map((path) => path.replace(/\?.*/, '')),
      [
        'GET /v2/o/app/manifests/1',
        'GET /token',
        'GET /v2/o/app/manifests/1',
        `GET /v2/o/app/manifests/${amd64.manifest.digest}`,
        `GET /v2/o/app/blobs/${amd64.config.digest}`,
      ],
    );
  });

  test('one connection serves all requests that wait for one another', async () => {
    const registry = await startRegistry({ auth: 'bearer' });
    after(() => registry.close());
    const sockets = new Set<unknown>();
    registry.fault = ({ socket }) => {
      sockets.add(socket);
      return false;
    };
    registry.putImage('o/app', linux[0], '1');
    const step = await runInProcess({ image: `${registry.host}/o/app:1`, inspect: 'true' });
    assert.equal(step.status, 0, step.stdout);
    assert.equal(sockets.size, 1);
  });
});
