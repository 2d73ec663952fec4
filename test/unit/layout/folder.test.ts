import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { readWhole } from '../../../src/layout/files.ts';
import { folderFiles } from '../../../src/layout/folder.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { image } from '../../support/images.ts';
import { layoutFile, layoutOf, named, pathOf, writeLayout } from '../../support/layouts.ts';
import { withoutDevices, withoutFifos } from '../../support/posix.ts';
import { failsWith } from '../../support/transport.ts';

const app = image('linux/amd64');
const blobFile = pathOf(app.config);
const maxBytes = 4096;

async function layoutFolder(context: TestContext): Promise<{ folder: string; root: string }> {
  const root = await temporaryFolder(context);
  const folder = await writeLayout(join(root, 'layout'), layoutOf([named(app.manifest, 'v1')], [app]));
  return { folder, root };
}

const read = (folder: string, path: string) => readWhole(folderFiles(folder), path, maxBytes);

test('the files of a folder are read by their paths, and what is not there is undefined', async (context) => {
  const { folder } = await layoutFolder(context);
  assert.equal(Buffer.from((await read(folder, 'oci-layout')) ?? []).toString(), layoutFile);
  assert.deepEqual(Buffer.from((await read(folder, blobFile)) ?? []), app.config.bytes);
  assert.equal(await read(folder, 'blobs/sha256/absent'), undefined);
  assert.equal(await read(folder, 'blobs/sha512/absent'), undefined);
  assert.equal(await read(folder, 'absent'), undefined);
});

test('a file of more than one chunk is read whole, and one of no bytes, too', async (context) => {
  const { folder } = await layoutFolder(context);
  const content = Buffer.alloc(3 * 1024 * 1024 + 17, 'abc');
  await writeFile(join(folder, 'blobs/sha256/big'), content);
  await writeFile(join(folder, 'blobs/sha256/empty'), '');
  const bytes = await readWhole(folderFiles(folder), 'blobs/sha256/big', content.length);
  assert.ok(content.equals(bytes ?? Buffer.alloc(0)));
  assert.equal((await read(folder, 'blobs/sha256/empty'))?.byteLength, 0);
});

test('a file over the limit is too-large, also one of 8 EiB that takes no room on the disk', async (context) => {
  const { folder } = await layoutFolder(context);
  const file = join(folder, 'index.json');
  await truncate(file, maxBytes + 1);
  await assert.rejects(read(folder, 'index.json'), failsWith('too-large', 'index.json', String(maxBytes + 1)));
  await truncate(file, 2 ** 40);
  await assert.rejects(read(folder, 'index.json'), failsWith('too-large'));
});

describe('links', () => {
  test('are not followed where a document or a folder of the layout should be', async (context) => {
    const { folder, root } = await layoutFolder(context);
    for (const name of ['index.json', 'oci-layout', 'blobs', 'blobs/sha256']) {
      const [place, elsewhere] = [join(folder, name), join(root, 'elsewhere')];
      await rename(place, elsewhere);
      await symlink(elsewhere, place);
      const path = name.startsWith('blobs') ? blobFile : name;
      await assert.rejects(read(folder, path), failsWith('invalid-manifest', name, 'not'), name);
      await rm(place);
      await rename(elsewhere, place);
    }
  });

  test('are followed for a blob, as Bazel makes them', async (context) => {
    const { folder, root } = await layoutFolder(context);
    await rename(join(folder, blobFile), join(root, 'elsewhere'));
    await symlink(join(root, 'elsewhere'), join(folder, blobFile));
    assert.deepEqual(Buffer.from((await read(folder, blobFile)) ?? []), app.config.bytes);
  });

  test('that lead nowhere are no blob, and those in a circle are invalid-manifest', async (context) => {
    const { folder } = await layoutFolder(context);
    await symlink('nowhere', join(folder, 'blobs/sha256/aa'));
    await symlink('bb', join(folder, 'blobs/sha256/bb'));
    assert.equal(await read(folder, 'blobs/sha256/aa'), undefined);
    await assert.rejects(read(folder, 'blobs/sha256/bb'), failsWith('invalid-manifest'));
  });
});

describe('what is not a regular file is refused at once', () => {
  const refused = failsWith('invalid-manifest', 'is not');

  test('a FIFO, as a document, as a blob, and behind a link', { skip: withoutFifos }, async (context) => {
    const { folder, root } = await layoutFolder(context);
    const fifo = join(root, 'fifo');
    execFileSync('mkfifo', [fifo, join(folder, 'blobs/sha256/aa')]);
    await symlink(fifo, join(folder, 'blobs/sha256/bb'));
    await rm(join(folder, 'index.json'));
    execFileSync('mkfifo', [join(folder, 'index.json')]);
    for (const path of ['index.json', 'blobs/sha256/aa', 'blobs/sha256/bb']) {
      await assert.rejects(read(folder, path), refused, path);
    }
  });

  test('a device that a blob links to', { skip: withoutDevices }, async (context) => {
    const { folder } = await layoutFolder(context);
    for (const device of ['/dev/zero', '/dev/null']) {
      await symlink(device, join(folder, 'blobs/sha256/aa'));
      await assert.rejects(read(folder, 'blobs/sha256/aa'), refused, device);
      await rm(join(folder, 'blobs/sha256/aa'));
    }
  });

  test('a folder where a file should be, and a file where a folder should be', async (context) => {
    const { folder } = await layoutFolder(context);
    await mkdir(join(folder, 'blobs/sha256/aa'));
    await assert.rejects(read(folder, 'blobs/sha256/aa'), refused);
    await rm(join(folder, 'blobs'), { recursive: true });
    await writeFile(join(folder, 'blobs'), 'x');
    await assert.rejects(read(folder, blobFile), refused);
  });
});

test('a file that becomes shorter while it is read is invalid-manifest', async (context) => {
  const { folder } = await layoutFolder(context);
  const file = join(folder, 'blobs/sha256/aa');
  await writeFile(file, Buffer.alloc(3 * 1024 * 1024));
  const opened = await folderFiles(folder).open('blobs/sha256/aa');
  assert.ok(opened);
  const reading = (async () => {
    for await (const _ of opened.read()) await truncate(file, 10);
  })();
  await assert.rejects(reading, failsWith('invalid-manifest', 'shorter'));
});

const withoutLimits = process.getuid?.() === 0 ? 'root may read every file' : withoutDevices;
test('a file that may not be read is invalid-manifest', { skip: withoutLimits }, async (context) => {
  const { folder } = await layoutFolder(context);
  await chmod(join(folder, 'index.json'), 0);
  await assert.rejects(read(folder, 'index.json'), failsWith('invalid-manifest', 'EACCES'));
});
