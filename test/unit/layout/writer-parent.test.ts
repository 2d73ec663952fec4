import assert from 'node:assert/strict';
import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLayoutTarget } from '../../../src/layout/writer.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { failsWith } from '../../support/transport.ts';

test('a target below a file is invalid-input, and not runner-error after everything was resolved', async (context) => {
  const workspace = await realpath(await temporaryFolder(context));
  await writeFile(join(workspace, 'file'), '');
  await assert.rejects(checkLayoutTarget({ path: 'file/out', workspace, temp: '' }), failsWith('invalid-input'));
});
