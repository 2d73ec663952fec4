import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runAction } from '../support/action.ts';
import { image } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

const amd64 = image('linux/amd64');
let registry: TestRegistry;
let app: string;

before(async () => {
  registry = await startRegistry({ auth: 'bearer' });
  registry.putImage('o/app', amd64, 'v1');
  app = `${registry.host}/o/app`;
});
after(() => registry.close());

test('a GITHUB_OUTPUT that cannot be written is runner-error, and nothing goes to standard output instead', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const fifo = join(folder, 'fifo');
  if (process.platform !== 'win32') execFileSync('mkfifo', [fifo]);
  const wrong = [
    undefined,
    '',
    folder,
    join(folder, 'no', 'file'),
    ...(process.platform === 'win32' ? [] : [fifo, '/dev/full']),
  ];
  for (const file of wrong) {
    const step = await runAction({ image: `${app}:v1` }, { env: { GITHUB_OUTPUT: file } });
    assert.equal(step.status, 1, file);
    assert.equal(step.errors[0]?.title, 'Image Digests: runner-error', file);
    assert.doesNotMatch(step.stdout, /::set-output/);
    assert.deepEqual(step.files, [], file);
  }
});

test('a RUNNER_TEMP that cannot be written is runner-error, and no other output is set', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const temp of [undefined, '', file, join(folder, 'missing')]) {
    const step = await runAction({ image: `${app}:v1` }, { env: { RUNNER_TEMP: temp } });
    assert.equal(step.status, 1);
    assert.deepEqual(step.outputs, { 'error-code': 'runner-error' });
  }
});

test('a summary that cannot be written is a warning, and the step goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  for (const file of [undefined, folder, join(folder, 'no', 'file')]) {
    const step = await runAction({ image: `${app}:v1` }, { env: { GITHUB_STEP_SUMMARY: file } });
    assert.equal(step.status, 0, step.stdout);
    assert.match(step.stdout, /^::warning title=Image Digests::The job summary cannot be written/m);
    assert.equal(step.outputs['digest'], amd64.manifest.digest);
  }
});

test('GITHUB_ENV, GITHUB_PATH and the state are never written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const names = ['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'];
  const env = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
  for (const file of Object.values(env)) writeFileSync(file, '');
  await runAction({ image: `${app}:v1` }, { env });
  for (const file of Object.values(env)) assert.equal(readFileSync(file, 'utf8'), '');
});

test('a run whose event loop empties before its end is internal, not green', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-test-'));
  const hook = join(folder, 'hook.cjs');
  // A request that never answers and no time-outs: nothing is left to wait for, and nothing has been found.
  writeFileSync(
    hook,
    `globalThis.setTimeout = () => ({ unref() {} });
     const silent = new (require('node:events'))();
     require('node:http').request = () => Object.assign(silent, { end() {}, destroy() {} });`,
  );
  const step = await runAction({ image: `${app}:v1` }, { nodeArguments: ['--require', hook] });
  assert.equal(step.status, 1, step.stdout);
  assert.equal(step.errors[0]?.title, 'Image Digests: internal');
  assert.deepEqual(step.outputs, { 'error-code': 'internal' });
});

test('NODE_TLS_REJECT_UNAUTHORIZED is ignored, and a warning says so', async () => {
  const step = await runAction({ image: `${app}:v1` }, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  assert.equal(step.status, 0);
  assert.match(step.stdout, /^::warning .*NODE_TLS_REJECT_UNAUTHORIZED is ignored/m);
});

test('a run that is ended by a signal is red, and sets nothing but the error code', {
  skip: process.platform === 'win32' && 'Windows has no signals',
}, async () => {
  registry.fault = (request) => !request.url?.startsWith('/token') && request.headers.authorization !== undefined;
  const step = await runAction(
    { image: `${app}:v1` },
    { onStart: (child) => setTimeout(() => child.kill('SIGTERM'), 1000) },
  );
  registry.fault = undefined;
  assert.equal(step.status, 1);
  assert.deepEqual(step.outputs, { 'error-code': 'timeout' });
  assert.match(step.errors[0]?.text ?? '', /SIGTERM/);
  assert.deepEqual(step.files, []);
});

for (const proxy of ['127.0.0.1:1', 'http://proxy.example', 'https://ci:p%40ss@proxy.example:8080/', '[::1]:1']) {
  test(`the proxy ${proxy} can be read, and is not asked for what is on loopback`, async () => {
    const step = await runAction({ image: `${app}:v1` }, { env: { https_proxy: proxy, http_proxy: proxy } });
    assert.equal(step.status, 0, step.stdout);
  });
}
