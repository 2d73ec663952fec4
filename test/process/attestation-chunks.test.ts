import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle, readStep, runAction, type Step, variablesOf, withRunnerFolder } from '../support/action.ts';
import { image } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

const amd64 = image('linux/amd64');
const folder = mkdtempSync(join(tmpdir(), 'image-digests-dist-'));

let registry: TestRegistry;
let app: string;
let chunks: readonly string[];

before(async () => {
  registry = await startRegistry();
  registry.putImage('o/app', amd64, 'v1');
  app = `${registry.host}/o/app:v1`;
  cpSync(dirname(bundle), folder, { recursive: true });
  chunks = readdirSync(folder).filter((name) => /^\d+\.index\.js$/.test(name));
  for (const name of chunks) rmSync(join(folder, name));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await registry.close();
});

/** Runs a `dist` from which the chunks are gone. */
function runWithoutChunks(inputs: Readonly<Record<string, string>>): Promise<Step> {
  return withRunnerFolder(async (runner) => {
    const env = variablesOf(inputs, runner);
    const child = spawn(process.execPath, [join(folder, 'index.js')], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.on('close', (...end) => resolve(end));
    });
    return readStep(runner, { status, signal, stdout, stderr });
  });
}

test('what verifies attestations is in a chunk of its own, and Sigstore nowhere else', () => {
  const hasSigstore = (name: string) =>
    /sigstore\/(?:verify|bundle|protobuf-specs)|TIMESTAMP_ERROR/.test(
      readFileSync(join(dirname(bundle), name), 'utf8'),
    );
  assert.ok(chunks.length > 0);
  assert.ok(chunks.some(hasSigstore));
  assert.ok(!hasSigstore('index.js'));
});

test('a run without these gates loads no chunk', async () => {
  const inputs = {
    image: app,
    inspect: 'true',
    referrers: 'true',
    'expected-digest': amd64.manifest.digest,
    'verify-blobs': 'true',
    'base-image': app,
    'compare-with': app,
  };
  const step = await runWithoutChunks(inputs);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['digest'], amd64.manifest.digest);
});

test('a run with one of these gates fails closed when the chunk is gone', async () => {
  const pem =
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh\nfwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==\n-----END PUBLIC KEY-----';
  const gates = { 'built-from': 'octo-org/shop', 'signed-by': 'a@b.example https://issuer.example', 'public-key': pem };
  for (const [name, value] of Object.entries(gates)) {
    const step = await runWithoutChunks({ image: app, [name]: value });
    assert.equal(step.status, 1, name);
    assert.deepEqual(Object.keys(step.outputs), ['error-code']);
    assert.equal(step.errors.length, 1);
  }
  const whole = await runAction({ image: app, 'public-key': pem });
  assert.equal(whole.outputs['error-code'], 'not-attested', whole.stdout);
});
