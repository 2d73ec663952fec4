/** An entry of a tar, with whatever is wrong with it. */
export interface TarEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** `0` a file, `5` a folder, `1` to `6` links and devices, `x` and `g` pax records, `L` and `K` long names. */
  readonly type?: string;
  /** What the header says the content has, when that is not what it has. */
  readonly size?: number;
  /** The field as it is written, 12 bytes. */
  readonly rawSize?: string;
  /** The field as it is written, 8 bytes. */
  readonly rawChecksum?: string;
  readonly linkName?: string;
  /** `ustar\0` + `00` unless something else is given. */
  readonly magic?: string;
  readonly prefix?: string;
  /** What stands in the last 12 bytes, which POSIX leaves empty. */
  readonly trailer?: string;
}

const blockBytes = 512;

/** A file in a tar, which may be wrong in every way. */
export function tarEntry({ content = '', ...entry }: TarEntry): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([tarHeader({ ...entry, size: entry.size ?? bytes.length }), bytes, paddingOf(bytes.length)]);
}

/** One header. */
export function tarHeader(entry: TarEntry): Buffer {
  const { name, type = '0', size = 0, linkName = '', magic = 'ustar\x0000', prefix = '', trailer = '' } = entry;
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, 100, 'utf8');
  block.write('0000644\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(entry.rawSize ?? `${size.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write(type, 156, 'latin1');
  block.write(linkName, 157, 100, 'utf8');
  block.write(magic, 257, 'latin1');
  block.write(prefix, 345, 155, 'utf8');
  block.write(trailer, 500, 'latin1');
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(entry.rawChecksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

/** A pax record: its length, its own digits included, a key and a value. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}

/** What stands before an entry and says more of it. */
export function paxEntry(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const content = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return tarEntry({ name: 'PaxHeaders/x', type, content: content.join('') });
}

/** The two blocks of zeros at the end. */
export const tarEnd = Buffer.alloc(2 * blockBytes);

/** An archive of entries, and of blocks as they are. */
export function tar(entries: readonly (TarEntry | Uint8Array)[], end: Uint8Array = tarEnd): Buffer {
  return Buffer.concat([...entries.map((entry) => (entry instanceof Uint8Array ? entry : tarEntry(entry))), end]);
}

function paddingOf(length: number): Buffer {
  return Buffer.alloc((blockBytes - (length % blockBytes)) % blockBytes);
}
