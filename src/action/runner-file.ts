import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';

/**
 * Appends texts to a file that the runner gave. All or nothing: what was written in part is taken back. A FIFO or a
 * device is refused, as it may never take the text.
 *
 * @throws Error when it cannot be written
 */
export function appendToRunnerFile(path: string, texts: readonly string[]): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) throw new Error('it is not a regular file');
  const file = openSync(path, 'a');
  try {
    for (const text of texts) writeWhole(file, Buffer.from(text));
  } catch (error) {
    ftruncateSync(file, before?.size ?? 0);
    throw error;
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
