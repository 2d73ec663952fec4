import type { promises as fs } from 'node:fs';
import { ActionError } from '../error.ts';
import { chunkBytes, type LayoutFiles } from './files.ts';
import { type HeaderFields, isZeroBlock, parseHeader, parsePax, tarBlockBytes } from './tar-header.ts';

/** Headers of an archive that are read. */
const maxHeaders = 100_000;

/** Bytes of what stands before a header and says more of it: long names, pax records. */
const maxExtensionBytes = 1024 * 1024;

/** Characters of a name, as systems have it. */
const maxNameLength = 4096;

/** What `docker save` writes beside a layout. */
const dockerManifest = 'manifest.json';

/** Bytes from which on a size does not fit into a plain header. */
const maxPlainSize = 8 * 1024 ** 3;

/** A tar that is open for reading. */
export interface ArchiveFile {
  readonly handle: Pick<fs.FileHandle, 'read' | 'close'>;
  /** Bytes. */
  readonly size: number;
}

/**
 * The files of a layout in an uncompressed tar, found by their headers: nothing is ever extracted. An archive that two
 * readers could read differently is refused.
 *
 * @throws ActionError `invalid-manifest`, or `unsupported` for a compressed archive
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */
export async function archiveFiles(archive: ArchiveFile, signal: AbortSignal): Promise<LayoutFiles> {
  const entries = await readEntries(archive, signal);
  return {
    close: () => archive.handle.close(),
    async open(path) {
      const entry = entries.get(path);
      return entry && { size: entry.size, read: () => readRange(archive, entry.offset, entry.size) };
    },
  };
}

interface Entry {
  readonly offset: number;
  readonly size: number;
}

/** What stands before a header and says more of it. */
interface Extension {
  longName?: string;
  pax?: ReadonlyMap<string, string>;
}

async function readEntries(archive: ArchiveFile, signal: AbortSignal): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const links = new Set<string>();
  let extension: Extension = {};
  let offset = 0;
  for (let count = 0; ; count += 1) {
    signal.throwIfAborted();
    const block = await readExactly(archive, offset, tarBlockBytes);
    if (offset === 0) refuseCompressed(block);
    if (isZeroBlock(block)) break;
    if (count >= maxHeaders) throw invalid(`it has more than ${maxHeaders} headers`);
    const header = parseHeader(block);
    const { type } = header;
    const isExtension = type === 'x' || type === 'g' || type === 'L' || type === 'K';
    const size = isExtension ? header.size : sizeOf(header, extension);
    const content = offset + tarBlockBytes;
    const next = content + Math.ceil(size / tarBlockBytes) * tarBlockBytes;
    if (next > archive.size) throw invalid('it is cut off');
    if (isExtension) {
      if (size > maxExtensionBytes) throw invalid('a long name or record is too long');
      extension = extended(extension, type, await readExactly(archive, content, size));
    } else {
      addEntry(entries, links, header, extension, { offset: content, size });
      extension = {};
    }
    offset = next;
  }
  if (Object.keys(extension).length > 0) throw invalid('it ends after a long name or record');
  await requireEnd(archive, offset, signal);
  return entries;
}

function extended(extension: Extension, type: string, content: Buffer): Extension {
  if (type === 'g') {
    // Some readers forget then what stood before.
    if (Object.keys(extension).length > 0) throw invalid('records for all stand between an entry and its own');
    const records = parsePax(content);
    for (const key of records.keys()) {
      if (key === 'path' || key === 'size' || key.startsWith('GNU.sparse'))
        throw invalid(`it gives ${key} for all entries`);
    }
    return extension;
  }
  if (type === 'x') {
    if (extension.pax !== undefined) throw invalid('an entry has two lists of pax records');
    return { ...extension, pax: parsePax(content) };
  }
  if (type === 'K') return extension;
  if (extension.longName !== undefined) throw invalid('an entry has two long names');
  return { ...extension, longName: textUpToNul(content) };
}

function sizeOf(header: HeaderFields, { pax }: Extension): number {
  const text = pax?.get('size');
  if (text === undefined) return header.size;
  const size = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw invalid('an entry has a size that is not a number');
  if (size !== header.size && size < maxPlainSize) throw invalid('an entry has two sizes');
  if (/^[1-6]$/.test(header.type) && size > 0) throw invalid('a link or folder has content');
  return size;
}

function addEntry(
  entries: Map<string, Entry>,
  links: Set<string>,
  header: HeaderFields,
  extension: Extension,
  entry: Entry,
): void {
  const { longName, pax } = extension;
  const paxName = pax?.get('path');
  // Some readers take the name of the header then.
  if (longName === '' || paxName === '') throw invalid('an entry has an empty name');
  if (longName !== undefined && paxName !== undefined && longName !== paxName) throw invalid('an entry has two names');
  const isSparse = [...(pax?.keys() ?? [])].some((key) => key.startsWith('GNU.sparse'));
  const names = [paxName ?? longName ?? header.name, pax?.get('GNU.sparse.name')].filter((name) => name !== undefined);
  // A folder to some readers, which do not skip what it has, and a file to others.
  if (entry.size > 0 && names.some((name) => name.endsWith('/'))) throw invalid('a folder has content');
  for (const name of names) {
    if (name.length > maxNameLength) throw invalid('a name is too long');
    const path = canonicalPath(name);
    // Who extracts the archive writes through the link.
    if (links.size > 0 && isBelow(path, links)) throw invalid('an entry stands below a link');
    if (/^[12]$/.test(header.type)) links.add(path);
    if (name === dockerManifest && header.type === '0') entries.set(name, entry);
    if (!isLayoutPlace(path)) continue;
    if (!isPlainSpelling(name, path)) throw invalid('an entry of the layout has an odd name');
    if (header.type === '5') {
      if (path !== 'blobs' && !/^blobs\/[^/]+$/.test(path)) throw invalid('a folder stands where a file should');
      continue;
    }
    if (header.type !== '0' || name.endsWith('/') || isSparse || /^blobs(?:\/[^/]+)?$/.test(path)) {
      throw invalid('an entry of the layout is not a plain file');
    }
    if (entries.has(path)) throw invalid('an entry of the layout stands there twice');
    entries.set(path, entry);
  }
}

/** The path that any reader could take a name for: links to the same place, folders that cancel each other, other case. */
function canonicalPath(name: string): string {
  const segments: string[] = [];
  for (const segment of name.normalize('NFKC').replaceAll('\\', '/').toLowerCase().split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment.replace(/[. ]+$/, ''));
  }
  return segments.join('/');
}

function isBelow(path: string, links: ReadonlySet<string>): boolean {
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1))
    if (links.has(path.slice(0, at))) return true;
  return false;
}

function isLayoutPlace(path: string): boolean {
  return path === 'index.json' || path === 'oci-layout' || path === 'blobs' || path.startsWith('blobs/');
}

/** The spelling of the specification, with a leading `./` as tar writes it, and the slash behind a folder. */
function isPlainSpelling(name: string, path: string): boolean {
  return name.replace(/^\.\//, '').replace(/\/$/, '') === path;
}

/** The end is two blocks of zeros, and nothing but zeros after them. */
async function requireEnd(archive: ArchiveFile, offset: number, signal: AbortSignal): Promise<void> {
  if (archive.size - offset < 2 * tarBlockBytes) throw invalid('its end is missing');
  for (let at = offset; at < archive.size; at += chunkBytes) {
    signal.throwIfAborted();
    const chunk = await readExactly(archive, at, Math.min(chunkBytes, archive.size - at));
    if (!isZeroBlock(chunk)) throw invalid('something stands after its end');
  }
}

function refuseCompressed(block: Buffer): void {
  const magic = block.toString('latin1', 0, 10);
  if (!/^(?:\x1f\x8b|\x28\xb5\x2f\xfd|BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)|\xfd7zXZ)/.test(magic)) return;
  throw new ActionError('unsupported', 'The archive is compressed.', {
    advice: 'Decompress it first, or write it uncompressed.',
  });
}

async function* readRange(archive: ArchiveFile, offset: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += chunkBytes) {
    yield await readExactly(archive, offset + at, Math.min(chunkBytes, size - at));
  }
}

async function readExactly({ handle }: ArchiveFile, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(buffer, at, length - at, offset + at);
    if (bytesRead === 0) throw invalid('it is cut off');
    at += bytesRead;
  }
  return buffer;
}

function textUpToNul(content: Buffer): string {
  const end = content.indexOf(0);
  return content.toString('utf8', 0, end === -1 ? content.length : end);
}

function invalid(why: string): ActionError {
  return new ActionError('invalid-manifest', `The archive cannot be read for certain: ${why}.`, {
    advice: 'Write it anew with the tool that made it; other tools may read another image from it.',
  });
}
