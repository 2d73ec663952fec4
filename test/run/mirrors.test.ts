import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { blob, image, index, types } from '../support/images.ts';
import { referrersOf } from '../support/referrers.ts';
import { errorAnswer, startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';
import { referrerOf } from '../support/sigstore.ts';

const amd64 = image('linux/amd64');
const top = index([amd64]);

let registry: TestRegistry;
let mirror: TestRegistry;
let second: TestRegistry;
let app: string;

beforeEach(async () => {
  [registry, mirror, second] = await Promise.all([startRegistry(), startRegistry(), startRegistry()]);
  for (const [each, repository] of [
    [registry, 'o/app'],
    [mirror, 'cache/o/app'],
    [second, 'o/app'],
  ] as const) {
    each.putImage(repository, amd64);
    each.put(repository, top, 'v1');
  }
  app = `${registry.host}/o/app`;
});
afterEach(() => Promise.all([registry, mirror, second].map((each) => each.close())));

const mirrors = () => `${registry.host}=${mirror.host}/cache\n${registry.host}=${second.host}`;
const run = (inputs: Record<string, string> = {}) =>
  runInProcess({ image: `${app}:v1`, mirrors: mirrors(), timeout: '20s', ...inputs });
const servedBy = ({ outputs }: { outputs: Readonly<Record<string, string>> }) =>
  JSON.parse(outputs['results'] ?? '[{}]')[0].servedBy;

test('mirrors are asked first, below their prefix, and names stay those of the registry', async () => {
  const step = await run({ inspect: 'true' });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(servedBy(step), mirror.host);
  assert.equal(step.outputs['name'], app);
  assert.equal(step.outputs['reference'], `${app}@${top.digest}`);
  assert.deepEqual(registry.paths(), []);
  assert.deepEqual(second.paths(), []);
  assert.ok(mirror.paths().every((path) => path.includes('/v2/cache/o/app/')));
  assert.match(step.stdout, new RegExp(mirror.host));
});

test('what a mirror answers other than 200 passes the request on', async () => {
  for (const status of [201, 204, 301, 400, 401, 403, 404, 405, 410, 429, 500, 503]) {
    mirror.fault = (_, response) => {
      errorAnswer(response, status, 'DENIED', 'no');
      return true;
    };
    const step = await run();
    assert.equal(step.status, 0, `${status}: ${step.stdout}`);
    assert.equal(servedBy(step), second.host, String(status));
    assert.deepEqual(registry.paths(), [], String(status));
  }
});

test('a mirror that fails gets one attempt for each request', async () => {
  mirror.fault = (_, response) => {
    response.socket?.destroy();
    return true;
  };
  second.fault = (_, response) => {
    errorAnswer(response, 503, 'UNAVAILABLE', 'no');
    return true;
  };
  const step = await run();
  assert.equal(step.status, 0, step.stdout);
  assert.equal(servedBy(step), registry.host);
  for (const each of [mirror, second]) assert.equal(new Set(each.paths()).size, each.paths().length);
});

test("only the registry's own 404 means missing", async () => {
  registry.remove('o/app', 'v2');
  const missing = await run({ image: `${app}:v2`, 'fail-on-missing': 'false' });
  assert.equal(missing.outputs['exists'], 'false');
  assert.ok(registry.paths().includes('GET /v2/o/app/manifests/v2'));
  registry.put('o/app', top, 'v3');
  const there = await run({ image: `${app}:v3`, 'fail-on-missing': 'false' });
  assert.equal(there.outputs['exists'], 'true');
  assert.equal(servedBy(there), registry.host);
});

test('wrong bytes of a mirror end the step', async () => {
  const other = image('linux/amd64', { layers: ['other'] });
  mirror.fault = (request, response) => {
    if (!request.url?.includes('/manifests/')) return false;
    response.setHeader('content-type', types.manifest).end(other.manifest.bytes);
    return true;
  };
  const step = await run({ image: `${app}@${top.digest}` });
  assert.equal(step.outputs['error-code'], 'digest-mismatch');
  assert.deepEqual(registry.paths(), []);
});

test('what a mirror announces and does not serve ends the step', async () => {
  mirror.fault = (request, response) => {
    if (!request.url?.endsWith('/manifests/v1')) return false;
    response
      .setHeader('content-type', types.index)
      .setHeader('docker-content-digest', amd64.manifest.digest)
      .end(top.bytes);
    return true;
  };
  assert.equal((await run()).outputs['error-code'], 'digest-mismatch');
});

test('tags are looked up at the registry itself where the step waits or compares', async () => {
  const old = image('linux/amd64', { layers: ['old'] });
  mirror.putImage('cache/o/app', old, 'v1');
  for (const inputs of [
    { 'wait-timeout': '10s' },
    { 'compare-with': `${app}:v1` },
    { 'base-image': `${app}:v1` },
  ] as const) {
    const step = await run(inputs);
    assert.equal(step.status, 0, step.stdout);
    assert.equal(step.outputs['digest'], top.digest);
    assert.equal(servedBy(step), registry.host);
    assert.ok(!mirror.paths().some((path) => path.endsWith('/manifests/v1')));
    assert.ok(
      mirror.paths().some((path) => path.endsWith(`/manifests/${amd64.manifest.digest}`)),
      'digests come from the mirror',
    );
    mirror.seen.length = 0;
  }
  assert.equal((await run()).outputs['digest'], old.manifest.digest, 'otherwise the mirror is believed');
});

test('credentials of the registry never go to a mirror', async () => {
  const locked = await startRegistry({ auth: 'basic', users: { me: 'the-secret-of-the-registry' } });
  const greedy = await startRegistry({ auth: 'basic', users: { me: 'another-secret-entirely' } });
  locked.putImage('o/app', amd64, 'v1');
  greedy.putImage('o/app', amd64, 'v1');
  const inputs = {
    image: `${locked.host}/o/app:v1`,
    registry: locked.host,
    username: 'me',
    password: 'the-secret-of-the-registry',
    mirrors: `${locked.host}=${greedy.host}`,
  };
  const step = await run(inputs);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(servedBy(step), locked.host);
  assert.ok(greedy.seen.length > 0);
  assert.ok(greedy.seen.every(({ headers }) => headers.authorization === undefined));
  const own = await run({ ...inputs, registry: greedy.host, password: 'another-secret-entirely' });
  assert.equal(servedBy(own), greedy.host, own.stdout);
  assert.ok(
    locked.seen.every(
      ({ headers }) => !headers.authorization?.includes(Buffer.from('me:another').toString('base64').slice(0, 8)),
    ),
  );
  await Promise.all([locked.close(), greedy.close()]);
});

test('a mirror that leads elsewhere passes the request on', async () => {
  mirror.fault = (_, response) => {
    response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    return true;
  };
  const step = await run();
  assert.equal(step.status, 0, step.stdout);
  assert.equal(servedBy(step), second.host);
});

test('what refers to an image is asked of the registry itself, at every place', async () => {
  const referrers = referrersOf(registry, 'o/app');
  const layer = blob('{}', 'application/spdx+json');
  referrers.attach(top, referrerOf(top, layer));
  for (const api of ['complete', 'missing'] as const) {
    referrers.api = api;
    referrers.writeTag(top);
    const stale = blob({ schemaVersion: 2, mediaType: types.index, manifests: [] }, types.index);
    mirror.put('cache/o/app', stale, top.digest.replace(':', '-'));
    mirror.seen.length = 0;
    const step = await run({ 'require-referrers': 'application/spdx+json' });
    assert.equal(step.status, 0, `${api}: ${step.errors[0]?.text}`);
    const paths = mirror.paths().filter((path) => /referrers|sha256-/.test(path));
    assert.deepEqual(paths, [], `${api}: a mirror says nothing of what refers to an image`);
  }
});

test('lines that are no mirrors are refused', async () => {
  for (const line of [
    'x',
    '=x',
    'a.example=',
    'a.example=b.example=c',
    'a.example=https://b.example',
    'a.example=b.example/UP',
    'a.example=b.example//x',
    'a.example=b.example/../x',
    'a.example=user:password@b.example',
    'a.example=b.example/x?y',
    'a example=b',
  ]) {
    const step = await run({ mirrors: line });
    assert.equal(step.outputs['error-code'], 'invalid-input', line);
    assert.ok(!step.stdout.includes('password@'), line);
  }
  assert.deepEqual(registry.paths(), []);
});

test('without mirrors results do not say who served', async () => {
  assert.equal(servedBy(await run({ mirrors: '' })), undefined);
});
