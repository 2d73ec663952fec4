import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseReference } from '../../src/oci/reference.ts';
import { maxResolveMs } from '../../src/resolve-images.ts';
import { blob, descriptor, image, index, indexOf, types } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'];
const repositories = Array.from({ length: 20 }, (_, at) => `o/app-${at}`);
const imageOf = (repository: string, platform: string) => image(platform, { layers: [repository, platform] });
let registry: TestRegistry;
let at: (repository: string) => string;

before(async () => {
  registry = await startRegistry({ auth: 'bearer' });
  for (const repository of repositories) {
    const images = platforms.map((platform) => imageOf(repository, platform));
    for (const each of images) registry.putImage(repository, each);
    registry.put(repository, index(images), 'v1');
  }
  at = (repository) => `${registry.host}/${repository}:v1`;
});
after(() => registry.close());

test('results come image by image in the order asked, each with its platforms in the order asked', async () => {
  const asked = repositories.toReversed().map(at);
  const step = await runInProcess({ image: asked.join('\n'), platform: 'linux/arm64\nlinux/amd64' });
  assert.equal(step.status, 0, step.stdout);
  const results = JSON.parse(step.outputs['results'] ?? '') as Record<string, string>[];
  const expected = repositories
    .toReversed()
    .flatMap((repository) =>
      ['linux/arm64', 'linux/amd64'].map((platform) => [at(repository), imageOf(repository, platform).manifest.digest]),
    );
  assert.deepEqual(
    results.map(({ image: text, manifestDigest }) => [text, manifestDigest]),
    expected,
  );
  assert.deepEqual(Object.keys(step.outputs).sort(), ['exists', 'results', 'results-path']);
});

test('one token serves a repository, and at most eight requests are in flight', async () => {
  let inFlight = 0;
  let most = 0;
  const from = registry.seen.length;
  registry.fault = (_request, response) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    response.on('close', () => {
      inFlight -= 1;
    });
    return false;
  };
  const step = await runInProcess({ image: repositories.map(at).join('\n'), platform: 'all' });
  registry.fault = undefined;
  assert.equal(step.status, 0, step.stdout);
  assert.ok(most <= 8, String(most));
  const tokens = registry
    .paths()
    .slice(from)
    .filter((path) => path.startsWith('GET /token'));
  assert.equal(tokens.length, repositories.length);
  assert.equal(new Set(tokens).size, repositories.length);
});

test('one image on several platforms sets the outputs of the image, and none of a manifest', async () => {
  const step = await runInProcess({ image: at('o/app-0'), platform: 'linux/amd64,linux/arm64' });
  const names = [
    'digest',
    'exists',
    'index-digest',
    'media-type',
    'name',
    'platforms',
    'reference',
    'results',
    'results-path',
  ];
  assert.deepEqual(Object.keys(step.outputs).sort(), names);
});

test('all gives every platform in index order, and the outputs do not depend on how many there are', async () => {
  const all = await runInProcess({ image: at('o/app-0'), platform: 'ALL' });
  const results = JSON.parse(all.outputs['results'] ?? '') as { platform: string }[];
  assert.deepEqual(
    results.map(({ platform }) => platform),
    platforms,
  );
  registry.putImage('o/one', imageOf('o/one', 'linux/amd64'), 'v1');
  const one = await runInProcess({ image: at('o/one'), platform: 'all' });
  assert.deepEqual(Object.keys(one.outputs).sort(), Object.keys(all.outputs).sort());
  assert.equal(JSON.parse(one.outputs['results'] ?? '').length, 1);
});

test('an index without any platform has nothing to offer', async () => {
  registry.put('o/empty', indexOf([]), 'v1');
  const step = await runInProcess({ image: at('o/empty'), platform: 'all' });
  assert.deepEqual(step.outputs, { 'error-code': 'platform-not-found' });
});

test('a line that repeats another has its own row, at no further request, whatever its spelling', async () => {
  const text = at('o/app-0');
  const from = registry.seen.length;
  const step = await runInProcess({
    image: `${text}\ndocker://${text}\n\n${text}`,
    platform: 'linux/arm64,linux/aarch64/v8',
  });
  const { digest } = imageOf('o/app-0', 'linux/arm64').manifest;
  const rows = JSON.parse(step.outputs['results'] ?? '') as { image: string; manifestDigest: string }[];
  assert.deepEqual(
    rows.map(({ image: line, manifestDigest }) => [line, manifestDigest]),
    [text, `docker://${text}`, text].map((line) => [line, digest]),
  );
  const indexes = registry
    .paths()
    .slice(from)
    .filter((path) => path.endsWith('/v1'));
  assert.equal(indexes.length, 2, 'the one that is challenged, and the one with the token');
});

test('one failure fails the step after all have been tried, with an annotation for each and the code of the first', async () => {
  const texts = [at('o/app-0'), `${at('o/app-1')}-gone`, at('o/app-2'), at('o/app-3').replace(':v1', ':v2')];
  const step = await runInProcess({ image: texts.join('\n'), platform: 'linux/amd64' });
  assert.equal(step.status, 1);
  assert.deepEqual(step.outputs, { 'error-code': 'not-found' });
  assert.deepEqual(
    step.errors.map(({ text }) => text.split(' ')[0]),
    [texts[1], texts[3]],
  );
  assert.match(step.stdout, /^::group::\[4\/4\] /m);
});

test('at most ten annotations are written, the last with the count of the rest', async () => {
  const step = await runInProcess({ image: repositories.map((repository) => `${at(repository)}-gone`).join('\n') });
  assert.equal(step.errors.length, 10);
  assert.match(step.errors.at(-1)?.text ?? '', /^11 more images failed/);
});

test('exists is whether all of them do', async () => {
  const inputs = { image: `${at('o/app-0')}\n${at('o/gone')}`, 'fail-on-missing': 'false' };
  const step = await runInProcess(inputs);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['exists'], 'false');
  const results = JSON.parse(step.outputs['results'] ?? '') as { exists: boolean }[];
  assert.deepEqual(
    results.map(({ exists }) => exists),
    [true, false],
  );
});

test('an image that does not exist has a result for each platform that was asked for', async () => {
  const asked = 'linux/amd64\nlinux/arm64';
  const step = await runInProcess({ image: at('o/gone'), platform: asked, 'fail-on-missing': 'false' });
  assert.equal(step.status, 0, step.stdout);
  assert.deepEqual(Object.keys(step.outputs).sort(), ['exists', 'results', 'results-path']);
  const results = JSON.parse(step.outputs['results'] ?? '') as { exists: boolean; platform: string }[];
  assert.deepEqual(
    results.map(({ exists, platform }) => [exists, platform]),
    [
      [false, 'linux/amd64'],
      [false, 'linux/arm64'],
    ],
  );
});

test('the summary for many is one table with every digest whole', async () => {
  const step = await runInProcess({ image: repositories.map(at).join('\n'), platform: 'all' });
  const rows = step.summary.split('\n').filter((line) => line.startsWith(`| ${registry.host}`));
  assert.equal(rows.length, repositories.length * platforms.length);
  for (const platform of platforms) {
    assert.ok(step.summary.includes(imageOf('o/app-7', platform).manifest.digest));
  }
});

test('the log of a failed image says why, also where there is no annotation for it', async () => {
  const step = await runInProcess({ image: repositories.map((repository) => `${at(repository)}-gone`).join('\n') });
  assert.equal(
    step.stdout.match(/^\S+:v1-gone does not exist: 127\.0\.0\.1:\d+ responded 404\.$/gm)?.length,
    repositories.length,
  );
});

test('a 429 holds back the requests that are waiting for their turn', async () => {
  const from = registry.seen.length;
  let quietFrom = 0;
  let early = 0;
  registry.fault = (_request, response, count) => {
    if (count === from + 1) {
      quietFrom = Date.now();
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    }
    if (Date.now() - quietFrom < 900) early += 1;
    return false;
  };
  const step = await runInProcess({ image: repositories.map(at).join('\n') });
  registry.fault = undefined;
  assert.equal(step.status, 0, step.stdout);
  assert.ok(early <= 7, `${early} requests besides the seven that were under way`);
});

test('a run over many images may take as long as their rounds, one batch after the other', () => {
  const images = (count: number) =>
    Array.from({ length: count }, () => ({
      text: 'a',
      source: { kind: 'registry', reference: parseReference('a') } as const,
    }));
  assert.equal(maxResolveMs({ images: images(1), timeoutMs: 1000 }), 2000);
  assert.equal(maxResolveMs({ images: images(33), timeoutMs: 1000 }), 6000);
});

test('a config that two manifests describe differently is read as each describes it', async () => {
  const right = imageOf('o/shared', 'linux/amd64');
  const wrong = blob(
    {
      ...JSON.parse(right.manifest.bytes.toString()),
      config: descriptor(right.config, { size: right.config.bytes.length + 1_000_000 }),
    },
    types.manifest,
  );
  registry.putImage('o/shared', right);
  registry.put('o/shared', wrong);
  const entries = [
    descriptor(right.manifest, { platform: { os: 'linux', architecture: 'amd64' } }),
    descriptor(wrong, { platform: { os: 'linux', architecture: 'arm64' } }),
  ];
  registry.put('o/shared', indexOf(entries), 'v1');
  for (const platform of ['linux/amd64,linux/arm64', 'all']) {
    const step = await runInProcess({ image: at('o/shared'), platform, inspect: 'true' });
    assert.deepEqual(step.outputs, { 'error-code': 'size-mismatch' }, step.stdout);
  }
});
