import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable, redact } from '../../../src/action/printable.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

test('line ends, control characters and invisible marks become visible escapes', () => {
  assert.equal(printable('a\nb\rc\td'), 'a\\nb\\rc\\td');
  assert.equal(printable('\u001b[31mred\u0007'), '\\u{1b}[31mred\\u{7}');
  assert.equal(printable('\u0085 \u2028 \u2029'), '\\u{85} \\u{2028} \\u{2029}');
  assert.equal(printable('\u202eevil\u2066\u200f\u061c'), '\\u{202e}evil\\u{2066}\\u{200f}\\u{61c}');
  assert.equal(printable('\u200b\ufeff\u{e0041}\ud800'), '\\u{200b}\\u{feff}\\u{e0041}\\u{d800}');
  assert.equal(printable('naïve 日本 🦆'), 'naïve 日本 🦆');
});

test('no text can be a command to the runner', () => {
  for (const text of [
    '::error::x',
    '  ::add-mask::x',
    '\u00a0::warning::x',
    '##[error]x',
    'a ##[group]',
    '####[x]',
    '##[##[',
  ]) {
    const shown = printable(text);
    assert.doesNotMatch(shown, /##\[/, text);
    assert.doesNotMatch(shown.trimStart(), /^::/, text);
  }
});

test('whatever comes in, what comes out is one line without a command', () => {
  const pieces = fc.constantFrom(
    '::',
    '##[',
    '#',
    ':',
    '[',
    '\n',
    '\r',
    '\u2028',
    '\u0085',
    ' ',
    'x',
    'https://a:b@c/?d=e',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        const shown = printable(text);
        assert.doesNotMatch(shown, /[\p{Cc}\u2028\u2029]|##\[/u);
        assert.doesNotMatch(shown.trimStart(), /^::/);
      },
    ),
  );
});

test('URLs lose their userinfo and all query values but scope, service and digest', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['see https://user:pass@host/x now', 'see https://host/x now'],
    ['https://u:p@a@b/x', 'https://b/x'],
    ['HTTPS://user:pass@host', 'HTTPS://host'],
    ['ftp://u:p@host/', 'ftp://host/'],
    [
      'https://h/token?service=s&scope=repository%3Aa%3Apull&X-Sig=secret&digest=d',
      'https://h/token?service=s&scope=repository%3Aa%3Apull&X-Sig=***&digest=d',
    ],
    ['https://h/x?sig', 'https://h/x?sig=***'],
    ['https://h/x#frag', 'https://h/x'],
    ["https://h/a'b?service='x'&sig=SIG", "https://h/a'b?service=***&sig=***"],
    ['{"u":"https:\\/\\/user:pw@h\\/x?sig=SIG"}', '{"u":"https:\\/\\/h\\/x?sig=***"}'],
    ['https://cache.example/https://user:pw@h/x', 'https://cache.example/https://h/x'],
    ['https://a.example,https://user:pw@h/x', 'https://a.example,https://h/x'],
    ['https://h/token?service=https://user:pw@i/', 'https://h/token?service=https://i/'],
    ['https://h/token?service=a;X-Sig=SIG', 'https://h/token?service=***'],
    ['realm https:user:pw@h/t?sig=SIG', 'realm https:h/t?sig=***'],
    ['realm https:\\user:pw@h\\t', 'realm https:\\h\\t'],
    ['Location: //user:pw@[::1/?sig=SIG', 'Location: //[::1/?sig=***'],
    ['nginx:tag@sha256:abc is kept', 'nginx:tag@sha256:abc is kept'],
    ['"https://h/x?a=b" and https://i/?c=d', '"https://h/x?a=***" and https://i/?c=***'],
  ];
  for (const [text, shown] of cases) assert.equal(printable(text), shown);
});

test('a secret is cut wherever it stands', () => {
  assert.equal(redact('pw=hunter2&again=hunter2', ['hunter2']), 'pw=***&again=***');
});

test('a hostile token cannot hide a digest', () => {
  assert.equal(redact(`sha256 is ${digest} a`, ['sha256', 'ab', 'a']), `*** is ${digest} ***`);
});

test('long texts are handled in linear time', () => {
  printable('a.'.repeat(200_000));
  printable('a://'.repeat(100_000));
  printable('#'.repeat(400_000));
  redact('sha256:'.repeat(50_000), ['s']);
});
