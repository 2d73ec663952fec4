import { readFileSync, statSync } from 'node:fs';
import { ActionError } from '../../error.ts';
import { type DockerConfig, parseDockerConfig } from './docker-config.ts';

/** Bytes; no config is larger. */
const maxConfigBytes = 1024 * 1024;

/** A file that a login may have left behind. */
export interface ConfigFile {
  readonly path: string;
  /** How to name it in a message: `~/.docker/config.json`. */
  readonly name: string;
}

/**
 * Reads those of the files that exist, in their order. What is not a regular file is skipped, so that a FIFO cannot hold
 * up the run.
 *
 * @throws ActionError `invalid-input` for a file that is malformed, too large or may not be read
 */
export function readConfigFiles(files: readonly ConfigFile[]): DockerConfig[] {
  return files.flatMap((file) => {
    const text = readConfig(file);
    return text === undefined ? [] : [parseDockerConfig(text, file.name)];
  });
}

function readConfig({ path, name }: ConfigFile): string | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (!status?.isFile()) return undefined;
    if (status.size > maxConfigBytes) throw unreadable(name, 'it is larger than 1 MiB');
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ActionError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOTDIR') return undefined;
    throw unreadable(name, `it cannot be read (${code})`);
  }
}

function unreadable(name: string, why: string): ActionError {
  return new ActionError('invalid-input', `${name} cannot be used: ${why}.`, {
    advice: 'Correct or remove it; without it other credentials may be used.',
  });
}
