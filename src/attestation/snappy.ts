import { ActionError } from '../error.ts';

/**
 * Decompresses one block of Snappy.
 *
 * @param maxBytes more than this is refused before anything is allocated
 * @throws ActionError `not-verified` for a malformed block, `too-large`
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function decompressSnappy(input: Uint8Array, maxBytes: number): Uint8Array {
  const { value: length, next } = readLength(input);
  if (length > maxBytes)
    throw new ActionError('too-large', `A bundle has ${length} bytes; at most ${maxBytes} are read.`);
  const output = new Uint8Array(length);
  let at = next;
  let written = 0;
  while (at < input.length) {
    const tag = input[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      const count = 1 + (extra === 0 ? tag >> 2 : littleEndian(input, at, extra));
      at += extra;
      if (at + count > input.length || written + count > length) throw malformed();
      output.set(input.subarray(at, at + count), written);
      at += count;
      written += count;
    } else {
      const count = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
      const extra = kind === 3 ? 4 : kind;
      const offset = kind === 1 ? ((tag >> 5) << 8) | littleEndian(input, at, 1) : littleEndian(input, at, extra);
      at += extra;
      if (offset === 0 || offset > written || written + count > length) throw malformed();
      // Byte by byte, as a copy may overlap what it writes.
      for (let end = written + count; written < end; written += 1) output[written] = output[written - offset] ?? 0;
    }
  }
  if (written !== length) throw malformed();
  return output;
}

/** A varint of at most 32 bits. */
function readLength(input: Uint8Array): { value: number; next: number } {
  let value = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = input[at];
    if (byte === undefined) throw malformed();
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw malformed();
}

function littleEndian(input: Uint8Array, at: number, count: number): number {
  if (at + count > input.length) throw malformed();
  let value = 0;
  for (let index = count - 1; index >= 0; index -= 1) value = value * 256 + (input[at + index] ?? 0);
  return value;
}

function malformed(): ActionError {
  return new ActionError('not-verified', 'A bundle is compressed in a way that cannot be read.');
}
