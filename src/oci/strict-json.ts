import { ActionError } from '../error.ts';

/**
 * A JSON value. Objects have no prototype, so that `__proto__` is a key like any other.
 * A number that is not written as a plain integer is `NaN`: no field of ours may hold one.
 */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object without a prototype. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Levels of nesting; no OCI document has ten. */
const maxDepth = 64;

/** Values in one document, so that 4 MiB of brackets cannot become 300 MiB of objects. */
const maxValues = 100_000;

const plainInteger = /^-?(?:0|[1-9][0-9]*)$/;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const stringRun = /[^"\\\u0000-\u001f]*/y;
const loneSurrogate = /\p{Surrogate}/u;
const whiteSpace = /[ \t\n\r]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads one JSON document and nothing else: UTF-8 without BOM, no duplicate keys, no lone surrogates,
 * at most 64 levels deep. Two readers can then not understand the same bytes differently (CVE-2021-41190 and its kind).
 *
 * @throws ActionError `invalid-manifest`, saying what is wrong and at which character
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue {
  const reader = new Reader(decode(bytes));
  const value = reader.value(1);
  reader.end();
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ActionError('invalid-manifest', 'The document is not UTF-8.');
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads the value that starts here, `depth` being its own level. */
  value(depth: number): JsonValue {
    this.#values += 1;
    if (this.#values > maxValues) throw this.#error(`more than ${maxValues} values`);
    this.#match(whiteSpace);
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  /** Checks that nothing but white space follows. */
  end(): void {
    this.#match(whiteSpace);
    if (this.#at < this.#text.length) throw this.#error('something after the document');
  }

  #object(depth: number): JsonObject {
    this.#open(depth);
    const object: JsonObject = Object.create(null);
    if (this.#take('}')) return object;
    do {
      this.#match(whiteSpace);
      const key = this.#string();
      if (key in object) throw this.#error('a duplicate key');
      if (!this.#take(':')) throw this.#error('a colon is missing');
      object[key] = this.value(depth + 1);
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#error('an object is not closed');
    return object;
  }

  #array(depth: number): JsonValue[] {
    this.#open(depth);
    const array: JsonValue[] = [];
    if (this.#take(']')) return array;
    do array.push(this.value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) throw this.#error('an array is not closed');
    return array;
  }

  #open(depth: number): void {
    if (depth > maxDepth) throw this.#error(`more than ${maxDepth} levels`);
    this.#at += 1;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw this.#error('a string is expected');
    this.#at += 1;
    const parts = [this.#match(stringRun)];
    while (this.#text[this.#at] === '\\') parts.push(this.#escape(), this.#match(stringRun));
    if (this.#text[this.#at] !== '"') throw this.#error('a string is not closed');
    this.#at += 1;
    const text = parts.join('');
    if (loneSurrogate.test(text)) throw this.#error('a lone surrogate');
    return text;
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#error('a bad escape');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character === undefined) throw this.#error('a bad escape');
    this.#at += 2;
    return character;
  }

  #number(): number {
    const literal = this.#match(numberPattern);
    if (literal === '') throw this.#error('a value is expected');
    return plainInteger.test(literal) ? Number(literal) : Number.NaN;
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('a value is expected');
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    this.#match(whiteSpace);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(sticky: RegExp): string {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text)?.[0] ?? '';
    this.#at += match.length;
    return match;
  }

  #error(what: string): ActionError {
    return new ActionError('invalid-manifest', `Not strict JSON: ${what}, at character ${this.#at}.`);
  }
}
