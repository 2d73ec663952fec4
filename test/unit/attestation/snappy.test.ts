import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decompressSnappy } from '../../../src/attestation/snappy.ts';
import { ActionError } from '../../../src/error.ts';
import { refusal, settle } from '../../support/refusals.ts';

const maxBytes = 1_000_000;

const decompressed = (...bytes: number[]) => Buffer.from(decompressSnappy(Uint8Array.from(bytes), maxBytes)).toString();

/** A varint. */
function lengthBytes(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, ...lengthBytes(length >>> 7)];
}

/** A block of nothing but literals. */
function literals(bytes: Uint8Array): Uint8Array {
  const parts: number[] = [];
  for (let at = 0; at < bytes.length; at += 60) {
    const part = bytes.subarray(at, at + 60);
    parts.push((part.length - 1) << 2, ...part);
  }
  return Uint8Array.from([...lengthBytes(bytes.length), ...parts]);
}

test('literals and copies of every kind are read', () => {
  assert.equal(decompressed(0), '');
  assert.equal(decompressed(3, 2 << 2, 97, 98, 99), 'abc');
  // Lengths of literals in one, two, three and four bytes.
  for (const [extra, tag] of [60, 61, 62, 63].entries()) {
    assert.equal(decompressed(2, tag << 2, 1, ...Array(extra).fill(0), 97, 98), 'ab', `${tag}`);
  }
  assert.equal(decompressed(6, 1 << 2, 97, 98, (0 << 2) | 1, 2), 'ababab', 'a copy with an offset of 11 bits');
  assert.equal(decompressed(5, 1 << 2, 97, 98, (2 << 2) | 2, 2, 0), 'ababa', 'with one of 16 bits');
  assert.equal(decompressed(5, 1 << 2, 97, 98, (2 << 2) | 3, 2, 0, 0, 0), 'ababa', 'with one of 32 bits');
  assert.equal(decompressed(9, 0, 97, (4 << 2) | 1, 1), 'aaaaaaaaa', 'a copy of what it writes');
});

test('a copy may lie more than 255 bytes back', () => {
  const text = Buffer.alloc(300, 'x');
  text.write('begin');
  const literal = [61 << 2, 299 & 255, 299 >> 8, ...text];
  const copy = [(1 << 2) | 1 | ((300 >> 8) << 5), 300 & 255];
  assert.equal(decompressed(...lengthBytes(305), ...literal, ...copy), `${text}begin`);
});

test('what is malformed is refused', () => {
  for (const [what, bytes] of Object.entries({
    'no bytes': [],
    'a length without an end': [0x80, 0x80],
    'a length of six bytes': [0x80, 0x80, 0x80, 0x80, 0x80, 0],
    'a literal that is cut': [3, 2 << 2, 97],
    'a literal whose length is cut': [3, 61 << 2, 2],
    'more than was announced': [1, 1 << 2, 97, 98],
    'less than was announced': [3, 1 << 2, 97, 98],
    'a copy of more than was announced': [3, 0, 97, (4 << 2) | 1, 1],
    'an offset of nothing': [5, 0, 97, 1, 0],
    'an offset before the beginning': [5, 0, 97, 1, 2],
    'a copy before anything': [4, 1, 1],
    'a copy that is cut': [5, 0, 97, 1],
    'a copy whose offset is cut': [5, 0, 97, 3, 1, 0],
    'an offset of 32 bits before the beginning': [5, 0, 97, (3 << 2) | 3, 1, 0, 0, 0x80],
    'a literal of four gigabytes': [5, 63 << 2, 255, 255, 255, 255, 97],
    'something behind the end': [1, 0, 97, 0, 98],
  })) {
    refusal('not-verified', () => decompressSnappy(Uint8Array.from(bytes), maxBytes));
    assert.ok(true, what);
  }
});

test('a bomb is refused before anything is allocated', () => {
  const bomb = Uint8Array.from([
    ...lengthBytes(0x7fffffff),
    0,
    97,
    ...Array(1000)
      .fill([(63 << 2) | 2, 1, 0])
      .flat(),
  ]);
  const before = process.memoryUsage().arrayBuffers;
  refusal('too-large', () => decompressSnappy(bomb, maxBytes));
  refusal('too-large', () => decompressSnappy(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f]), maxBytes));
  refusal('too-large', () => decompressSnappy(Uint8Array.from(lengthBytes(maxBytes + 1)), maxBytes));
  assert.ok(process.memoryUsage().arrayBuffers - before < maxBytes);
});

test('whatever was written as literals is read as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      assert.deepEqual(Buffer.from(decompressSnappy(literals(bytes), maxBytes)), Buffer.from(bytes));
    }),
  );
});

test('any bytes are read or refused, and never make more than they announce', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const output = settle(() => decompressSnappy(bytes, 1000));
      if (output instanceof ActionError) assert.ok(['not-verified', 'too-large'].includes(output.code));
      else assert.ok(output.length <= 1000);
    }),
  );
});
