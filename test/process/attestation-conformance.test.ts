import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { main, verifyBundle } from '../support/conformance-client.ts';
import { digestOf } from '../support/images.ts';

const data = fileURLToPath(new URL('../../../../shared/data/sigstore', import.meta.url));
const client = fileURLToPath(new URL('../support/conformance-client.js', import.meta.url));
const identity =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const issuer = 'https://token.actions.githubusercontent.com';

const isThere = existsSync(data);
const reason = `${data} is not there: the cases of sigstore are left out`;
if (!isThere && process.env['REQUIRE_PEERS'] === '1') throw new Error(`${reason}, and REQUIRE_PEERS=1 forbids it.`);
const skip = !isThere && reason;

const folder = mkdtempSync(join(tmpdir(), 'image-digests-conformance-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the client in this process: the exit code that it would have, and what it would say. */
async function verify(...args: string[]): Promise<{ readonly status: number; readonly text: string }> {
  try {
    await main(args);
    return { status: 0, text: '' };
  } catch (error) {
    return { status: 1, text: (error as Error).message };
  }
}

/** Runs the client as a program: the exit code, and what it said. */
async function verifyByProgram(...args: string[]): Promise<{ readonly status: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [client, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => printed.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, text: Buffer.concat(printed).toString() };
}

const signer = (name = identity, by = issuer) => ['--certificate-identity', name, '--certificate-oidc-issuer', by];
const rootOf = (name: string) => ['--trusted-root', join(data, 'roots', `${name}.json`)];

const cases = isThere
  ? readdirSync(join(data, 'conformance'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  : [];

test('there are cases to judge', { skip }, () => {
  assert.ok(cases.length >= 47, `${cases.length}`);
  assert.ok(cases.some(({ name }) => name.endsWith('_fail')) && cases.some(({ name }) => !name.endsWith('_fail')));
});

for (const { name } of cases) {
  const file = (part: string) => join(data, 'conformance', name, part);
  const textIn = (part: string) => (existsSync(file(part)) ? readFileSync(file(part), 'utf8').trim() : undefined);
  const isGood = !name.endsWith('_fail');

  test(`sigstore's case ${name} is ${isGood ? 'accepted' : 'refused'}`, async () => {
    const artifact = existsSync(file('artifact')) ? file('artifact') : join(data, 'conformance', 'a.txt');
    const key = existsSync(file('key.pub')) ? file('key.pub') : undefined;
    const trustedRoot = existsSync(file('trusted_root.json')) ? file('trusted_root.json') : rootOf('public-good')[1];
    const bundle = file('bundle.sigstore.json');
    const [by, from] = [textIn('identity') ?? identity, textIn('issuer') ?? issuer];
    const proof = key === undefined ? signer(by, from) : ['--key', key];
    const { status, text } = await verify(
      'verify-bundle',
      '--bundle',
      bundle,
      '--trusted-root',
      String(trustedRoot),
      ...proof,
      artifact,
    );
    assert.equal(status, isGood ? 0 : 1, text);
    if (!isGood) assert.ok(text.length > 0);
    // By its digest alone it is judged in the same way.
    const digest = digestOf(readFileSync(artifact));
    const byDigest = verifyBundle({ bundle, trustedRoot, key, identity: by, issuer: from, artifact: digest });
    await (isGood ? byDigest : assert.rejects(byDigest));
  });
}

/** A bundle from the wild, and the digest of its first subject. */
function foreign(name: string): { readonly path: string; readonly artifact: string } {
  const whole = readFileSync(join(data, 'bundles', name), 'utf8').trim();
  const [text = ''] = name.endsWith('.jsonl') ? whole.split('\n') : [whole];
  const path = join(folder, `${name}.one`);
  writeFileSync(path, text);
  const { subject } = JSON.parse(Buffer.from(JSON.parse(text).dsseEnvelope.payload, 'base64').toString());
  return { path, artifact: `sha256:${subject[0].digest.sha256}` };
}

const wild: readonly [name: string, root: string, identity: RegExp][] = [
  ['conda-attestation.json', 'public-good', /prefix-dev\/sigstore-example/],
  [
    'reusable-workflow.json',
    'public-good',
    /github\/artifact-attestations-workflows\/\.github\/workflows\/attest\.yml/,
  ],
  ['github-instance.jsonl', 'github', /actions\/attest-demo/],
];

for (const [name, root, by] of wild) {
  test(`${name} is accepted by the root ${root}, for its own artifact and signer alone`, { skip }, async () => {
    const { path, artifact } = foreign(name);
    const bundle = ['verify-bundle', '--bundle', path];
    const wrong = await verify(...bundle, ...rootOf(root), ...signer('https://nobody.example'), artifact);
    assert.equal(wrong.status, 1);
    const [, own = ''] = /signed by (\S+) of/.exec(wrong.text) ?? assert.fail(wrong.text);
    assert.match(own, by);
    const right = await verify(...bundle, ...rootOf(root), ...signer(own), artifact);
    assert.equal(right.status, 0, right.text);
    const elsewhere = await verify(...bundle, ...rootOf(root), ...signer(own), `sha256:${'00'.repeat(32)}`);
    assert.equal(elsewhere.status, 1);
    const issued = await verify(...bundle, ...rootOf(root), ...signer(own, `${issuer}/evil`), artifact);
    assert.equal(issued.status, 1);
    for (const other of ['public-good', 'github', 'staging'].filter((each) => each !== root)) {
      assert.equal((await verify(...bundle, ...rootOf(other), ...signer(own), artifact)).status, 1, other);
    }
    const isPublicGood = root === 'public-good';
    const builtIn = await verify(...bundle, ...signer(own), artifact);
    assert.equal(builtIn.status, isPublicGood ? 0 : 1, 'by the built-in root');
  });
}

test('a digest of a signed file is verified by the digest alone', { skip }, async () => {
  const bundle = join(data, 'conformance', 'happy-path-v0.3-new-mediaType', 'bundle.sigstore.json');
  const document = JSON.parse(readFileSync(bundle, 'utf8'));
  const digest = digestOf(readFileSync(join(data, 'conformance', 'a.txt')));
  const bytes = Buffer.from(document.messageSignature.signature, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  const broken = join(folder, 'broken.json');
  writeFileSync(
    broken,
    JSON.stringify({
      ...document,
      messageSignature: { ...document.messageSignature, signature: bytes.toString('base64') },
    }),
  );
  assert.equal(
    (await verify('verify-bundle', '--bundle', bundle, ...rootOf('public-good'), ...signer(), digest)).status,
    0,
  );
  assert.equal(
    (await verify('verify-bundle', '--bundle', broken, ...rootOf('public-good'), ...signer(), digest)).status,
    1,
  );
});

test('the client is a program that exits with 0 or 1', { skip }, async () => {
  const bundle = join(data, 'conformance', 'happy-path-v0.3-new-mediaType', 'bundle.sigstore.json');
  const artifact = join(data, 'conformance', 'a.txt');
  const right = await verifyByProgram(
    'verify-bundle',
    '--bundle',
    bundle,
    ...rootOf('public-good'),
    ...signer(),
    artifact,
  );
  assert.deepEqual(right, { status: 0, text: '' });
  const wrong = await verifyByProgram(
    'verify-bundle',
    '--bundle',
    bundle,
    ...signer('https://nobody.example'),
    artifact,
  );
  assert.equal(wrong.status, 1);
  assert.match(wrong.text, /signed by/);
  assert.equal((await verifyByProgram()).status, 1);
});

test('a command that is wrong is refused', async () => {
  assert.equal((await verify()).status, 1);
  assert.equal((await verify('sign-bundle', 'x')).status, 1);
  assert.equal((await verify('verify-bundle', '--bundle', 'x', 'y')).status, 1);
  assert.equal((await verify('verify-bundle', '--bundle', 'x', '--key', 'k', ...signer(), 'y')).status, 1);
});
