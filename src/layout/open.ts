import { constants, promises as fs } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import type { Operation } from '../async/operation.ts';
import type { Budget } from '../content/budget.ts';
import { type ContentCache, withCache } from '../content/cache.ts';
import type { ContentStore } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { LayoutSource } from '../oci/source.ts';
import { archiveFiles } from './archive.ts';
import type { LayoutFiles } from './files.ts';
import { folderFiles } from './folder.ts';
import { layoutStore } from './store.ts';
import { tarBlockBytes } from './tar-header.ts';

/** What layouts are opened with. */
export interface LayoutOptions {
  /** The folder that relative paths start at. */
  readonly workspace: string;
  readonly budget: Budget;
  readonly cache: ContentCache;
  /** Told what a user should know of a layout. */
  readonly warn: (message: string) => void;
}

/** The layouts of a run. */
export interface Layouts {
  /** Opens a layout for one operation. */
  open(source: LayoutSource, operation: Operation): ContentStore;
  /** Closes the files that are still open. */
  close(): Promise<void>;
}

/** All layouts of a run, each opened once. */
export function openLayouts({ workspace, budget, cache, warn }: LayoutOptions): Layouts {
  const opened = new Map<string, Promise<LayoutFiles>>();
  return {
    open(source, operation) {
      const path = resolvePath(workspace, source.path);
      const files = () => {
        const layout = opened.get(path) ?? openLayout(path, operation.signal);
        opened.set(path, layout);
        return layout;
      };
      return withCache(layoutStore(source, { files, budget, warn }, operation), path, cache, operation.signal);
    },
    async close() {
      await Promise.all(
        [...opened.values()].map((files) => files.then((layout) => layout.close()).catch(() => undefined)),
      );
    },
  };
}

/** Opens the folder or the tar at a path, which may lead over links: it is the workflow's own word. */
async function openLayout(path: string, signal: AbortSignal): Promise<LayoutFiles> {
  const real = await fs.realpath(path).catch(() => {
    throw invalidPath(path, 'there is nothing at this path');
  });
  const status = await fs.stat(real);
  if (status.isDirectory()) return folderFiles(real);
  if (!status.isFile()) throw invalidPath(path, 'it is neither a folder nor a regular file');
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await fs.open(real, flags).catch((error: Error) => {
    throw invalidPath(path, `it cannot be opened (${'code' in error ? error.code : error.message})`);
  });
  const { size } = await handle.stat();
  if (size < tarBlockBytes) throw new ActionError('invalid-manifest', `${path} is not a tar archive.`);
  return archiveFiles({ handle, size }, signal);
}

function invalidPath(path: string, why: string): ActionError {
  return new ActionError('invalid-input', `The layout ${path} cannot be used: ${why}.`, {
    advice: 'Check the path, which is relative to the workspace, and the step that writes the layout.',
  });
}
