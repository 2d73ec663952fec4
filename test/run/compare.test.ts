import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { descriptor, image, index, indexOf } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const platforms = ['linux/amd64', 'linux/arm64'];
const built = platforms.map((platform) => image(platform, { layers: ['base 1', 'base 2', `app ${platform}`] }));
const rebuiltArm = [built[0] ?? assert.fail(), image('linux/arm64', { layers: ['other'] })];
const bases = platforms.map((platform) => image(platform, { layers: ['base 1', 'base 2'] }));
const newBases = platforms.map((platform) => image(platform, { layers: ['base 1', 'base 3'] }));
let registry: TestRegistry;
let at: (name: string) => string;

before(async () => {
  registry = await startRegistry();
  const versions = { v1: built, same: built, arm: rebuiltArm, amd: built.slice(0, 1), base: bases, newbase: newBases };
  for (const [tag, images] of Object.entries(versions)) {
    for (const each of images) registry.putImage('o/app', each);
    registry.put('o/app', index(images), tag);
  }
  registry.putImage('o/app', built[0] ?? assert.fail(), 'single');
  at = (name) => `${registry.host}/o/app:${name}`;
});
after(() => registry.close());

async function changed(against: string, platform = 'linux/amd64'): Promise<string | undefined> {
  const step = await runInProcess({ image: at('v1'), platform, 'compare-with': at(against) });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].changed, step.outputs['changed'] === 'true');
  return step.outputs['changed'];
}

test('equal digests are settled by one HEAD', async () => {
  const from = registry.seen.length;
  assert.equal(await changed('same'), 'false');
  const asked = registry
    .paths()
    .slice(from)
    .filter((path) => path.endsWith('/same'));
  assert.deepEqual(asked, ['HEAD /v2/o/app/manifests/same']);
});

test('where the digests differ, those of the platform decide', async () => {
  assert.equal(await changed('arm', 'linux/amd64'), 'false');
  assert.equal(await changed('arm', 'linux/arm64'), 'true');
  assert.equal(await changed('single'), 'false');
});

test('an absent image and an absent platform are a change', async () => {
  assert.equal(await changed('gone'), 'true');
  assert.equal(await changed('amd', 'linux/arm64'), 'true');
});

test('an error is an error, never a change', async () => {
  const faults = { 403: 'denied', 404: undefined, 418: 'registry-error' };
  for (const [status, code] of Object.entries(faults)) {
    registry.fault = (request, response) => {
      if (!request.url?.endsWith('/other')) return false;
      response.writeHead(Number(status)).end();
      return true;
    };
    const step = await runInProcess({ image: at('v1'), 'compare-with': at('other') });
    assert.equal(step.outputs['error-code'], code, status);
    assert.equal(step.outputs['changed'], code === undefined ? 'true' : undefined);
  }
  registry.fault = undefined;
});

test('without a digest from HEAD, GET decides', async () => {
  registry.fault = (request, response) => {
    if (request.method !== 'HEAD') return false;
    response.writeHead(200).end();
    return true;
  };
  assert.equal(await changed('same'), 'false');
  assert.equal(await changed('arm', 'linux/arm64'), 'true');
  registry.fault = undefined;
});

test('layers that begin with all of the base need no updating', async () => {
  const step = await runInProcess({ image: at('v1'), 'base-image': at('base') });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['needs-updating'], 'false');
  assert.match(step.stdout, /2 of the 2 layers of .*o\/app:base are shared/);
});

test('layers that do not need updating, and the log says which base would be current', async () => {
  const step = await runInProcess({ image: at('v1'), 'base-image': at('newbase'), platform: 'linux/arm64' });
  assert.equal(step.outputs['needs-updating'], 'true');
  assert.match(step.stdout, new RegExp(`1 of the 2 layers .* current digest is ${index(newBases).digest}`));
  const backwards = await runInProcess({ image: at('base'), 'base-image': at('v1') });
  assert.equal(backwards.outputs['needs-updating'], 'true');
});

test('a base image that is missing, or lacks the platform, fails the step even when missing images may pass', async () => {
  const inputs = { image: at('v1'), 'fail-on-missing': 'false' };
  const missing = await runInProcess({ ...inputs, 'base-image': at('gone') });
  assert.deepEqual(missing.outputs, { 'error-code': 'not-found' });
  assert.match(missing.errors[0]?.text ?? '', /o\/app:gone does not exist/);
  const lacking = await runInProcess({ ...inputs, 'base-image': at('amd'), platform: 'linux/arm64' });
  assert.deepEqual(lacking.outputs, { 'error-code': 'platform-not-found' });
});

test('other images are looked up once, however many images are compared with them', async () => {
  const from = registry.seen.length;
  const images = ['v1', 'same', 'arm', 'single', 'newbase'].map(at);
  const inputs = { 'base-image': at('base'), 'compare-with': at('amd') };
  const step = await runInProcess({ image: images.join('\n'), ...inputs });
  assert.equal(step.status, 0, step.stdout);
  const results = JSON.parse(step.outputs['results'] ?? '[]') as { needsUpdating: boolean }[];
  assert.deepEqual(
    results.map(({ needsUpdating }) => needsUpdating),
    [false, false, false, false, true],
  );
  const asked = registry.paths().slice(from);
  const base = bases[0]?.manifest.digest ?? assert.fail();
  for (const path of [
    'GET /v2/o/app/manifests/base',
    `GET /v2/o/app/manifests/${base}`,
    'HEAD /v2/o/app/manifests/amd',
    'GET /v2/o/app/manifests/amd',
  ]) {
    assert.equal(asked.filter((it) => it === path).length, 1, path);
  }
});

test('with all platforms each is compared with its own', async () => {
  const step = await runInProcess({
    image: at('v1'),
    platform: 'all',
    'compare-with': at('arm'),
    'base-image': at('base'),
  });
  const results = JSON.parse(step.outputs['results'] ?? '[]') as { changed: boolean; needsUpdating: boolean }[];
  assert.deepEqual(
    results.map(({ changed, needsUpdating }) => ({ changed, needsUpdating })),
    [
      { changed: false, needsUpdating: false },
      { changed: true, needsUpdating: false },
    ],
  );
  assert.equal(step.outputs['changed'], undefined);
});

test('an error of another reference says which it is', async () => {
  registry.fault = (request, response) => {
    if (!request.url?.endsWith('/broken')) return false;
    response.setHeader('content-type', 'application/json').end('{}');
    return true;
  };
  for (const input of ['compare-with', 'base-image']) {
    const step = await runInProcess({ image: at('v1'), [input]: at('broken') });
    assert.deepEqual(step.outputs, { 'error-code': 'invalid-manifest' });
    assert.match(step.errors[0]?.text ?? '', new RegExp(`${input} ${at('broken')}: `));
  }
  registry.fault = undefined;
});

for (const [title, more] of [
  ['features', { os: 'windows', 'os.version': '10.0.20348.100', 'os.features': ['win32k'] }],
  ['a version that tells nothing apart', { os: 'freebsd', 'os.version': '14.2' }],
] as const) {
  test(`with all platforms, ${title} of this image are not asked of the other`, async () => {
    const { 'os.version': version, os } = more;
    const platform = { os, architecture: 'amd64', ...(os === 'windows' ? { 'os.version': version } : {}) };
    const app = image(platform, { layers: ['base', 'app'] });
    const base = image(platform, { layers: ['base'] });
    for (const each of [app, base]) registry.putImage('o/other', each);
    registry.put('o/other', indexOf([descriptor(app.manifest, { platform: { ...platform, ...more } })]), 'app');
    registry.put('o/other', indexOf([descriptor(app.manifest, { platform })]), 'same');
    registry.put('o/other', indexOf([descriptor(base.manifest, { platform })]), 'base');
    const other = (tag: string) => `${registry.host}/o/other:${tag}`;
    const inputs = { platform: 'all', 'compare-with': other('same'), 'base-image': other('base') };
    const step = await runInProcess({ image: other('app'), ...inputs });
    assert.equal(step.status, 0, step.stdout);
    const [{ changed, needsUpdating }] = JSON.parse(step.outputs['results'] ?? '');
    assert.deepEqual([changed, needsUpdating], [false, false]);
  });
}

test('an absent base image is not advised to be waited for', async () => {
  const step = await runInProcess({ image: at('v1'), 'base-image': at('gone'), 'fail-on-missing': 'false' });
  assert.match(step.errors[0]?.text ?? '', /What to do: Check the input base-image\.$/);
});

test('a base image that has no layers cannot be compared', async () => {
  registry.putImage('o/app', image('linux/amd64', { layers: [] }), 'empty');
  const step = await runInProcess({ image: at('v1'), 'base-image': at('empty') });
  assert.deepEqual(step.outputs, { 'error-code': 'unsupported' });
});
