import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ActionError } from '../../../src/error.ts';
import { checkLayoutTarget, openLayoutWriter } from '../../../src/layout/writer.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { type Blob, blob, descriptor, types } from '../../support/images.ts';
import { pathOf } from '../../support/layouts.ts';
import { withoutPermissions } from '../../support/posix.ts';
import { failsWith } from '../../support/transport.ts';

const layer = blob('a layer', types.layer);
const described = (of: Blob) => descriptor(of) as unknown as Descriptor;

async function* chunksOf(...parts: (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

async function folders(context: TestContext): Promise<{ workspace: string; temp: string; outside: string }> {
  const root = await realpath(await temporaryFolder(context));
  const [workspace, temp, outside] = [join(root, 'workspace'), join(root, 'temp'), join(root, 'outside')];
  await Promise.all([workspace, temp, outside].map((folder) => mkdir(folder)));
  return { workspace, temp, outside };
}

describe('the target', () => {
  test('is a new or an empty folder in the workspace or in RUNNER_TEMP', async (context) => {
    const { workspace, temp } = await folders(context);
    await mkdir(join(workspace, 'empty'));
    const roots = { workspace, temp };
    assert.equal(await checkLayoutTarget({ path: 'out', ...roots }), join(workspace, 'out'));
    assert.equal(await checkLayoutTarget({ path: './empty/', ...roots }), join(workspace, 'empty'));
    assert.equal(await checkLayoutTarget({ path: 'empty/../x', ...roots }), join(workspace, 'x'));
    assert.equal(await checkLayoutTarget({ path: join(temp, 'out'), ...roots }), join(temp, 'out'));
    assert.equal(await checkLayoutTarget({ path: '..out', ...roots }), join(workspace, '..out'));
    assert.equal(await checkLayoutTarget({ path: join(temp, 'out'), workspace: '', temp }), join(temp, 'out'));
  });

  test('outside of both is invalid-input, also where the name only begins so', async (context) => {
    const { workspace, temp, outside } = await folders(context);
    await mkdir(`${workspace}-more`);
    const paths = [
      outside,
      join(outside, 'out'),
      '../outside/out',
      `${workspace}-more${sep}out`,
      '..',
      '.',
      '',
      temp,
      '/',
    ];
    for (const path of [...paths, workspace]) {
      await assert.rejects(checkLayoutTarget({ path, workspace, temp }), failsWith('invalid-input', 'export-to'), path);
    }
    await assert.rejects(checkLayoutTarget({ path: 'out', workspace: '', temp: '' }), failsWith('invalid-input'));
  });

  test('whose parent is not there, or no folder, is invalid-input', async (context) => {
    const { workspace, temp } = await folders(context);
    await writeFile(join(workspace, 'file'), '');
    for (const path of ['a/b', 'file']) {
      await assert.rejects(checkLayoutTarget({ path, workspace, temp }), failsWith('invalid-input'), path);
    }
  });

  test('whose parent leads outside by a link is invalid-input, and one that leads inside is not', async (context) => {
    const { workspace, temp, outside } = await folders(context);
    await symlink(outside, join(workspace, 'link'));
    await symlink(temp, join(workspace, 'inside'));
    await assert.rejects(
      checkLayoutTarget({ path: 'link/out', workspace, temp }),
      failsWith('invalid-input', 'neither'),
    );
    assert.equal(await checkLayoutTarget({ path: 'inside/out', workspace, temp }), join(temp, 'out'));
  });

  test('that is a link is invalid-input, wherever it leads', async (context) => {
    const { workspace, temp } = await folders(context);
    await mkdir(join(workspace, 'empty'));
    await symlink('empty', join(workspace, 'link'));
    await symlink('nowhere', join(workspace, 'dangling'));
    for (const path of ['link', 'dangling', 'link/']) {
      await assert.rejects(checkLayoutTarget({ path, workspace, temp }), failsWith('invalid-input', 'something else'));
    }
  });

  test('that is not empty is invalid-input, also with one hidden file', async (context) => {
    const { workspace, temp } = await folders(context);
    await mkdir(join(workspace, 'full'));
    await writeFile(join(workspace, 'full', '.hidden'), '');
    await assert.rejects(checkLayoutTarget({ path: 'full', workspace, temp }), failsWith('invalid-input', 'not empty'));
  });

  test('with a control character is invalid-input', async (context) => {
    const { workspace, temp } = await folders(context);
    for (const path of ['a\0b', 'a\nb', 'a\u001bb', 'a\u0085b', '\u007f']) {
      await assert.rejects(
        checkLayoutTarget({ path, workspace, temp }),
        failsWith('invalid-input', 'control character'),
      );
    }
  });
});

describe('a layout that is written', () => {
  test('stands under its name as a whole, with the permissions that others need', async (context) => {
    const { workspace } = await folders(context);
    const target = join(workspace, 'out');
    const writer = await openLayoutWriter(target);
    assert.equal(writer.path, target);
    assert.ok((await writer.freeBytes()) > 0);
    await writer.writeDocument(layer.digest as Digest, layer.bytes);
    const other = blob('another layer', types.layer);
    await writer.writeBlob(described(other), chunksOf('another ', '', 'layer'));
    const [temporary = '', ...others] = await readdir(workspace);
    assert.match(temporary, /^\.out-/);
    assert.deepEqual(others, []);
    await writer.finish([descriptor(layer)]);
    assert.deepEqual(await readdir(workspace), ['out']);
    const files = (await readdir(target, { recursive: true })).map((file) => file.replaceAll(sep, '/')).sort();
    const blobs = [pathOf(layer), pathOf(other)].sort();
    assert.deepEqual(files, ['blobs', 'blobs/sha256', ...blobs, 'index.json', 'oci-layout']);
    assert.equal(await readFile(join(target, pathOf(other)), 'utf8'), 'another layer');
    assert.equal(await readFile(join(target, 'oci-layout'), 'utf8'), '{"imageLayoutVersion":"1.0.0"}');
    assert.deepEqual(JSON.parse(await readFile(join(target, 'index.json'), 'utf8')).manifests, [descriptor(layer)]);
  });

  test('has files of 0644 and folders of 0755 whatever the umask, and is 0700 before', {
    skip: withoutPermissions,
  }, async (context) => {
    const { workspace } = await folders(context);
    const umask = process.umask(0o077);
    try {
      const writer = await openLayoutWriter(join(workspace, 'out'));
      const [temporary = ''] = await readdir(workspace);
      assert.equal((await stat(join(workspace, temporary))).mode & 0o777, 0o700);
      await writer.writeBlob(described(layer), chunksOf(layer.bytes));
      await writer.finish([]);
    } finally {
      process.umask(umask);
    }
    for (const path of ['', 'blobs', 'blobs/sha256']) {
      assert.equal((await stat(join(workspace, 'out', path))).mode & 0o777, 0o755, path);
    }
    for (const path of ['index.json', 'oci-layout', pathOf(layer)]) {
      assert.equal((await stat(join(workspace, 'out', path))).mode & 0o777, 0o644, path);
    }
  });

  test('takes the place of an empty folder', async (context) => {
    const { workspace } = await folders(context);
    await mkdir(join(workspace, 'out'));
    const writer = await openLayoutWriter(join(workspace, 'out'));
    await writer.writeDocument(layer.digest as Digest, layer.bytes);
    await writer.finish([]);
    assert.deepEqual((await readdir(join(workspace, 'out'))).sort(), ['blobs', 'index.json', 'oci-layout']);
  });

  test('is the same in every byte when it is made of the same', async (context) => {
    const { workspace } = await folders(context);
    for (const name of ['one', 'two']) {
      const writer = await openLayoutWriter(join(workspace, name));
      await writer.writeDocument(layer.digest as Digest, layer.bytes);
      await writer.finish([descriptor(layer, { annotations: { a: 'b' } })]);
    }
    for (const file of ['index.json', 'oci-layout', pathOf(layer)]) {
      assert.deepEqual(
        await readFile(join(workspace, 'one', file)),
        await readFile(join(workspace, 'two', file)),
        file,
      );
    }
  });

  test('holds each byte of a large blob, in whatever chunks it came', async (context) => {
    const { workspace } = await folders(context);
    const content = Buffer.from(Array.from({ length: 5 * 1024 * 1024 }, (_, at) => (at * 7919) >> 5));
    const large = blob(content, types.layer);
    const cut = async function* () {
      for (let at = 0, length = 1; at < content.length; at += length, length = (length * 3 + 1) % 400_000) {
        yield content.subarray(at, at + length);
      }
    };
    const writer = await openLayoutWriter(join(workspace, 'out'));
    await writer.writeBlob(described(large), cut());
    await writer.finish([]);
    assert.ok(content.equals(await readFile(join(workspace, 'out', pathOf(large)))));
  });
});

describe('what fails leaves nothing', () => {
  test('no blob has its name when its stream fails, and no part is left', async (context) => {
    const { workspace } = await folders(context);
    const writer = await openLayoutWriter(join(workspace, 'out'));
    const failure = new ActionError('digest-mismatch', 'Wrong bytes.');
    const large = Buffer.alloc(3 * 1024 * 1024);
    await assert.rejects(
      writer.writeBlob(described(layer), chunksOf('a la', large, failure)),
      failsWith('digest-mismatch'),
    );
    const [temporary = ''] = await readdir(workspace);
    assert.deepEqual(await readdir(join(workspace, temporary)), []);
    await writer.writeBlob(described(layer), chunksOf(layer.bytes));
    writer.discard();
    assert.deepEqual(await readdir(workspace), []);
  });

  test('a stream that fails with a code of the system is runner-error, and its own error else', async (context) => {
    const { workspace } = await folders(context);
    const writer = await openLayoutWriter(join(workspace, 'out'));
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    await assert.rejects(
      writer.writeBlob(described(layer), chunksOf(full)),
      failsWith('runner-error', 'the disk is full'),
    );
    await assert.rejects(writer.writeBlob(described(layer), chunksOf(new Error('a defect'))), /a defect/);
    writer.discard();
  });

  test('a target that was filled in the meantime is runner-error, and stays as it is', async (context) => {
    const { workspace } = await folders(context);
    const writer = await openLayoutWriter(join(workspace, 'out'));
    await writer.writeDocument(layer.digest as Digest, layer.bytes);
    await mkdir(join(workspace, 'out'));
    await writeFile(join(workspace, 'out', 'mine'), 'mine');
    await assert.rejects(writer.finish([]), failsWith('runner-error', join(workspace, 'out')));
    writer.discard();
    assert.deepEqual(await readdir(join(workspace, 'out')), ['mine']);
    assert.deepEqual(await readdir(workspace), ['out']);
  });

  test('a target that became a link in the meantime is not written through', async (context) => {
    const { workspace, outside } = await folders(context);
    const writer = await openLayoutWriter(join(workspace, 'out'));
    await writer.writeDocument(layer.digest as Digest, layer.bytes);
    await symlink(outside, join(workspace, 'out'));
    await assert.rejects(writer.finish([]), failsWith('runner-error'));
    writer.discard();
    assert.deepEqual(await readdir(outside), []);
    assert.ok((await lstat(join(workspace, 'out'))).isSymbolicLink());
  });

  test('discard removes the finished layout, too, and may be called twice', async (context) => {
    const { workspace } = await folders(context);
    const writer = await openLayoutWriter(join(workspace, 'out'));
    await writer.writeDocument(layer.digest as Digest, layer.bytes);
    await writer.finish([]);
    writer.discard();
    writer.discard();
    assert.deepEqual(await readdir(workspace), []);
  });

  test('a parent that is gone is runner-error', async (context) => {
    const { workspace } = await folders(context);
    await assert.rejects(openLayoutWriter(join(workspace, 'gone', 'out')), failsWith('runner-error'));
  });
});
