import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { blob, descriptor, type Image, image, indexOf } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const key = 'org.opencontainers.image.base.name';

let registry: TestRegistry;
let base: Image;
let other: Image;

beforeEach(async () => {
  registry = await startRegistry();
  base = image('linux/amd64', { layers: ['base'] });
  other = image('linux/amd64', { layers: ['other'] });
  registry.putImage('o/base', base, 'v1');
  registry.putImage('o/other', other, 'v1');
});
afterEach(() => registry.close());

interface Places {
  readonly manifest?: string | undefined;
  readonly entry?: string | undefined;
  readonly index?: string | undefined;
  readonly label?: string | undefined;
}

const named = (name: string | undefined) => (name === undefined ? {} : { [key]: name });

/** Puts an image on top of the base that names its base in these places. */
function put({ manifest, entry, index: ofIndex, label }: Places, isIndex = true): string {
  const built = image('linux/amd64', {
    layers: ['base', 'own'],
    annotations: named(manifest) as Record<string, string>,
    labels: named(label) as Record<string, string>,
  });
  registry.putImage('o/app', built, 'v1');
  if (isIndex) {
    const { mediaType, bytes } = indexOf([
      descriptor(built.manifest, { platform: built.platform, annotations: named(entry) }),
    ]);
    const document = JSON.parse(bytes.toString());
    registry.put('o/app', blob({ ...document, annotations: named(ofIndex) }, mediaType), 'v1');
  }
  return `${registry.host}/o/app:v1`;
}

/** The base must be on plain HTTP here, which the publisher of an image may not say. */
const run = (inputs: Record<string, string> = {}) =>
  runInProcess({
    image: `${registry.host}/o/app:v1`,
    'base-image': 'auto',
    'plain-http': registry.host,
    timeout: '20s',
    ...inputs,
  });

test('the places are asked in their order', async () => {
  const good = `${registry.host}/o/base:v1`;
  const bad = `${registry.host}/o/other:v1`;
  for (const [places, needsUpdating] of [
    [{ manifest: good, entry: bad, index: bad, label: bad }, 'false'],
    [{ manifest: bad, entry: good, index: good, label: good }, 'true'],
    [{ entry: good, index: bad, label: bad }, 'false'],
    [{ entry: bad, index: good, label: good }, 'true'],
    [{ index: good, label: bad }, 'false'],
    [{ index: bad, label: good }, 'true'],
    [{ label: good }, 'false'],
    [{ label: bad }, 'true'],
    [{ manifest: '', index: good }, 'false'],
  ] as const) {
    put(places);
    const step = await run();
    assert.equal(step.outputs['needs-updating'], needsUpdating, `${JSON.stringify(places)}: ${step.stdout}`);
  }
});

test('a name that comes from a label is warned of, and no other', async () => {
  put({ label: `${registry.host}/o/base:v1` });
  assert.match((await run()).stdout, /::warning [^\n]*label/);
  put({ manifest: `${registry.host}/o/base:v1`, label: `${registry.host}/o/base:v1` });
  assert.ok(!(await run()).stdout.includes('::warning'));
});

test('the config is read for the name alone: no output comes of it', async () => {
  put({ label: `${registry.host}/o/base:v1` });
  const { outputs } = await run();
  for (const name of ['created', 'labels', 'diff-ids']) assert.equal(outputs[name], undefined, name);
});

test('no name, or a bad one, is invalid-input', async () => {
  put({});
  const none = await run();
  assert.equal(none.outputs['error-code'], 'invalid-input');
  assert.match(none.errors[0]?.text ?? '', /org\.opencontainers\.image\.base\.name/);
  for (const name of [
    'UPPER',
    'oci-layout://x',
    'oci:x',
    './layout',
    'https://a.example/b',
    'a b',
    'sha256:x',
    '\n::error::x',
    'user:secret@a.example/x',
    '../x',
    'scratch@',
    'a'.repeat(5000),
  ]) {
    put({ manifest: name });
    const step = await run();
    assert.equal(step.outputs['error-code'], 'invalid-input', `${name.slice(0, 50)}: ${step.stdout.slice(-500)}`);
    assert.ok(!/^::error::x/m.test(step.stdout));
  }
});

test('a base is spoken to in the clear only where the user says so', async () => {
  put({ manifest: `${registry.host}/o/base:v1` });
  registry.seen.length = 0;
  const step = await run({ 'plain-http': '' });
  assert.equal(step.status, 1);
  assert.ok(!registry.paths().some((path) => path.includes('/o/base/')));
});

test('a publisher may not lead to metadata, and from a local layout not to this machine', async () => {
  for (const name of ['169.254.169.254/o/base:v1', '[fd00:ec2::254]/o/base:v1', 'metadata.google.internal/o/base:v1']) {
    put({ manifest: name });
    const step = await run({ 'plain-http': `${registry.host}\n${name.split('/')[0]}` });
    assert.equal(step.outputs['error-code'], 'untrusted-host', step.stdout.slice(-400));
  }
});

test('a base that is missing, or no image, is no reason to say that nothing changed', async () => {
  put({ manifest: `${registry.host}/o/missing:v1` });
  const missing = await run();
  assert.equal(missing.outputs['error-code'], 'not-found');
  assert.equal(missing.outputs['needs-updating'], undefined);
  const empty = image('linux/amd64', { layers: [] });
  registry.putImage('o/empty', empty, 'v1');
  put({ manifest: `${registry.host}/o/empty:v1` });
  assert.equal((await run()).outputs['error-code'], 'unsupported');
});
