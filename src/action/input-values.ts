import { ActionError } from '../error.ts';
import { type Digest, parseDigest } from '../oci/digest.ts';
import { parseRegistry, withoutUserinfo } from '../oci/reference.ts';

/** Milliseconds; a job cannot take longer than this. */
const maxDurationMs = 5 * 24 * 60 * 60 * 1000;

const unitsMs: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000 };

/** The items of a list input: one per line, commas also separate. */
export function parseList(text: string): string[] {
  return text
    .split(/\r?\n|,/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The lines of an input in which a comma is an ordinary character. */
export function parseLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A YAML 1.2 boolean. Throws `invalid-input`. */
export function parseBoolean(name: string, text: string): boolean {
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  throw invalidInput(name, `"${text}" is not a boolean`, 'Write true or false.');
}

/** Milliseconds, from `0`, `90s`, `10m`, `1h` or a plain number of seconds. Throws `invalid-input`. */
export function parseDuration(name: string, text: string): number {
  const [, count, unit = ''] = /^([0-9]{1,9})([smh]?)$/.exec(text) ?? [];
  const milliseconds = count === undefined ? Number.NaN : Number(count) * (unitsMs[unit] ?? Number.NaN);
  if (milliseconds <= maxDurationMs) return milliseconds;
  throw invalidInput(name, `"${text}" is not a duration of at most 120h`, 'Write 90s, 10m, 1h or a number of seconds.');
}

/** Reads a list of digests. Throws `invalid-input`, or `unsupported` for a digest of an unknown algorithm. */
export function parseExpectedDigests(text: string): Digest[] {
  return parseList(text).map((digest) => parseDigest(digest, 'invalid-input'));
}

/** Reads `key=value` lines. Throws `invalid-input`. */
export function parseExpectedLabels(text: string): [key: string, value: string][] {
  return parseLines(text).map((line) => {
    const [, key, value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) return [key, value];
    throw new ActionError('invalid-input', `"${line}" is not key=value.`, { advice: 'Write one key=value a line.' });
  });
}

/** An error about an input, before any request is sent. */
export function invalidInput(name: string, why: string, advice: string): ActionError {
  return new ActionError('invalid-input', `The input ${name} cannot be used: ${why}.`, { advice });
}

/** `host[:port]`, the Hub under its one name. Throws `invalid-input`. */
export function parseRegistryInput(name: string, text: string): string {
  const registry = parseRegistry(text);
  if (registry !== undefined) return registry;
  throw invalidRegistry(name, text);
}

/** An error about what should be `host[:port]`. */
export function invalidRegistry(name: string, text: string): ActionError {
  return invalidInput(
    name,
    `"${withoutUserinfo(text).replace(/^.*@/s, '')}" is not a registry`,
    'Write host or host:port, without a scheme or a path.',
  );
}

/** Whether a proxy setting is one that will be used, and not ignored. */
export function isProxy(text: string): boolean {
  const isWhole = /^https?:\/\//i.test(text);
  try {
    const url = new URL(isWhole ? text : `http://${text}`);
    decodeURIComponent(`${url.username}${url.password}`);
    // Without a scheme, a name before a port would be taken for one.
    return isWhole || !URL.canParse(text);
  } catch {
    return false;
  }
}
