import { archiveFiles } from '../../src/layout/archive.ts';
import { type LayoutFiles, readWhole } from '../../src/layout/files.ts';
import { type Image, image } from './images.ts';
import { entriesOf, indexJson, layoutOf, named } from './layouts.ts';
import type { TarEntry } from './tar.ts';

const mebibyte = 1024 * 1024;

/** The image that an archive is of. */
export const good: Image = image('linux/amd64', { labels: { which: 'good' } });

/** Another that an attacker would have read in its place. */
export const evil: Image = image('linux/amd64', { labels: { which: 'evil' } });

/** A layout that holds both, and names the good one. */
export const goodEntries: readonly TarEntry[] = entriesOf(layoutOf([named(good.manifest, 'v1')], [good, evil]));

/** An `index.json` that names the other. */
export const evilIndex: string = indexJson([named(evil.manifest, 'v1')]);

/** The entries of {@link goodEntries} but this. */
export function without(name: string): TarEntry[] {
  return goodEntries.filter((entry) => entry.name !== name);
}

/** The files of an archive in memory. */
export function openArchive(bytes: Uint8Array, signal = new AbortController().signal): Promise<LayoutFiles> {
  const read = async (target: Uint8Array, offset: number, length: number, position: number) => {
    const part = bytes.subarray(position, position + length);
    target.set(part, offset);
    return { bytesRead: part.byteLength, buffer: target };
  };
  const handle = { read, close: async () => undefined };
  return archiveFiles(
    { handle: handle as unknown as Parameters<typeof archiveFiles>[0]['handle'], size: bytes.byteLength },
    signal,
  );
}

/** The text of a file in an archive; undefined where there is none. */
export async function textIn(
  bytes: Uint8Array,
  path: string,
  encoding: BufferEncoding = 'utf8',
): Promise<string | undefined> {
  const content = await readWhole(await openArchive(bytes), path, 8 * mebibyte);
  return content === undefined ? undefined : Buffer.from(content).toString(encoding);
}
