import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { altered, assertGreen, assertRed, putApp, serveManifest, withRegistry } from '../support/faults.ts';
import { descriptor, digestOf, image, indexOf, types } from '../support/images.ts';
import { entriesBeside, type Lie, raw, refusesEach } from '../support/lies.ts';
import type { TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const amd64 = image('linux/amd64');
const manifest = (fields: object) => (registry: TestRegistry) => {
  registry.putImage('app', amd64);
  registry.put('app', altered(amd64, fields), '1');
  return undefined;
};
const entries = (list: readonly object[]) => entriesBeside(amd64, list);
const text = amd64.manifest.bytes.toString();
const config = descriptor(amd64.config);
const target = { platform: amd64.platform };

refusesEach('bytes that are not what their name says', runInProcess, [
  {
    name: 'GHSA-qv35-3gw6-8q4j: another manifest under the digest that was asked for is digest-mismatch',
    code: 'digest-mismatch',
    arrange(registry) {
      const asked = amd64.manifest.digest;
      serveManifest(registry, image('linux/amd64', { labels: { a: 'other' } }).manifest.bytes);
      return { image: `${registry.host}/app@${asked}` };
    },
  },
  {
    name: 'GHSA-qv35-3gw6-8q4j: other bytes with the right digest in the header are digest-mismatch',
    code: 'digest-mismatch',
    arrange(registry) {
      const asked = amd64.manifest.digest;
      serveManifest(registry, `${text} `, { 'docker-content-digest': asked });
      return { image: `${registry.host}/app@${asked}` };
    },
  },
  {
    name: 'a header that announces another digest than that of the bytes is digest-mismatch',
    code: 'digest-mismatch',
    arrange: raw(text, { 'docker-content-digest': digestOf('other') }),
  },
  {
    name: 'a header that announces another sha512 digest is digest-mismatch',
    code: 'digest-mismatch',
    arrange: raw(text, { 'docker-content-digest': digestOf('other', 'sha512') }),
  },
  {
    name: 'two digest headers, one of them right, are digest-mismatch',
    code: 'digest-mismatch',
    arrange: raw(text, { 'docker-content-digest': [digestOf(text), digestOf('other')] }),
  },
  {
    name: "other bytes under a child's digest are digest-mismatch",
    code: 'digest-mismatch',
    arrange(registry) {
      putApp(registry);
      registry.fault = ({ url = '' }, response) => {
        if (!url.includes('/manifests/sha256:')) return false;
        response.setHeader('content-type', types.manifest).end(image('linux/amd64', { created: '' }).manifest.bytes);
        return true;
      };
      return undefined;
    },
  },
  {
    name: "other bytes under the config's digest are digest-mismatch",
    code: 'digest-mismatch',
    arrange(registry) {
      const { amd64 } = putApp(registry);
      registry.fault = ({ url = '' }, response) => {
        if (!url.includes('/blobs/')) return false;
        response.end(amd64.config.bytes.toString().replace('2026', '2027'));
        return true;
      };
      return { inspect: 'true' };
    },
  },
  {
    name: 'a right digest with a wrong size is size-mismatch',
    code: 'size-mismatch',
    arrange: entries([{ ...descriptor(amd64.manifest), size: 12, ...target }]),
  },
  {
    name: 'a config of another size than its descriptor says is size-mismatch',
    code: 'size-mismatch',
    arrange: manifest({ config: { ...config, size: 12 } }),
  },
  {
    name: 'a child of another media type than its descriptor says is invalid-manifest',
    code: 'invalid-manifest',
    arrange: entries([{ ...descriptor(amd64.manifest), mediaType: types.docker, ...target }]),
  },
  {
    name: 'a child that is named and not there is registry-error',
    code: 'registry-error',
    arrange: (registry) => void registry.put('app', indexOf([{ ...descriptor(amd64.manifest), ...target }]), '1'),
  },
]);

const ambiguous = { manifests: [], config, layers: [] };
const doc = (fields: string) => `{"schemaVersion":2,${fields}}`;
const body = (mediaType: string, fields: object) => JSON.stringify({ schemaVersion: 2, mediaType, ...fields });

refusesEach('documents that two readers would understand differently', runInProcess, [
  {
    name: 'CVE-2021-41190: an index that is also a manifest is invalid-manifest',
    code: 'invalid-manifest',
    text: /ambiguous/,
    arrange: raw(body(types.manifest, ambiguous)),
  },
  {
    name: 'CVE-2021-41190: the same sent as an index is invalid-manifest',
    code: 'invalid-manifest',
    text: /ambiguous/,
    arrange: raw(body(types.index, ambiguous), { 'content-type': types.index }),
  },
  {
    name: 'CVE-2021-41190: a Content-Type that disagrees with mediaType is invalid-manifest',
    code: 'invalid-manifest',
    arrange: raw(text, { 'content-type': types.docker }),
  },
  {
    name: 'CVE-2021-41190: a Content-Type that disagrees with the shape is invalid-manifest',
    code: 'invalid-manifest',
    arrange: raw(doc('"manifests":[]'), { 'content-type': types.manifest }),
  },
  {
    name: 'CVE-2021-41190: a mediaType that disagrees with the shape is invalid-manifest',
    code: 'invalid-manifest',
    arrange: raw(body(types.index, { config, layers: [] }), { 'content-type': 'application/json' }),
  },
  {
    name: 'a manifest with the fields of schema 1 is invalid-manifest',
    code: 'invalid-manifest',
    arrange: manifest({ fsLayers: [] }),
  },
  {
    name: 'a schema 1 manifest is unsupported',
    code: 'unsupported',
    arrange: raw('{"schemaVersion":1,"fsLayers":[],"signatures":[]}', {
      'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
    }),
  },
  ...[
    ['a duplicate key', text.replace('{', '{"config":{},')],
    ['a duplicate key in an escape', text.replace('{', '{"\\u0063onfig":{},')],
    ['a key that differs in case', text.replace('{', '{"CONFIG":{},')],
    ['a key that differs by a long s', text.replace('"digest"', '"\u017fize":1,"digest"')],
    ['a byte order mark', `\ufeff${text}`],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['bytes that are not UTF-8', Buffer.from(text.replace('{', '{"x":"\u00c0\u00af",'), 'latin1')],
    ['a second document', `${text}${text}`],
    ['a NUL after the document', `${text}\0`],
    ['a comment', `${text}// good`],
    ['a trailing comma', text.replace(/\}$/, ',}')],
    ['a lone surrogate', text.replace('{', '{"annotations":{"a":"\\ud800"},')],
    ['null', 'null'],
    ['an array', `[${text}]`],
    ['a string', JSON.stringify(text)],
    ['no schemaVersion', text.replace('"schemaVersion":2,', '')],
    ['a schemaVersion that is a string', text.replace(':2,', ':"2",')],
    ['a schemaVersion of 2.0', text.replace(':2,', ':2.0,')],
    ['a negative size', text.replace(/"size":\d+/, '"size":-1')],
    ['a size with a fraction', text.replace(/"size":\d+/, '"size":1.5')],
    ['a size with an exponent', text.replace(/"size":\d+/, '"size":1e3')],
    ['a size beyond 2^53', text.replace(/"size":\d+/, '"size":9007199254740993')],
    ['a size that is a string', text.replace(/"size":(\d+)/, '"size":"$1"')],
    ['a config that is an array', text.replace(/"config":\{[^}]*\}/, '"config":[]')],
    ['layers that are an object', text.replace(/"layers":\[.*?\]/, '"layers":{}')],
    ['an annotation that is no string', text.replace('{', '{"annotations":{"a":1},')],
  ].map(
    ([what, bytes]): Lie => ({
      name: `a document with ${what} is invalid-manifest`,
      code: 'invalid-manifest',
      arrange: raw(bytes as string),
    }),
  ),
]);

refusesEach('digests that are something else', runInProcess, [
  ...[
    '../../../../../../tmp/pwned',
    'sha256:../../../../../../tmp/pwned',
    `sha256:${'../'.repeat(21)}a`,
    `sha256:%2e%2e%2f${'a'.repeat(55)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'a'.repeat(64)}\n`,
    `sha256:${'a'.repeat(64)}?x=`,
    'sha256:',
    '',
  ].flatMap((digest): Lie[] => [
    {
      name: `CVE-2024-3727: the config digest ${JSON.stringify(digest.slice(0, 40))} is invalid-manifest`,
      code: 'invalid-manifest',
      arrange: manifest({ config: { ...config, digest } }),
    },
  ]),
  {
    name: 'CVE-2024-3727: the digest of an entry that is a path is invalid-manifest',
    code: 'invalid-manifest',
    arrange: entries([{ ...descriptor(amd64.manifest), digest: 'sha256:../../blobs/uploads', ...target }]),
  },
  {
    name: 'CVE-2024-3727: the digest of a layer that is a path is invalid-manifest',
    code: 'invalid-manifest',
    arrange: manifest({ layers: [{ ...config, digest: '../x' }] }),
  },
  {
    name: 'CVE-2024-3727: a diff_id that is a path is invalid-manifest',
    code: 'invalid-manifest',
    arrange(registry) {
      const wrong = image('linux/amd64', { config: { rootfs: { type: 'layers', diff_ids: ['../../x'] } } });
      registry.putImage('app', wrong, '1');
      return { inspect: 'true' };
    },
  },
  {
    name: 'a digest of an algorithm that cannot be verified is unsupported',
    code: 'unsupported',
    arrange: manifest({ config: { ...config, digest: `md5:${'a'.repeat(32)}` } }),
  },
]);

const nest = (registry: TestRegistry, levels: number) => {
  registry.putImage('app', amd64);
  let inner = indexOf([{ ...descriptor(amd64.manifest), ...target }]);
  for (let level = 1; level < levels; level += 1) {
    registry.put('app', inner);
    inner = indexOf([descriptor(inner)]);
  }
  registry.put('app', inner, '1');
};
describe('what is no danger passes', { concurrency: 4 }, () => {
  test('CVE-2020-15157: urls and data of descriptors are not followed, and change nothing', () =>
    withRegistry(async (registry) => {
      const foreign = { ...config, urls: [`http://${registry.host}/foreign`], data: 'e30=' };
      registry.putImage('app', amd64);
      registry.put('app', altered(amd64, { config: foreign, layers: [foreign] }), '1');
      const step = await runInProcess({ image: `${registry.host}/app:1`, inspect: 'true', 'verify-blobs': 'true' });
      assertGreen(step);
      assert.equal(step.outputs['config-digest'], amd64.config.digest);
      assert.ok(!registry.paths().some((path) => path.includes('foreign')));
    }));

  test('keys such as __proto__ are data', () =>
    withRegistry(async (registry) => {
      const labels = '{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d"}';
      const names = image('linux/amd64', { labels: JSON.parse(labels) });
      registry.putImage('app', names, '1');
      const step = await runInProcess({ image: `${registry.host}/app:1`, 'expected-labels': '__proto__=a' });
      assertGreen(step);
      assert.equal(step.outputs['labels'], labels);
      const missing = await runInProcess({ image: `${registry.host}/app:1`, 'expected-labels': 'valueOf=x' });
      assertRed(missing, 'gate-failed');
    }));

  test('indexes in four levels are read', () =>
    withRegistry(async (registry) => {
      nest(registry, 4);
      const step = await runInProcess({ image: `${registry.host}/app:1` });
      assertGreen(step);
      assert.equal(step.outputs['manifest-digest'], amd64.manifest.digest);
    }));
});
