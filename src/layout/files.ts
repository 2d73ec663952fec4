import { ActionError } from '../error.ts';

/** A file of a layout that is open for reading. */
export interface LayoutFile {
  /** Bytes. */
  readonly size: number;
  /** Its bytes from the beginning; fails when there are not as many as `size`. */
  read(): AsyncIterable<Uint8Array>;
}

/** The files of a layout, in a folder or in a tar. */
export interface LayoutFiles {
  /**
   * Opens a file by its path in the layout; undefined where there is none.
   *
   * @throws ActionError `invalid-manifest` for what is not a plain file
   */
  open(path: string): Promise<LayoutFile | undefined>;
  close(): Promise<void>;
}

/** Bytes that are read at once. */
export const chunkBytes = 1024 * 1024;

/**
 * Reads a whole file; undefined where there is none.
 *
 * @throws ActionError `too-large` for more than `maxBytes`
 */
export async function readWhole(files: LayoutFiles, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const file = await files.open(path);
  if (file === undefined) return undefined;
  const parts: Uint8Array[] = [];
  const { size } = file;
  for await (const part of file.read()) {
    if (size > maxBytes) throw tooLarge(path, size, maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(path: string, size: number, maxBytes: number): ActionError {
  return new ActionError('too-large', `The layout's ${path} has ${size} bytes; at most ${maxBytes} are read.`);
}
