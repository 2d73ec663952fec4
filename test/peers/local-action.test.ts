import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseOutputs } from '../support/action.ts';
import { temporaryFolder, writeAt } from '../support/folder.ts';
import { image, index } from '../support/images.ts';
import { findProgram, runPeer } from '../support/peers.ts';
import { startRegistry } from '../support/registry.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const program = findProgram('local-action');

/**
 * The runner for one's own machine. It reads inputs from a file, puts a toolkit of its own in place of ours, and calls
 * `run()` of the TypeScript that it is told.
 *
 * @see https://github.com/github/local-action
 */
test('npx @github/local-action . src/run.ts .env resolves an image', {
  skip: program === undefined && 'local-action is not installed; .ci/run says how',
}, async (t) => {
  const registry = await startRegistry({ auth: 'bearer' });
  t.after(() => registry.close());
  const images = ['linux/amd64', 'linux/arm64'].map((platform) => image(platform));
  for (const one of images) registry.putImage('o/app', one);
  const both = index(images);
  registry.put('o/app', both, '1');
  const folder = await temporaryFolder(t);
  const [output, temp] = [await writeAt(join(folder, 'output'), ''), join(folder, 'temp')];
  await mkdir(temp);
  const variables = {
    INPUT_IMAGE: `${registry.host}/o/app:1`,
    INPUT_PLATFORM: 'linux/arm64',
    'INPUT_EXPECTED-DIGEST': both.digest,
    RUNNER_TEMP: temp,
    GITHUB_OUTPUT: output,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  const file = await writeAt(join(folder, '.env'), lines.join(''));
  // It starts tsx by npm, which finds the one that was installed beside it.
  const env = { npm_config_prefix: dirname(dirname(program ?? '')), npm_config_offline: 'true', HOME: folder };
  const printed = await runPeer('local-action', ['.', 'src/run.ts', file], { cwd: repository, env });
  const outputs = parseOutputs(await readFile(output, 'utf8'));
  assert.equal(outputs['digest'], both.digest, printed.toString());
  assert.equal(outputs['manifest-digest'], images[1]?.manifest.digest);
  assert.match(printed.toString(), /expected-digest holds: digest is sha256:/);
});
