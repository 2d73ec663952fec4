import assert from 'node:assert/strict';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { readConfigFiles } from '../../../../src/registry/credentials/config-files.ts';
import { temporaryFolder, writeAt } from '../../../support/folder.ts';
import { withoutDevices, withoutPermissions } from '../../../support/posix.ts';

const mebibyte = 1024 * 1024;
const canary = 'canary-of-the-file';

/** A config of exactly so many bytes, padded with white space. */
function configOf(bytes: number): string {
  return JSON.stringify({ auths: { [canary]: {} } }).padEnd(bytes, ' ');
}

async function refusalOf(path: string): Promise<ActionError> {
  const error: unknown = await (async () => readConfigFiles([{ path, name: '~/the-file' }]))().catch(
    (thrown) => thrown,
  );
  assert.ok(error instanceof ActionError);
  const shown = JSON.stringify([error.message, error.remoteMessage, error.advice]);
  assert.ok(!shown.includes(canary), shown);
  return error;
}

async function keysOf(path: string): Promise<string[][]> {
  const configs = readConfigFiles([{ path, name: '~/the-file' }]);
  return configs.map(({ auths }) => [...auths.keys()]);
}

test('configs are read in the order of their files, those that are missing left out', async (t) => {
  const folder = await temporaryFolder(t);
  const one = await writeAt(join(folder, 'one'), { auths: { one: {} } });
  const two = await writeAt(join(folder, 'two'), { auths: { two: {} } });
  const files = [two, join(folder, 'missing'), join(one, 'below-a-file'), one].map((path) => ({ path, name: path }));
  const configs = readConfigFiles(files);
  assert.deepEqual(
    configs.map(({ name, auths }) => [name, ...auths.keys()]),
    [
      [two, 'two'],
      [one, 'one'],
    ],
  );
});

test('a file of 1 MiB is read', async (t) => {
  const folder = await temporaryFolder(t);
  assert.deepEqual(await keysOf(await writeAt(join(folder, 'config'), configOf(mebibyte))), [[canary]]);
});

test('a file over 1 MiB is invalid-input that names it', async (t) => {
  const folder = await temporaryFolder(t);
  const error = await refusalOf(await writeAt(join(folder, 'config'), configOf(mebibyte + 1)));
  assert.equal(error.code, 'invalid-input');
  assert.match(error.message, /^~\/the-file cannot be used: it is larger than 1 MiB/);
});

test('a malformed file is invalid-input that names it, never its content', async (t) => {
  const folder = await temporaryFolder(t);
  const error = await refusalOf(await writeAt(join(folder, 'config'), `{"auths": {"${canary}": `));
  assert.equal(error.code, 'invalid-input');
  assert.match(error.message, /^~\/the-file cannot be used: it is not JSON/);
});

test('a device without an end is passed over', { skip: withoutDevices }, async () => {
  assert.deepEqual(await keysOf('/dev/zero'), []);
});

test('a directory is passed over', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'config.json'));
  assert.deepEqual(await keysOf(join(folder, 'config.json')), []);
});

test('a link to a config is followed', async (t) => {
  const folder = await temporaryFolder(t);
  await writeAt(join(folder, 'config'), { auths: { linked: {} } });
  await symlink('config', join(folder, 'link'));
  assert.deepEqual(await keysOf(join(folder, 'link')), [['linked']]);
});

test('a link to itself is invalid-input, as it cannot be read', async (t) => {
  const link = join(await temporaryFolder(t), 'link');
  await symlink('link', link);
  const error = await refusalOf(link);
  assert.equal(error.code, 'invalid-input');
  assert.match(error.message, /it cannot be read \(ELOOP\)/);
});

test('a file that may not be read is invalid-input', {
  skip: withoutPermissions || (process.getuid?.() === 0 && 'root may read every file'),
}, async (t) => {
  const file = await writeAt(join(await temporaryFolder(t), 'config'), configOf(100));
  await chmod(file, 0);
  assert.equal((await refusalOf(file)).code, 'invalid-input');
});
