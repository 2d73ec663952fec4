import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the peers are when they are not installed: `../shared/tools/peers` unpacks them there. */
const peersFolder = join(process.env['PEERS_DIR'] || join(tmpdir(), 'peers'), 'usr', 'bin');

/** The path of a program on PATH or among the unpacked peers; undefined when it is in neither. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), peersFolder];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Whether a test must be left out, as `skip` of `node:test` wants it: false when all `programs` are there, else the
 * reason.
 *
 * @param leftOut what nobody checks then
 * @throws Error when a program is missing and `REQUIRE_PEERS=1` says that none may be
 */
export function skipWithout(programs: readonly string[], leftOut: string): string | false {
  const missing = programs.filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) return false;
  const reason = `${missing.join(' and ')} not found on PATH or in ${peersFolder}: ${leftOut} left out`;
  if (process.env['REQUIRE_PEERS'] === '1') throw new Error(`${reason}, and REQUIRE_PEERS=1 forbids it.`);
  return reason;
}

export interface PeerOptions {
  /** The whole environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a program to its end and gives what it printed. Throws what it said when it fails. */
export async function runPeer(name: string, args: readonly string[], options: PeerOptions = {}): Promise<Buffer> {
  const env = { PATH: process.env['PATH'], HOME: tmpdir(), ...options.env };
  const stdin = options.input === undefined ? 'ignore' : 'pipe';
  const child = spawn(findProgram(name) ?? name, args, { env, cwd: options.cwd, stdio: [stdin, 'pipe', 'pipe'] });
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin?.end(options.input);
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status === 0) return Buffer.concat(printed);
  throw new Error(`${name} ${args.join(' ')} ended with ${status}: ${Buffer.concat([...printed, ...said])}`);
}

/** The same, for programs that print one line. */
export async function linePrinted(name: string, args: readonly string[], options: PeerOptions = {}): Promise<string> {
  return (await runPeer(name, args, options)).toString().trim();
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
