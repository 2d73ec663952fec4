// Runs the compiled tests: Node 20 and 24 take different patterns, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../lib/test/', import.meta.url));
const files = readdirSync(folder, { recursive: true })
  .filter((file) => file.endsWith('.test.js') && process.argv.slice(2).every((part) => file.includes(part)))
  .map((file) => `${folder}${file}`);

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
process.exit(files.length === 0 ? 1 : (status ?? 1));
