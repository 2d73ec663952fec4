// Runs the compiled tests: Node 20 and 24 take different patterns, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../lib/test/', import.meta.url));
const files = readdirSync(folder, { recursive: true })
  .filter((file) => file.endsWith('.test.js') && process.argv.slice(2).every((part) => file.includes(part)))
  .map((file) => `${folder}${file}`);
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files], { stdio: 'inherit' });
process.exit(files.length === 0 ? 1 : (status ?? 1));
