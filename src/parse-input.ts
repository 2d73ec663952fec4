import { ActionError } from './oci/action-error.ts';

/** Milliseconds; a job cannot take longer than this. */
const longestDuration = 5 * 24 * 60 * 60 * 1000;

const units: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000 };

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
  const milliseconds = count === undefined ? Number.NaN : Number(count) * (units[unit] ?? Number.NaN);
  if (milliseconds <= longestDuration) return milliseconds;
  throw invalidInput(name, `"${text}" is not a duration of at most 120h`, 'Write 90s, 10m, 1h or a number of seconds.');
}

/** An error about an input, before any request is sent. */
export function invalidInput(name: string, why: string, advice: string): ActionError {
  return new ActionError('invalid-input', `The input ${name} cannot be used: ${why}.`, { advice });
}
