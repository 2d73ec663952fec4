import assert from 'node:assert/strict';
import fs, { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { saveFiles } from '../../../src/action/saved-files.ts';
import { imageRounds } from '../../../src/image/resolve-image.ts';
import type { ResolvedImage } from '../../../src/image/resolved-image.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { operation, storeOf } from '../../support/fake-store.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { type Blob, image, index } from '../../support/images.ts';
import { withoutPermissions } from '../../support/posix.ts';
import { failsWith } from '../../support/transport.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const top = index([amd64, arm64]);
const request = {
  text: 'registry.example/app',
  source: { kind: 'registry', reference: parseReference('registry.example/app') },
} as const;

function resolved(inspect: boolean): Promise<ResolvedImage> {
  const settings = { platforms: [parsePlatform('linux/amd64')], inspect, gates: [], referrers: false };
  return imageRounds(request, settings, () => storeOf(top, [amd64, arm64]))(operation);
}

test('every document that was read is saved, each under its digest with its exact bytes', async (t) => {
  const folder = await temporaryFolder(t);
  const image = await resolved(true);
  const files = saveFiles(folder, [image, image, { request, exists: false }]);
  for (const { digest, bytes } of [top, amd64.manifest, amd64.config] as Blob[]) {
    assert.deepEqual(await readFile(files.pathOf(digest as Digest)), Buffer.from(bytes));
  }
  const [made = ''] = await readdir(folder);
  assert.match(made, /^image-digests-/);
  assert.deepEqual(
    (await readdir(join(folder, made))).sort(),
    [top, amd64.manifest, amd64.config].map(({ digest }) => `${digest.replace(':', '-')}.json`).sort(),
  );
});

test('a config that was not read is not saved', async (t) => {
  const folder = await temporaryFolder(t);
  const files = saveFiles(folder, [await resolved(false)]);
  assert.equal(existsSync(files.pathOf(amd64.config.digest as Digest)), false);
  assert.equal(existsSync(files.pathOf(amd64.manifest.digest as Digest)), true);
});

test('a file of another kind is written beside them, and never over one that is there', async (t) => {
  const folder = await temporaryFolder(t);
  const files = saveFiles(folder, [{ request, exists: false }]);
  const path = files.write('results.json', '[]');
  assert.equal(await readFile(path, 'utf8'), '[]');
  assert.throws(() => files.write('results.json', '{}'), failsWith('runner-error'));
  assert.equal(await readFile(path, 'utf8'), '[]');
});

test('what is discarded is gone', async (t) => {
  const folder = await temporaryFolder(t);
  saveFiles(folder, [await resolved(true)]).discard();
  assert.deepEqual(await readdir(folder), []);
});

test('a RUNNER_TEMP that is not set, or is no folder, is runner-error', async (t) => {
  const folder = await temporaryFolder(t);
  const image = await resolved(false);
  assert.throws(() => saveFiles('', [image]), failsWith('runner-error', 'RUNNER_TEMP', 'it is not set'));
  assert.throws(() => saveFiles(join(folder, 'missing'), [image]), failsWith('runner-error', 'missing'));
});

test('a RUNNER_TEMP that may not be written is runner-error, and nothing stays', {
  skip: withoutPermissions || (process.getuid?.() === 0 && 'root may write everywhere'),
}, async (t) => {
  const folder = join(await temporaryFolder(t), 'closed');
  await mkdir(folder);
  await chmod(folder, 0o500);
  const image = await resolved(false);
  assert.throws(() => saveFiles(folder, [image]), failsWith('runner-error'));
});

test('a link that stands where a document goes is not followed, and what it leads to stays', async (t) => {
  const folder = await temporaryFolder(t);
  const [made, victim] = [join(folder, 'made'), join(folder, 'victim')];
  await mkdir(made);
  await writeFile(victim, 'precious');
  await symlink(victim, join(made, `${top.digest.replace(':', '-')}.json`));
  t.mock.method(fs, 'mkdtempSync', () => made);
  syncBuiltinESMExports();
  const image = await resolved(false);
  try {
    assert.throws(() => saveFiles(folder, [image]), failsWith('runner-error', 'EEXIST'));
  } finally {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  }
  assert.equal(await readFile(victim, 'utf8'), 'precious');
});
