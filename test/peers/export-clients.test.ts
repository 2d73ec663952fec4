import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runAction, type Step, type StepOptions } from '../support/action.ts';
import { attestationOf } from '../support/attestations.ts';
import { type Blob, descriptor, digestOf, type Image, image, indexOf, types } from '../support/images.ts';
import { linePrinted, runPeer, skipWithout } from '../support/peers.ts';
import {
  makeAuthority,
  type RealRegistry,
  realShelf,
  type Shelf,
  startRealRegistry,
} from '../support/real-registry.ts';
import { json } from '../support/step-checks.ts';
import { tar } from '../support/tar.ts';
import { startTokenService, type TokenService } from '../support/token-service.ts';

const skipReal = skipWithout(['docker-registry', 'openssl'], 'layouts that are exported from a real registry');
const skipReaders = skipWithout(['skopeo', 'umoci', 'oras', 'crane'], 'that other clients read what is exported');

/** A layer of one file, compressed as clients do, so that none compresses it anew. */
const layer = (name: string, content: string | Uint8Array) => gzipSync(tar([{ name, content }]));
const base = layer('base', 'base');
const amd64 = image('linux/amd64', { layers: [base, layer('amd64', randomBytes(3_000_000))] });
const arm64 = image(
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
  { layers: [base, layer('arm64', 'content')] },
);
const single = image('linux/amd64', { layers: [base] });
const { about, entry: attested } = attestationOf(amd64);
const top = indexOf([...[amd64, arm64].map(({ manifest, platform }) => descriptor(manifest, { platform })), attested]);
/** Read by crane and oras; skopeo 1.9 knows OCI's types alone in a layout. */
const docker = image('linux/amd64', { docker: true, layers: [base] });

describe('a layout that is exported', { skip: skipReal || skipReaders }, () => {
  let scratch = '';
  let shelf: Shelf;
  let tokens: TokenService;
  let registry: RealRegistry;
  let tls: Awaited<ReturnType<typeof makeAuthority>>;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'image-digests-export-'));
    const storage = join(scratch, 'storage');
    tls = await makeAuthority(scratch);
    shelf = await realShelf(storage);
    for (const one of [amd64, arm64, about]) await shelf.putImage('o/app', one);
    await shelf.put('o/app', top, 'v1');
    await shelf.putImage('o/single', single, 'v2');
    await shelf.putImage('o/docker', docker, 'v3');
    tokens = await startTokenService({ signer: tls, users: {}, open: ['o/app', 'o/single', 'o/docker'], tls });
    registry = await startRealRegistry({ storage, tls, auth: tokens.auth });
  });
  after(async () => {
    await registry?.close();
    await tokens?.close();
    await shelf?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  /** Exports from the registry that has TLS and tokens. */
  const exported = async (inputs: Readonly<Record<string, string>>): Promise<{ step: Step; folder: string }> => {
    const workspace = await mkdtemp(join(scratch, 'workspace-'));
    const env: StepOptions['env'] = { GITHUB_WORKSPACE: workspace, NODE_EXTRA_CA_CERTS: tls.authority };
    const step = await runAction({ 'export-to': 'out', ...inputs }, { env });
    assert.equal(step.status, 0, step.stdout + step.stderr);
    const folder = step.outputs['layout-path'] ?? '';
    assert.equal(folder, join(workspace, 'out'));
    assert.deepEqual(await readdir(workspace), ['out']);
    await checkBlobs(folder);
    return { step, folder };
  };
  const host = () => registry.host;
  const skopeo = (...args: string[]) => runPeer('skopeo', ['--insecure-policy', ...args]);
  const rawDigest = async (place: string) => digestOf(await skopeo('inspect', '--raw', place));

  test('for one platform is read by skopeo, umoci, oras and crane, by its name', async () => {
    const { step, folder } = await exported({ image: `${host()}/o/app:v1`, platform: 'linux/arm64' });
    assert.equal(step.outputs['layout-name'], 'v1');
    assert.equal(step.outputs['digest'], top.digest);
    const { digest } = arm64.manifest;
    assert.equal(await rawDigest(`oci:${folder}:v1`), digest);
    await skopeo('copy', `oci:${folder}:v1`, `oci:${scratch}/copied:v1`);
    assert.equal(await rawDigest(`oci:${scratch}/copied:v1`), digest);
    assert.deepEqual((await linePrinted('umoci', ['ls', '--layout', folder])).split('\n'), ['v1']);
    const stat = JSON.parse((await runPeer('umoci', ['stat', '--image', `${folder}:v1`, '--json'])).toString());
    assert.ok(Array.isArray(stat.history) || stat.history === null);
    assert.equal(digestOf(await runPeer('oras', ['manifest', 'fetch', '--oci-layout', `${folder}:v1`])), digest);
    await runPeer('crane', ['push', folder, `${shelf.host}/copies/one:v1`]);
    assert.equal(await linePrinted('crane', ['digest', `${shelf.host}/copies/one:v1`]), digest);
  });

  test('for all platforms has the digest of the registry, and every child', async () => {
    const { step, folder } = await exported({ image: `${host()}/o/app:v1`, platform: 'all' });
    assert.deepEqual(
      (json(step, 'results') as { layoutName: string }[]).map(({ layoutName }) => layoutName),
      ['v1', 'v1'],
    );
    const fetched = await runPeer('oras', ['manifest', 'fetch', '--oci-layout', `${folder}:v1`]);
    assert.equal(digestOf(fetched), top.digest);
    assert.equal(await rawDigest(`oci:${folder}:v1`), top.digest);
    await runPeer('oras', [
      'copy',
      '--from-oci-layout',
      `${folder}:v1`,
      '--to-plain-http',
      `${shelf.host}/copies/all:v1`,
    ]);
    assert.equal(await linePrinted('crane', ['digest', `${shelf.host}/copies/all:v1`]), top.digest);
    await skopeo(
      'copy',
      '--all',
      '--dest-tls-verify=false',
      `oci:${folder}:v1`,
      `docker://${shelf.host}/copies/skopeo:v1`,
    );
    assert.equal(await linePrinted('crane', ['digest', `${shelf.host}/copies/skopeo:v1`]), top.digest);
    for (const { manifest } of [amd64, arm64, about]) {
      await runPeer('crane', ['manifest', `${shelf.host}/copies/all@${manifest.digest}`]);
    }
  });

  test('for a list of platforms has one image for each name', async () => {
    const { step, folder } = await exported({ image: `${host()}/o/app:v1`, platform: 'linux/amd64\nlinux/arm64' });
    const names = ['v1-linux-amd64', 'v1-linux-arm64-v8'];
    assert.deepEqual(
      (json(step, 'results') as { layoutName: string }[]).map(({ layoutName }) => layoutName),
      names,
    );
    assert.deepEqual((await linePrinted('umoci', ['ls', '--layout', folder])).split('\n').sort(), names);
    for (const [at, { manifest }] of [amd64, arm64].entries()) {
      assert.equal(await rawDigest(`oci:${folder}:${names[at]}`), manifest.digest);
      const fetched = await runPeer('oras', ['manifest', 'fetch', '--oci-layout', `${folder}:${names[at]}`]);
      assert.equal(digestOf(fetched), manifest.digest);
    }
  });

  test('for several images has each by its full reference, and by its digest', async () => {
    const names = [`${host()}/o/app:v1`, `${host()}/o/single:v2`];
    const { step, folder } = await exported({ image: names.join('\n') });
    assert.deepEqual(
      (json(step, 'results') as { layoutName: string }[]).map(({ layoutName }) => layoutName),
      names,
    );
    for (const [at, { manifest }] of [amd64, single].entries()) {
      assert.equal(await rawDigest(`oci:${folder}:${names[at]}`), manifest.digest);
      const place = `${folder}@${manifest.digest}`;
      assert.equal(digestOf(await runPeer('oras', ['manifest', 'fetch', '--oci-layout', place])), manifest.digest);
    }
  });

  test('keeps Docker’s media types, and with them the digest', async () => {
    const { step, folder } = await exported({ image: `${host()}/o/docker:v3` });
    assert.equal(step.outputs['media-type'], types.docker);
    const fetched = await runPeer('oras', ['manifest', 'fetch', '--oci-layout', `${folder}:v3`]);
    assert.equal(digestOf(fetched), docker.manifest.digest);
    await runPeer('crane', ['push', folder, `${shelf.host}/copies/docker:v3`]);
    assert.equal(await linePrinted('crane', ['digest', `${shelf.host}/copies/docker:v3`]), docker.manifest.digest);
  });

  test('is read by the action itself, blob by blob, with the same digests', async () => {
    const { step, folder } = await exported({ image: `${host()}/o/app:v1`, platform: 'all' });
    const again = await runAction({ image: `oci-layout://${folder}:v1`, 'verify-blobs': 'true', platform: 'all' });
    assert.equal(again.status, 0, again.stdout);
    assert.equal(again.outputs['digest'], step.outputs['digest']);
    const changed = await runAction(
      { image: `oci-layout://${folder}`, 'compare-with': `${host()}/o/app:v1` },
      { env: { NODE_EXTRA_CA_CERTS: tls.authority } },
    );
    assert.equal(changed.outputs['changed'], 'false', changed.stdout);
  });

  test('is the same in every byte when it is exported again', async () => {
    const one = await exported({ image: `${host()}/o/app:v1`, platform: 'all' });
    const two = await exported({ image: `${host()}/o/app:v1`, platform: 'all' });
    await runPeer('diff', ['-r', one.folder, two.folder]);
  });
});

/** Each blob is what its name says, by `sha256sum`, which knows nothing of the action. */
async function checkBlobs(folder: string): Promise<void> {
  const blobs = await readdir(join(folder, 'blobs/sha256'));
  const lines = blobs.map((hex) => `${hex}  ${join(folder, 'blobs/sha256', hex)}\n`);
  await runPeer('sha256sum', ['--check', '--strict', '-'], { input: lines.join('') });
}

const skipWriters = skipWithout(['docker-registry', 'skopeo', 'umoci', 'oras', 'crane'], 'layouts of other clients');
describe('a layout that another client writes has the digests of the image that was pushed', {
  skip: skipWriters,
}, () => {
  let scratch = '';
  let shelf: Shelf;
  const reference = () => `${shelf.host}/o/app:v1`;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'image-digests-layouts-'));
    shelf = await realShelf(join(scratch, 'storage'));
    for (const one of [amd64, arm64, about]) await shelf.putImage('o/app', one);
    await shelf.put('o/app', top, 'v1');
  });
  after(async () => {
    await shelf?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  /** Reads a layout without a network that could be asked: the step must pass with this digest. */
  const reads = async (path: string, digest: string, inputs: Readonly<Record<string, string>> = {}) => {
    const env = { GITHUB_WORKSPACE: scratch, https_proxy: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' };
    const step = await runAction(
      { image: `oci-layout://${path}`, inspect: 'true', 'verify-blobs': 'true', ...inputs },
      { env },
    );
    assert.equal(step.status, 0, `${path}: ${step.stdout}${step.stderr}`);
    assert.equal(step.outputs['digest'], digest, path);
    assert.equal(step.outputs['name'], undefined);
    assert.equal(step.outputs['reference'], undefined);
    return step;
  };
  const tarOf = (folder: string) => runPeer('tar', ['-cf', `${folder}.tar`, '-C', folder, '.'], { cwd: scratch });
  const isImage = (step: Step, { manifest, config }: Image) => {
    assert.equal(step.outputs['manifest-digest'], manifest.digest);
    assert.equal(step.outputs['config-digest'], config.digest);
  };

  test('skopeo, as a folder and as a tar, one image and all', async () => {
    const copy = ['--insecure-policy', 'copy', '--src-tls-verify=false'];
    await runPeer('skopeo', [...copy, '--all', `docker://${reference()}`, `oci:${scratch}/skopeo:v1`]);
    isImage(await reads('skopeo:v1', top.digest), amd64);
    isImage(await reads('skopeo:v1', top.digest, { platform: 'linux/arm64' }), arm64);
    await runPeer('skopeo', [
      ...copy,
      '--override-arch=arm64',
      `docker://${reference()}`,
      `oci-archive:${scratch}/skopeo.tar:v1`,
    ]);
    isImage(await reads('skopeo.tar:v1', arm64.manifest.digest, { platform: 'linux/arm64' }), arm64);
    isImage(await reads('skopeo.tar', arm64.manifest.digest, { platform: 'linux/arm64' }), arm64);
  });

  test('crane pull, which gives no name', async () => {
    await runPeer('crane', ['pull', '--format=oci', reference(), `${scratch}/crane`]);
    isImage(await reads('crane', top.digest), amd64);
    await tarOf(join(scratch, 'crane'));
    isImage(await reads(`crane.tar@${top.digest}`, top.digest), amd64);
    isImage(
      await reads(`crane.tar@${arm64.manifest.digest}`, arm64.manifest.digest, { platform: 'linux/arm64' }),
      arm64,
    );
  });

  test('oras copy, in a folder and in a tar of it', async () => {
    await runPeer('oras', ['copy', '--from-plain-http', reference(), '--to-oci-layout', `${scratch}/oras:v1`]);
    isImage(await reads('oras:v1', top.digest), amd64);
    await tarOf(join(scratch, 'oras'));
    isImage(await reads('oras.tar:v1', top.digest), amd64);
  });

  test('umoci, with a name of its own', async () => {
    const copy = ['--insecure-policy', 'copy', '--src-tls-verify=false'];
    await runPeer('skopeo', [...copy, `docker://${reference()}`, `oci:${scratch}/umoci:base`]);
    await runPeer('umoci', ['tag', '--image', `${scratch}/umoci:base`, 'other']);
    isImage(await reads('umoci:other', amd64.manifest.digest), amd64);
    await runPeer('umoci', ['config', '--image', `${scratch}/umoci:other`, '--config.user', 'nobody']);
    const { manifests } = JSON.parse(await readFile(join(scratch, 'umoci', 'index.json'), 'utf8'));
    const names = 'org.opencontainers.image.ref.name';
    const digestNamed = (name: string) =>
      manifests.find((entry: { annotations: Record<string, string> }) => entry.annotations[names] === name).digest;
    await reads('umoci:other', digestNamed('other'));
    await reads('umoci:base', amd64.manifest.digest);
    const several = await runAction({ image: 'oci-layout://umoci' }, { env: { GITHUB_WORKSPACE: scratch } });
    assert.equal(several.outputs['error-code'], 'invalid-input');
    assert.match(several.errors[0]?.text ?? '', /base.*other|other.*base/);
  });

  test('buildx, which writes an entry for each tag, in a tar with folders', async () => {
    const folder = join(scratch, 'buildx');
    const entries = ['v1', 'latest'].map((tag) =>
      descriptor(top, {
        annotations: {
          'io.containerd.image.name': `ghcr.io/o/app:${tag}`,
          'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
          'org.opencontainers.image.ref.name': tag,
        },
      }),
    );
    await writeLayoutFolder(folder, entries, [top], [amd64, arm64, about]);
    await runPeer('tar', ['--format=ustar', '-cf', `${folder}.tar`, '-C', folder, 'blobs', 'index.json', 'oci-layout']);
    for (const name of ['', ':v1', ':latest', ':ghcr.io/o/app:latest']) {
      isImage(await reads(`buildx.tar${name}`, top.digest), amd64);
    }
  });

  test('docker save of the containerd store, with a manifest.json beside the layout', async () => {
    const folder = join(scratch, 'saved');
    const annotations = {
      'io.containerd.image.name': 'docker.io/library/app:v1',
      'org.opencontainers.image.ref.name': 'v1',
    };
    const only = indexOf([descriptor(amd64.manifest, { platform: amd64.platform }), attested]);
    await writeLayoutFolder(folder, [descriptor(only, { annotations })], [only], [amd64, about]);
    const layers = amd64.layers.map(({ digest }) => `blobs/${digest.replace(':', '/')}`);
    await writeFile(
      join(folder, 'manifest.json'),
      JSON.stringify([{ Config: 'x', RepoTags: ['app:v1'], Layers: layers }]),
    );
    await runPeer('tar', [
      '--format=pax',
      '-cf',
      `${folder}.tar`,
      '-C',
      folder,
      'blobs',
      'index.json',
      'manifest.json',
      'oci-layout',
    ]);
    const step = await reads('saved.tar:v1', only.digest);
    isImage(step, amd64);
    assert.doesNotMatch(step.stdout, /docker save/);
  });

  test('and exports as it is', async () => {
    await runPeer('crane', ['pull', '--format=oci', reference(), `${scratch}/source`]);
    await reads('source', top.digest, { platform: 'all', 'export-to': 'again' });
    await checkBlobs(join(scratch, 'again'));
    await reads('again', top.digest);
  });
});

/** Writes a layout as the tools lay it out. */
async function writeLayoutFolder(
  folder: string,
  entries: readonly object[],
  documents: readonly Blob[],
  images: readonly Image[],
): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const blobs = [...documents, ...images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers])];
  for (const { digest, bytes } of blobs) await writeFile(join(folder, 'blobs', digest.replace(':', '/')), bytes);
  const index = { schemaVersion: 2, mediaType: types.index, manifests: entries };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
}
