import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The committed bundle: what a workflow runs. */
export const bundle = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));

/** How a step ended, with everything that it left. */
export interface Step {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The annotations of failures: title and text, as the runner shows them. */
  readonly errors: readonly { readonly title: string; readonly text: string }[];
  /** The folder that was RUNNER_TEMP, and the files below it. */
  readonly temp: string;
  readonly files: readonly string[];
}

export interface StepOptions {
  /** More environment, or undefined to leave a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called when the process has started. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
  /** The Node binary to run it with. */
  readonly node?: string;
  readonly nodeArguments?: readonly string[];
}

// Tests read the files of a step after its end: they go when the tests do.
const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Where a step writes. */
export interface RunnerFolder {
  readonly folder: string;
  readonly temp: string;
  readonly home: string;
  readonly outputFile: string;
  readonly summaryFile: string;
}

/** Calls `body` with a folder like that which the runner has for a step. */
export async function withRunnerFolder(body: (runner: RunnerFolder) => Promise<Step>): Promise<Step> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-test-'));
  folders.push(folder);
  const [temp, home] = await Promise.all([mkdtemp(join(folder, 'temp-')), mkdtemp(join(folder, 'home-'))]);
  const [outputFile, summaryFile] = [join(folder, 'output'), join(folder, 'summary')];
  await Promise.all([writeFile(outputFile, ''), writeFile(summaryFile, '')]);
  return body({ folder, temp, home, outputFile, summaryFile });
}

/** The environment of a step with these inputs, and a home of its own. */
export function variablesOf(
  inputs: Readonly<Record<string, string>>,
  { folder, temp, home, outputFile, summaryFile }: RunnerFolder,
): Record<string, string | undefined> {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    RUNNER_TEMP: temp,
    GITHUB_OUTPUT: outputFile,
    GITHUB_STEP_SUMMARY: summaryFile,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: join(folder, 'workspace'),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
}

/** What a step has left by its end. */
export async function readStep(
  { temp, outputFile, summaryFile }: RunnerFolder,
  end: Pick<Step, 'status' | 'signal' | 'stdout' | 'stderr'>,
): Promise<Step> {
  const [outputs, summary, files] = await Promise.all([
    readFile(outputFile, 'utf8'),
    readFile(summaryFile, 'utf8'),
    readdir(temp, { recursive: true }),
  ]);
  return { ...end, outputs: parseOutputs(outputs), summary, errors: parseErrors(end.stdout), temp, files };
}

/** Runs `dist/index.js` as the runner does, with these inputs and a home of its own. */
export async function runAction(inputs: Readonly<Record<string, string>>, options: StepOptions = {}): Promise<Step> {
  return withRunnerFolder(async (runner) => {
    const env = { ...variablesOf(inputs, runner), ...options.env };
    const child = spawn(options.node ?? process.execPath, [...(options.nodeArguments ?? []), bundle], { env });
    options.onStart?.(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.on('close', (...end) => resolve(end));
    });
    return readStep(runner, { status, signal, stdout, stderr });
  });
}

/** Reads a `GITHUB_OUTPUT` file as the runner does. */
export function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, delimiter] = /^([^=<]+)<<(.+)$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    const end = lines.indexOf(delimiter ?? '', at + 1);
    if (end === -1) throw new Error(`The output ${name} has no end.`);
    outputs[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return outputs;
}

function parseErrors(stdout: string): { title: string; text: string }[] {
  const decode = (text: string) =>
    text.replace(/%0A/g, '\n').replace(/%0D/g, '\r').replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%25/g, '%');
  return [...stdout.matchAll(/^::error title=([^:]*)::(.*)$/gm)].map(([, title = '', text = '']) => ({
    title: decode(title),
    text: decode(text),
  }));
}
