import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder, writeAt } from './folder.ts';
import { readWorkflows } from './workflow-files.ts';

/** Why scripts are not run; false where they are. */
export const skip = process.platform === 'win32' && 'the scripts run on Ubuntu; Windows has no bash of its own';

/** Every script, with the job and the name of its step. */
export const scripts = readWorkflows().flatMap(({ file, jobs }) =>
  jobs.flatMap(({ id, steps }) =>
    steps.filter(({ run }) => run !== '').map(({ name, run }) => ({ file, job: id, name: name || run.trim(), run })),
  ),
);

/** The script of a step. */
export function scriptOf(file: string, name: string): string {
  const script = scripts.find((it) => it.file === file && it.name === name);
  assert.ok(script, `${file} has no script ${name}`);
  return script.run;
}

/** Runs a script as the runner does with `shell: bash`. */
export function runScript(
  script: string,
  cwd: string,
  env: Record<string, string>,
): { status: number | null; stdout: string; output: string } {
  const allEnv = { PATH: process.env['PATH'], HOME: cwd, ...env };
  const arguments_ = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
  const { status, stdout, stderr } = spawnSync('bash', arguments_, { cwd, env: allEnv, encoding: 'utf8' });
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** A clone of a repository with one commit, which is that of main. */
export async function cloneWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder(t);
  const [origin, clone] = [join(folder, 'origin'), join(folder, 'clone')];
  for (const [name, content] of Object.entries(files)) await writeAt(join(origin, name), content);
  git(origin, 'init', '--quiet', '--initial-branch=main');
  commit(origin);
  git(folder, 'clone', '--quiet', origin, clone);
  return clone;
}

/** Runs git with an identity of its own. */
export function git(cwd: string, ...arguments_: string[]): void {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...arguments_], { cwd, env: { PATH: process.env['PATH'], HOME: cwd } });
}

/** Makes a commit of everything. */
export function commit(folder: string): void {
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'change');
}

/** Writes a `gh` that is this shell script, and gives a PATH with it. */
export async function pathWithGh(folder: string, script: string): Promise<string> {
  const gh = await writeAt(join(folder, 'bin', 'gh'), `#!/bin/sh\n${script}\n`);
  chmodSync(gh, 0o755);
  return `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`;
}
