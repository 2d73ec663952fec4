import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { blob, descriptor, digestOf, image, index, types } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

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
  const step = await runInProcess({ image: `${app}:v1`, inspect: 'true' });
  assert.equal(step.status, 0, step.stdout);
  const { outputs } = step;
  const path = (digest: string) => outputs['manifest-path']?.replace(/sha256-.*/, `${digest.replace(':', '-')}.json`);
  const layers = amd64.layers.map(({ bytes, digest, mediaType }) => ({ digest, size: bytes.length, mediaType }));
  const { results, 'results-path': resultsPath, ...scalars } = outputs;
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
  assert.deepEqual(JSON.parse(readFileSync(resultsPath ?? '', 'utf8')), [result]);
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
  const { outputs, files } = await runInProcess({ image: `${app}:v1`, inspect: 'true' });
  for (const level of ['index', 'manifest', 'config']) {
    const bytes = readFileSync(outputs[`${level}-path`] ?? '');
    assert.equal(digestOf(bytes), outputs[`${level}-digest`]);
  }
  assert.equal(files.filter((file) => /sha256-[0-9a-f]{64}\.json$/.test(file)).length, 3);
});

test('a single manifest has no index, and its platform is that of its config', async () => {
  const step = await runInProcess({ image: `${registry.host}/o/single:v1`, platform: 'linux/arm64' });
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
  const asked = (platform: string) => runInProcess({ image: `${registry.host}/o/old:v1`, platform });
  assert.equal((await asked('linux/arm64')).outputs['platform'], 'linux/arm64');
  assert.deepEqual((await asked('linux/amd64')).outputs, { 'error-code': 'platform-not-found' });
});

test('without inspect, no output from the config is set', async () => {
  const { outputs } = await runInProcess({ image: `${app}:v1` });
  for (const name of ['created', 'labels', 'diff-ids', 'config-path', 'changed', 'needs-updating', 'error-code']) {
    assert.equal(outputs[name], undefined, name);
  }
});

test('a sha512 reference is verified with sha512 and gives sha512', async () => {
  const digest = digestOf(top.bytes, 'sha512');
  const step = await runInProcess({ image: `${app}@${digest}` });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['digest'], digest);
  assert.equal(step.outputs['manifest-digest'], amd64?.manifest.digest);
});

test('a tag beside a digest is informational: the digest is fetched', async () => {
  const step = await runInProcess({ image: `docker://${app}:gone@${amd64?.manifest.digest}` });
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
  const step = await runInProcess({ image: `${registry.host}/o/artifact:v1`, inspect: 'true' });
  assert.equal(step.status, 0, step.stdout);
  const { platform, platforms, labels } = step.outputs;
  assert.deepEqual({ platform, platforms, labels }, { platform: '', platforms: '[]', labels: '{}' });
  assert.equal(step.outputs['config-digest'], config.digest);
});

test('the log is one group a phase, the manifest, and the digests in plain view', async () => {
  const { stdout } = await runInProcess({ image: `${app}:v1` });
  const groups = [...stdout.matchAll(/^::group::(.*)$/gm)].map(([, title]) => title);
  assert.deepEqual(groups, [
    'Token',
    'What the reference points to',
    "The platform's manifest",
    `Manifest ${amd64?.manifest.digest} (linux/amd64)`,
  ]);
  assert.match(stdout, new RegExp(`^manifest-digest +${amd64?.manifest.digest}$`, 'm'));
  assert.equal(stdout.match(/::group::/g)?.length, stdout.match(/::endgroup::/g)?.length);
});

test('the summary shows the levels of digests and the layers in human units', async () => {
  const { summary } = await runInProcess({ image: `${app}:v1` });
  for (const digest of [top.digest, amd64?.manifest.digest, amd64?.config.digest, amd64?.layers[0]?.digest]) {
    assert.ok(summary.includes(digest ?? '?'), digest);
  }
  assert.match(summary, /\| 4 B \|/);
  const without = await runInProcess({ image: `${app}:v1`, summary: 'false' });
  assert.equal(without.summary, '');
});

test('an image that does not exist is not-found, with one annotation that says what to do', async () => {
  const step = await runInProcess({ image: `${app}:v2` });
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
  const step = await runInProcess({ image: `${app}:v2`, 'fail-on-missing': 'false' });
  assert.equal(step.status, 0, step.stdout);
  assert.deepEqual(Object.keys(step.outputs).sort(), ['exists', 'results', 'results-path']);
  assert.equal(step.outputs['exists'], 'false');
  const [result] = JSON.parse(step.outputs['results'] ?? '');
  assert.deepEqual(result, { image: `${app}:v2`, exists: false, name: app, tag: 'v2', platform: 'linux/amd64' });
});

test('a platform that the image lacks is listed against those that it has', async () => {
  const step = await runInProcess({ image: `${app}:v1`, platform: 'linux/s390x', 'fail-on-missing': 'false' });
  assert.equal(step.status, 1);
  assert.equal(step.outputs['error-code'], 'platform-not-found');
  assert.match(step.errors[0]?.text ?? '', /linux\/s390x.*linux\/amd64, linux\/arm64\/v8, linux\/arm\/v7/);
});

test('the user agent names the action and its version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  await runInProcess({ image: `${app}:v1` }, { env: { ACTIONS_ORCHESTRATION_ID: 'x' } });
  assert.equal(registry.seen.at(-1)?.headers['user-agent'], `image-digests/${version}`);
});

test('exactly the four media types are accepted, and nothing is to be compressed', async () => {
  await runInProcess({ image: `${app}:v1` });
  const { accept, 'accept-encoding': encoding } = registry.seen.at(-1)?.headers ?? {};
  assert.equal(accept, [types.index, types.list, types.manifest, types.docker].join(', '));
  assert.equal(encoding, 'identity');
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
  const step = await runInProcess({ image: `${registry.host}/o/huge:v1` });
  assert.deepEqual(step.outputs, { 'error-code': 'invalid-manifest' });
  assert.match(step.errors[0]?.text ?? '', /o\/huge:v1/);
});
