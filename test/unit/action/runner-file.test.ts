import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { failureOutputs, outputNames, writeOutputs } from '../../../src/action/outputs.ts';
import { appendToRunnerFile } from '../../../src/action/runner-file.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { withoutDevices } from '../../support/posix.ts';
import { failsWith } from '../../support/transport.ts';

test('texts are appended to what is there, and a file that is not there is made', async (t) => {
  const file = join(await temporaryFolder(t), 'file');
  appendToRunnerFile(file, ['a', 'é']);
  appendToRunnerFile(file, ['c']);
  assert.equal(await readFile(file, 'utf8'), 'aéc');
});

test('what is no regular file is refused: it may never take the text', { skip: withoutDevices }, async (t) => {
  assert.throws(() => appendToRunnerFile('/dev/null', ['a']), /not a regular file/);
  const folder = await temporaryFolder(t);
  assert.throws(() => appendToRunnerFile(folder, ['a']), /not a regular file/);
});

test('outputs are written in the order of their names, each between delimiters that cannot be guessed', async (t) => {
  const file = join(await temporaryFolder(t), 'output');
  await writeFile(file, 'before<<x\ny\nx\n');
  writeOutputs(file, { digest: 'd', exists: 'true', results: '[]' });
  const text = await readFile(file, 'utf8');
  const blocks = [...text.matchAll(/^([a-z-]+)<<(ghadelimiter_[0-9a-f-]{36})\n(.*)\n\2$/gm)];
  assert.deepEqual(
    blocks.map(([, name, , value]) => [name, value]),
    [
      ['exists', 'true'],
      ['digest', 'd'],
      ['results', '[]'],
    ],
  );
  assert.equal(new Set(blocks.map(([, , delimiter]) => delimiter)).size, 3);
});

test('an output that is unset is not written', async (t) => {
  const file = join(await temporaryFolder(t), 'output');
  writeOutputs(file, failureOutputs('not-found'));
  assert.match(await readFile(file, 'utf8'), /^error-code<<.*\nnot-found\n.*\n$/);
  assert.equal(new Set(outputNames).size, outputNames.length);
});

test('a GITHUB_OUTPUT that is not set, or cannot be written, is runner-error', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'folder'));
  for (const path of ['', join(folder, 'folder'), join(folder, 'missing', 'output')]) {
    assert.throws(() => writeOutputs(path, { exists: 'true' }), failsWith('runner-error', 'GITHUB_OUTPUT'), path);
  }
});
