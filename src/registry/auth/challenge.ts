/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower-cased: `bearer`, `basic`. */
  readonly scheme: string;
  /** By lower-cased name; the first of several of one name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const separators = /[\s,]*/y;
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"?/y;
const unquoted = /[^\s,"]*/y;
const token68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads the challenges of all `WWW-Authenticate` headers of a response, comma-joined or repeated, in linear time.
 * What cannot be read is skipped: a challenge that is understood must not be lost to a neighbour that is not.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) => readHeader(header));
}

function readHeader(text: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const result = pattern.exec(text) ?? undefined;
    if (result) at += result[0].length;
    return result;
  };

  while (at < text.length) {
    match(separators);
    const name = match(token)?.[0];
    if (name === undefined) {
      if (at < text.length && match(quoted) === undefined) at += 1;
      continue;
    }
    const current = challenges.at(-1);
    if (current !== undefined && match(equals)) {
      const value = match(quoted)?.[1]?.replace(/\\([\s\S])/g, '$1') ?? match(unquoted)?.[0] ?? '';
      const key = name.toLowerCase();
      if (!current.parameters.has(key)) current.parameters.set(key, value);
      continue;
    }
    challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    match(token68);
  }
  return challenges;
}
