import { ActionError } from '../error.ts';

const inert = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+=,-'));

/** Bytes that one output may have. */
const maxOutputBytes = 8 * 1024 * 1024;

/**
 * Writes JSON on one line that is inert in a shell: inside strings, everything but `A-Z a-z 0-9 _ . / : @ + = , -` is a
 * `\uXXXX` escape. No label or annotation can then break out of the script that the output is pasted into.
 *
 * @throws ActionError `too-large`, before more than 8 MiB are made
 */
export function inertJson(value: unknown): string {
  const parts: string[] = [];
  let room = maxOutputBytes;
  write(value, (part) => {
    room -= part.length;
    if (room < 0) throw outputsTooLarge('An output', maxOutputBytes);
    parts.push(part);
  });
  return parts.join('');
}

/** The error for outputs that are more than a runner should hold. */
export function outputsTooLarge(what: string, maxBytes: number): ActionError {
  return new ActionError('too-large', `${what} has more than ${maxBytes} bytes.`, {
    advice: 'Resolve fewer images or platforms in one step, and use several steps.',
  });
}

function write(value: unknown, put: (part: string) => void): void {
  if (Array.isArray(value)) {
    put('[');
    value.forEach((item, at) => {
      if (at > 0) put(',');
      write(item, put);
    });
    put(']');
  } else if (typeof value === 'object' && value !== null) {
    put('{');
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .forEach(([key, member], at) => {
        put(`${at > 0 ? ',' : ''}${inertString(key)}:`);
        write(member, put);
      });
    put('}');
  } else put(typeof value === 'string' ? inertString(value) : JSON.stringify(value));
}

function inertString(text: string): string {
  // Into bytes, as a hostile text of megabytes would otherwise become millions of strings.
  const bytes = Buffer.allocUnsafe(text.length * 6);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inert.has(unit)) bytes[length++] = unit;
    else length += bytes.write(`\\u${unit.toString(16).padStart(4, '0')}`, length, 'latin1');
  }
  return `"${bytes.toString('latin1', 0, length)}"`;
}
