import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runAction } from '../support/action.ts';
import { blob, image, index } from '../support/images.ts';
import { runPeer, skipWithout } from '../support/peers.ts';
import { realShelf, type Shelf } from '../support/real-registry.ts';
import { bundleBlob, provenance, referrerOf, type Sigstore, startSigstore } from '../support/sigstore.ts';

const skip = skipWithout(['cosign', 'docker-registry'], 'signatures by a real cosign are');

const [amd64, arm64] = [image('linux/amd64'), image('linux/arm64')];
const top = index([amd64, arm64]);

let folder: string;
let shelf: Shelf;
let sigstore: Sigstore;
let configured: readonly string[];

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(join(tmpdir(), 'image-digests-cosign-'));
  shelf = await realShelf(join(folder, 'storage'));
  for (const name of ['a', 'b']) await cosign('generate-key-pair', '--output-key-prefix', name);
  await cosign('signing-config', 'create', '--out', 'signing.json');
  configured = ['--signing-config', 'signing.json'];
  sigstore = await startSigstore();
});
after(async () => {
  if (skip !== false) return;
  await shelf.close();
  await rm(folder, { recursive: true, force: true });
});

const older = ['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false'];

function cosign(...args: string[]): Promise<Buffer> {
  const env = { HOME: folder, COSIGN_PASSWORD: '', COSIGN_YES: 'true', TUF_ROOT: join(folder, 'tuf') };
  return runPeer('cosign', args, { env, cwd: folder });
}

/** Puts an image that nothing refers to yet under a repository of its own, and gives its reference. */
async function put(repository: string): Promise<string> {
  for (const each of [amd64, arm64]) await shelf.putImage(repository, each);
  await shelf.put(repository, top, 'v1');
  return `${shelf.host}/${repository}`;
}

const run = (name: string, inputs: Record<string, string> = {}) =>
  runAction({ image: `${name}:v1`, 'public-key': join(folder, 'a.pub'), 'transparency-log': 'optional', ...inputs });
const codeOf = ({ outputs }: { outputs: Readonly<Record<string, string>> }) => outputs['error-code'];

test('a signature by cosign with a key is accepted, in its new form', { skip }, async () => {
  const name = await put('new-form');
  await cosign('sign', '--key', 'a.key', ...configured, `${name}@${top.digest}`);
  const step = await run(name, { referrers: 'true' });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['verified'], 'true');
  const [proof] = JSON.parse(step.outputs['results'] ?? '')[0].verified;
  assert.equal(proof.predicateType, 'https://sigstore.dev/cosign/sign/v1');
  assert.equal(proof.subject, top.digest);
  const pem = await run(name, { 'public-key': readFileSync(join(folder, 'a.pub'), 'utf8') });
  assert.equal(pem.status, 0, pem.stdout);
  assert.equal(codeOf(await run(name, { 'public-key': join(folder, 'b.pub') })), 'not-verified');
  assert.equal((await run(name, { 'public-key': `${join(folder, 'b.pub')}\n${join(folder, 'a.pub')}` })).status, 0);
  assert.equal(codeOf(await run(name, { 'transparency-log': 'required' })), 'not-verified');
  assert.equal(codeOf(await run(name, { 'attested-digest': 'manifest-digest' })), 'not-attested');
});

test('a signature by cosign with a key is accepted, in its old form', { skip }, async () => {
  const name = await put('old-form');
  await cosign('sign', '--key', 'a.key', ...older, `${name}@${top.digest}`);
  const step = await run(name);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].verified[0].from, 'cosign-tag');
  assert.equal(codeOf(await run(name, { 'public-key': join(folder, 'b.pub') })), 'not-verified');
  assert.equal(codeOf(await run(name, { 'transparency-log': 'required' })), 'not-verified');
});

test('a signature of each platform is accepted, in both forms', { skip }, async () => {
  for (const [repository, options] of [
    ['recursive-new', configured],
    ['recursive-old', older],
  ] as const) {
    const name = await put(repository);
    await cosign('sign', '--recursive', '--key', 'a.key', ...options, `${name}@${top.digest}`);
    const step = await run(name, { 'attested-digest': 'manifest-digest', platform: 'all' });
    assert.equal(step.status, 0, step.stdout);
    const one = await run(name, { 'attested-digest': 'manifest-digest' });
    assert.equal(one.outputs['reference'], `${name}@${amd64.manifest.digest}`);
  }
});

test('a key of RSA is accepted', { skip }, async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'rsa.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await cosign('import-key-pair', '--key', 'rsa.pem', '--output-key-prefix', 'rsa');
  for (const [repository, options] of [
    ['rsa-new', configured],
    ['rsa-old', older],
  ] as const) {
    const name = await put(repository);
    await cosign('sign', '--key', 'rsa.key', ...options, `${name}@${top.digest}`);
    const step = await run(name, { 'public-key': join(folder, 'rsa.pub') });
    assert.equal(step.status, 0, step.stdout);
  }
});

test('an image that has only an attestation by the same key is not signed', { skip }, async () => {
  await writeFile(join(folder, 'predicate.json'), '{"a":1}');
  const attest = ['attest', '--key', 'a.key', '--predicate', 'predicate.json', '--type', 'custom'];
  for (const [repository, options] of [
    ['attested-new', configured],
    ['attested-old', older],
  ] as const) {
    const name = await put(repository);
    await cosign(...attest, ...options, `${name}@${top.digest}`);
    const step = await run(name, { referrers: 'true' });
    assert.equal(codeOf(step), 'not-verified', step.stdout);
    assert.match(step.errors[0]?.text ?? '', /predicate type/);
  }
});

test('a signature of another image, moved to this one, is not accepted', { skip }, async () => {
  const source = await put('moved-from');
  await cosign('sign', '--key', 'a.key', ...older, `${source}@${amd64.manifest.digest}`);
  const name = await put('moved-to');
  const tag = (digest: string) => `${digest.replace(':', '-')}.sig`;
  const fetched = await fetch(`http://${shelf.host}/v2/moved-from/manifests/${tag(amd64.manifest.digest)}`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const signature = Buffer.from(await fetched.arrayBuffer());
  const { config, layers, mediaType } = JSON.parse(signature.toString());
  for (const { digest } of [config, ...layers]) {
    const mount = `http://${shelf.host}/v2/moved-to/blobs/uploads/?mount=${digest}&from=moved-from`;
    assert.equal((await fetch(mount, { method: 'POST' })).status, 201);
  }
  await shelf.put('moved-to', blob(signature, mediaType), tag(top.digest));
  const step = await run(name);
  assert.equal(codeOf(step), 'not-verified', step.stdout);
  assert.match(step.errors[0]?.text ?? '', /something else/);
});

test('an image without a signature is not attested', { skip }, async () => {
  assert.equal(codeOf(await run(await put('unsigned'))), 'not-attested');
});

test('require-referrers finds what cosign attached', { skip }, async () => {
  const name = await put('listed');
  await cosign('sign', '--key', 'a.key', ...configured, `${name}@${top.digest}`);
  await cosign('sign', '--key', 'a.key', ...older, `${name}@${top.digest}`);
  const types = 'application/vnd.dev.sigstore.bundle.v0.3+json\nhttps://sigstore.dev/cosign/sign/v1';
  const step = await run(name, {
    'public-key': 'none',
    'transparency-log': 'required',
    'require-referrers': types,
    referrers: 'true',
  });
  assert.equal(step.status, 0, step.stdout);
  const origins = JSON.parse(step.outputs['referrers'] ?? '').map(({ from }: { from: string }) => from);
  assert.deepEqual([...new Set(origins)].sort(), ['cosign-tag', 'referrers-tag']);
});

test('cosign and this action judge keyless bundles of the same authority alike', { skip }, async () => {
  const repository = 'keyless';
  const name = await put(repository);
  await writeFile(join(folder, 'root.json'), sigstore.rootText);
  const layer = bundleBlob(await sigstore.attest(top.digest));
  const { manifest, layers } = referrerOf(top, layer, {
    annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope', 'dev.sigstore.bundle.predicateType': provenance },
  });
  for (const part of layers) await upload(repository, part);
  await shelf.put(repository, manifest);
  const { mediaType, digest, bytes } = manifest;
  const artifactType = layer.mediaType;
  const indexType = 'application/vnd.oci.image.index.v1+json';
  const list = {
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ mediaType, digest, size: bytes.length, artifactType }],
  };
  await shelf.put(repository, blob(list, indexType), top.digest.replace(':', '-'));
  const identity = 'https://github.com/octo-org/shop/.github/workflows/release.yml@refs/tags/v1.4.2';
  const verify = (signer: string) =>
    cosign(
      'verify-attestation',
      '--new-bundle-format',
      '--trusted-root',
      'root.json',
      '--type',
      provenance,
      '--certificate-identity',
      signer,
      '--certificate-oidc-issuer',
      'https://token.actions.githubusercontent.com',
      `${name}@${top.digest}`,
    );
  const demand = (repositoryName: string) =>
    run(name, {
      'public-key': 'none',
      'transparency-log': 'required',
      'trusted-root': join(folder, 'root.json'),
      'built-from': repositoryName,
    });
  await verify(identity);
  const step = await demand('octo-org/shop');
  assert.equal(step.status, 0, step.stdout);
  await assert.rejects(verify(identity.replace('octo-org', 'mallory')));
  assert.equal((await demand('mallory/shop')).status, 1);
});

async function upload(repository: string, part: { digest: string; bytes: Buffer }): Promise<void> {
  const begun = await fetch(`http://${shelf.host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', `http://${shelf.host}`);
  location.searchParams.set('digest', part.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  assert.equal((await fetch(location, { method: 'PUT', headers, body: new Uint8Array(part.bytes) })).status, 201);
}
