import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { algorithmOf, digestOf, isDigest, isDigestOf, parseDigest } from '../../../src/oci/digest.ts';
import { refusal, settle, textOf } from '../../support/refusals.ts';

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}` as const;
const sha512 = `sha512:${'0123456789abcdef'.repeat(8)}` as const;

const malformed: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'no algorithm': 'a'.repeat(64),
  'an empty algorithm': `:${'a'.repeat(64)}`,
  'an algorithm alone': 'sha256',
  'no hex': 'sha256:',
  'one digit too few': sha256.slice(0, -1),
  'one digit too many': `${sha256}0`,
  'the length of the other algorithm': `sha512:${'a'.repeat(64)}`,
  'upper-case hex': `sha256:${'A'.repeat(64)}`,
  'an upper-case algorithm': `SHA256:${'a'.repeat(64)}`,
  'a digit that is no hex': `sha256:${'g'.repeat(64)}`,
  'a line feed at the end': `${sha256}\n`,
  'a line feed in place of the last digit': `${sha256.slice(0, -1)}\n`,
  'a blank before it': ` ${sha256}`,
  'a full-width digit': `sha256:${'a'.repeat(63)}０`,
  'something after it': `${sha256}:tag`,
};

describe('a digest', () => {
  for (const digest of [sha256, sha512]) {
    it(`of ${algorithmOf(digest)} is lower-case hex of the right length`, () => {
      assert.equal(isDigest(digest), true);
      assert.equal(parseDigest(digest, 'invalid-input'), digest);
    });
  }

  for (const [what, text] of Object.entries(malformed)) {
    it(`with ${what} is none`, () => {
      assert.equal(isDigest(text), false);
      assert.match(
        textOf(refusal('invalid-input', () => parseDigest(text, 'invalid-input'))),
        /64.*128 lower-case hex/,
      );
    });
  }

  for (const path of [
    '../../etc/passwd',
    'sha256:../../../etc/passwd',
    'sha256:a/../b',
    `sha256:..%2f${'a'.repeat(59)}`,
  ]) {
    it(`that is a path is none: ${path.slice(0, 30)} (CVE-2024-3727)`, () => {
      assert.equal(isDigest(path), false);
      refusal('invalid-manifest', () => parseDigest(path, 'invalid-manifest'));
    });
  }

  for (const text of [
    'md5:d41d8cd98f00b204',
    `sha384:${'a'.repeat(96)}`,
    'blake3:abc',
    'sha256+b64:LCa0a2j_xo=',
    'constructor:a',
  ]) {
    it(`of an algorithm that cannot be verified is unsupported: ${text.slice(0, 20)}`, () => {
      assert.equal(isDigest(text), false);
      const [algorithm = ''] = text.split(':');
      assert.ok(refusal('unsupported', () => parseDigest(text, 'invalid-input')).message.includes(algorithm));
    });
  }

  it('is read as it is written or refused, whatever the text', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefA:/.\n'), minLength: 62, maxLength: 66 });
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('sha256:', 'sha512:', 'md5:', ''), hex).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (digest) => {
        const read = settle(() => parseDigest(digest, 'invalid-input'));
        assert.equal(read instanceof ActionError ? isDigest(digest) : read !== digest, false);
      }),
    );
  });

  for (const [what, text] of Object.entries({
    'letters and dots': 'a.'.repeat(2 ** 18),
    'letters, dots and a colon': `${'a.'.repeat(2 ** 18)}:!`,
    hex: `sha256:${'a'.repeat(2 ** 19)}!`,
  })) {
    it(`of half a million characters of ${what} is refused in linear time`, () => {
      refusal('invalid-manifest', () => parseDigest(text, 'invalid-manifest'));
    });
  }
});

describe('the digest of bytes', () => {
  it('is the algorithm and the hash of exactly the bytes', () => {
    const bytes = Buffer.from('abc');
    assert.equal(digestOf(bytes), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.match(digestOf(bytes, 'sha512'), /^sha512:ddaf35a193617aba.*a54ca49f$/);
    assert.equal(digestOf(Buffer.alloc(0)), 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('is one, whatever the bytes, and names its algorithm', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('sha256', 'sha512'), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        assert.equal(isDigest(digest), true);
        assert.equal(algorithmOf(digest), algorithm);
      }),
    );
  });

  it('is held against another by the algorithm of that one', () => {
    const bytes = Buffer.from('abc');
    for (const algorithm of ['sha256', 'sha512'] as const) {
      assert.equal(isDigestOf(bytes, digestOf(bytes, algorithm)), true);
      assert.equal(isDigestOf(Buffer.from('abd'), digestOf(bytes, algorithm)), false);
    }
  });
});
