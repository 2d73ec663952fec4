// Runs the compiled tests of a folder, or of all: node test/run.mjs [FOLDER] [PART OF A FILE'S NAME]...
// Node 20 and 24 take different patterns, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../lib/test/', import.meta.url));
const folders = readdirSync(root).filter((name) => !name.includes('.'));
const [first = '', ...others] = process.argv.slice(2);
const folder = folders.includes(first) ? first : '';
const parts = folder === '' ? [first, ...others] : others;
const files = readdirSync(join(root, folder), { recursive: true })
  .filter((file) => file.endsWith('.test.js') && parts.every((part) => file.includes(part)))
  .map((file) => join(root, folder, file));
if (files.length === 0) {
  console.error(`No test is named so. The folders are ${folders.join(', ')}.`);
  process.exit(1);
}

// What a test, or a step that was ended in it, leaves behind goes with this folder.
const temporary = mkdtempSync(join(tmpdir(), 'image-digests-tests-'));
const env = {
  ...process.env,
  PEERS_DIR: process.env.PEERS_DIR ?? join(tmpdir(), 'peers'),
  TMPDIR: temporary,
  TEMP: temporary,
  TMP: temporary,
};
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files], { stdio: 'inherit', env });
rmSync(temporary, { recursive: true, force: true });
process.exit(status ?? 1);
