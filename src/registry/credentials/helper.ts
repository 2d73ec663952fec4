import { constants, promises as fs } from 'node:fs';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import { ActionError } from '../../oci/action-error.ts';
import { parseRecord } from '../json-record.ts';
import type { Credential } from './credential.ts';

/** Milliseconds that a helper may take: those of clouds ask a service first. */
const helperTimeout = 10_000;

/** Bytes that a helper may print. */
const outputLimit = 64 * 1024;

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Where helpers are looked for, and what they are run with. */
export interface HelperOptions {
  /** The `PATH`. */
  readonly path: string;
  /** The folder of the repository that is being built: nothing in it is run. Empty when there is none. */
  readonly workspace: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Asks `docker-credential-NAME get` for the credentials of a server, as docker does: the key on stdin, no shell.
 *
 * @param name what the config names, unchecked
 * @param source where the name stands, for messages
 * @returns undefined when the helper knows none
 * @throws ActionError `unauthorized` when it is missing, badly named, fails or hangs (CVE-2021-41092)
 * @see https://github.com/docker/docker-credential-helpers#development
 */
export async function askHelper(
  name: unknown,
  server: string,
  source: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw failed(source, 'names a credential helper that cannot exist', JSON.stringify(name));
  }
  const program = `docker-credential-${name}`;
  const file = await find(program, options);
  if (file === undefined) throw failed(source, `names ${program}, which is not on the PATH outside the workspace`);
  const { status, output, words } = await run(file, server, options.environment);
  if (status !== 0) {
    if (words.startsWith('credentials not found')) return undefined;
    throw failed(source, `names ${program}, which failed (${status})`, words);
  }
  return readAnswer(output, program, source);
}

/** The first file of that name in an absolute folder of the PATH; links are followed before the workspace is excluded. */
async function find(program: string, { path, workspace }: HelperOptions): Promise<string | undefined> {
  const fileName = process.platform === 'win32' ? `${program}.exe` : program;
  const forbidden = workspace === '' ? undefined : await fs.realpath(workspace).catch(() => workspace);
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, fileName);
    const target = await fs.realpath(file).catch(() => undefined);
    if (target === undefined || isWithin(target, forbidden) || isWithin(file, workspace)) continue;
    if (await isProgram(target)) return file;
  }
  return undefined;
}

function isWithin(file: string, folder: string | undefined): boolean {
  return folder !== undefined && folder !== '' && file.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

async function isProgram(file: string): Promise<boolean> {
  const isExecutable = await fs.access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  return isExecutable && (await fs.stat(file)).isFile();
}

interface Outcome {
  /** The exit code, or why there is none. */
  readonly status: number | string;
  readonly output: string;
  /** What a failed helper says, on whichever stream. */
  readonly words: string;
}

async function run(file: string, server: string, environment: Readonly<Record<string, string>>): Promise<Outcome> {
  // Loaded here, as few runs ask a helper.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    // A group of its own, so that what the helper started ends with it.
    const child = spawn(file, ['get'], { env: environment, detached: process.platform !== 'win32', windowsHide: true });
    let output = '';
    let errors = '';
    const finish = (status: number | string) => {
      clearTimeout(timer);
      // What looks like an answer may hold the secret, which nobody has read and so nobody would mask.
      const words = /"secret"/i.test(`${output}${errors}`) ? '' : output.trim() || errors.trim();
      resolve({ status, output, words });
    };
    const abandon = (why: string) => {
      finish(why);
      stop(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => abandon(`no answer in ${helperTimeout / 1000} seconds`), helperTimeout);
    const collect = (chunk: string, sum: string): string => {
      if (sum.length + chunk.length > outputLimit) abandon('more than 64 KiB of output');
      return (sum + chunk).slice(0, outputLimit);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output = collect(chunk, output);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors = collect(chunk, errors);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
    child.on('error', (error) => finish(error.message));
    child.on('close', (code, signal) => finish(code ?? signal ?? 'no exit code'));
  });
}

function stop(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function readAnswer(output: string, program: string, source: string): Credential {
  const { Username: username, Secret: secret } = parseRecord(output) ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
    throw failed(source, `names ${program}, whose answer cannot be read`);
  }
  const origin = `${program}, which ${source} names`;
  return username === '<token>'
    ? { kind: 'identity', token: secret, source: origin }
    : { kind: 'basic', username, password: secret, source: origin };
}

function failed(source: string, why: string, said?: string): ActionError {
  return new ActionError('unauthorized', `${source} ${why}.`, {
    said: said || undefined,
    advice: 'Install the helper or log in again; no other credentials are tried in its place.',
  });
}
