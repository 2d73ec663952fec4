import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  asArray,
  asArrayOrNull,
  asDigest,
  asMediaType,
  asObject,
  asOptionalText,
  asOptionalTexts,
  asSize,
  asText,
  asTextMap,
  refuseCaseVariants,
} from '../../../src/oci/fields.ts';
import { type JsonObject, type JsonValue, parseStrictJson } from '../../../src/oci/strict-json.ts';
import { refusal } from '../../support/refusals.ts';

const json = (text: string) => parseStrictJson(Buffer.from(text));
const digest = `sha256:${'a'.repeat(64)}`;

type Field = (value: JsonValue | undefined, what: string) => unknown;

/** Each reader, with what it takes and what it refuses. */
const fields: Readonly<Record<string, { read: Field; takes: readonly string[]; refuses: readonly string[] }>> = {
  'an object': { read: asObject, takes: ['{}', '{"a":1}'], refuses: ['[]', 'null', '"{}"', '1', 'true'] },
  'an array': { read: asArray, takes: ['[]', '[1]'], refuses: ['{}', 'null', '"[]"', '{"length":1}'] },
  'an array or null': {
    read: (value, what) => asArrayOrNull(value, what),
    takes: ['[]', '[1]'],
    refuses: ['{}', '"[]"', '1'],
  },
  'a media type': {
    read: asMediaType,
    takes: ['"a/b"'],
    refuses: ['""', 'null', '"a"', '"a/b; c=d"', '"a/b "', '["a/b"]'],
  },
  'a string': { read: asText, takes: ['"a"', '" "'], refuses: ['""', 'null', '1', '["a"]', '{}', 'false'] },
  'a string or nothing': { read: asOptionalText, takes: ['"a"', '""'], refuses: ['1', '["a"]', '{}', 'false'] },
  'a list of strings': {
    read: asOptionalTexts,
    takes: ['["a","b"]', '[]'],
    refuses: ['"a"', '{}', '[1]', '[null]', '[""]'],
  },
  'a map of strings': {
    read: asTextMap,
    takes: ['{"a":"b"}', '{"":""}'],
    refuses: ['[]', '"a"', '{"a":1}', '{"a":{}}', '{"a":["b"]}'],
  },
  'a digest': {
    read: asDigest,
    takes: [`"${digest}"`],
    refuses: ['""', 'null', '"sha256:a"', '"../../etc/passwd"', `["${digest}"]`],
  },
};

/** JSON numbers that no size is: each is something else to some reader. */
const noSizes = [
  '-1',
  '1.5',
  '1.0',
  '1e3',
  '1E3',
  '0.0',
  '9007199254740992',
  '9007199254740993',
  '1e400',
  '"1"',
  'null',
  'true',
  '[1]',
  '{}',
];

describe('a field', () => {
  for (const [what, { read, takes, refuses }] of Object.entries(fields)) {
    for (const text of takes) {
      it(`for ${what} takes ${text.slice(0, 20)}`, () => {
        assert.deepEqual(JSON.parse(JSON.stringify(read(json(text), 'field'))), JSON.parse(text));
      });
    }
    for (const text of refuses) {
      it(`for ${what} refuses ${text.slice(0, 20)}`, () => {
        refusal('invalid-manifest', () => read(json(text), 'field'));
      });
    }
  }

  for (const [what, read, empty] of [
    ['a string', asOptionalText, ''],
    ['a list of strings', asOptionalTexts, []],
    ['a map of strings', asTextMap, {}],
  ] as const) {
    it(`for ${what} that may be absent is empty when it is absent or null`, () => {
      for (const value of [undefined, null])
        assert.deepEqual(JSON.stringify(read(value, 'field')), JSON.stringify(empty));
    });
  }

  for (const read of [asObject, asArray, asText, asDigest, asSize]) {
    it(`that must be there is named when it is not: ${read.name}`, () => {
      assert.match(refusal('invalid-manifest', () => read(undefined, 'layers[3].it')).message, /layers\[3\]\.it/);
    });
  }

  for (const size of [0, 1, 4_194_304, Number.MAX_SAFE_INTEGER]) {
    it(`for a size takes ${size}`, () => {
      assert.equal(asSize(json(String(size)), 'size'), size);
    });
  }

  for (const text of noSizes) {
    it(`for a size refuses ${text}`, () => {
      refusal('invalid-manifest', () => asSize(json(text), 'size'));
    });
  }

  it('for a digest of an unknown algorithm is unsupported', () => {
    refusal('unsupported', () => asDigest(`sha384:${'a'.repeat(96)}`, 'digest'));
  });

  it('named __proto__ is data in a map', () => {
    const map = asTextMap(json('{"__proto__":"a","constructor":"b"}'), 'labels');
    assert.deepEqual(Object.entries(map), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    assert.equal(Object.getPrototypeOf(map), null);
  });
});

it('an array that is null is empty, and one that is absent is refused', () => {
  assert.deepEqual(asArrayOrNull(null, 'layers'), []);
  refusal('invalid-manifest', () => asArrayOrNull(undefined, 'layers'));
});

describe('a key', () => {
  const check = (key: string) =>
    refuseCaseVariants(json(JSON.stringify({ [key]: 1 })) as JsonObject, ['mediaType', 'size'], 'x');

  for (const key of ['MediaType', 'mediatype', 'MEDIATYPE', 'mediaTypE', 'Size', '\u017fize', 'SIZE']) {
    it(`that equals a field but for case is refused: ${key}`, () => {
      assert.ok(refusal('invalid-manifest', () => check(key)).message.includes(key));
    });
  }

  for (const key of ['mediaType', 'size', 'media_type', 'mediaTypes', 'sizes', '', '__proto__', 'Unknown']) {
    it(`that is a field, or like none, stays: ${JSON.stringify(key)}`, () => {
      assert.doesNotThrow(() => check(key));
    });
  }

  it('with the Kelvin sign is refused where Go reads a k', () => {
    const document = json('{"to\u212aen":1}') as JsonObject;
    refusal('invalid-manifest', () => refuseCaseVariants(document, ['token'], 'x'));
  });
});
