import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGreen, runWatched, withRegistry } from './support/faults.ts';
import { image, index } from './support/images.ts';
import type { Fault } from './support/registry.ts';

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
const faults: readonly Fault[] = [
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
const mostFaultsInARow = 4;

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
          if (!isDue || before === mostFaultsInARow) return false;
          played += 1;
          suffered.set(key, before + 1);
          return faults[Math.floor(random() * faults.length)]?.(request, response, count);
        };

        const step = await runWatched({
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
