import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Blob, descriptor, type Image } from './images.ts';
import { type TarEntry, tar } from './tar.ts';

/** The files of a layout by their paths in it. */
export type LayoutContent = Readonly<Record<string, string | Uint8Array>>;

/** The file `oci-layout` as the specification has it. */
export const layoutFile = '{"imageLayoutVersion":"1.0.0"}';

/** The path of a blob in a layout. */
export function pathOf({ digest }: Pick<Blob, 'digest'>): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** An entry of `index.json`, by the name that an image has there. */
export function named(document: Blob, name?: string, more: object = {}): object {
  const annotations = { 'org.opencontainers.image.ref.name': name };
  return descriptor(document, { ...(name === undefined ? {} : { annotations }), ...more });
}

/** The bytes of `index.json`. */
export function indexJson(entries: readonly object[]): string {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries });
}

/** A layout of these entries, with the documents and the images that it has. */
export function layoutOf(
  entries: readonly object[],
  images: readonly Image[],
  documents: readonly Blob[] = [],
): LayoutContent {
  const blobs = [...documents, ...images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers])];
  return {
    'oci-layout': layoutFile,
    'index.json': indexJson(entries),
    ...Object.fromEntries(blobs.map((blob) => [pathOf(blob), blob.bytes])),
  };
}

/** The same in a tar, in the order of the files. */
export function entriesOf(layout: LayoutContent): TarEntry[] {
  return Object.entries(layout).map(([name, content]) => ({ name, content }));
}

/** A layout in a tar. */
export function archiveOf(layout: LayoutContent): Buffer {
  return tar(entriesOf(layout));
}

/** Writes a layout into a folder, which is made. */
export async function writeLayout(folder: string, layout: LayoutContent): Promise<string> {
  for (const [path, content] of Object.entries(layout)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
