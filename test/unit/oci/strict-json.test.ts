import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { type JsonObject, parseStrictJson } from '../../../src/oci/strict-json.ts';
import { refusal, settle } from '../../support/refusals.ts';
import { anyText, codeUnit } from '../../support/texts.ts';

const read = (text: string) => parseStrictJson(Buffer.from(text));

/** Values without prototypes, as `JSON.parse` gives them with one. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const valid = [
  '{}',
  '[]',
  'null',
  'true',
  'false',
  '0',
  '-1',
  '123',
  '""',
  '"a"',
  ' \t\r\n{ "a" : [ 1 , 2 ] } \n',
  '{"":""}',
  '{"a":{"a":{"a":null}}}',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"',
  '"\\ud83d\\ude00"',
  '"😀"',
  '"é"',
  '"\\u0000"',
  '"\u007f"',
  '"\u2028"',
  '[[[]],[]]',
  '{"A":1,"a":2}',
];

/** What some reader takes for JSON, and this one does not. */
const invalid: Readonly<Record<string, readonly string[]>> = {
  nothing: ['', ' ', '\n'],
  'two documents': ['{}{}', '{} {}', '{}\n[]', '{}x', '{},', '{}\u0000', 'nullnull', '1 2'],
  'a byte order mark': ['\ufeff{}', '{}\ufeff'],
  'a duplicate key': [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"":1,"":2}}]',
    '{"__proto__":1,"__proto__":2}',
    '{"😀":1,"\\ud83d\\ude00":1}',
  ],
  'a comma too many': ['{"a":1,}', '[1,]', '[,1]', '[1,,2]', '{,}', '[,]'],
  'something missing': ['{"a"}', '{"a":}', '{"a" 1}', '{"a":1 "b":2}', '[1 2]', '{:1}', '{"a"::1}'],
  'no end': ['{', '[', '{"a":1', '[1', '"a', '{"a', '{"a":', '"\\', '"\\u12', '[[]', '{"a":{}'],
  'a wrong end': ['[}', '{]', '[1}', '{"a":1]', ']', '}'],
  'no JSON word': [
    'nul',
    'True',
    'NULL',
    'undefined',
    'NaN',
    'Infinity',
    '-Infinity',
    'nil',
    'tru',
    'falsey',
    't',
    "'a'",
    '`a`',
    'a',
  ],
  'no JSON number': ['01', '-', '-01', '+1', '.5', '1.', '1.e1', '1e', '1e+', '0x10', '1_000', '٣', '--1', '00'],
  'a key that is no string': ['{a:1}', "{'a':1}", '{1:1}', '{null:1}', '{[]:1}'],
  'a comment': ['/**/{}', '{}//', '{/**/}', '# x\n{}'],
  'other white space': ['\u00a0{}', '\u000b{}', '\f{}', '\u2028{}', '{\u3000}'],
  'a control character in a string': ['"\n"', '"\t"', '"\u0000"', '"\u001f"', '{"\r":1}'],
  'a bad escape': [
    '"\\x41"',
    '"\\a"',
    '"\\u00g0"',
    '"\\U0041"',
    '"\\u{41}"',
    '"\\\'"',
    '"\\0"',
    '"\\u 041"',
    '"\\u+041"',
    '"\\constructor"',
  ],
  'a lone surrogate': ['"\\ud800"', '"\\udc00"', '"\\ude00\\ud83d"', '{"\\ud800":1}', '"\\ud800a"'],
};

describe('strict JSON', () => {
  for (const text of valid) {
    it(`takes ${JSON.stringify(text)}`, () => {
      assert.deepEqual(plain(read(text)), JSON.parse(text));
    });
  }

  for (const [what, texts] of Object.entries(invalid)) {
    for (const text of texts) {
      it(`refuses ${what}: ${JSON.stringify(text)} (CVE-2021-41190 and its kind)`, () => {
        assert.match(
          refusal('invalid-manifest', () => read(text)).message,
          /^Not strict JSON: .* at character [0-9]+\.$/,
        );
      });
    }
  }

  for (const [what, bytes] of Object.entries({
    'a stray byte': [0x22, 0xff, 0x22],
    'half a character': [0x22, 0xc3, 0x22],
    'an overlong slash': [0x22, 0xc0, 0xaf, 0x22],
    'a surrogate': [0x22, 0xed, 0xa0, 0x80, 0x22],
    'a character beyond Unicode': [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
    'UTF-16': [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00],
    'Latin-1': [0x22, 0xe9, 0x22],
  })) {
    it(`refuses what is not UTF-8: ${what}`, () => {
      assert.match(refusal('invalid-manifest', () => parseStrictJson(Uint8Array.from(bytes))).message, /not UTF-8/);
    });
  }

  it('goes 64 levels deep and no deeper', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const nestedObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    assert.deepEqual(read(nested(64)), JSON.parse(nested(64)));
    assert.deepEqual(plain(read(nestedObjects(64))), JSON.parse(nestedObjects(64)));
    for (const text of [nested(65), nestedObjects(65), `{"a":${nested(64)}}`]) {
      assert.match(refusal('invalid-manifest', () => read(text)).message, /more than 64 levels/);
    }
  });

  it('keeps __proto__ and friends as data', () => {
    const object = read('{"__proto__":{"polluted":1},"constructor":2,"toString":3,"hasOwnProperty":4}') as JsonObject;
    assert.deepEqual(Object.keys(object), ['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    assert.equal(Object.getPrototypeOf(object), null);
    assert.equal('polluted' in {}, false);
    assert.equal('valueOf' in object, false);
  });

  for (const text of ['1.5', '1.0', '1e2', '1E2', '-0.0', '2.0', '0e0', '1e400']) {
    it(`takes the number ${text} for no integer, as readers disagree on it`, () => {
      assert.ok(Number.isNaN(read(text)));
    });
  }

  it('says where the mistake is', () => {
    assert.match(refusal('invalid-manifest', () => read('{"a": nope}')).message, /character 6\./);
  });

  it('has a limit on values, so that a small document cannot fill the memory', () => {
    assert.match(refusal('invalid-manifest', () => read(`[${'[],'.repeat(2 ** 20)}[]]`)).message, /values/);
  });
});

const isWellFormed = (text: string) => Buffer.from(text).toString() === text;

/** Whether strict JSON leaves a value out that JSON has: other numbers than integers, and lone surrogates. */
const isStrict = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isWellFormed(key) && isStrict(item));
};

describe('reading strict JSON', () => {
  it('agrees with JSON.parse on what is valid', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5, stringUnit: codeUnit }).filter(isStrict),
        fc.constantFrom(0, 1, 2),
        (value, indent) => {
          const text = JSON.stringify(value, undefined, indent);
          assert.deepEqual(plain(read(text)), JSON.parse(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes nothing that JSON.parse refuses, and throws nothing but ActionError', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"b":',
      '\\',
      '\\u00',
      '1',
      '-',
      '.',
      'e',
      'null',
      'true',
      ' ',
      '\n',
      '\u0000',
      '😀',
      '\ufeff',
      '__proto__',
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      anyText,
    );
    fc.assert(
      fc.property(text, (written) => {
        const value = settle(() => read(written));
        if (value instanceof ActionError) return;
        assert.doesNotThrow(() => JSON.parse(Buffer.from(written).toString()));
      }),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but ActionError for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const value = settle(() => parseStrictJson(bytes));
        if (!(value instanceof ActionError)) JSON.parse(Buffer.from(bytes).toString());
      }),
      { numRuns: 1000 },
    );
  });

  it('notices every change of one byte to a document, or reads what JSON.parse reads', () => {
    const document = Buffer.from('{"schemaVersion":2,"a":["x",{"b":null}],"c":-12}');
    fc.assert(
      fc.property(fc.nat(document.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(document);
        changed[at] = byte;
        const value = settle(() => parseStrictJson(changed));
        if (value instanceof ActionError) return;
        const expected = JSON.parse(changed.toString(), (_, item) =>
          typeof item === 'number' && !Number.isSafeInteger(item) ? null : item,
        );
        assert.deepEqual(plain(value), expected);
      }),
      { numRuns: 1000 },
    );
  });

  const size = 2 ** 20;
  const hostile: Readonly<Record<string, string>> = {
    'open brackets': '['.repeat(size),
    'open objects': '{"a":'.repeat(size / 5),
    'a string without an end': `"${'a'.repeat(size)}`,
    'escapes without an end': `"${'\\n'.repeat(size / 2)}`,
    backslashes: `"${'\\'.repeat(size + 1)}`,
    'white space': ' '.repeat(size),
    'digits and a letter': `${'1'.repeat(size)}x`,
    'digits after the point': `[1.${'0'.repeat(size)}`,
    'digits of an exponent': `[1e${'0'.repeat(size)}`,
    'white space before each comma': `[1${`${' '.repeat(1000)},1`.repeat(size / 1002)}`,
    commas: `[${','.repeat(size)}`,
  };
  for (const [what, text] of Object.entries(hostile)) {
    it(`refuses 1 MiB of ${what} in linear time`, () => {
      refusal('invalid-manifest', () => read(text));
    });
  }

  it('takes 1 MiB of one string, of escapes, and of keys in linear time', () => {
    assert.equal(read(`"${'a'.repeat(size)}"`), 'a'.repeat(size));
    assert.equal(read(`"${'\\n'.repeat(size / 2)}"`), '\n'.repeat(size / 2));
    const keys = Array.from({ length: 90_000 }, (_, at) => `"key ${at}":1`).join();
    assert.equal(Object.keys(read(`{${keys}}`) as JsonObject).length, 90_000);
  });
});
