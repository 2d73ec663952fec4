import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runAction, type Step } from './support/action.ts';
import { descriptor, digestOf, image, index, indexOf } from './support/images.ts';
import { startRegistry, type TestRegistry } from './support/registry.ts';

const images = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'].map((platform) => image(platform));
const [amd64 = assert.fail(), arm64 = assert.fail()] = images;
const top = index(images);
const revision = 'org.opencontainers.image.revision';
let registry: TestRegistry;
let app: string;

before(async () => {
  registry = await startRegistry();
  for (const each of images) registry.putImage('o/app', each);
  registry.put('o/app', top, 'v1');
  app = `${registry.host}/o/app:v1`;
});
after(() => registry.close());

function assertFailed(step: Step, code: string, ...texts: RegExp[]): void {
  assert.equal(step.status, 1, step.stdout);
  assert.deepEqual(step.outputs, { 'error-code': code });
  assert.equal(step.errors.length, 1);
  for (const text of texts) assert.match(step.errors[0]?.text ?? '', text);
}

test('expected-digest holds for the index, for the manifest, and for one of several', async () => {
  const other = digestOf('other');
  const expectations = [
    top.digest,
    amd64.manifest.digest,
    `${other}, ${top.digest}`,
    digestOf(top.bytes, 'sha512'),
    `${other}\n${amd64.manifest.digest}`,
  ];
  for (const expected of expectations) {
    const step = await runAction({ image: app, 'expected-digest': expected });
    assert.equal(step.status, 0, `${expected}\n${step.stdout}`);
  }
});

test('another digest fails, showing expected and actual side by side, each with its level', async () => {
  const step = await runAction({ image: app, 'expected-digest': arm64.manifest.digest });
  assertFailed(
    step,
    'gate-failed',
    new RegExp(`expected ${arm64.manifest.digest}`),
    new RegExp(`digest, an index, is ${top.digest}`),
    new RegExp(`manifest-digest of linux/amd64 is ${amd64.manifest.digest}`),
  );
});

test('a digest of the wrong level is recognised', async () => {
  const config = await runAction({ image: app, 'expected-digest': amd64.config.digest });
  assertFailed(config, 'gate-failed', /is the config-digest \(the image ID\)/);
  const layer = await runAction({ image: app, 'expected-digest': amd64.layers[0]?.digest ?? '' });
  assertFailed(layer, 'gate-failed', /is that of a layer/);
});

test('every one of several platforms must be expected', async () => {
  const both = { image: app, platform: 'linux/amd64,linux/arm64' };
  const one = await runAction({ ...both, 'expected-digest': amd64.manifest.digest });
  assertFailed(one, 'gate-failed', /linux\/arm64/);
  const all = await runAction({ ...both, 'expected-digest': `${amd64.manifest.digest},${arm64.manifest.digest}` });
  assert.equal(all.status, 0, all.stdout);
});

test('expected-labels holds when every label has its value, and implies inspect', async () => {
  const step = await runAction({ image: app, 'expected-labels': `${revision}=1a2b3c\n` });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(JSON.parse(step.outputs['labels'] ?? '')[revision], '1a2b3c');
});

test('a label with another value, and one that is not set, are both named', async () => {
  const step = await runAction({ image: app, 'expected-labels': `${revision}=9f8e7d\nmissing=a,b=c` });
  assertFailed(step, 'gate-failed', /revision is "1a2b3c", expected "9f8e7d"/, /missing is not set, expected "a,b=c"/);
});

test('require-platforms wants each platform itself, not a lower variant', async () => {
  const held = await runAction({ image: app, 'require-platforms': 'linux/x86_64, linux/arm64/v8\nlinux/arm' });
  assert.equal(held.status, 0, held.stdout);
  const step = await runAction({ image: app, 'require-platforms': 'linux/amd64/v2\nlinux/s390x\nlinux/arm64' });
  assertFailed(
    step,
    'gate-failed',
    /linux\/amd64\/v2, linux\/s390x missing/,
    /the image has linux\/amd64, linux\/arm64/,
  );
});

test('verify-blobs asks for config and layers by HEAD, each once', async () => {
  const from = registry.seen.length;
  const step = await runAction({ image: app, 'verify-blobs': 'true' });
  assert.equal(step.status, 0, step.stdout);
  const heads = registry
    .paths()
    .slice(from)
    .filter((path) => path.startsWith('HEAD '));
  const blobs = [amd64.config, ...amd64.layers].map(({ digest }) => `HEAD /v2/o/app/blobs/${digest}`);
  assert.deepEqual(heads.sort(), blobs.sort());
});

test('verify-blobs fails for a blob that is missing, has another size, or has none', async () => {
  const [layer = assert.fail()] = amd64.layers;
  const faults: Readonly<Record<string, Readonly<Record<string, string | number>> | undefined>> = {
    'is missing': undefined,
    'has 5 bytes, 4 are described': { 'content-length': 5 },
    'has no stated size': { 'transfer-encoding': 'chunked' },
  };
  for (const [words, headers] of Object.entries(faults)) {
    registry.fault = (request, response) => {
      if (request.method !== 'HEAD' || !request.url?.endsWith(layer.digest)) return false;
      response.writeHead(headers === undefined ? 404 : 200, headers).end();
      return true;
    };
    const step = await runAction({ image: app, 'verify-blobs': 'true' });
    assertFailed(step, 'gate-failed', new RegExp(`${layer.digest} ${words}`));
  }
  registry.fault = undefined;
});

test('verify-blobs follows redirects to storage', async () => {
  registry.fault = (request, response) => {
    if (request.method !== 'HEAD' || request.url?.includes('storage=1')) return false;
    response.writeHead(307, { location: `${request.url}?storage=1` }).end();
    return true;
  };
  const step = await runAction({ image: app, 'verify-blobs': 'true' });
  registry.fault = undefined;
  assert.equal(step.status, 0, step.stdout);
});

test('a gate that cannot be judged fails with what went wrong, not as a gate', async () => {
  registry.fault = (request, response) => {
    if (request.method !== 'HEAD') return false;
    response.writeHead(403).end();
    return true;
  };
  const step = await runAction({ image: app, 'verify-blobs': 'true' });
  registry.fault = undefined;
  assertFailed(step, 'denied');
});

for (const gate of [
  { 'expected-digest': top.digest },
  { 'expected-labels': 'a=b' },
  { 'require-platforms': 'linux/amd64' },
  { 'verify-blobs': 'true' },
]) {
  test(`with ${Object.keys(gate)[0]}, a missing image fails although fail-on-missing is false`, async () => {
    const step = await runAction({ image: `${app}-gone`, 'fail-on-missing': 'false', ...gate });
    assert.match(
      step.errors[0]?.text ?? '',
      /fail-on-missing: false passes over a missing image only where no gate is set/,
    );
    assertFailed(step, 'not-found');
  });
}

test('a child that the index names and the registry lacks is registry-error, never missing', async () => {
  const lost = image('linux/amd64', { layers: ['lost'] });
  registry.put('o/lost', indexOf([descriptor(lost.manifest, { platform: lost.platform })]), 'v1');
  const step = await runAction({ image: `${registry.host}/o/lost:v1`, 'fail-on-missing': 'false' });
  assertFailed(step, 'registry-error', new RegExp(lost.manifest.digest));
});

test('a config that is missing is a blob that verify-blobs misses, also where it is read before', async () => {
  const lost = image('linux/amd64', { layers: ['lost config'] });
  registry.put('o/noconfig', lost.manifest, 'v1');
  const inputs = { image: `${registry.host}/o/noconfig:v1` };
  assertFailed(await runAction(inputs), 'registry-error', new RegExp(lost.config.digest));
  assertFailed(await runAction({ ...inputs, 'verify-blobs': 'true' }), 'gate-failed', new RegExp(lost.config.digest));
});

test('of two demands on one label both must hold', async () => {
  const step = await runAction({ image: app, 'expected-labels': `${revision}=other\n${revision}=1a2b3c` });
  assertFailed(step, 'gate-failed', /expected "other"/);
});

test('the digest of another platform of the same index is recognised', async () => {
  const step = await runAction({ image: app, 'expected-digest': arm64.manifest.digest });
  assertFailed(step, 'gate-failed', /is the manifest-digest of linux\/arm64 in the same index/);
});

test('what is expected and what is fit into the annotation, however long a list or a label', async () => {
  const labelled = image('linux/amd64', { labels: { a: 'x'.repeat(3000), b: 'y' } });
  registry.putImage('o/labelled', labelled, 'v1');
  const labels = { image: `${registry.host}/o/labelled:v1`, 'expected-labels': 'a=abc\nb=def' };
  assertFailed(await runAction(labels), 'gate-failed', /expected "abc"; b is "y", expected "def"/);
  const others = Array.from({ length: 60 }, (_, at) => digestOf(`other ${at}`)).join();
  const digests = await runAction({ image: app, 'expected-digest': others });
  assertFailed(digests, 'gate-failed', / or 55 others, but digest, an index, is /, new RegExp(amd64.manifest.digest));
  const required = Array.from({ length: 200 }, (_, at) => `os${at}/arch`);
  const step = await runAction({ image: app, 'require-platforms': required.join() });
  assertFailed(step, 'gate-failed');
  for (const platform of required) assert.ok(step.stdout.includes(platform), platform);
});
