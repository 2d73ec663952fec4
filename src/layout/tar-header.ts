import { ActionError } from '../error.ts';

/** Bytes of a block: a header is one, and content is padded to whole ones. */
export const tarBlockBytes = 512;

/** What a header says, before the records that may stand before it. */
export interface HeaderFields {
  readonly name: string;
  /** `0` a file, `5` a folder, `x` and `g` pax records, `L` and `K` long names; others are links, devices and the like. */
  readonly type: string;
  /** Bytes of content. */
  readonly size: number;
}

/**
 * Reads a header.
 *
 * @throws ActionError `invalid-manifest` for a wrong checksum or a number out of range
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function parseHeader(block: Buffer): HeaderFields {
  if (numberAt(block, 148, 8) !== checksumOf(block)) throw invalid('a header has a wrong checksum');
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textAt(block, 345, 155) : '';
  const name = textAt(block, 0, 100);
  const type = block.toString('latin1', 156, 157);
  const size = numberAt(block, 124, 12);
  // Some readers skip the content of a link or folder, and others do not.
  if (/^[1-6]$/.test(type) && size !== 0) throw invalid('a link or folder has content');
  if (type === 'S') throw invalid('it holds a sparse file');
  // Some readers take the pax records of Solaris and other extensions for what they say, and others for files.
  if (!/^[0-7xgLK\0]$/.test(type)) throw invalid('it holds an entry of another kind than POSIX and GNU have');
  // In the format of star the prefix is shorter, and times stand behind it.
  if (isUstar && block.toString('latin1', 508, 512) === 'tar\0' && prefix !== textAt(block, 345, 131))
    throw invalid('it gives a name in two ways');
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    // Old writers mark a folder by the slash alone.
    type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
    size,
  };
}

/**
 * Reads pax records: `LENGTH KEY=VALUE\n`, one after the other.
 *
 * @throws ActionError `invalid-manifest`
 */
export function parsePax(content: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(' ', at);
    const digits = content.toString('latin1', at, space === -1 ? at : space);
    const length = /^[1-9][0-9]{0,6}$/.test(digits) ? Number(digits) : 0;
    const record = content.toString('utf8', space + 1, at + length);
    const equals = record.indexOf('=');
    if (length === 0 || at + length > content.length || !record.endsWith('\n') || equals < 1) {
      throw invalid('a pax record is malformed');
    }
    const key = record.slice(0, equals);
    if (records.has(key)) throw invalid('a pax record is given twice');
    records.set(key, record.slice(equals + 1, -1));
    at += length;
  }
  if (records.get('path')?.includes('\0')) throw invalid('a name holds a NUL');
  return records;
}

/** Whether there is nothing but zeros. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of all bytes, those of the checksum itself taken for spaces. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < tarBlockBytes; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

/** A number in octal digits, or, from 8 GiB on, in binary behind a set bit. */
function numberAt(block: Buffer, offset: number, length: number): number {
  const field = block.subarray(offset, offset + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return binaryNumber(field);
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1];
  if (digits === undefined) throw invalid('a header has a number that cannot be read');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function binaryNumber(field: Buffer): number {
  const value = [...field.subarray(1)].reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
  if (!Number.isSafeInteger(value)) throw invalid('a header has a number out of range');
  return value;
}

function textAt(block: Buffer, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

function invalid(why: string): ActionError {
  return new ActionError('invalid-manifest', `The archive cannot be read for certain: ${why}.`, {
    advice: 'Write it anew with the tool that made it; other tools may read another image from it.',
  });
}
