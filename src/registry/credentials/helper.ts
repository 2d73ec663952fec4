import { constants, promises as fs } from 'node:fs';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import { ActionError } from '../../error.ts';
import { parseRecord } from '../../oci/json-record.ts';
import type { Credential } from './credential.ts';

/** Bytes that a helper may print. */
const maxOutputBytes = 64 * 1024;

const namePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What `cmd.exe` would act on in the path of a program. */
const unsafeInCmd = /[%!^&"]/;

/** Where helpers are looked for, and what they are run with. */
export interface HelperOptions {
  /** The `PATH`. */
  readonly path: string;
  /** The folder of the repository that is being built: nothing in it is run. Empty when there is none. */
  readonly workspace: string;
  /** The folder that helpers are run in. Empty for the current one. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds that a helper may take: those of clouds ask a service first. */
  readonly timeoutMs: number;
}

/**
 * Runs `docker-credential-NAME get` to get the credentials of a server, as docker does: the key on stdin, no shell.
 *
 * @param name what the config names, unchecked
 * @param source where the name stands, for messages
 * @returns undefined when the helper has none
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
  const folders = await trustedFolders(options);
  const file = await find(program, folders, options);
  if (file === undefined) throw failed(source, `names ${program}, which is not on the PATH outside the workspace`);
  if (isScript(file) && unsafeInCmd.test(file)) {
    throw failed(source, `names ${program}, whose path holds a character that cmd.exe acts on`);
  }
  const { status, output, errors } = await run(file, server, withPath(options.environment, folders), options);
  if (status === 0) return readAnswer(output, program, source);
  const message = messageOf(status, output, errors);
  if (message.startsWith('credentials not found')) return undefined;
  throw failed(source, `names ${program}, which failed (${status})`, message);
}

/** The absolute folders of the PATH outside the workspace; links are followed before it is excluded. */
async function trustedFolders({ path, workspace }: HelperOptions): Promise<string[]> {
  const forbidden = workspace === '' ? '' : await realPath(workspace);
  const folders: string[] = [];
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder) || isWithin(folder, workspace)) continue;
    if (!isWithin(await realPath(folder), forbidden)) folders.push(folder);
  }
  return folders;
}

/** The first program of that name, itself no link into the workspace. */
async function find(
  program: string,
  folders: readonly string[],
  { workspace }: HelperOptions,
): Promise<string | undefined> {
  const forbidden = workspace === '' ? '' : await realPath(workspace);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const file of folders.flatMap((folder) => endings.map((ending) => join(folder, `${program}${ending}`)))) {
    const target = await fs.realpath(file).catch(() => undefined);
    if (target !== undefined && !isWithin(target, forbidden) && (await isProgram(target))) return file;
  }
  return undefined;
}

/** The real path of what exists; of anything else the path itself. */
function realPath(path: string): Promise<string> {
  return fs.realpath(path).catch(() => path);
}

function isWithin(file: string, folder: string): boolean {
  if (folder === '') return false;
  return file === folder || file.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

async function isProgram(file: string): Promise<boolean> {
  const isExecutable = await fs.access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  return isExecutable && (await fs.stat(file)).isFile();
}

/** What Node starts only by `cmd.exe`. */
function isScript(file: string): boolean {
  return process.platform === 'win32' && /\.(?:cmd|bat)$/i.test(file);
}

/** The environment with this PATH: what the helper starts must not come from the workspace either. */
function withPath(environment: HelperOptions['environment'], folders: readonly string[]): Record<string, string> {
  const others = Object.entries(environment).filter(([name]) => name.toUpperCase() !== 'PATH');
  return { ...Object.fromEntries(others), PATH: folders.join(delimiter) };
}

/** How a helper ended. */
interface HelperResult {
  /** The exit code, or why there is none. */
  readonly status: number | string;
  readonly output: string;
  readonly errors: string;
}

async function run(
  file: string,
  server: string,
  env: Readonly<Record<string, string>>,
  { folder, timeoutMs }: HelperOptions,
): Promise<HelperResult> {
  // Loaded here, as few runs need a helper.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    const cmd = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\cmd.exe`;
    const [program, ...words] = isScript(file) ? [cmd, '/d', '/s', '/c', `""${file}" get"`] : [file, 'get'];
    const child = spawn(program as string, words, {
      env,
      cwd: folder || undefined,
      // A group of its own, so that what the helper started ends with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
      windowsVerbatimArguments: isScript(file),
    });
    let output = '';
    let errors = '';
    const finish = (status: number | string) => {
      clearTimeout(timer);
      resolve({ status, output, errors });
    };
    const abandon = (why: string) => {
      finish(why);
      stop(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => abandon(`no answer in ${timeoutMs / 1000} seconds`), timeoutMs);
    const collect = (chunk: string, sum: string): string => {
      if (sum.length + chunk.length > maxOutputBytes) abandon('more than 64 KiB of output');
      return (sum + chunk).slice(0, maxOutputBytes);
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

/**
 * What a helper says of its failure, on whichever stream. A cut or odd answer may be half a secret, which nobody has read
 * and so nobody would mask: it is told only of a helper that ended by itself and printed nothing like an answer.
 */
function messageOf(status: number | string, output: string, errors: string): string {
  const printed = `${output}${errors}`;
  if (typeof status !== 'number' || /"secret"|^\s*[{["]/i.test(printed) || parseRecord(output)) return '';
  return output.trim() || errors.trim();
}

function readAnswer(output: string, program: string, source: string): Credential | undefined {
  const { Username: username, Secret: secret } = parseRecord(output) ?? {};
  if (username === '' && secret === '') return undefined;
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
    throw failed(source, `names ${program}, whose answer cannot be read`);
  }
  const origin = `${program}, which ${source} names`;
  return username === '<token>'
    ? { kind: 'identity', token: secret, source: origin }
    : { kind: 'basic', username, password: secret, source: origin };
}

function failed(source: string, why: string, remoteMessage?: string): ActionError {
  return new ActionError('unauthorized', `${source} ${why}.`, {
    remoteMessage: remoteMessage || undefined,
    advice: 'Install the helper or log in again; no other credentials are tried in its place.',
  });
}
