import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inertJson } from '../../../src/action/inert-json.ts';
import { failsWith } from '../../support/transport.ts';

test('everything but letters, digits and harmless punctuation is escaped, the space included', () => {
  assert.equal(inertJson({ a: 'x touch y' }), '{"a":"x\\u0020touch\\u0020y"}');
  assert.equal(inertJson('AZaz09_./:@+=,-'), '"AZaz09_./:@+=,-"');
  assert.equal(
    inertJson('$(x)`"\'\\\n🦆'),
    '"\\u0024\\u0028x\\u0029\\u0060\\u0022\\u0027\\u005c\\u000a\\ud83e\\udd86"',
  );
  assert.equal(inertJson([1, true, null, { gone: undefined }]), '[1,true,null,{}]');
});

test('JSON.parse gives back what was written, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = inertJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.match(text, /^[A-Za-z0-9_./:@+=,\-\\{}[\]"]*$/);
    }),
  );
});

test('__proto__ is a key like any other', () => {
  assert.equal(inertJson(JSON.parse('{"__proto__":"x"}')), '{"__proto__":"x"}');
});

test('a text cannot end its own string, nor the script that it is pasted into', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(inertJson(text), /^"(?:[A-Za-z0-9_./:@+=,-]|\\u[0-9a-f]{4})*"$/);
    }),
  );
});

test('an output of more than 8 MiB is too-large, before it is made', () => {
  const text = 'x'.repeat(1024 * 1024);
  const items = (count: number) => Array.from({ length: count }, () => text);
  assert.ok(inertJson(items(7)).length > 7 * text.length);
  assert.throws(() => inertJson(items(8)), failsWith('too-large', '8388608 bytes', 'several steps'));
  // Six bytes for each character that is not harmless.
  assert.throws(() => inertJson('<'.repeat(1_400_000)), failsWith('too-large'));
});
