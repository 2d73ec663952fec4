import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfigFiles } from '../../src/registry/credentials/config-files.ts';
import { temporaryFolder } from '../support/folder.ts';
import { withoutFifos } from '../support/posix.ts';

// Apart from the other tests of config files, as only a program can make a FIFO.

test('a FIFO is passed over without waiting for its other end', { skip: withoutFifos }, async (t) => {
  const fifo = join(await temporaryFolder(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.deepEqual(readConfigFiles([{ path: fifo, name: 'fifo' }]), []);
});

test('a link to a FIFO is passed over', { skip: withoutFifos }, async (t) => {
  const folder = await temporaryFolder(t);
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  await symlink(join(folder, 'fifo'), join(folder, 'link'));
  assert.deepEqual(readConfigFiles([{ path: join(folder, 'link'), name: 'link' }]), []);
});
