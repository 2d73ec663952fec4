import { constants, promises as fs } from 'node:fs';
import { join } from 'node:path';
import { ActionError } from '../error.ts';
import { chunkBytes, type LayoutFile, type LayoutFiles } from './files.ts';

/**
 * The files of a layout in a folder. Whoever attacks owns the workspace: below the folder nothing is opened through a
 * link, and nothing that is not a regular file. A blob alone may be a link, as Bazel makes them: its bytes are checked
 * before anything is made of them.
 *
 * @param root the real path of the folder
 */
export function folderFiles(root: string): LayoutFiles {
  return {
    close: async () => undefined,
    async open(path) {
      const segments = path.split('/');
      const isBlob = segments.length > 1;
      for (let depth = 1; depth < segments.length; depth += 1) {
        if (!(await isFolder(join(root, ...segments.slice(0, depth)), segments.slice(0, depth).join('/'))))
          return undefined;
      }
      return openRegular(join(root, ...segments), path, isBlob);
    },
  };
}

async function isFolder(folder: string, name: string): Promise<boolean> {
  const status = await statusOf(folder);
  if (status === undefined) return false;
  if (!status.isDirectory()) throw notPlain(name, 'a folder');
  return true;
}

async function openRegular(file: string, name: string, mayBeLink: boolean): Promise<LayoutFile | undefined> {
  const status = await statusOf(file);
  if (status === undefined) return undefined;
  if (!status.isFile() && !(mayBeLink && status.isSymbolicLink())) throw notPlain(name, 'a regular file');
  // Without blocking: a FIFO would wait for a writer for ever.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (mayBeLink ? 0 : (constants.O_NOFOLLOW ?? 0));
  const handle = await fs.open(file, flags).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(name, error);
  });
  if (handle === undefined) return undefined;
  const { size } = await regularStatus(handle, name);
  return {
    size,
    async *read() {
      try {
        for (let at = 0; at < size; ) {
          const { bytesRead, buffer } = await handle.read(
            Buffer.allocUnsafe(Math.min(chunkBytes, size - at)),
            0,
            null,
            at,
          );
          if (bytesRead === 0) throw cutOff(name);
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },
  };
}

async function regularStatus(handle: fs.FileHandle, name: string) {
  const status = await handle.stat();
  if (status.isFile()) return status;
  await handle.close();
  throw notPlain(name, 'a regular file');
}

async function statusOf(path: string) {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function unreadable(name: string, error: unknown): ActionError {
  return new ActionError('invalid-manifest', `The layout's ${name} cannot be read (${codeOf(error)}).`);
}

function notPlain(name: string, what: string): ActionError {
  return new ActionError('invalid-manifest', `The layout's ${name} is not ${what}.`, {
    advice: 'Links, devices and pipes are not followed in a layout. Write the layout anew.',
  });
}

function cutOff(name: string): ActionError {
  return new ActionError('invalid-manifest', `The layout's ${name} became shorter while it was read.`);
}
