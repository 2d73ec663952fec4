import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { askHelper } from '../../../../src/registry/credentials/helper.ts';
import { answering, temporaryFolder, writeHelper } from '../../../support/folder.ts';

const source = '~/.docker/config.json, credHelpers';

/** A folder for helpers, and what asking for one that is refused ends with. */
async function world(t: TestContext) {
  const folder = await temporaryFolder(t);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  return {
    bin,
    async refusal(name: unknown, path = bin): Promise<ActionError> {
      const options = { path, workspace: '', folder, environment: {}, timeoutMs: 10_000 };
      const error: unknown = await askHelper(name, 'r.example', source, options).catch((thrown) => thrown);
      assert.ok(error instanceof ActionError, `no refusal but ${JSON.stringify(error)}`);
      assert.equal(error.code, 'unauthorized');
      return error;
    },
  };
}

const badNames: readonly unknown[] = [
  '',
  '-x',
  '_x',
  '.',
  '..',
  '../evil',
  'a/b',
  '/bin/sh',
  'a b',
  'a;touch x',
  '$(touch x)',
  'a\nb',
  'a\0b',
  'ä',
  'a..b',
  '.exe',
  'a.b/../c',
  'a'.repeat(65),
  7,
  null,
  true,
  {},
  ['test'],
];
for (const name of badNames) {
  test(`the helper name ${JSON.stringify(name)?.slice(0, 20)} is unauthorized before anything is run`, async (t) => {
    const { bin, refusal } = await world(t);
    if (typeof name === 'string' && /^[^/\0\n]+$/.test(name) && name !== '..' && name.length < 100) {
      await writeHelper(bin, name, `touch "${bin}/ran"; ${answering('u', 'p')}`);
    }
    assert.match((await refusal(name)).message, /names a credential helper that cannot exist/);
    assert.ok(!existsSync(join(bin, 'ran')));
  });
}

test('a helper that is not on the PATH is unauthorized', async (t) => {
  const { refusal } = await world(t);
  assert.match((await refusal('test')).message, /names docker-credential-test, which is not on the PATH/);
  assert.match((await refusal('test', '')).message, /not on the PATH/);
});
