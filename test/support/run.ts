import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog, type RunnerCommands } from '../../src/action/log.ts';
import { systemClock } from '../../src/async/clock.ts';
import { run } from '../../src/run.ts';
import { type RunnerFolder, readStep, type Step, variablesOf, withRunnerFolder } from './action.ts';

// No login of whoever runs the tests is found, and the pauses between attempts are short.
const home = await mkdtemp(join(tmpdir(), 'image-digests-home-'));
process.env['HOME'] = home;
process.env['USERPROFILE'] = home;
systemClock.random = () => 0.02;

/**
 * Runs the sources in this process, with everything that a step leaves. What only a process has is tested in
 * `test/process`: proxies, certificates, signals, the exit code, what is on standard output.
 */
export async function runInProcess(
  inputs: Readonly<Record<string, string>>,
  { env = {} }: { readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<Step> {
  return withRunnerFolder(async (runner: RunnerFolder) => {
    const printed: string[] = [];
    const exitCode = process.exitCode;
    const succeeded = await run({
      env: { ...variablesOf(inputs, runner), ...env },
      log: openLog(recorder(printed)),
      limit: () => undefined,
      undoOnEnd: () => undefined,
      isOver: () => false,
    }).finally(() => {
      // It is that of the tests.
      process.exitCode = exitCode;
    });
    const stdout = printed.map((line) => `${line}\n`).join('');
    return readStep(runner, { status: succeeded ? 0 : 1, signal: null, stdout, stderr: '' });
  });
}

/** Writes commands as the toolkit does. */
function recorder(printed: string[]): RunnerCommands {
  const annotate =
    (command: string): RunnerCommands['error'] =>
    (message, { title = '' } = {}) =>
      void printed.push(`::${command} title=${escaped(title, /[%\r\n:,]/g)}::${escaped(String(message))}`);
  return {
    info: (message) => void printed.push(message),
    warning: annotate('warning'),
    error: annotate('error'),
    startGroup: (name) => void printed.push(`::group::${escaped(name)}`),
    endGroup: () => void printed.push('::endgroup::'),
    setSecret: (secret) => void printed.push(`::add-mask::${escaped(secret)}`),
  };
}

function escaped(text: string, characters = /[%\r\n]/g): string {
  return text.replace(characters, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
