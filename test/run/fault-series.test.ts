import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step } from '../support/action.ts';
import { assertGreen, assertHarmless, putApp, withRegistry } from '../support/faults.ts';
import { image, index } from '../support/images.ts';
import { errorAnswer, type Fault, startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    response.writeHead(code, headers).end('<html>try later</html>');
    return true;
  };

/** What registries do on a bad day. */
const badDay: readonly Fault[] = [
  status(500),
  status(502),
  status(503, { 'retry-after': '0' }),
  status(504),
  status(429, { 'retry-after': '0' }),
  status(429, { 'retry-after': new Date(0).toUTCString() }),
  status(408),
  status(520),
  ({ socket }) => {
    socket.resetAndDestroy();
    return true;
  },
  ({ socket }) => {
    socket.end();
    return true;
  },
  ({ socket }, response) => {
    response.writeHead(200, { 'content-length': 500 }).write('{"schemaVersion":2', () => socket.destroy());
    return true;
  },
  ({ socket }, response) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.write('{"schemaVersion":2', () => socket.resetAndDestroy());
    return true;
  },
];

/** Attempts that a request has, of which one must be answered. */
const maxFaultsInARow = 4;

for (const seed of [1, 2, 3]) {
  test(`40 images resolve rightly while every fifth answer is a fault, with seed ${seed}`, () =>
    withRegistry(
      async (registry) => {
        const expected = Array.from({ length: 40 }, (_, at) => {
          const images = ['linux/amd64', 'linux/arm64'].map((platform) => image(platform, { labels: { at: `${at}` } }));
          for (const each of images) registry.putImage(`app${at}`, each);
          const both = index(images);
          registry.put(`app${at}`, both, '1');
          return { name: `${registry.host}/app${at}`, digest: both.digest, config: images[0]?.config.digest, at };
        });
        const random = randomFrom(seed);
        const suffered = new Map<string, number>();
        let played = 0;
        registry.fault = (request, response, count) => {
          const key = `${request.method} ${request.url} ${request.headers.authorization !== undefined}`;
          const before = suffered.get(key) ?? 0;
          const isDue = Math.floor(count / 5) > played;
          if (!isDue || before === maxFaultsInARow) return false;
          played += 1;
          suffered.set(key, before + 1);
          return badDay[Math.floor(random() * badDay.length)]?.(request, response, count);
        };

        const step = await runInProcess({
          image: expected.map(({ name }) => `${name}:1`).join('\n'),
          inspect: 'true',
          'verify-blobs': 'true',
          timeout: '100s',
        });
        assertGreen(step);
        assert.equal(played, Math.floor(registry.seen.length / 5));
        assert.ok(played > 60, `only ${played} faults`);
        const results = JSON.parse(step.outputs['results'] ?? '[]');
        assert.deepEqual(
          results.map((result: Record<string, unknown>) => [
            result['name'],
            result['digest'],
            result['configDigest'],
            result['labels'],
          ]),
          expected.map(({ name, digest, config, at }) => [name, digest, config, { at: `${at}` }]),
        );
      },
      { auth: 'bearer' },
    ));
}

const password = 'correct-horse-battery';
const options = { auth: 'bearer', users: { ci: password } } as const;

/** What the network, or a registry that is not well, may do to one request. */
const faults: Readonly<Record<string, Fault>> = {
  'a reset': ({ socket }) => {
    socket.resetAndDestroy();
    return true;
  },
  'a body that breaks off': ({ socket }, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{', () => socket.destroy());
    return true;
  },
  'a 503': (_, response) => {
    response.writeHead(503).end();
    return true;
  },
  'HTML with status 200': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please log in</h1>');
    return true;
  },
  'a 403': (_, response) => {
    errorAnswer(response, 403, 'DENIED', 'no');
    return true;
  },
  'another manifest': (_, response) => {
    const { manifest } = image('linux/amd64', { created: '2000-01-01T00:00:00Z' });
    response.setHeader('content-type', manifest.mediaType).end(manifest.bytes);
    return true;
  },
};

/** Faults after which the same request may succeed: a run that meets one of them once must end well. */
const passing = new Set(['a reset', 'a body that breaks off', 'a 503']);

/** A run that uses everything: token, index, manifest, config, blobs, two other images. */
async function wholeRun(registry: TestRegistry): Promise<Step> {
  return runInProcess({
    image: `${registry.host}/app:1`,
    username: 'ci',
    password,
    inspect: 'true',
    'verify-blobs': 'true',
    'require-platforms': 'linux/amd64,linux/arm64',
    'compare-with': `${registry.host}/old:1`,
    'base-image': `${registry.host}/base:1`,
    timeout: '20s',
  });
}

async function prepared(): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  putApp(registry);
  registry.putImage('old', image('linux/amd64', { created: '2020-01-01T00:00:00Z' }), '1');
  registry.putImage('base', image('linux/amd64', { layers: ['base'] }), '1');
  return registry;
}

/** Outputs without what differs from run to run: the folder of the files. */
function essence({ outputs, temp }: Step, host: string): string {
  return JSON.stringify(outputs)
    .replaceAll(temp, 'TEMP')
    .replaceAll(host, 'HOST')
    .replace(/image-digests-\w{6}/g, '');
}

test('a run whose k-th request fails ends right or red, for every k and every fault', async (t) => {
  const clean = await prepared();
  const undisturbed = await wholeRun(clean);
  assertGreen(undisturbed, [password]);
  const expected = essence(undisturbed, clean.host);
  const requests = clean.seen.length;
  await clean.close();
  assert.ok(requests >= 12, `only ${requests} requests`);

  const jobs = Object.keys(faults).flatMap((name) =>
    Array.from({ length: requests }, (_, at) => ({ name, k: at + 1 })),
  );
  const judge = async ({ name, k }: { name: string; k: number }) => {
    const registry = await prepared();
    registry.fault = (request, response, count) => count === k && faults[name]?.(request, response, count) === true;
    const step = await wholeRun(registry);
    await registry.close();
    const about = `${name} at request ${k}: ${registry.seen[k - 1]?.method} ${registry.seen[k - 1]?.url}\n${step.stdout}`;
    assertHarmless(step, [password]);
    if (step.status === 0) assert.equal(essence(step, registry.host), expected, about);
    else {
      assert.ok(!passing.has(name), `gave up after ${about}`);
      assert.deepEqual(Object.keys(step.outputs), ['error-code'], about);
      assert.notEqual(step.outputs['error-code'], 'internal', about);
      assert.equal(step.errors.length, 1, about);
      assert.equal(step.summary, '', about);
      assert.deepEqual(step.files, [], about);
    }
  };
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await judge(job);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  t.diagnostic(`${requests} requests, each with ${Object.keys(faults).length} faults`);
});

describe('a registry that is gone for good after the k-th request', { concurrency: 4 }, () => {
  for (const k of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`leaves the run red, with k = ${k}`, () =>
      withRegistry(async (registry) => {
        putApp(registry);
        registry.fault = ({ socket }, _, count) => {
          if (count < k) return false;
          socket.resetAndDestroy();
          return true;
        };
        const step = await runInProcess({
          image: `${registry.host}/app:1`,
          username: 'ci',
          password,
          inspect: 'true',
          'verify-blobs': 'true',
          timeout: '20s',
        });
        assert.equal(step.status, 1, step.stdout);
        assert.deepEqual(step.outputs, { 'error-code': 'network' });
        assert.deepEqual(step.files, []);
        assertHarmless(step, [password]);
      }, options));
  }
});
