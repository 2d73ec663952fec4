import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Blob, digestOf, type Image, image, index } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';

const root = new URL('../../../', import.meta.url);

interface Ended {
  readonly status: number | null;
  readonly text: string;
}

/** A folder with what a fresh clone has and the demo may use: nothing is installed there. */
let clone = '';

/** Runs what `npm start` runs, with these arguments. */
async function start(parameters: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['demo/start.mjs', ...parameters], {
    cwd: clone,
    env: { ...withoutLogins(process.env), HOME: clone, USERPROFILE: clone, ...environment },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, text };
}

/** What the person who runs the tests is logged in to is none of their business. */
function withoutLogins(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const logins = ['DOCKER_AUTH_CONFIG', 'DOCKER_CONFIG', 'REGISTRY_AUTH_FILE', 'XDG_RUNTIME_DIR'];
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !logins.includes(name)));
}

before(async () => {
  clone = await mkdtemp(join(tmpdir(), 'image-digests-clone-'));
  for (const part of ['package.json', 'demo', 'dist']) {
    await cp(fileURLToPath(new URL(part, root)), join(clone, part), { recursive: true });
  }
});

after(() => rm(clone, { recursive: true, force: true }));

test('npm start runs the demo', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  assert.equal(scripts.start, 'node demo/start.mjs');
});

test('the demo prints the digests of the embedded image with nothing installed, and exits 0', async () => {
  const { makeShop } = await import(new URL('demo/shop.mjs', root).href);
  const made: { index: Blob; images: Image[] } = makeShop();
  const arm64 = made.images[1] as Image;
  const manifest = JSON.parse(arm64.manifest.bytes.toString());
  const { status, text } = await start();
  assert.equal(status, 0, text);
  const level = (name: string, digest: string) => assert.match(text, new RegExp(`^${name} +${digest}$`, 'm'));
  level('digest', digestOf(made.index.bytes));
  level('index-digest', digestOf(made.index.bytes));
  level('manifest-digest', digestOf(arm64.manifest.bytes));
  level('config-digest', manifest.config.digest);
  level('platform', 'linux/arm64/v8');
  level('manifest-path', digestOf(arm64.manifest.bytes));
  for (const { digest } of manifest.layers) assert.match(text, new RegExp(`${digest}  [0-9.]+ [kM]B`));
  assert.match(text, /Exit code 0/);
});

test('the demo shows a gate that holds, and the layout that was exported, with its blobs', async () => {
  const { makeShop } = await import(new URL('demo/shop.mjs', root).href);
  const { manifest, config, layers }: Image = makeShop().images[1];
  const { text } = await start();
  assert.match(text, /^require-platforms holds: linux\/amd64, linux\/arm64$/m);
  assert.match(text, /^Exported, every byte verified, to .*shop\.$/m);
  const blobs = [...text.matchAll(/^ {2}blobs\/sha256\/([0-9a-f]{64}) +([0-9]+) bytes$/gm)];
  assert.deepEqual(
    blobs.map(([, hex, size]) => [`sha256:${hex}`, Number(size)]).sort(),
    [manifest, config, ...layers].map(({ digest, bytes }) => [digest, bytes.length]).sort(),
  );
  assert.match(text, /^ {2}index\.json +[0-9]+ bytes$/m);
  assert.doesNotMatch(text, /WRONG/);
});

test('the demo shows a gate that does not hold, which says why', async () => {
  const { text } = await start();
  const [, last = ''] = text.split('3. A gate that does not hold');
  assert.match(last, /^ {6}expected-labels: org\.opencontainers\.image\.revision=9f8e7d6c5b4a$/m);
  assert.match(last, /^✖ Image Digests: gate-failed\n.*is "1a2b3c4d5e6f", expected "9f8e7d6c5b4a"/m);
  assert.match(last, /^error-code {2}gate-failed$/m);
  assert.match(last, /^Exit code 1$/m);
  // Groups are folded there, as on a page of GitHub.
  assert.match(last, /^▸ Token$/m);
  assert.doesNotMatch(last, / GET /);
});

test('the demo asks the token service of its registry', async () => {
  const { text } = await start();
  assert.match(
    text,
    /▾ Token\n(?: {2}.*\n)* {2}GET http:\/\/127\.0\.0\.1:[0-9]+\/token\?service=demo-registry.* \(anonymous\)/,
  );
});

test('the demo shows log commands, escapes and masks as GitHub shows them: not at all', async () => {
  const { text } = await start();
  assert.doesNotMatch(text, /^::|&#x|<details>|\| ---/m);
});

test('the demo needs no proxy and no login for its own registry', async () => {
  const { status, text } = await start([], {
    http_proxy: 'http://127.0.0.1:1',
    https_proxy: 'http://127.0.0.1:1',
    DOCKER_AUTH_CONFIG: '{ broken',
  });
  assert.equal(status, 0, text);
});

test('the demo leaves no files behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-demo-test-'));
  const { status, text } = await start([], { TMPDIR: folder, TEMP: folder, TMP: folder });
  assert.equal(status, 0, text);
  assert.deepEqual(await readdir(folder), []);
  await rm(folder, { recursive: true });
});

test('the demo resolves an image on another registry, for the platform that is asked for', async (t) => {
  const registry = await startRegistry({ auth: 'bearer' });
  t.after(() => registry.close());
  const [amd64, arm64] = [image('linux/amd64'), image('linux/arm64')];
  const both = index([amd64, arm64]);
  for (const one of [amd64, arm64]) registry.putImage('team/app', one);
  registry.put('team/app', both, '1.0');
  const reference = `${registry.host}/team/app:1.0`;
  const first = await start([reference]);
  const second = await start([reference, 'linux/arm64']);
  assert.equal(first.status, 0, first.text);
  assert.equal(second.status, 0, second.text);
  assert.match(first.text, new RegExp(`^manifest-digest +${amd64.manifest.digest}$`, 'm'));
  assert.match(second.text, new RegExp(`^manifest-digest +${arm64.manifest.digest}$`, 'm'));
  assert.doesNotMatch(second.text, /embedded/);
});

test('the demo ends with the exit code of the action, and shows its annotation', async (t) => {
  const registry = await startRegistry();
  t.after(() => registry.close());
  const { status, text } = await start([`${registry.host}/team/none:1.0`]);
  assert.equal(status, 1, text);
  assert.match(text, /^✖ Image Digests: not-found\n {2}127\.0\.0\.1:[0-9]+\/team\/none:1\.0/m);
  assert.match(text, /^error-code {2}not-found$/m);
  assert.match(text, /Exit code 1/);
});

test('the demo says how it is used when it is given what it does not know', async () => {
  const { status, text } = await start(['--help']);
  assert.equal(status, 2);
  assert.match(text, /Usage: npm start \[-- IMAGE \[PLATFORM\]\]/);
});
