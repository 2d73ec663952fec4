import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asRecord, parseRecord } from '../../../src/oci/json-record.ts';

test('an object is read, whatever is in it', () => {
  assert.deepEqual(parseRecord('{"a":[1,null]}'), { a: [1, null] });
});

test('what is no object, or no JSON, is none', () => {
  for (const text of ['', 'null', '1', '"x"', '{', '{} {}']) assert.equal(parseRecord(text), undefined, text);
  for (const value of [undefined, null, 1, 'x', true]) assert.equal(asRecord(value), undefined);
});
