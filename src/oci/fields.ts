import { ActionError } from '../error.ts';
import { type Digest, parseDigest } from './digest.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';

/** A map of free text to free text, without a prototype. */
export type TextMap = Readonly<Record<string, string>>;

const restrictedName = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const mediaTypePattern = new RegExp(`^${restrictedName}/${restrictedName}$`);

/** Takes `value` as an object. `what` names it in the error. */
export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, 'an object');
  return value;
}

/** Takes `value` as an array. */
export function asArray(value: JsonValue | undefined, what: string): JsonValue[] {
  if (!Array.isArray(value)) throw wrong(what, 'an array');
  return value;
}

/** Takes `value` as an array; empty when it is null, as Go writes a list without items. */
export function asArrayOrNull(value: JsonValue | undefined, what: string): JsonValue[] {
  return value === null ? [] : asArray(value, what);
}

/** Takes `value` as a string that is not empty. */
export function asText(value: JsonValue | undefined, what: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(what, 'a string');
  return value;
}

/** Takes `value` as a string; empty when it is absent or null. */
export function asOptionalText(value: JsonValue | undefined, what: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw wrong(what, 'a string');
  return value;
}

/** Takes `value` as a list of strings; empty when it is absent or null. */
export function asOptionalTexts(value: JsonValue | undefined, what: string): string[] {
  if (value === undefined || value === null) return [];
  return asArray(value, what).map((item) => asText(item, `${what}[]`));
}

/** Takes `value` as a map of strings; empty when it is absent or null. */
export function asTextMap(value: JsonValue | undefined, what: string): TextMap {
  const map: Record<string, string> = Object.create(null);
  if (value === undefined || value === null) return map;
  for (const [key, text] of Object.entries(asObject(value, what))) map[key] = asOptionalText(text, `${what}.*`);
  return map;
}

/**
 * Takes `value` as a media type, without parameters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6838#section-4.2
 */
export function asMediaType(value: JsonValue | undefined, what: string): string {
  const text = asText(value, what);
  if (!mediaTypePattern.test(text)) throw wrong(what, 'a media type');
  return text;
}

/** Takes `value` as a size in bytes. */
export function asSize(value: JsonValue | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(what, 'a size in bytes');
  return value;
}

/** Takes `value` as a digest: nothing else may reach a path or a file name (CVE-2024-3727). */
export function asDigest(value: JsonValue | undefined, what: string): Digest {
  const text = asText(value, what);
  try {
    return parseDigest(text, 'invalid-manifest');
  } catch (error) {
    throw error instanceof ActionError ? error.with({ message: `${what}: ${error.message}` }) : error;
  }
}

/**
 * Refuses keys that differ from a known field only in case, as Go's reader takes them for the same.
 * Folding by upper and then lower case catches `ſ` and the Kelvin sign, as Go does.
 */
export function refuseCaseVariants(object: JsonObject, fields: readonly string[], what: string): void {
  for (const key of Object.keys(object)) {
    const folded = fold(key);
    if (fields.some((name) => name !== key && fold(name) === folded)) {
      throw new ActionError('invalid-manifest', `"${key}" in ${what} differs from a known field only in case.`);
    }
  }
}

function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}

function wrong(what: string, expected: string): ActionError {
  return new ActionError('invalid-manifest', `${what} is not ${expected}.`);
}
