import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { readInputs } from '../src/inputs.ts';
import { openLog } from '../src/log.ts';
import { rehearse } from '../src/rehearsal.ts';
import { runAction } from './support/action.ts';
import { temporaryFolder } from './support/folder.ts';
import { image } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import { checkOutputs } from './support/step-checks.ts';

describe('a rehearsal goes all the way, prints nothing and waits for nothing', () => {
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('INPUT_')) delete process.env[name];
  });
  for (const inputs of [
    {},
    { inspect: 'true' },
    { platform: 'all' },
    { platform: 'windows/arm64' },
    { 'wait-timeout': '1h', 'fail-on-missing': 'false' },
    { 'compare-with': 'o/other', 'base-image': 'o/base' },
    { 'expected-labels': 'a=b', 'require-platforms': 'linux/s390x', 'verify-blobs': 'true' },
  ]) {
    test(JSON.stringify(inputs), async (context) => {
      for (const [name, value] of Object.entries({ image: 'o/app', ...inputs })) {
        process.env[`INPUT_${name.toUpperCase()}`] = value;
      }
      const printed = context.mock.method(process.stdout, 'write', () => true);
      const outputs = await rehearse(readInputs(), openLog());
      const lines = printed.mock.callCount();
      printed.mock.restore();
      assert.equal(lines, 0);
      assert.equal(outputs.exists, 'true');
      assert.equal(outputs.platform, 'linux/amd64');
      assert.equal(outputs.name, 'example.org/made-up');
      assert.equal(
        outputs.created,
        'inspect' in inputs || 'expected-labels' in inputs ? '2026-01-01T00:00:00Z' : undefined,
      );
    });
  }
});

test('a run far from its registry rehearses, and nothing is seen of it', async (context) => {
  const registry = await startRegistry();
  after(() => registry.close());
  const app = image('linux/amd64');
  registry.putImage('o/app', app, '1');
  registry.fault = (_request, response, count) => {
    if (count > 1) return false;
    response.setHeader('content-type', app.manifest.mediaType);
    setTimeout(() => response.end(app.manifest.bytes), 500);
    return true;
  };
  const folder = await temporaryFolder(context);
  const [spy, count] = [join(folder, 'spy.cjs'), join(folder, 'count')];
  await writeFile(
    spy,
    `const crypto = require('crypto');
    const { createHash } = crypto;
    let hashes = 0;
    crypto.createHash = (...args) => { hashes += 1; return createHash(...args); };
    process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(count)}, String(hashes)));`,
  );
  const step = await runAction({ image: `${registry.host}/o/app:1` }, { nodeArguments: ['--require', spy] });
  assert.equal(step.status, 0, step.stdout);
  checkOutputs(step, undefined, app);
  assert.doesNotMatch(step.stdout + step.stderr + step.summary + JSON.stringify(step.outputs), /made-up|example\.org/);
  const documents = step.files.filter((file) => file.endsWith('.json'));
  assert.deepEqual(
    documents.map((file) => basename(file)),
    [`${app.manifest.digest.replace(':', '-')}.json`],
  );
  // The manifest, the config, and their digests asked for.
  assert.ok(Number(await readFile(count, 'utf8')) > 4, 'nothing was rehearsed');
});
