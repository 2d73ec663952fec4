import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSecrets } from '../../../src/action/secrets.ts';

function open() {
  const masks: string[] = [];
  return { ...openSecrets((line) => masks.push(line)), masks };
}

test('a secret is masked line by line, each line of 16 characters and more once', () => {
  const { keepSecret, masks } = open();
  const line = '0123456789abcdef';
  keepSecret(`${line}\r\n${line.slice(1)}\n${line}!`);
  keepSecret(line);
  assert.deepEqual(masks, [line, `${line}!`]);
});

test('a token is never masked, however long it is', () => {
  const { keepToken, redact, masks } = open();
  keepToken('x'.repeat(1000));
  assert.deepEqual(masks, []);
  assert.equal(redact(`a ${'x'.repeat(1000)} b`), 'a *** b');
});

test('a secret that was a token before is masked all the same', () => {
  const { keepToken, keepSecret, masks } = open();
  keepToken('0123456789abcdef');
  keepSecret('0123456789abcdef');
  assert.deepEqual(masks, ['0123456789abcdef']);
});

test('a secret is cut out in every form in which it may come back', () => {
  const { keepSecret, redact } = open();
  const secret = 'p+w / "1"\\é';
  keepSecret(secret);
  for (const form of [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    new URLSearchParams({ a: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]) {
    assert.match(redact(`<${form}>`), /^<\*\*\*=*>$/, form);
  }
});

test('what is too short to be cut out of our own words is cut out of quotes', () => {
  const { keepSecret, keepToken, redact, redactQuote } = open();
  keepSecret('abc');
  keepToken('7chars!');
  assert.equal(redact('abc 7chars!'), 'abc 7chars!');
  assert.equal(redactQuote('abc 7chars!', 100), '*** ***');
});

test('an empty secret cuts nothing', () => {
  const { keepSecret, keepToken, redact, redactQuote, masks } = open();
  keepSecret('');
  keepSecret('\n\n');
  keepToken('');
  assert.deepEqual([redact('abc'), redactQuote('abc', 100), masks], ['abc', 'abc', []]);
});

test('a digest stays whole, whatever is secret', () => {
  const { keepSecret, keepToken, redact, redactQuote } = open();
  const hex = 'a'.repeat(64);
  keepToken(hex);
  keepSecret('aaaaaaaaaaaaaaaaaaaa');
  assert.equal(redact(`is sha256:${hex}`), `is sha256:${hex}`);
  assert.equal(redactQuote(`is sha256:${hex}`, 1000), `is sha256:${hex}`);
  assert.equal(redact(`is ${hex}`), 'is ***');
});

test('the end of a quote that was cut is left out where it may be the beginning of a secret', () => {
  const { keepSecret, redactQuote } = open();
  const secret = 'correct-horse-battery';
  keepSecret(secret);
  for (let cut = 40; cut < 40 + secret.length; cut += 1) {
    assert.doesNotMatch(redactQuote(`${' '.repeat(40)}${secret} and more`, cut), /corr/);
  }
  assert.equal(redactQuote('a whole text', 12), 'a whole text');
});
