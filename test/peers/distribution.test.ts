import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Step } from '../support/action.ts';
import {
  type Blob,
  blob,
  descriptor,
  digestOf,
  type Image,
  image,
  index,
  indexOf,
  platform,
  types,
} from '../support/images.ts';
import { linePrinted, runPeer, skipWithout } from '../support/peers.ts';
import { type RandomPlatform, randomImage } from '../support/random-images.ts';
import { memoryShelf, named, realShelf, type Shelf } from '../support/real-registry.ts';
import { checkFiles, checkOutputs, failed, json, passed, sumsOf } from '../support/step-checks.ts';

/** Images that every platform of is compared, digest by digest. */
const randomImages = 40;

const empty = 'application/vnd.oci.empty.v1+json';

let scratch = '';
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'image-digests-distribution-'));
});
after(() => rm(scratch, { recursive: true, force: true }));

describe('on the registry in memory', { concurrency: 2 }, () => {
  sharedTests(memoryShelf, 10);
});

const storage = () => join(scratch, 'storage');

const skipReal = skipWithout(['docker-registry'], 'comparing with a real registry');
describe('on a real registry', { skip: skipReal, concurrency: 2 }, () => {
  const { shelf, random } = sharedTests(() => realShelf(storage()), 20);
  craneTests(random);
  decayTests(shelf);
});

/**
 * What must hold on any registry.
 *
 * @param singles how many of the random images to resolve in steps of their own, too
 */
function sharedTests(
  open: () => Promise<Shelf>,
  singles: number,
): { shelf: () => Shelf; random: () => Promise<string[]> } {
  let opened: Shelf | undefined;
  let putting: Promise<string[]> | undefined;
  const shelf = () => {
    assert.ok(opened, 'the registry has started');
    return opened;
  };
  const random = () => {
    putting ??= putRandomImages(shelf());
    return putting;
  };
  before(async () => {
    opened = await open();
  });
  after(() => opened?.close());

  test(`all platforms of ${randomImages} random images have the four levels of digests that they were made with`, async () => {
    const references = await random();
    const step = await passed({ image: references.join('\n'), platform: 'all', inspect: 'true' });
    const expected = references.flatMap((reference, seed) => expectedResults(shelf().host, reference, seed));
    const found = resultsOf(step);
    assert.deepEqual(found.map(withoutPath), expected);
    const sums = await sumsOf(found.map(({ manifestPath }) => manifestPath));
    assert.deepEqual(
      sums,
      found.map(({ manifestDigest }) => manifestDigest),
    );
  });

  test('each platform asked for by name sets outputs and files that agree with what the image was made with', async () => {
    const references = (await random()).slice(0, singles);
    await together(references, async (reference, seed) => {
      const made = randomImage(seed);
      const wanted = hardestPlatform(made.platforms, seed);
      const step = await passed({ image: reference, platform: wanted.asked, inspect: 'true' });
      checkOutputs(step, made.index, wanted);
      assert.equal(step.outputs['platform'], wanted.written);
      assert.deepEqual(
        json(step, 'platforms'),
        made.platforms.map(({ written }) => written),
      );
      assert.deepEqual(json(step, 'labels'), wanted.labels);
      assert.deepEqual(json(step, 'annotations'), wanted.annotations);
      assert.deepEqual(json(step, 'diff-ids'), wanted.diffIds);
      assert.equal(step.outputs['created'], wanted.created);
      await checkFiles(step);
    });
  });

  test('a single manifest has a digest and no index-digest', async () => {
    const made = image('linux/arm64/v8');
    await shelf().putImage('single/oci', made, 'v1');
    const step = await passed({ image: `${shelf().host}/single/oci:v1`, platform: 'linux/arm64', inspect: 'true' });
    checkOutputs(step, undefined, made);
    assert.equal(step.outputs['platform'], 'linux/arm64/v8');
    assert.deepEqual(json(step, 'platforms'), ['linux/arm64/v8']);
    await checkFiles(step);
  });

  test('a single manifest for another platform is platform-not-found, and the text says which it has', async () => {
    await shelf().putImage('single/other', image('linux/s390x'), 'v1');
    const { text } = await failed('platform-not-found', { image: `${shelf().host}/single/other:v1` });
    assert.match(text, /linux\/s390x/);
  });

  test('a docker schema 2 manifest list is resolved as an index is', async () => {
    const images = ['linux/amd64', 'linux/arm/v6', 'linux/arm/v7'].map((text) => image(text, { docker: true }));
    const list = index(images, types.list);
    for (const one of images) await shelf().putImage('docker/list', one);
    await shelf().put('docker/list', list, 'v1');
    const step = await passed({ image: `${shelf().host}/docker/list:v1`, platform: 'linux/arm', inspect: 'true' });
    checkOutputs(step, list, images[2] as Image);
    assert.equal(step.outputs['media-type'], types.list);
    await checkFiles(step);
  });

  test('an index within an index within an index offers its platforms in its place', async () => {
    const images = ['linux/amd64', 'linux/arm64', 'linux/386'].map((text) => image(text));
    const [outer, middle, inner] = images as [Image, Image, Image];
    const innermost = index([inner]);
    const between = indexOf([descriptor(innermost), descriptor(middle.manifest, { platform: middle.platform })]);
    const whole = indexOf([descriptor(between), descriptor(outer.manifest, { platform: outer.platform })]);
    for (const one of images) await shelf().putImage('nested', one);
    for (const one of [innermost, between]) await shelf().put('nested', one);
    await shelf().put('nested', whole, 'v1');
    const step = await passed({ image: `${shelf().host}/nested:v1`, platform: 'linux/386', inspect: 'true' });
    checkOutputs(step, whole, inner);
    assert.deepEqual(json(step, 'platforms'), ['linux/386', 'linux/arm64', 'linux/amd64']);
    await checkFiles(step);
  });

  test('entries without a platform are told apart by their configs', async () => {
    const images = [image('linux/amd64'), image('linux/riscv64')];
    for (const one of images) await shelf().putImage('silent', one);
    const whole = indexOf(images.map(({ manifest }) => descriptor(manifest)));
    await shelf().put('silent', whole, 'v1');
    const step = await passed({ image: `${shelf().host}/silent:v1`, platform: 'linux/riscv64' });
    checkOutputs(step, whole, images[1] as Image);
    assert.deepEqual(json(step, 'platforms'), ['linux/amd64', 'linux/riscv64']);
  });

  test('an artifact that is no image passes without a platform', async () => {
    const config = blob('{}', empty);
    const content = blob('not an image', 'text/plain');
    const manifest = blob(
      {
        schemaVersion: 2,
        mediaType: types.manifest,
        artifactType: 'application/vnd.example',
        config: descriptor(config),
        layers: [descriptor(content)],
      },
      types.manifest,
    );
    const artifact = { manifest, config, layers: [content], platform: platform('unknown/unknown') };
    await shelf().putImage('artifact', artifact, 'v1');
    const step = await passed({ image: `${shelf().host}/artifact:v1`, inspect: 'true' });
    checkOutputs(step, undefined, artifact);
    assert.equal(step.outputs['platform'], '');
    await checkFiles(step);
  });

  test('a reference by digest is resolved to what has this digest, whatever its tag says', async () => {
    const [old, recent] = [image('linux/amd64', { layers: ['old'] }), image('linux/amd64', { layers: ['recent'] })];
    await shelf().putImage('moved', old, 'v1');
    await shelf().putImage('moved', recent, 'v1');
    const step = await passed({ image: `${shelf().host}/moved:v1@${old.manifest.digest}` });
    checkOutputs(step, undefined, old);
  });

  test('config and layers named by sha512 are verified by sha512', async () => {
    const made = image('linux/amd64', { layers: ['one', 'two'] });
    const config = named('sha512', made.config);
    const layers = made.layers.map((layer) => named('sha512', layer));
    const manifest = blob(
      {
        schemaVersion: 2,
        mediaType: types.manifest,
        config: descriptor(config),
        layers: layers.map((layer) => descriptor(layer)),
      },
      types.manifest,
    );
    const renamed = { ...made, manifest, config, layers };
    await shelf().putImage('sha512', renamed, 'v1');
    const inputs = { image: `${shelf().host}/sha512:v1`, inspect: 'true', 'verify-blobs': 'true' };
    const step = await passed({ ...inputs, 'expected-digest': digestOf(manifest.bytes, 'sha512') });
    checkOutputs(step, undefined, renamed);
    assert.match(step.outputs['config-digest'] ?? '', /^sha512:[0-9a-f]{128}$/);
    await checkFiles(step);
  });

  test('a missing tag and a missing repository are not-found', async () => {
    await shelf().putImage('there', image('linux/amd64'), 'v1');
    for (const name of ['there:v2', `there@${digestOf('nothing')}`, 'nowhere:v1']) {
      const { text } = await failed('not-found', { image: `${shelf().host}/${name}` });
      assert.match(text, /MANIFEST_UNKNOWN/);
    }
  });

  test('fail-on-missing: false says exists=false of what is missing, and fails a gate all the same', async () => {
    const missing = { image: `${shelf().host}/nowhere:v1`, 'fail-on-missing': 'false' };
    const step = await passed(missing);
    assert.equal(step.outputs['exists'], 'false');
    assert.equal(step.outputs['digest'], undefined);
    await failed('not-found', { ...missing, 'verify-blobs': 'true' });
  });

  test('a manifest that the index names and the registry lost is registry-error, never missing', async () => {
    const images = [image('linux/amd64'), image('linux/arm64')];
    for (const one of images) await shelf().putImage('lost/child', one);
    await shelf().put('lost/child', index(images), 'v1');
    await shelf().deleteManifest('lost/child', images[1]?.manifest.digest ?? '');
    const inputs = { image: `${shelf().host}/lost/child:v1`, 'fail-on-missing': 'false' };
    await passed(inputs);
    await failed('registry-error', { ...inputs, platform: 'linux/arm64' });
  });

  test('verify-blobs fails when a layer or the config was deleted, naming it', async () => {
    const made = image('linux/amd64', { layers: ['kept', 'deleted'] });
    const whole = index([made]);
    for (const [at, missing] of [made.layers[1] as Blob, made.config].entries()) {
      const repository = `lost/blob${at}`;
      await shelf().putWithout(repository, made, missing, 'single');
      await shelf().put(repository, whole, 'v1');
      const inputs = { image: `${shelf().host}/${repository}:v1`, platform: 'linux/amd64' };
      await passed(inputs);
      const { text } = await failed('gate-failed', { ...inputs, 'verify-blobs': 'true' });
      assert.match(text, new RegExp(missing.digest));
    }
    await failed('registry-error', { image: `${shelf().host}/lost/blob1:v1`, inspect: 'true' });
  });

  test('a descriptor with another size or type than what it points to is refused, whatever has been pushed', async () => {
    const made = image('linux/amd64', { layers: ['described wrongly'] });
    const { manifest, config, layers } = made;
    const entry = descriptor(manifest, { platform: made.platform });
    const document = { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config) };
    const layer = { ...descriptor(layers[0] as Blob), size: 1 };
    const wrong: readonly [code: string, what: Blob][] = [
      ['size-mismatch', indexOf([{ ...entry, size: manifest.bytes.length + 1 }])],
      ['invalid-manifest', indexOf([{ ...entry, mediaType: types.docker }])],
      ['size-mismatch', blob({ ...document, config: { ...descriptor(config), size: 1 }, layers: [] }, types.manifest)],
      ['gate-failed', blob({ ...document, layers: [layer] }, types.manifest)],
    ];
    await shelf().putImage('described', made);
    for (const [at, [code, what]] of wrong.entries()) {
      await shelf().put('described', what, `v${at}`);
      await failed(code, { image: `${shelf().host}/described:v${at}`, 'verify-blobs': 'true' });
    }
  });

  test('verify-blobs passes where all blobs are there', async () => {
    const made = image('linux/amd64', { layers: ['a', 'b', 'a'] });
    await shelf().putImage('whole', made, 'v1');
    checkOutputs(await passed({ image: `${shelf().host}/whole:v1`, 'verify-blobs': 'true' }), undefined, made);
  });

  test('an image that is pushed while the step waits for it is found', async () => {
    const made = image('linux/amd64', { layers: ['late'] });
    const inputs = { image: `${shelf().host}/late:v1`, 'wait-timeout': '20s', 'wait-interval': '1s' };
    let pushed: Promise<void> | undefined;
    const step = await passed(inputs, {
      onStart: (child) =>
        child.stdout?.on('data', (chunk: string) => {
          if (chunk.includes('not published yet')) pushed ??= shelf().putImage('late', made, 'v1');
        }),
    });
    await pushed;
    checkOutputs(step, undefined, made);
  });

  return { shelf, random };
}

/** What another client says of the same images. */
function craneTests(random: () => Promise<string[]>): void {
  const skip = skipWithout(['crane'], 'comparing with what crane prints');

  test(`crane prints the same digests for every platform of ${randomImages} random images`, { skip }, async () => {
    const references = await random();
    const step = await passed({ image: references.join('\n'), platform: 'all' });
    const found = new Map(resultsOf(step).map((result) => [`${result.image} ${result.platform}`, result]));
    await together(references, async (reference, seed) => {
      const made = randomImage(seed);
      assert.equal(made.index.digest, await linePrinted('crane', ['digest', reference]));
      for (const { parent, asked, written } of made.platforms) {
        const result = found.get(`${reference} ${written}`);
        assert.ok(result, `${reference} has ${written}`);
        assert.equal(result.digest, made.index.digest);
        const nested = `${reference.replace(/:[^:]*$/, '')}@${parent.digest}`;
        await compareWithCrane(result, parent === made.index ? reference : nested, asked);
      }
    });
  });
}

async function compareWithCrane(result: ResultJson, reference: string, asked: string): Promise<void> {
  const about = ['--platform', asked, reference];
  assert.equal(result.manifestDigest, await linePrinted('crane', ['digest', ...about]));
  const manifest = await runPeer('crane', ['manifest', ...about]);
  const { config, layers } = JSON.parse(manifest.toString()) as { config: Descriptor; layers: Descriptor[] };
  assert.equal(result.manifestDigest, digestOf(manifest));
  assert.equal(result.configDigest, config.digest);
  assert.deepEqual(result.layers, layers);
  assert.equal(result.configDigest, digestOf(await runPeer('crane', ['config', ...about])));
}

/** What rots on the disk of a registry, which serves it as it is. */
function decayTests(shelf: () => Shelf): void {
  test('bytes that changed on the disk of the registry are digest-mismatch at every level', async () => {
    for (const level of ['index', 'manifest', 'config'] as const) {
      const made = image('linux/amd64', { labels: { level: `rotten ${level}` } });
      const whole = index([made]);
      const documents = { index: whole, manifest: made.manifest, config: made.config };
      await shelf().putImage('decay', made);
      await shelf().put('decay', whole, level);
      const inputs = { image: `${shelf().host}/decay:${level}`, inspect: 'true' };
      await passed(inputs);
      const [algorithm = '', hex = ''] = documents[level].digest.split(':');
      const path = ['docker', 'registry', 'v2', 'blobs', algorithm, hex.slice(0, 2), hex, 'data'];
      // Still JSON, of the same shape and size: nothing but the digest can tell.
      const other = (_: string, digit: string) => `sha256:${digit === '0' ? '1' : '0'}`;
      const rotten = documents[level].bytes.toString().replace(/sha256:(.)/, other);
      await writeFile(join(storage(), ...path), rotten);
      await failed('digest-mismatch', inputs);
    }
  });
}

interface Descriptor {
  digest: string;
}

interface ResultJson {
  image: string;
  digest: string;
  manifestDigest: string;
  configDigest: string;
  layers: Descriptor[];
  platform: string;
  manifestPath: string;
}

/** Puts the random images, each in a repository of its own; gives their references by seed. */
async function putRandomImages(shelf: Shelf): Promise<string[]> {
  const seeds = Array.from({ length: randomImages }, (_, seed) => seed);
  await together(seeds, async (seed) => {
    const { index: whole, nested, platforms, attestations } = randomImage(seed);
    const repository = `random/r${seed}`;
    for (const one of [...platforms, ...attestations]) await shelf.putImage(repository, one);
    for (const one of nested) await shelf.put(repository, one);
    await shelf.put(repository, whole, 'v1');
  });
  return seeds.map((seed) => `${shelf.host}/random/r${seed}:v1`);
}

/** One that another could be taken for, if there is any: of the same os and architecture. */
function hardestPlatform(platforms: readonly RandomPlatform[], seed: number): RandomPlatform {
  const kindOf = ({ platform: { os, architecture } }: RandomPlatform) => `${os}/${architecture}`;
  const alike = platforms.filter((one) => platforms.some((other) => one !== other && kindOf(one) === kindOf(other)));
  const candidates = alike.length === 0 ? platforms : alike;
  return candidates[seed % candidates.length] as RandomPlatform;
}

function expectedResults(host: string, reference: string, seed: number): object[] {
  const { index: whole, platforms } = randomImage(seed);
  const name = `${host}/random/r${seed}`;
  return platforms.map(({ manifest, config, layers, written, created, labels, annotations, diffIds }) => ({
    image: reference,
    name,
    tag: 'v1',
    exists: true,
    reference: `${name}@${whole.digest}`,
    digest: whole.digest,
    indexDigest: whole.digest,
    mediaType: whole.mediaType,
    platforms: platforms.map((one) => one.written),
    manifestDigest: manifest.digest,
    configDigest: config.digest,
    layers: layers.map((layer) => ({ digest: layer.digest, size: layer.bytes.length, mediaType: layer.mediaType })),
    platform: written,
    size: [config, ...layers].reduce((sum, part) => sum + part.bytes.length, 0),
    annotations,
    created,
    labels,
    diffIds,
  }));
}

function resultsOf(step: Step): ResultJson[] {
  return json(step, 'results') as ResultJson[];
}

function withoutPath({ manifestPath: _, ...result }: ResultJson): object {
  return result;
}

/** Two at a time, as there are few processors. */
async function together<Item>(items: readonly Item[], work: (item: Item, at: number) => Promise<void>): Promise<void> {
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next[1], next[0]);
  };
  await Promise.all([worker(), worker()]);
}
