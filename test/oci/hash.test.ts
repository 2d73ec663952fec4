import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { algorithmOf, isDigest } from '../../src/oci/digest.ts';
import { digestOf } from '../../src/oci/hash.ts';

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
});
