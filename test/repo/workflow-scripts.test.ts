import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { writeAt } from '../support/folder.ts';
import { cloneWith, runScript, scriptOf, scripts, skip } from '../support/scripts.ts';

describe('the scripts of the workflows', { skip }, () => {
  for (const { file, job, name, run } of scripts) {
    test(`bash can read that of ${file}, job ${job}, ${name}`, () => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  }
});

test('the check of dist fails for a file that is new there, and says which', { skip }, async (t) => {
  const script = scriptOf('check-dist.yml', 'Expect no difference');
  const clone = await cloneWith(t, { 'dist/index.js': 'one\n' });
  assert.equal(runScript(script, clone, {}).status, 0);
  await writeAt(join(clone, 'dist', 'new.js'), '');
  const { status, output } = runScript(script, clone, {});
  assert.equal(status, 1);
  assert.match(output, /^\?\? dist\/new\.js$/m);
});

test('CI takes the digest from what docker says when it pushes', { skip }, () => {
  const script = scriptOf('ci.yml', 'Push an image with docker, which says its digest');
  const [, pattern = ''] = /sed -n '(.*)' "\$RUNNER_TEMP\/pushed"/.exec(script) ?? [];
  const printed = `The push refers to repository [localhost:5000/o/app]\n1: digest: sha256:${'a'.repeat(64)} size: 735\n`;
  const { stdout } = spawnSync('sed', ['-n', pattern], { input: printed, encoding: 'utf8' });
  assert.equal(stdout, `sha256:${'a'.repeat(64)}\n`);
});
