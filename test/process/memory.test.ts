import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { altered, assertHarmless, pour, putApp, runWatched, withRegistry } from '../support/faults.ts';
import { descriptor, image, indexOf, types } from '../support/images.ts';
import { entriesBeside, raw, refusesEach } from '../support/lies.ts';
import type { TestRegistry } from '../support/registry.ts';

const amd64 = image('linux/amd64');
const entries = (list: readonly object[]) => entriesBeside(amd64, list);
const text = amd64.manifest.bytes.toString();
const target = { platform: amd64.platform };

const nest = (registry: TestRegistry, levels: number) => {
  registry.putImage('app', amd64);
  let inner = indexOf([{ ...descriptor(amd64.manifest), ...target }]);
  for (let level = 1; level < levels; level += 1) {
    registry.put('app', inner);
    inner = indexOf([descriptor(inner)]);
  }
  registry.put('app', inner, '1');
};
const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });
const zeros = Buffer.alloc(64 * 1024, ' ');

refusesEach('more than anybody could read', runWatched, [
  { name: '2,000,000 brackets are invalid-manifest', code: 'invalid-manifest', arrange: raw('['.repeat(2_000_000)) },
  {
    name: '600,000 nested objects are invalid-manifest',
    code: 'invalid-manifest',
    arrange: raw('{"a":'.repeat(600_000)),
  },
  {
    name: '2,000,000 empty arrays are invalid-manifest',
    code: 'invalid-manifest',
    text: /values/,
    arrange: raw(`{"a":[${'[],'.repeat(1_300_000)}[]]}`),
  },
  {
    name: '65 levels of arrays in an annotation are invalid-manifest',
    code: 'invalid-manifest',
    text: /64 levels/,
    arrange: raw(text.replace('{', `{"x":${'['.repeat(65)}${']'.repeat(65)},`)),
  },
  {
    name: 'indexes in five levels are invalid-manifest',
    code: 'invalid-manifest',
    text: /4 levels/,
    arrange: (registry) => void nest(registry, 5),
  },
  {
    name: 'an index of 1,001 entries is invalid-manifest',
    code: 'invalid-manifest',
    text: /1000 entries/,
    arrange: entries(Array.from({ length: 1001 }, () => ({ ...descriptor(amd64.manifest), ...target }))),
  },
  {
    name: 'a body that never ends is too-large',
    code: 'too-large',
    arrange(registry) {
      registry.fault = (_, response) => {
        response.setHeader('content-type', types.manifest);
        pour(response, zeros);
        return true;
      };
      return undefined;
    },
  },
  {
    name: 'a declared length over the limit is too-large before any of it is read',
    code: 'too-large',
    text: /has 5000000000 bytes/,
    arrange(registry) {
      registry.fault = (_, response) => {
        response.writeHead(200, { 'content-type': types.manifest, 'content-length': 5_000_000_000 }).flushHeaders();
        return true;
      };
      return undefined;
    },
  },
  {
    name: 'a child that is described as larger than the limit is too-large and never asked for',
    code: 'too-large',
    arrange: entries([{ ...descriptor(amd64.manifest), size: 1e12, ...target }]),
  },
  {
    name: 'a config that never ends is too-large',
    code: 'too-large',
    arrange(registry) {
      putApp(registry);
      registry.fault = ({ url = '' }, response) => {
        if (!url.includes('/blobs/')) return false;
        pour(response, zeros);
        return true;
      };
      return { inspect: 'true' };
    },
  },
  {
    name: 'an error that never ends is shown in its beginning',
    code: 'denied',
    text: /It said: aaaa/,
    arrange(registry) {
      registry.fault = (_, response) => {
        response.statusCode = 403;
        pour(response, Buffer.alloc(64 * 1024, 'a'));
        return true;
      };
      return undefined;
    },
  },
  {
    name: 'a token answer of 30,000 nested arrays is registry-error',
    code: 'registry-error',
    arrange(registry) {
      registry.fault = ({ url = '', headers }, response) => {
        const realm = `Bearer realm="http://${headers.host}/token"`;
        if (url.startsWith('/token')) response.end(`{"error":${'['.repeat(30_000)}${']'.repeat(30_000)}}`);
        else response.writeHead(401, { 'www-authenticate': realm }).end();
        return true;
      };
      return undefined;
    },
  },
  {
    name: 'a gzip bomb is registry-error, and not inflated',
    code: 'registry-error',
    text: /content encoding "gzip"/,
    arrange: raw(bomb, { 'content-encoding': 'gzip' }),
  },
  {
    name: 'a brotli encoding is registry-error',
    code: 'registry-error',
    arrange: raw(text, { 'content-encoding': 'identity, br' }),
  },
  {
    name: 'a gzip bomb that is announced as a manifest is invalid-manifest',
    code: 'invalid-manifest',
    arrange: raw(bomb),
  },
]);

/** Steps that may pass or fail, so long as the machine that they run on does not suffer. */
const heavy: readonly { name: string; arrange: (registry: TestRegistry) => Record<string, string> }[] = [
  {
    name: '32 images of 4 MiB each at a time',
    arrange(registry) {
      const names = Array.from({ length: 32 }, (_, at) => {
        const big = image('linux/amd64', { annotations: { at: `${at} ${'x'.repeat(4_190_000)}` } });
        registry.putImage(`app${at}`, big, '1');
        return `${registry.host}/app${at}:1`;
      });
      return { image: names.join('\n') };
    },
  },
  {
    name: 'an index of 60 manifests of 4 MiB, each of which must be read to know its platform',
    arrange(registry) {
      const list = Array.from({ length: 60 }, (_, at) => {
        const big = image('linux/s390x', { annotations: { at: `${at} ${'x'.repeat(4_190_000)}` } });
        registry.putImage('app', big);
        return descriptor(big.manifest);
      });
      registry.put('app', indexOf(list), '1');
      return {};
    },
  },
  {
    name: 'an annotation of 4 MiB of which every character must be escaped',
    arrange(registry) {
      registry.putImage('app', image('linux/amd64', { annotations: { a: ' '.repeat(4_190_000) } }), '1');
      return {};
    },
  },
  {
    name: 'a label of 4 MiB of which every character must be escaped',
    arrange(registry) {
      registry.putImage('app', image('linux/amd64', { labels: { a: ' '.repeat(4_190_000) } }), '1');
      return { inspect: 'true' };
    },
  },
  {
    name: 'a label of 4 MiB that reads as one URL with 2,000,000 parameters',
    arrange(registry) {
      registry.putImage('app', image('linux/amd64', { labels: { a: `http://a?${'b&'.repeat(2_000_000)}` } }), '1');
      return { 'expected-labels': 'a=b' };
    },
  },
  {
    name: 'an OS version of 4 MiB',
    arrange(registry) {
      registry.putImage('app', amd64);
      const platform = { ...amd64.platform, 'os.version': '('.repeat(4_000_000) };
      registry.put('app', indexOf([{ ...descriptor(amd64.manifest), platform }]), '1');
      return {};
    },
  },
  {
    name: '240,000 small objects',
    arrange(registry) {
      registry.putImage('app', amd64);
      const list = Array.from({ length: 240_000 }, () => ({}));
      registry.put('app', altered(amd64, { x: list }), '1');
      return {};
    },
  },
];

describe('memory, the log and the summary stay in their bounds', () => {
  for (const { name, arrange } of heavy) {
    test(`with ${name}`, () =>
      withRegistry(async (registry) => {
        const step = await runWatched({ image: `${registry.host}/app:1`, ...arrange(registry) });
        assertHarmless(step);
        assert.ok(step.stdout.length < 1024 * 1024, `${step.stdout.length} characters in the log`);
        assert.notEqual(step.outputs['error-code'], 'internal');
      }));
  }

  test('while a platform with a name of 4 MiB is waited for', () =>
    withRegistry(async (registry) => {
      const platform = { os: 'linux', architecture: '\u0007'.repeat(600_000) };
      registry.put('app', indexOf([{ ...descriptor(amd64.manifest), platform }]), '1');
      const waiting = { 'wait-timeout': '2', 'wait-interval': '1' };
      const step = await runWatched({ image: `${registry.host}/app:1`, ...waiting });
      assertHarmless(step);
      assert.ok(step.stdout.length < 100_000, `${step.stdout.length} characters in the log`);
    }));
});
