import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { documentBudget } from '../../../src/content/budget.ts';
import { contentCache } from '../../../src/content/cache.ts';
import { type Layouts, openLayouts } from '../../../src/layout/open.ts';
import { parseSource, targetOf } from '../../../src/oci/source.ts';
import { operation } from '../../support/fake-store.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { image } from '../../support/images.ts';
import { archiveOf, layoutOf, named, writeLayout } from '../../support/layouts.ts';
import { withoutDevices, withoutFifos } from '../../support/posix.ts';
import { failsWith } from '../../support/transport.ts';

const app = image('linux/amd64');
const layout = layoutOf([named(app.manifest, 'v1')], [app]);

/** A workspace with a layout in `out`, and the same in `out.tar`. */
async function workspaceWith(context: TestContext): Promise<{ workspace: string; layouts: Layouts }> {
  const workspace = await temporaryFolder(context);
  await writeLayout(join(workspace, 'out'), layout);
  await writeFile(join(workspace, 'out.tar'), archiveOf(layout));
  const layouts = openLayouts({ workspace, budget: documentBudget(), cache: contentCache(), warn: () => undefined });
  context.after(() => layouts.close());
  return { workspace, layouts };
}

async function resolved(layouts: Layouts, text: string): Promise<string> {
  const source = parseSource(`oci-layout://${text}`, process.platform === 'win32');
  assert.ok(source.kind === 'layout');
  return (await layouts.open(source, operation).resolve(targetOf(source))).digest;
}

test('a path is relative to the workspace, or absolute, and leads to a folder or a tar', async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  const paths = ['out', './out', 'out/', 'out.tar', 'x/../out.tar', join(workspace, 'out'), join(workspace, 'out.tar')];
  for (const path of paths) {
    for (const name of ['', ':v1', `@${app.manifest.digest}`, `:other@${app.manifest.digest}`]) {
      assert.equal(await resolved(layouts, path + name), app.manifest.digest, path + name);
    }
  }
});

test('the path itself may lead over links, and anywhere', async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  const elsewhere = await temporaryFolder(context);
  await writeLayout(join(elsewhere, 'layout'), layout);
  await symlink(elsewhere, join(workspace, 'bazel-bin'));
  await symlink(join(workspace, 'out.tar'), join(workspace, 'link.tar'));
  for (const path of ['bazel-bin/layout', 'link.tar']) assert.equal(await resolved(layouts, path), app.manifest.digest);
});

test('a path where nothing is, is invalid-input and never missing', async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  await symlink('nowhere', join(workspace, 'dangling'));
  await symlink('circle', join(workspace, 'circle'));
  for (const path of ['absent', 'absent.tar:v1', 'out/absent', 'out.tar/x', 'dangling', 'circle']) {
    await assert.rejects(resolved(layouts, path), failsWith('invalid-input', 'relative to the workspace'), path);
  }
});

test('a FIFO is invalid-input at once', { skip: withoutFifos }, async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  execFileSync('mkfifo', [join(workspace, 'fifo')]);
  await assert.rejects(resolved(layouts, 'fifo'), failsWith('invalid-input', 'neither a folder nor a regular file'));
});

test('a device is invalid-input', { skip: withoutDevices }, async (context) => {
  const { layouts } = await workspaceWith(context);
  for (const path of ['/dev/zero', '/dev/null']) {
    await assert.rejects(resolved(layouts, path), failsWith('invalid-input', 'neither a folder nor a regular file'));
  }
});

test('a file that is no tar is invalid-manifest, and a compressed one unsupported', async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  const files = { empty: '', short: 'x'.repeat(511), text: 'root:x:0:0\n'.repeat(100) };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(workspace, name), content);
    await assert.rejects(
      resolved(layouts, name),
      (error: Error) => failsWith('invalid-manifest')(error) && !error.message.includes('root:'),
    );
  }
  await writeFile(join(workspace, 'out.tar.gz'), gzipSync(archiveOf(layout)));
  await assert.rejects(resolved(layouts, 'out.tar.gz'), failsWith('unsupported', 'Decompress it first'));
});

test('a folder that is no layout is invalid-manifest', async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  await mkdir(join(workspace, 'empty'));
  await assert.rejects(resolved(layouts, 'empty'), failsWith('invalid-manifest', 'no oci-layout'));
});

test('a tar is opened once, and read through that although its name is gone', async (context) => {
  const { workspace, layouts } = await workspaceWith(context);
  assert.equal(await resolved(layouts, 'out.tar'), app.manifest.digest);
  await rm(join(workspace, 'out.tar'));
  assert.equal(await resolved(layouts, 'out.tar:v1'), app.manifest.digest);
});
