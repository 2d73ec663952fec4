import { ActionError } from '../error.ts';
import type { Digest } from '../oci/digest.ts';
import { parseDocument } from '../oci/document.ts';
import { asObject } from '../oci/fields.ts';
import { type Index, type IndexEntry, isAttestationEntry } from '../oci/index.ts';
import { isManifestType } from '../oci/media-type.ts';
import { parseStrictJson } from '../oci/strict-json.ts';

/** The annotation of an entry that holds its name, by the specification. */
export const refNameAnnotation = 'org.opencontainers.image.ref.name';

/** The annotation of an entry that holds its full reference, by containerd. */
export const imageNameAnnotation = 'io.containerd.image.name';

/** The version of layouts that there is. */
export const layoutVersion = '1.0.0';

/** The path of a blob in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/**
 * Checks the file `oci-layout`.
 *
 * @throws ActionError `invalid-manifest`, or `unsupported` for another version
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file
 */
export function checkLayoutFile(bytes: Uint8Array): void {
  const version = unquoted('oci-layout', () => asObject(parseStrictJson(bytes), 'The file')['imageLayoutVersion']);
  if (version === layoutVersion) return;
  if (typeof version !== 'string') throw new ActionError('invalid-manifest', 'The layout states no version.');
  throw new ActionError('unsupported', `The layout has another version than ${layoutVersion}.`);
}

/**
 * Reads the file `index.json`.
 *
 * @throws ActionError `invalid-manifest`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file
 */
export function readLayoutIndex(bytes: Uint8Array): Index {
  const document = unquoted('index.json', () => parseDocument(bytes, 'application/vnd.oci.image.index.v1+json'));
  if (document.kind === 'index') return document;
  throw new ActionError('invalid-manifest', 'The index.json of the layout is not an index.');
}

/**
 * The entry that a name means: the one of that name, or with that tag at the end of its name; the only one where the
 * name is empty. Entries of one digest count once, attestations and other media types do not.
 *
 * @returns undefined when there is none
 * @throws ActionError `invalid-input` when there are several, listing their names
 */
export function entryByName(index: Index, name: string): IndexEntry | undefined {
  const images = index.manifests.filter((entry) => isManifestType(entry.mediaType) && !isAttestationEntry(entry));
  if (name === '') return onlyEntry(images, images);
  const isNamed = (entry: IndexEntry) => namesOf(entry).includes(name);
  const isTagged = (entry: IndexEntry) => namesOf(entry).some((full) => tagAtEnd(full) === name);
  return onlyEntry(images.filter(isNamed), images) ?? onlyEntry(images.filter(isTagged), images);
}

/** The names that an entry goes by. */
export function namesOf({ annotations }: IndexEntry): string[] {
  return [annotations[refNameAnnotation], annotations[imageNameAnnotation]].filter((name) => name !== undefined);
}

function onlyEntry(matches: readonly IndexEntry[], images: readonly IndexEntry[]): IndexEntry | undefined {
  const [first, ...others] = matches;
  if (others.every(({ digest }) => digest === first?.digest)) return first;
  const listed = [...new Set(images.map((entry) => namesOf(entry)[0] ?? `@${entry.digest}`))];
  const shown = listed.slice(0, 20).join(', ');
  throw new ActionError(
    'invalid-input',
    `The layout holds several images: ${shown}${listed.length > 20 ? ', …' : ''}.`,
    {
      advice: 'Write which one: oci-layout://PATH:NAME or oci-layout://PATH@sha256:….',
    },
  );
}

function tagAtEnd(name: string): string | undefined {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : undefined;
}

/** Nothing of a file that no digest vouches for is quoted: it may be any file that a link leads to. */
function unquoted<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const detail = error.message.startsWith('Not strict JSON') ? ` ${error.message}` : '';
    throw new ActionError(error.code, `The ${name} of the layout is malformed.${detail}`);
  }
}
