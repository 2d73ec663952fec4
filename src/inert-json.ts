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
  const escaped = text.replace(
    /[^A-Za-z0-9_./:@+=,-]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
