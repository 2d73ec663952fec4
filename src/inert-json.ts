const inert = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+=,-'));

/**
 * Writes JSON on one line that is inert in a shell: inside strings, everything but `A-Z a-z 0-9 _ . / : @ + = , -` is a
 * `\uXXXX` escape. No label or annotation can then break out of the script that the output is pasted into.
 */
export function inertJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inertJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).flatMap(([key, member]) =>
      member === undefined ? [] : [`${inertString(key)}:${inertJson(member)}`],
    );
    return `{${members.join(',')}}`;
  }
  return typeof value === 'string' ? inertString(value) : JSON.stringify(value);
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
