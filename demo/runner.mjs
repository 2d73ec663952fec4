// Runs the action as the runner does: inputs as INPUT_* variables, and files for what it gives back.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bundle = fileURLToPath(new URL('../dist/index.js', import.meta.url));

/**
 * Runs `dist/index.js`.
 *
 * @param {Record<string, string>} inputs by name, as under `with:`
 * @param {NodeJS.ProcessEnv} environment what else the action may see: its proxies, its logins
 * @param {(line: string) => void} onLine called with each line of the log
 * @returns {Promise<{ status: number, outputs: [string, string][], summary: string, folder: string }>}
 */
export async function runAction(inputs, environment, onLine) {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-demo-'));
  const [output, summary, temp, workspace] = ['output', 'summary.md', 'temp', 'workspace'].map((name) =>
    join(folder, name),
  );
  for (const file of [output, summary]) writeFileSync(file, '');
  for (const path of [temp, workspace]) mkdirSync(path);
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = {
    ...environment,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    RUNNER_TEMP: temp,
    GITHUB_WORKSPACE: workspace,
    ...Object.fromEntries(variables),
  };
  const child = spawn(process.execPath, [bundle], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const status = await eachLine(child, onLine);
  return { status, outputs: readOutputs(readFileSync(output, 'utf8')), summary: readFileSync(summary, 'utf8'), folder };
}

async function eachLine(child, onLine) {
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop();
    for (const line of lines) onLine(line);
  });
  const status = await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  if (rest !== '') onLine(rest);
  return status;
}

/** Reads `NAME<<DELIMITER`, the lines of the value, `DELIMITER`. */
function readOutputs(text) {
  return [...text.matchAll(/^([^=<\n]+)<<(.+)\n([\s\S]*?)\n?^\2$/gm)].map(([, name, , value]) => [name, value]);
}
