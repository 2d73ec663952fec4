import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runAction } from './support/action.ts';
import { blob, descriptor, digestOf, image, index, types } from './support/images.ts';
import { startRegistry, type TestRegistry } from './support/registry.ts';

const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'];
const images = platforms.map((platform) => image(platform, { annotations: { note: 'a b' } }));
const [amd64] = images;
const top = index(images);
let registry: TestRegistry;
let app: string;

before(async () => {
  registry = await startRegistry({ auth: 'bearer' });
  for (const each of images) registry.putImage('o/app', each);
  registry.put('o/app', top, 'v1');
  registry.putImage('o/single', images[1] ?? assert.fail(), 'v1');
  app = `${registry.host}/o/app`;
});
after(() => registry.close());

test('one image and one platform set every output', async () => {
  assert.ok(amd64);
  const step = await runAction({ image: `${app}:v1`, inspect: 'true' });
  assert.equal(step.status, 0, step.stdout);
  const { outputs } = step;
  const path = (digest: string) => outputs['manifest-path']?.replace(/sha256-.*/, `${digest.replace(':', '-')}.json`);
  const layers = amd64.layers.map(({ bytes, digest, mediaType }) => ({ digest, size: bytes.length, mediaType }));
  const { results, ...scalars } = outputs;
  assert.deepEqual(scalars, {
    exists: 'true',
    digest: top.digest,
    'index-digest': top.digest,
    'manifest-digest': amd64.manifest.digest,
    'config-digest': amd64.config.digest,
    'layer-digests': JSON.stringify(layers.map(({ digest }) => digest)),
    layers: JSON.stringify(layers),
    'diff-ids': JSON.stringify(JSON.parse(amd64.config.bytes.toString()).rootfs.diff_ids),
    name: app,
    reference: `${app}@${top.digest}`,
    'media-type': types.index,
    platform: 'linux/amd64',
    platforms: JSON.stringify(platforms),
    size: String(amd64.config.bytes.length + layers.reduce((sum, { size }) => sum + size, 0)),
    created: '2026-01-02T03:04:05Z',
    labels: '{"org.opencontainers.image.revision":"1a2b3c"}',
    annotations: '{"note":"a\\u0020b"}',
    'index-path': path(top.digest),
    'manifest-path': path(amd64.manifest.digest),
    'config-path': path(amd64.config.digest),
  });
  const [result, ...others] = JSON.parse(results ?? '');
  assert.deepEqual(others, []);
  assert.deepEqual(result, {
    image: `${app}:v1`,
    exists: true,
    name: app,
    reference: `${app}@${top.digest}`,
    tag: 'v1',
    digest: top.digest,
    indexDigest: top.digest,
    manifestDigest: amd64.manifest.digest,
    configDigest: amd64.config.digest,
    layers,
    mediaType: types.index,
    platform: 'linux/amd64',
    platforms,
    size: Number(outputs['size']),
    annotations: { note: 'a b' },
    manifestPath: path(amd64.manifest.digest),
    created: '2026-01-02T03:04:05Z',
    labels: { 'org.opencontainers.image.revision': '1a2b3c' },
    diffIds: JSON.parse(outputs['diff-ids'] ?? ''),
  });
});

test('the files hold the exact bytes: their sha256sum is the digest', async () => {
  const { outputs, files } = await runAction({ image: `${app}:v1`, inspect: 'true' });
  for (const level of ['index', 'manifest', 'config']) {
    const bytes = readFileSync(outputs[`${level}-path`] ?? '');
    assert.equal(digestOf(bytes), outputs[`${level}-digest`]);
  }
  assert.equal(files.filter((file) => file.endsWith('.json')).length, 3);
});

test('a single manifest has no index, and its platform is that of its config', async () => {
  const step = await runAction({ image: `${registry.host}/o/single:v1`, platform: 'linux/arm64' });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['digest'], images[1]?.manifest.digest);
  assert.equal(step.outputs['index-digest'], '');
  assert.equal(step.outputs['index-path'], '');
  assert.equal(step.outputs['platform'], 'linux/arm64/v8');
  assert.deepEqual(JSON.parse(step.outputs['platforms'] ?? ''), ['linux/arm64/v8']);
});

test('a config of a generic type, as old clients pushed it, has the platform of a Docker image', async () => {
  const old = image('linux/arm64', { docker: true });
  const { config, ...rest } = JSON.parse(old.manifest.bytes.toString());
  const manifest = blob({ ...rest, config: { ...config, mediaType: 'application/octet-stream' } }, types.docker);
  registry.putImage('o/old', { ...old, manifest }, 'v1');
  const asked = (platform: string) => runAction({ image: `${registry.host}/o/old:v1`, platform });
  assert.equal((await asked('linux/arm64')).outputs['platform'], 'linux/arm64');
  assert.deepEqual((await asked('linux/amd64')).outputs, { 'error-code': 'platform-not-found' });
});

test('without inspect, no output from the config is set', async () => {
  const { outputs } = await runAction({ image: `${app}:v1` });
  for (const name of ['created', 'labels', 'diff-ids', 'config-path', 'changed', 'needs-updating', 'error-code']) {
    assert.equal(outputs[name], undefined, name);
  }
});

test('a sha512 reference is verified with sha512 and gives sha512', async () => {
  const digest = digestOf(top.bytes, 'sha512');
  const step = await runAction({ image: `${app}@${digest}` });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['digest'], digest);
  assert.equal(step.outputs['manifest-digest'], amd64?.manifest.digest);
});

test('a tag beside a digest is informational: the digest is fetched', async () => {
  const step = await runAction({ image: `docker://${app}:gone@${amd64?.manifest.digest}` });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].tag, 'gone');
  assert.equal(step.outputs['reference'], `${app}@${amd64?.manifest.digest}`);
});

test('what is no image passes with platform empty', async () => {
  const config = blob({}, 'application/vnd.example.config+json');
  const layer = blob('text', 'text/plain');
  const manifest = blob(
    { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers: [descriptor(layer)] },
    types.manifest,
  );
  registry.putBlob('o/artifact', config);
  registry.put('o/artifact', manifest, 'v1');
  const step = await runAction({ image: `${registry.host}/o/artifact:v1`, inspect: 'true' });
  assert.equal(step.status, 0, step.stdout);
  const { platform, platforms, labels } = step.outputs;
  assert.deepEqual({ platform, platforms, labels }, { platform: '', platforms: '[]', labels: '{}' });
  assert.equal(step.outputs['config-digest'], config.digest);
});

test('the log is one group a phase and the digests in plain view', async () => {
  const { stdout } = await runAction({ image: `${app}:v1` });
  const groups = [...stdout.matchAll(/^::group::(.*)$/gm)].map(([, title]) => title);
  assert.deepEqual(groups, ['Token', 'What the reference points to', "The platform's manifest"]);
  assert.match(stdout, new RegExp(`^manifest-digest +${amd64?.manifest.digest}$`, 'm'));
  assert.equal(stdout.match(/::group::/g)?.length, stdout.match(/::endgroup::/g)?.length);
});

test('the summary shows the levels of digests and the layers in human units', async () => {
  const { summary } = await runAction({ image: `${app}:v1` });
  for (const digest of [top.digest, amd64?.manifest.digest, amd64?.config.digest, amd64?.layers[0]?.digest]) {
    assert.ok(summary.includes(digest ?? '?'), digest);
  }
  assert.match(summary, /\| 4 B \|/);
  const without = await runAction({ image: `${app}:v1`, summary: 'false' });
  assert.equal(without.summary, '');
});

test('an image that does not exist is not-found, with one annotation that says what to do', async () => {
  const step = await runAction({ image: `${app}:v2` });
  assert.equal(step.status, 1);
  assert.deepEqual(step.outputs, { 'error-code': 'not-found' });
  assert.deepEqual(step.files, []);
  const [error, ...others] = step.errors;
  assert.deepEqual(others, []);
  assert.equal(error?.title, 'Image Digests: not-found');
  assert.match(
    error?.text ?? '',
    new RegExp(`${app}:v2 \\(linux/amd64\\).*\\nIt said: MANIFEST_UNKNOWN: not here\\nWhat to do: `),
  );
});

test('with fail-on-missing false it passes, and only exists and results are set', async () => {
  const step = await runAction({ image: `${app}:v2`, 'fail-on-missing': 'false' });
  assert.equal(step.status, 0, step.stdout);
  assert.deepEqual(Object.keys(step.outputs).sort(), ['exists', 'results']);
  assert.equal(step.outputs['exists'], 'false');
  const [result] = JSON.parse(step.outputs['results'] ?? '');
  assert.deepEqual(result, { image: `${app}:v2`, exists: false, name: app, tag: 'v2', platform: 'linux/amd64' });
});

test('a platform that the image lacks is listed against those that it has', async () => {
  const step = await runAction({ image: `${app}:v1`, platform: 'linux/s390x', 'fail-on-missing': 'false' });
  assert.equal(step.status, 1);
  assert.equal(step.outputs['error-code'], 'platform-not-found');
  assert.match(step.errors[0]?.text ?? '', /linux\/s390x.*linux\/amd64, linux\/arm64\/v8, linux\/arm\/v7/);
});

const badInputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no image': { image: '' },
  'a bad reference among good ones': { image: 'nginx\nFoo' },
  'a bad platform': { platform: 'linux' },
  'all with another platform': { platform: 'all,linux/amd64' },
  'a bad boolean': { inspect: 'yes' },
  'a bad duration': { timeout: '1.5m' },
  'a timeout of nothing': { timeout: '0' },
  'a bad wait': { 'wait-timeout': 'soon' },
  'a bad expected digest': { 'expected-digest': 'sha256:abc' },
  'a bad expected label': { 'expected-labels': 'revision' },
  'a bad required platform': { 'require-platforms': 'amd64' },
  'a platform that names none': { platform: ',' },
  'an expected digest that names none': { 'expected-digest': ',' },
  'required platforms that name none': { 'require-platforms': ' ,\n, ' },
  'a bad reference to compare with': { 'compare-with': 'a b' },
  'a bad base image': { 'base-image': 'http://x' },
  'a bad plain-http host': { 'plain-http': 'http://x' },
  'a bad auth-hosts line': { 'auth-hosts': 'ghcr.io' },
  'a bad auth-hosts host': { 'auth-hosts': 'ghcr.io=https://x' },
  'a bad registry': { registry: 'https://ghcr.io', username: 'u', password: 'p' },
  'a user name without a password': { username: 'u' },
  'a password without a user name': { password: 'p' },
  'a user name with a colon': { username: 'a:b', password: 'p' },
  'credentials whose host is unclear': { image: 'nginx\nghcr.io/o/i', username: 'u', password: 'p' },
};
for (const [what, inputs] of Object.entries(badInputs)) {
  test(`${what} is invalid-input, and no request is sent`, async () => {
    const sent = registry.seen.length;
    const step = await runAction({ image: `${app}:v1`, ...inputs });
    assert.equal(step.status, 1);
    assert.deepEqual(step.outputs, { 'error-code': 'invalid-input' });
    assert.equal(step.errors.length, 1);
    assert.match(step.errors[0]?.text ?? '', /What to do/);
    assert.equal(registry.seen.length, sent);
  });
}

const badProxies = ['proxy:3128', 'socks5://proxy:1', 'http://ci:secret%zz@proxy:1', 'http://[::1', 'ci:secret@a b:1'];
for (const [at, value] of badProxies.entries()) {
  const name = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'][at % 4] ?? '';
  test(`the proxy ${value} in ${name} is invalid-input that names the variable, never its content`, async () => {
    const sent = registry.seen.length;
    const step = await runAction({ image: `${app}:v1` }, { env: { [name]: value } });
    assert.deepEqual(step.outputs, { 'error-code': 'invalid-input' });
    assert.match(step.errors[0]?.text ?? '', new RegExp(`variable ${name} is not a proxy`));
    assert.doesNotMatch(step.stdout, /secret/);
    assert.equal(registry.seen.length, sent);
  });
}

for (const proxy of ['127.0.0.1:1', 'http://proxy.example', 'https://ci:p%40ss@proxy.example:8080/', '[::1]:1']) {
  test(`the proxy ${proxy} can be read, and is not asked for what is on loopback`, async () => {
    const step = await runAction({ image: `${app}:v1` }, { env: { https_proxy: proxy, http_proxy: proxy } });
    assert.equal(step.status, 0, step.stdout);
  });
}

test('a digest of another algorithm is unsupported before any request', async () => {
  const sent = registry.seen.length;
  for (const inputs of [
    { image: `${app}@sha384:${'a'.repeat(96)}` },
    { image: `${app}:v1`, 'expected-digest': `blake3:${'a'.repeat(64)}` },
  ]) {
    const step = await runAction(inputs);
    assert.deepEqual(step.outputs, { 'error-code': 'unsupported' });
  }
  assert.equal(registry.seen.length, sent);
});

test('a GITHUB_OUTPUT that cannot be written is runner-error, and nothing goes to standard output instead', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const fifo = join(folder, 'fifo');
  if (process.platform !== 'win32') execFileSync('mkfifo', [fifo]);
  const wrong = [
    undefined,
    '',
    folder,
    join(folder, 'no', 'file'),
    ...(process.platform === 'win32' ? [] : [fifo, '/dev/full']),
  ];
  for (const file of wrong) {
    const step = await runAction({ image: `${app}:v1` }, { env: { GITHUB_OUTPUT: file } });
    assert.equal(step.status, 1, file);
    assert.equal(step.errors[0]?.title, 'Image Digests: runner-error', file);
    assert.doesNotMatch(step.stdout, /::set-output/);
    assert.deepEqual(step.files, [], file);
  }
});

test('a RUNNER_TEMP that cannot be written is runner-error, and no other output is set', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const temp of [undefined, '', file, join(folder, 'missing')]) {
    const step = await runAction({ image: `${app}:v1` }, { env: { RUNNER_TEMP: temp } });
    assert.equal(step.status, 1);
    assert.deepEqual(step.outputs, { 'error-code': 'runner-error' });
  }
});

test('a summary that cannot be written is a warning, and the step goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  for (const file of [undefined, folder, join(folder, 'no', 'file')]) {
    const step = await runAction({ image: `${app}:v1` }, { env: { GITHUB_STEP_SUMMARY: file } });
    assert.equal(step.status, 0, step.stdout);
    assert.match(step.stdout, /^::warning title=Image Digests::The job summary cannot be written/m);
    assert.equal(step.outputs['digest'], top.digest);
  }
});

test('GITHUB_ENV, GITHUB_PATH and the state are never written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const names = ['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'];
  const env = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
  for (const file of Object.values(env)) writeFileSync(file, '');
  await runAction({ image: `${app}:v1` }, { env });
  for (const file of Object.values(env)) assert.equal(readFileSync(file, 'utf8'), '');
});

test('a run whose event loop empties before its end is internal, not green', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const hook = join(folder, 'hook.cjs');
  // A request that never answers and no time-outs: nothing is left to wait for, and nothing has been found.
  writeFileSync(
    hook,
    `globalThis.setTimeout = () => ({ unref() {} });
     const silent = new (require('node:events'))();
     require('node:http').request = () => Object.assign(silent, { end() {}, destroy() {} });`,
  );
  const step = await runAction({ image: `${app}:v1` }, { nodeArguments: ['--require', hook] });
  assert.equal(step.status, 1, step.stdout);
  assert.equal(step.errors[0]?.title, 'Image Digests: internal');
  assert.deepEqual(step.outputs, { 'error-code': 'internal' });
});

test('the user agent names the action and its version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  await runAction({ image: `${app}:v1` }, { env: { ACTIONS_ORCHESTRATION_ID: 'x' } });
  assert.equal(registry.seen.at(-1)?.headers['user-agent'], `image-digests/${version}`);
});

test('exactly the four media types are accepted, and nothing is to be compressed', async () => {
  await runAction({ image: `${app}:v1` });
  const { accept, 'accept-encoding': encoding } = registry.seen.at(-1)?.headers ?? {};
  assert.equal(accept, [types.index, types.list, types.manifest, types.docker].join(', '));
  assert.equal(encoding, 'identity');
});

test('NODE_TLS_REJECT_UNAUTHORIZED is ignored, and a warning says so', async () => {
  const step = await runAction({ image: `${app}:v1` }, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  assert.equal(step.status, 0);
  assert.match(step.stdout, /^::warning .*NODE_TLS_REJECT_UNAUTHORIZED is ignored/m);
});

test('a run that is ended by a signal is red, and sets nothing but the error code', {
  skip: process.platform === 'win32' && 'Windows has no signals',
}, async () => {
  registry.fault = (request) => !request.url?.startsWith('/token') && request.headers.authorization !== undefined;
  const step = await runAction(
    { image: `${app}:v1` },
    { onStart: (child) => setTimeout(() => child.kill('SIGTERM'), 1000) },
  );
  registry.fault = undefined;
  assert.equal(step.status, 1);
  assert.deepEqual(step.outputs, { 'error-code': 'timeout' });
  assert.match(step.errors[0]?.text ?? '', /SIGTERM/);
  assert.deepEqual(step.files, []);
});

test('sizes that no number can hold together are invalid-manifest, naming the image', async () => {
  const layer = { mediaType: types.layer, digest: digestOf('x'), size: Number.MAX_SAFE_INTEGER };
  const manifest = blob(
    {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptor(blob('{}', types.config)),
      layers: [layer, layer],
    },
    types.manifest,
  );
  registry.put('o/huge', manifest, 'v1');
  const step = await runAction({ image: `${registry.host}/o/huge:v1` });
  assert.deepEqual(step.outputs, { 'error-code': 'invalid-manifest' });
  assert.match(step.errors[0]?.text ?? '', /o\/huge:v1/);
});
