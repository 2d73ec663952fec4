import { promises as fs, mkdtempSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve as resolvePath, sep } from 'node:path';
import { ActionError, messageOf } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { blobPath, layoutVersion } from './layout.ts';

/** Bytes that are gathered before they are written. */
const batchBytes = 1024 * 1024;

/** Writes one layout. Nothing has its name before its bytes are verified, and the folder not before all is there. */
export interface LayoutWriter {
  /** Where the layout will be: an absolute path. */
  readonly path: string;
  /** Bytes that are free on its disk. */
  freeBytes(): Promise<number>;
  /** Writes the bytes of a document that were verified. */
  writeDocument(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Writes a blob from a stream that fails unless its bytes are those of the descriptor. */
  writeBlob(descriptor: Descriptor, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Writes the index of the layout and gives the folder its name. */
  finish(entries: readonly object[]): Promise<void>;
  /** Removes all that was written, the finished layout too, for a step that fails. */
  discard(): void;
}

/** Where a layout may be written. */
export interface LayoutTarget {
  /** As it was written: relative to the workspace, or absolute. */
  readonly path: string;
  /** `GITHUB_WORKSPACE`; empty when there is none. */
  readonly workspace: string;
  /** `RUNNER_TEMP`; empty when there is none. */
  readonly temp: string;
}

/**
 * Checks a target: a new or empty folder, whose real place is in the workspace or in RUNNER_TEMP.
 *
 * @returns its absolute path
 * @throws ActionError `invalid-input`
 */
export async function checkLayoutTarget({ path, workspace, temp }: LayoutTarget): Promise<string> {
  if (/\p{Cc}/u.test(path)) throw invalidTarget('it holds a control character');
  const target = resolvePath(workspace, path);
  const parent = await fs.realpath(dirname(target)).catch(() => {
    throw invalidTarget(`the folder ${dirname(target)} does not exist`);
  });
  const roots = await Promise.all([workspace, temp].filter((root) => root !== '').map(realPath));
  const real = join(parent, basename(target));
  if (!roots.some((root) => root !== undefined && real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))) {
    throw invalidTarget('it is neither in the workspace nor in RUNNER_TEMP');
  }
  if (!(await fs.stat(parent)).isDirectory()) throw invalidTarget(`${dirname(target)} is not a folder`);
  const status = await fs.lstat(target).catch(() => undefined);
  if (status !== undefined && !status.isDirectory()) throw invalidTarget('something else than a folder is there');
  if (status !== undefined && (await fs.readdir(target)).length > 0) throw invalidTarget('the folder is not empty');
  return real;
}

/**
 * Begins a layout in a folder beside its target, which nobody else may look into.
 *
 * @param target the path that {@link checkLayoutTarget} gave
 * @throws ActionError `runner-error` for a disk that cannot be written or is full, here and in every method
 */
export async function openLayoutWriter(target: string): Promise<LayoutWriter> {
  const folder = makeFolder(target);
  const { ino } = statSync(folder);
  const algorithms = new Set<string>();
  let parts = 0;
  let isDiscarded = false;

  const makeParent = async (digest: Digest): Promise<string> => {
    // What was removed must not come back by a write that was under way.
    if (isDiscarded) throw new ActionError('runner-error', `The layout ${target} was given up.`);
    const file = join(folder, blobPath(digest));
    if (!algorithms.has(dirname(file))) await fs.mkdir(dirname(file), { recursive: true });
    algorithms.add(dirname(file));
    return file;
  };

  return {
    path: target,
    async freeBytes() {
      const { bavail, bsize } = await orFail(target, () => fs.statfs(folder));
      return bavail * bsize;
    },
    writeDocument: (digest, bytes) => orFail(target, async () => writePublic(await makeParent(digest), bytes)),
    async writeBlob({ digest }, chunks) {
      parts += 1;
      const part = join(folder, `part-${parts}`);
      try {
        await writeStream(part, chunks);
        await orFail(target, async () => {
          await fs.chmod(part, 0o644);
          await fs.rename(part, await makeParent(digest));
        });
      } catch (error) {
        await fs.rm(part, { force: true });
        throw asRunnerError(error, target);
      }
    },
    finish: (entries) =>
      orFail(target, async () => {
        const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: entries };
        await writePublic(join(folder, 'index.json'), JSON.stringify(index));
        await writePublic(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: layoutVersion }));
        for (const made of [...algorithms, join(folder, 'blobs'), folder]) await fs.chmod(made, 0o755);
        // Windows renames no folder onto another, not even an empty one.
        if (process.platform === 'win32') await fs.rmdir(target).catch(() => undefined);
        await fs.rename(folder, target);
      }),
    discard() {
      isDiscarded = true;
      rmSync(folder, { recursive: true, force: true });
      // Finished, it is the same folder under its own name.
      if (statSync(target, { throwIfNoEntry: false })?.ino === ino) rmSync(target, { recursive: true, force: true });
    },
  };
}

/** At once, so that nothing can end the step between the folder and what would remove it. */
function makeFolder(target: string): string {
  try {
    return mkdtempSync(join(dirname(target), `.${basename(target).slice(0, 100)}-`));
  } catch (error) {
    throw asRunnerError(error, target);
  }
}

/** Writes a batch while the next is gathered. */
async function writeStream(file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await fs.open(file, 'wx', 0o600);
  try {
    let batch: Uint8Array[] = [];
    let gathered = 0;
    let writing: Promise<unknown> = Promise.resolve();
    const flush = async () => {
      await writing;
      writing = writeAll(handle, batch);
      // Awaited before the next batch; until then its failure must not count as unhandled.
      writing.catch(() => undefined);
      batch = [];
      gathered = 0;
    };
    for await (const chunk of chunks) {
      batch.push(chunk);
      gathered += chunk.byteLength;
      if (gathered >= batchBytes) await flush();
    }
    await flush();
    await writing;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: fs.FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let rest = [...batch];
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    const left: Uint8Array[] = [];
    for (const part of rest) {
      if (bytesWritten < part.byteLength) left.push(part.subarray(bytesWritten));
      bytesWritten = Math.max(0, bytesWritten - part.byteLength);
    }
    rest = left;
  }
}

async function writePublic(file: string, content: Uint8Array | string): Promise<void> {
  await fs.writeFile(file, content, { flag: 'wx' });
  await fs.chmod(file, 0o644);
}

function realPath(path: string): Promise<string | undefined> {
  return fs.realpath(path).catch(() => undefined);
}

async function orFail<Result>(target: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw asRunnerError(error, target);
  }
}

function asRunnerError(error: unknown, target: string): unknown {
  if (error instanceof ActionError || !(error instanceof Error) || !('code' in error)) return error;
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  const why = isFull ? 'the disk is full' : messageOf(error);
  return new ActionError('runner-error', `The layout ${target} cannot be written: ${why}.`, {
    advice: isFull ? 'Free some space first, or export to another disk.' : 'Check the runner and its disk.',
  });
}

function invalidTarget(why: string): ActionError {
  return new ActionError('invalid-input', `The input export-to cannot be used: ${why}.`, {
    advice: 'Name a new or empty folder in the workspace or in RUNNER_TEMP, whose parent folder is there.',
  });
}
