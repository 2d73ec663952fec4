import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Challenge, parseChallenges } from '../../../../src/registry/auth/challenge.ts';

const parsed = (...headers: string[]) =>
  parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

const realm = 'https://auth.example/token';

test('a challenge of the distribution specification is read', () => {
  assert.deepEqual(parsed(`Bearer realm="${realm}",service="registry.example",scope="repository:a/b:pull"`), [
    ['bearer', { realm, service: 'registry.example', scope: 'repository:a/b:pull' }],
  ]);
});

const bearer = ['bearer', { realm, service: 's' }];
const sameChallenge: Record<string, string> = {
  'capitals in scheme and names': `BEARER Realm="${realm}",SERVICE="s"`,
  'spaces around commas and equal signs': `Bearer  realm = "${realm}" , service\t=\t"s" ,`,
  'no quotes': `Bearer realm=${realm},service=s`,
  'spaces in place of commas': `Bearer realm="${realm}" service="s"`,
  'empty list elements': `,, Bearer realm="${realm}",, ,service="s",,`,
  'escapes in a quoted string': `Bearer realm="https:\\/\\/auth.example\\/token",service="\\s"`,
  'a name that comes twice: the first counts': `Bearer realm="${realm}",service="s",service="evil"`,
};
for (const [what, header] of Object.entries(sameChallenge)) {
  test(`a challenge is read with ${what}`, () => {
    assert.deepEqual(parsed(header), [bearer]);
  });
}

test('a quoted value keeps its commas, equal signs, spaces and escaped quotes', () => {
  assert.deepEqual(parsed('Bearer realm="a, b=\\"c\\" \\\\ Basic realm=d",scope="x,y"'), [
    ['bearer', { realm: 'a, b="c" \\ Basic realm=d', scope: 'x,y' }],
  ]);
});

test('several challenges are read, joined by commas or in headers of their own', () => {
  const expected = [
    ['basic', { realm: 'one' }],
    ['bearer', { realm, service: 's' }],
  ];
  assert.deepEqual(parsed(`Basic realm="one", Bearer realm="${realm}",service="s"`), expected);
  assert.deepEqual(parsed('Basic realm="one"', `Bearer realm="${realm}",service="s"`), expected);
  assert.deepEqual(parsed(`Basic realm=one Bearer realm="${realm}",service="s"`), expected);
});

test('schemes with token68 are passed over and their neighbours are not', () => {
  for (const other of ['Negotiate', 'NTLM TlRMTVNTUAAC==', 'Negotiate YII=', 'Custom abc/def+~.-_']) {
    const [scheme = ''] = other.toLowerCase().split(' ');
    assert.deepEqual(parsed(`${other}, Bearer realm="${realm}",service="s"`), [[scheme, {}], bearer], other);
    assert.deepEqual(parsed(`Bearer realm="${realm}",service="s", ${other}`), [bearer, [scheme, {}]], other);
  }
});

test('empty values are kept', () => {
  assert.deepEqual(parsed('Bearer realm="",service=,scope=""'), [['bearer', { realm: '', service: '', scope: '' }]]);
});

test('a header that is broken loses no challenge that can be read', () => {
  const broken: Record<string, unknown> = {
    '': [],
    ' , ,\t': [],
    '"': [],
    '"Bearer realm=x"': [],
    '=': [],
    'Bearer realm="unterminated': [['bearer', { realm: 'unterminated' }]],
    'Bearer realm="ends in an escape\\': [['bearer', { realm: 'ends in an escape' }]],
    '@@ [] Bearer realm="r"': [['bearer', { realm: 'r' }]],
    'Bearer realm="r" ;;; service="s"': [['bearer', { realm: 'r', service: 's' }]],
    'Bearer realm="r""stray" , service="s"': [['bearer', { realm: 'r', service: 's' }]],
  };
  for (const [header, expected] of Object.entries(broken)) assert.deepEqual(parsed(header), expected, header);
});

test('names of object properties are names like any other', () => {
  const [challenge] = parseChallenges(['Bearer __proto__="p",constructor="c"']);
  assert.deepEqual(
    [...(challenge?.parameters ?? [])],
    [
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ],
  );
});

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
const name = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 12 });
const text = fc.string({ unit: fc.constantFrom(...'ab "\\,=:/ \t-.é\u0000🙂') });
const parameters = fc.uniqueArray(fc.tuple(name, text), { selector: ([key]) => key, minLength: 1, maxLength: 4 });
const challenge: fc.Arbitrary<Challenge> = fc
  .tuple(name, parameters)
  .map(([scheme, pairs]) => ({ scheme, parameters: new Map(pairs) }));

function format({ scheme, parameters }: Challenge): string {
  const pairs = [...parameters].map(([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`);
  return `${scheme} ${pairs.join(',')}`;
}

test('parsing what was formatted gives what was there, joined or not', () => {
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
      const formatted = challenges.map(format);
      assert.deepEqual(parseChallenges(formatted), challenges);
      assert.deepEqual(parseChallenges([formatted.join(', ')]), challenges);
    }),
  );
});

test('no text makes the parser throw, and every scheme and name that it gives is lower case', () => {
  const pieces = fc.constantFrom(
    'Bearer',
    'Basic',
    ' ',
    ',',
    '=',
    '"',
    '\\',
    'realm="x"',
    'a',
    '\t',
    '\n',
    '==',
    '\u2028',
  );
  const headers = fc.array(
    fc.oneof(
      fc.string(),
      fc.array(pieces).map((all) => all.join('')),
    ),
  );
  fc.assert(
    fc.property(headers, (all) => {
      for (const { scheme, parameters } of parseChallenges(all)) {
        for (const word of [scheme, ...parameters.keys()]) assert.match(word, /^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
      }
    }),
  );
});

// A parser of quadratic time takes minutes for a million characters; this one takes milliseconds.
const hostile: Record<string, string> = {
  spaces: `Bearer${' '.repeat(1e6)}x`,
  words: 'a '.repeat(5e5),
  'words with wide gaps': `a${' '.repeat(1e3)}`.repeat(1e3),
  'one word': 'a'.repeat(1e6),
  'equal signs': `a ${'='.repeat(1e6)}`,
  'words that end in equal signs': `a b${'='.repeat(1e3)}!`.repeat(1e3),
  commas: ','.repeat(1e6),
  quotes: '"'.repeat(1e6),
  'strings without an end': 'a="'.repeat(3e5),
  'one string': `Bearer realm="${'x'.repeat(1e6)}`,
  escapes: `Bearer realm="${'\\"'.repeat(5e5)}`,
  backslashes: '\\'.repeat(1e6),
  'what is no token': '('.repeat(1e6),
  challenges: 'Bearer realm="x",'.repeat(6e4),
};
for (const [what, header] of Object.entries(hostile)) {
  test(`a header of nothing but ${what} comes to an end`, { timeout: 20_000 }, () => {
    assert.ok(parseChallenges([header]).length <= header.length);
  });
}
