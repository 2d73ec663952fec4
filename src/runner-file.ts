import { appendFileSync, statSync, truncateSync } from 'node:fs';

/**
 * Appends to a file that the runner gave. All or nothing: what was written in part is taken back. A FIFO or a device is
 * refused, as it may never take the text.
 *
 * @throws Error when it cannot be written
 */
export function appendToRunnerFile(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) throw new Error('it is not a regular file');
  try {
    appendFileSync(path, text);
  } catch (error) {
    if (before !== undefined) truncateSync(path, before.size);
    throw error;
  }
}
