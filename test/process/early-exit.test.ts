import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { runAction } from '../support/action.ts';
import { temporaryFolder, writeAt } from '../support/folder.ts';
import { image } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';

/** What ends the process, in the words of a program: no code is named, so that it is the one that was set before. */
const exits = {
  'at once': 'process.exit();',
  'with the first request': "require('node:http').request = () => process.exit();",
  'with the first timer': 'globalThis.setTimeout = () => process.exit();',
} as const;

for (const [when, script] of Object.entries(exits)) {
  test(`a process that something ends ${when} fails the step, as the exit code is 1 from the beginning`, async (t) => {
    const registry = await startRegistry();
    t.after(() => registry.close());
    registry.putImage('app', image('linux/amd64'), '1');
    // Run when the guard of the process begins its work, before which nothing of ours has happened.
    const file = await writeAt(
      join(await temporaryFolder(t), 'early.cjs'),
      `const { removeAllListeners } = process;
       process.removeAllListeners = (...all) => {
         process.removeAllListeners = removeAllListeners;
         ${script}
         return process.removeAllListeners(...all);
       };`,
    );
    const step = await runAction({ image: `${registry.host}/app:1` }, { nodeArguments: ['--require', file] });
    assert.equal(step.status, 1, step.stdout);
    assert.deepEqual(step.outputs, {});
  });
}

test('the exit code is 1 from the beginning for those who call run() as it is, as local-action does', async () => {
  const source = new URL('../../src/run.js', import.meta.url).href;
  const script = `const { run } = await import('${source}'); void run(); process.exit();`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, INPUT_IMAGE: 'localhost:1/app:1' },
  });
  assert.equal(status, 1);
});
