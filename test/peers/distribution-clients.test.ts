import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { digestOf, type Image, image, index, types } from '../support/images.ts';
import { linePrinted, runPeer, skipWithout } from '../support/peers.ts';
import { realShelf, type Shelf } from '../support/real-registry.ts';
import { checkFiles, checkOutputs, failed, json, passed } from '../support/step-checks.ts';

const skipReal = skipWithout(['docker-registry'], 'images that real clients push to a real registry');
describe('images as the clients that people use make them', { skip: skipReal, concurrency: 2 }, () => {
  let scratch = '';
  let opened: Shelf | undefined;
  const shelf = () => {
    assert.ok(opened, 'the registry has started');
    return opened;
  };
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'image-digests-clients-'));
    opened = await realShelf(join(scratch, 'storage'));
  });
  after(async () => {
    await opened?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const insecure = ['--insecure-policy', 'copy', '--dest-tls-verify=false'];
  const skipSkopeo = skipWithout(['skopeo', 'umoci'], 'images made by umoci and pushed by skopeo');
  const skipOras = skipWithout(['oras'], 'artifacts and indexes made by oras');
  const skipCrane = skipWithout(['crane'], 'images and indexes made by crane');
  const skipCosign = skipWithout(['cosign', 'crane'], 'signatures made by cosign');

  test('an image made by umoci has the digests of its layout after skopeo pushed it', {
    skip: skipSkopeo,
  }, async () => {
    const layout = await umociLayout(scratch, 'oci');
    const reference = `${shelf().host}/umoci/oci:v1`;
    await runPeer('skopeo', [...insecure, `oci:${layout}:v1`, `docker://${reference}`]);
    const { manifests } = await readJson<{ manifests: Descriptor[] }>(join(layout, 'index.json'));
    const [{ digest = '' } = {}] = manifests;
    const { config, layers } = await readJson<ManifestJson>(join(layout, 'blobs', digest.replace(':', '/')));
    const step = await passed({ image: reference, platform: 'linux/arm64', inspect: 'true' });
    assert.equal(step.outputs['digest'], digest);
    assert.equal(step.outputs['index-digest'], '');
    assert.equal(step.outputs['manifest-digest'], digest);
    assert.equal(step.outputs['config-digest'], config.digest);
    assert.deepEqual(
      json(step, 'layer-digests'),
      layers.map((layer) => layer.digest),
    );
    assert.equal((json(step, 'labels') as Record<string, string>)['org.example.made'], 'by umoci');
    assert.equal(layers.length, 2);
    await checkFiles(step);
  });

  test('an image that skopeo turned into docker schema 2 has the digests that skopeo prints', {
    skip: skipSkopeo,
  }, async () => {
    const layout = await umociLayout(scratch, 'v2s2');
    const reference = `${shelf().host}/umoci/docker:v1`;
    await runPeer('skopeo', [...insecure, '--format', 'v2s2', `oci:${layout}:v1`, `docker://${reference}`]);
    const step = await passed({ image: reference, platform: 'linux/arm64', inspect: 'true' });
    const inspect = ['--insecure-policy', 'inspect', '--tls-verify=false'];
    const raw = await runPeer('skopeo', [...inspect, '--raw', `docker://${reference}`]);
    const config = await runPeer('skopeo', [...inspect, '--config', '--raw', `docker://${reference}`]);
    assert.equal(step.outputs['media-type'], types.docker);
    assert.equal(step.outputs['digest'], digestOf(raw));
    assert.equal(step.outputs['config-digest'], digestOf(config));
    const { layers } = JSON.parse(raw.toString()) as ManifestJson;
    assert.deepEqual(json(step, 'layers'), layers);
    await checkFiles(step);
  });

  test('schema 1, which skopeo can still push, is unsupported by name', { skip: skipSkopeo }, async () => {
    const layout = await umociLayout(scratch, 'v2s1');
    const reference = `${shelf().host}/umoci/schema1:v1`;
    await runPeer('skopeo', [...insecure, '--format', 'v2s1', `oci:${layout}:v1`, `docker://${reference}`]);
    const { text } = await failed('unsupported', { image: reference });
    assert.match(text, /schema 1/);
  });

  test('a list that skopeo made of an index has the digests that it printed', { skip: skipSkopeo }, async () => {
    const images = ['linux/amd64', 'linux/arm64/v8', 'linux/ppc64le'].map((text) => image(text));
    for (const one of images) await shelf().putImage('skopeo/index', one);
    await shelf().put('skopeo/index', index(images), 'v1');
    const [from, to] = [`${shelf().host}/skopeo/index:v1`, `${shelf().host}/skopeo/list:v1`];
    const folder = await mkdtemp(join(scratch, 'skopeo-'));
    const copy = [
      ...insecure,
      '--src-tls-verify=false',
      '--all',
      '--format',
      'v2s2',
      '--digestfile',
      join(folder, 'digest'),
    ];
    await runPeer('skopeo', [...copy, `docker://${from}`, `docker://${to}`]);
    const step = await passed({ image: to, platform: 'linux/arm64', inspect: 'true' });
    const raw = await runPeer('skopeo', [
      '--insecure-policy',
      'inspect',
      '--tls-verify=false',
      '--raw',
      `docker://${to}`,
    ]);
    const { manifests } = JSON.parse(raw.toString()) as { manifests: Descriptor[] };
    assert.equal(step.outputs['media-type'], types.list);
    assert.equal(step.outputs['index-digest'], (await readFile(join(folder, 'digest'), 'utf8')).trim());
    assert.equal(step.outputs['manifest-digest'], manifests[1]?.digest);
    assert.equal(step.outputs['config-digest'], images[1]?.config.digest);
    await checkFiles(step);
  });

  test('lists and nested indexes that crane makes are resolved as crane resolves them', {
    skip: skipCrane,
  }, async () => {
    const base = `${shelf().host}/crane`;
    const images = ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((text) => image(text));
    const digests = images.map(({ manifest }) => `${base}@${manifest.digest}`);
    for (const one of images) await shelf().putImage('crane', one);
    const append = ['index', 'append'];
    await runPeer('crane', [
      ...append,
      '--docker-empty-base',
      ...manifestFlags(digests.slice(0, 2)),
      '-t',
      `${base}:list`,
    ]);
    await runPeer('crane', [...append, ...manifestFlags(digests.slice(0, 2)), '-t', `${base}:index`]);
    const parts = manifestFlags([...digests.slice(2), `${base}:index`]);
    await runPeer('crane', [...append, '--flatten=false', ...parts, '-t', `${base}:nested`]);
    for (const tag of ['list', 'index', 'nested']) {
      const step = await passed({ image: `${base}:${tag}`, platform: 'linux/arm64', inspect: 'true' });
      const digest = await linePrinted('crane', ['digest', `${base}:${tag}`]);
      const raw = await runPeer('crane', ['manifest', `${base}:${tag}`]);
      checkOutputs(
        step,
        { bytes: raw, digest, mediaType: tag === 'list' ? types.list : types.index },
        images[1] as Image,
      );
      await checkFiles(step);
    }
  });

  test('what crane builds on an image needs no update until its base changes', { skip: skipCrane }, async () => {
    const base = `${shelf().host}/rebase/base:v1`;
    const app = `${shelf().host}/rebase/app:v1`;
    const layer = join(scratch, 'layer.tar');
    await runPeer('tar', ['-cf', layer, '-C', '/etc', 'passwd']);
    await shelf().putImage('rebase/base', image('linux/amd64', { layers: ['old base'] }), 'v1');
    await runPeer('crane', ['append', '-b', base, '-f', layer, '-t', app]);
    const before = await passed({ image: app, 'base-image': base, 'compare-with': base });
    assert.deepEqual([before.outputs['needs-updating'], before.outputs['changed']], ['false', 'true']);
    await shelf().putImage('rebase/base', image('linux/amd64', { layers: ['new base'] }), 'v1');
    await runPeer('crane', ['copy', app, app.replace('app:v1', 'copy:v1')]);
    const afterwards = await passed({
      image: app,
      'base-image': base,
      'compare-with': app.replace('app:v1', 'copy:v1'),
    });
    assert.deepEqual([afterwards.outputs['needs-updating'], afterwards.outputs['changed']], ['true', 'false']);
  });

  test('an artifact pushed by oras passes without a platform', { skip: skipOras }, async () => {
    const folder = await mkdtemp(join(scratch, 'oras-'));
    await writeFile(join(folder, 'chart.txt'), 'an artifact');
    const reference = `${shelf().host}/oras/artifact:v1`;
    const push = ['push', '--plain-http', '--artifact-type', 'application/vnd.example+type', reference, 'chart.txt'];
    await runPeer('oras', [...push, '--annotation', 'org.example.made=by oras'], { cwd: folder });
    const step = await passed({ image: reference, inspect: 'true', 'verify-blobs': 'true' });
    assert.equal(step.outputs['digest'], await linePrinted('oras', ['resolve', '--plain-http', reference]));
    assert.equal(step.outputs['config-digest'], digestOf('{}'));
    assert.deepEqual(json(step, 'layer-digests'), [digestOf('an artifact')]);
    assert.equal((json(step, 'annotations') as Record<string, string>)['org.example.made'], 'by oras');
    assert.deepEqual([step.outputs['platform'], step.outputs['platforms']], ['', '[]']);
    await checkFiles(step);
  });

  test('an index made by oras is resolved to the manifests that it was made of', { skip: skipOras }, async () => {
    const images = [image('linux/arm/v7'), image('linux/amd64')];
    for (const [at, one] of images.entries()) await shelf().putImage('oras/index', one, `part${at}`);
    const reference = `${shelf().host}/oras/index:v1`;
    await runPeer('oras', ['manifest', 'index', 'create', '--plain-http', reference, 'part0', 'part1']);
    const digest = await linePrinted('oras', ['resolve', '--plain-http', reference]);
    for (const made of images) {
      const { os, architecture, variant = '' } = made.platform;
      const step = await passed({ image: reference, platform: [os, architecture, variant].filter(Boolean).join('/') });
      assert.equal(step.outputs['index-digest'], digest);
      assert.equal(step.outputs['manifest-digest'], made.manifest.digest);
      assert.equal(step.outputs['config-digest'], made.config.digest);
    }
  });

  test('a signature by cosign has digests and no platform', { skip: skipCosign }, async () => {
    const folder = await mkdtemp(join(scratch, 'cosign-'));
    const made = image('linux/amd64', { layers: ['signed'] });
    await shelf().putImage('cosign', made, 'v1');
    await writeFile(join(folder, 'payload'), '{"critical":{}}');
    await writeFile(join(folder, 'signature'), 'AAAA');
    const files = ['--payload', 'payload', '--signature', 'signature'];
    const attach = ['attach', 'signature', '--allow-http-registry', ...files];
    const env = { HOME: folder };
    await runPeer('cosign', [...attach, `${shelf().host}/cosign@${made.manifest.digest}`], { cwd: folder, env });
    const reference = `${shelf().host}/cosign:${made.manifest.digest.replace(':', '-')}.sig`;
    const step = await passed({ image: reference, inspect: 'true' });
    assert.equal(step.outputs['digest'], await linePrinted('crane', ['digest', reference]));
    assert.deepEqual(json(step, 'layer-digests'), [digestOf('{"critical":{}}')]);
    assert.equal(step.outputs['platform'], '');
  });
});

interface Descriptor {
  digest: string;
}

interface ManifestJson {
  config: Descriptor;
  layers: Descriptor[];
}

function manifestFlags(references: readonly string[]): string[] {
  return references.flatMap((reference) => ['-m', reference]);
}

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(path, 'utf8')) as Content;
}

/** An OCI layout with an image for linux/arm64 of two layers, under the tag v1. */
async function umociLayout(scratch: string, name: string): Promise<string> {
  const folder = await mkdtemp(join(scratch, `umoci-${name}-`));
  const layout = join(folder, 'layout');
  await mkdir(join(folder, 'files'));
  for (const file of ['one', 'two']) await writeFile(join(folder, 'files', file), `content of ${file}`);
  await runPeer('umoci', ['init', '--layout', layout]);
  await runPeer('umoci', ['new', '--image', `${layout}:v1`]);
  for (const file of ['one', 'two']) {
    const insert = ['insert', '--rootless', '--image', `${layout}:v1`, join(folder, 'files', file), `/${file}`];
    await runPeer('umoci', insert);
  }
  const set = ['--os', 'linux', '--architecture', 'arm64', '--config.label', 'org.example.made=by umoci'];
  await runPeer('umoci', ['config', '--image', `${layout}:v1`, ...set]);
  return layout;
}
