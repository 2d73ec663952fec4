import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertGreen, assertHarmless, putApp, runWatched, type WatchedStep, withRegistry } from './support/faults.ts';
import { image } from './support/images.ts';
import { errorAnswer, type Fault, startRegistry, type TestRegistry } from './support/registry.ts';

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
async function wholeRun(registry: TestRegistry): Promise<WatchedStep> {
  return runWatched({
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
function essence({ outputs, temp }: WatchedStep, host: string): string {
  return JSON.stringify(outputs)
    .replaceAll(temp, 'TEMP')
    .replaceAll(host, 'HOST')
    .replace(/image-digests-\w{6}/g, '');
}

test('a run whose k-th request fails ends right or red, for every k and every fault', {
  timeout: 300_000,
}, async (t) => {
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
        const step = await runWatched({
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
