import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Step } from '../support/action.ts';
import { descriptor, digestOf, image, index, indexOf } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

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
    const step = await runInProcess({ image: app, 'expected-digest': expected });
    assert.equal(step.status, 0, `${expected}\n${step.stdout}`);
  }
});

test('another digest fails, showing expected and actual side by side, each with its level', async () => {
  const step = await runInProcess({ image: app, 'expected-digest': arm64.manifest.digest });
  assertFailed(
    step,
    'gate-failed',
    new RegExp(`expected ${arm64.manifest.digest}`),
    new RegExp(`digest, an index, is ${top.digest}`),
    new RegExp(`manifest-digest of linux/amd64 is ${amd64.manifest.digest}`),
  );
});

test('a digest of the wrong level is recognised', async () => {
  const config = await runInProcess({ image: app, 'expected-digest': amd64.config.digest });
  assertFailed(config, 'gate-failed', /is the config-digest \(the image ID\)/);
  const layer = await runInProcess({ image: app, 'expected-digest': amd64.layers[0]?.digest ?? '' });
  assertFailed(layer, 'gate-failed', /is that of a layer/);
});

test('every one of several platforms must be expected', async () => {
  const both = { image: app, platform: 'linux/amd64,linux/arm64' };
  const one = await runInProcess({ ...both, 'expected-digest': amd64.manifest.digest });
  assertFailed(one, 'gate-failed', /linux\/arm64/);
  const all = await runInProcess({ ...both, 'expected-digest': `${amd64.manifest.digest},${arm64.manifest.digest}` });
  assert.equal(all.status, 0, all.stdout);
});

test('expected-labels holds when every label has its value, and implies inspect', async () => {
  const step = await runInProcess({ image: app, 'expected-labels': `${revision}=1a2b3c\n` });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(JSON.parse(step.outputs['labels'] ?? '')[revision], '1a2b3c');
});

test('a label with another value, and one that is not set, are both named', async () => {
  const step = await runInProcess({ image: app, 'expected-labels': `${revision}=9f8e7d\nmissing=a,b=c` });
  assertFailed(
    step,
    'gate-failed',
    /revision for linux\/amd64 is "1a2b3c", expected "9f8e7d"/,
    /missing for linux\/amd64 is not set, expected "a,b=c"/,
  );
});

test('require-platforms wants each platform itself, not a lower variant', async () => {
  const held = await runInProcess({ image: app, 'require-platforms': 'linux/x86_64, linux/arm64/v8\nlinux/arm' });
  assert.equal(held.status, 0, held.stdout);
  const step = await runInProcess({ image: app, 'require-platforms': 'linux/amd64/v2\nlinux/s390x\nlinux/arm64' });
  assertFailed(
    step,
    'gate-failed',
    /linux\/amd64\/v2 is missing; linux\/s390x is missing/,
    /the image has linux\/amd64, linux\/arm64/,
  );
});

test('verify-blobs asks for config and layers by HEAD, each once', async () => {
  const from = registry.seen.length;
  const step = await runInProcess({ image: app, 'verify-blobs': 'true' });
  assert.equal(step.status, 0, step.stdout);
  const heads = registry
    .paths()
    .slice(from)
    .filter((path) => path.startsWith('HEAD '));
  const blobs = [amd64.config, ...amd64.layers].map(({ digest }) => `HEAD /v2/o/app/blobs/${digest}`);
  assert.deepEqual(heads.sort(), blobs.sort());
});

/** What the registry says of one layer: of the others it says what is right. */
function onLayer(status: number, headers: Readonly<Record<string, string | number>>, method?: string): void {
  const [layer = assert.fail()] = amd64.layers;
  registry.fault = (request, response) => {
    if (!request.url?.endsWith(layer.digest) || (method !== undefined && request.method !== method)) return false;
    response.writeHead(status, headers).end();
    return true;
  };
}

for (const [words, status, headers] of [
  ['is missing', 404, {}],
  ['has 5 bytes, but the manifest says 4', 200, { 'content-length': 5 }],
  ['could not be judged: 127\\.0\\.0\\.1:\\d+ gives no length', 200, { 'transfer-encoding': 'chunked' }],
] as const) {
  test(`verify-blobs fails for a blob that ${words.replaceAll('\\', '')}`, async () => {
    onLayer(status, headers);
    const step = await runInProcess({ image: app, 'verify-blobs': 'true' });
    registry.fault = undefined;
    assertFailed(step, 'gate-failed', new RegExp(`${amd64.layers[0]?.digest} ${words}`));
  });
}

for (const [what, status, headers] of [
  ['404', 404, {}],
  ['403', 403, {}],
  ['405', 405, {}],
  ['no length', 200, { 'transfer-encoding': 'chunked' }],
] as const) {
  test(`verify-blobs decides by GET where HEAD alone gets ${what}`, async () => {
    onLayer(status, headers, 'HEAD');
    const step = await runInProcess({ image: app, 'verify-blobs': 'true' });
    registry.fault = undefined;
    assert.equal(step.status, 0, step.stdout);
  });
}

test('verify-blobs follows redirects to storage', async () => {
  registry.fault = (request, response) => {
    if (request.method !== 'HEAD' || request.url?.includes('storage=1')) return false;
    response.writeHead(307, { location: `${request.url}?storage=1` }).end();
    return true;
  };
  const step = await runInProcess({ image: app, 'verify-blobs': 'true' });
  registry.fault = undefined;
  assert.equal(step.status, 0, step.stdout);
});

test('a gate that cannot be judged fails with what went wrong, not as a gate', async () => {
  registry.fault = (request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    response.writeHead(403).end();
    return true;
  };
  const step = await runInProcess({ image: app, 'verify-blobs': 'true' });
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
    const step = await runInProcess({ image: `${app}-gone`, 'fail-on-missing': 'false', ...gate });
    assert.match(
      step.errors[0]?.text ?? '',
      /fail-on-missing: false lets a missing image pass only where no gate is set/,
    );
    assertFailed(step, 'not-found');
  });
}

test('a child that the index names and the registry lacks is registry-error, never missing', async () => {
  const lost = image('linux/amd64', { layers: ['lost'] });
  registry.put('o/lost', indexOf([descriptor(lost.manifest, { platform: lost.platform })]), 'v1');
  const step = await runInProcess({ image: `${registry.host}/o/lost:v1`, 'fail-on-missing': 'false' });
  assertFailed(step, 'registry-error', new RegExp(lost.manifest.digest));
});

test('a config that is missing is a blob that verify-blobs misses, also where it is read before', async () => {
  const lost = image('linux/amd64', { layers: ['lost config'] });
  registry.put('o/noconfig', lost.manifest, 'v1');
  const inputs = { image: `${registry.host}/o/noconfig:v1` };
  assertFailed(await runInProcess(inputs), 'registry-error', new RegExp(lost.config.digest));
  assertFailed(
    await runInProcess({ ...inputs, 'verify-blobs': 'true' }),
    'gate-failed',
    new RegExp(lost.config.digest),
  );
});

test('of two demands on one label both must hold', async () => {
  const step = await runInProcess({ image: app, 'expected-labels': `${revision}=other\n${revision}=1a2b3c` });
  assertFailed(step, 'gate-failed', /expected "other"/);
});

test('the digest of another platform of the same index is recognised', async () => {
  const step = await runInProcess({ image: app, 'expected-digest': arm64.manifest.digest });
  assertFailed(step, 'gate-failed', /is the manifest-digest of linux\/arm64 in the same index/);
});

test('what is expected and what is fit into the annotation, however long a list or a label', async () => {
  const labelled = image('linux/amd64', { labels: { a: 'x'.repeat(3000), b: 'y' } });
  registry.putImage('o/labelled', labelled, 'v1');
  const labels = { image: `${registry.host}/o/labelled:v1`, 'expected-labels': 'a=abc\nb=def' };
  assertFailed(await runInProcess(labels), 'gate-failed', /expected "abc"; b for linux\/amd64 is "y", expected "def"/);
  const others = Array.from({ length: 60 }, (_, at) => digestOf(`other ${at}`)).join();
  const digests = await runInProcess({ image: app, 'expected-digest': others });
  assertFailed(digests, 'gate-failed', / or 55 others, but digest, an index, is /, new RegExp(amd64.manifest.digest));
});

test('require-platforms names each platform that is missing, however many they are', async () => {
  const required = Array.from({ length: 200 }, (_, at) => `os${at}/arch`);
  const step = await runInProcess({ image: app, 'require-platforms': required.join() });
  assertFailed(step, 'gate-failed');
  for (const platform of required) assert.ok(step.stdout.includes(platform), platform);
});

test('a manifest that was approved in place of its index is what reference hands on', async () => {
  const name = `${registry.host}/o/app`;
  const whole = await runInProcess({ image: app, 'expected-digest': `${top.digest},${amd64.manifest.digest}` });
  assert.equal(whole.outputs['reference'], `${name}@${top.digest}`);
  const one = await runInProcess({ image: app, 'expected-digest': amd64.manifest.digest });
  assert.equal(one.outputs['reference'], `${name}@${amd64.manifest.digest}`);
  const both = {
    platform: 'linux/amd64,linux/arm64',
    'expected-digest': images.map((it) => it.manifest.digest).join(),
  };
  const several = await runInProcess({ image: app, ...both });
  const rows = JSON.parse(several.outputs['results'] ?? '') as { reference: string }[];
  assert.deepEqual([several.outputs['reference'], ...rows.map(({ reference }) => reference)], ['', '', '']);
});

test('every gate that holds has a line in the log and a row in the summary', async () => {
  const gates = {
    'expected-digest': amd64.manifest.digest,
    'require-platforms': 'linux/amd64',
    'verify-blobs': 'true',
  };
  const step = await runInProcess({ image: app, 'expected-labels': `${revision}=1a2b3c`, ...gates });
  for (const gate of [...Object.keys(gates), 'expected-labels']) {
    assert.match(step.stdout, new RegExp(`^${gate} holds: `, 'm'));
    assert.match(step.summary, new RegExp(`^\\| ${gate} holds: `, 'm'));
  }
  assert.ok(step.stdout.includes(`expected-digest holds: manifest-digest is ${amd64.manifest.digest}\n`));
  assert.doesNotMatch(step.stdout, /No gate is set/);
});

test('require-platforms wants what the index names to be there, and to be what it says', async () => {
  const entries = (others: readonly object[]) =>
    indexOf([descriptor(amd64.manifest, { platform: amd64.platform }), ...others]);
  const gone = image('linux/arm64', { layers: ['gone'] });
  const wrong: Readonly<Record<string, object>> = {
    absent: descriptor(gone.manifest, { platform: arm64.platform }),
    typed: { ...descriptor(arm64.manifest, { platform: arm64.platform }), mediaType: 'application/vnd.example+json' },
    twice: descriptor(amd64.manifest, { platform: arm64.platform }),
  };
  for (const [tag, entry] of Object.entries(wrong)) {
    registry.put('o/app', entries([entry]), tag);
    const step = await runInProcess({ image: `${registry.host}/o/app:${tag}`, 'require-platforms': 'linux/arm64' });
    assertFailed(step, 'gate-failed', /linux\/arm64 is missing/);
  }
});
