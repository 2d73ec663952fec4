import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  maxDocumentBytes,
  readDescribed,
  refuseLarge,
  verifyBytes,
  verifyDigest,
} from '../../../src/content/verify.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { type Digest, digestOf } from '../../../src/oci/digest.ts';
import { image, types } from '../../support/images.ts';
import { failsWith } from '../../support/transport.ts';

const { manifest } = image('linux/amd64');
const { bytes } = manifest;
const descriptor: Descriptor = {
  mediaType: manifest.mediaType,
  digest: manifest.digest as Digest,
  size: bytes.length,
};
const lie = digestOf(Buffer.from('something else'));

describe('bytes', () => {
  test('that have the digest and the size of their descriptor are good, by either algorithm', () => {
    verifyBytes(bytes, descriptor, 'here');
    verifyBytes(bytes, { ...descriptor, digest: digestOf(bytes, 'sha512') }, 'here');
  });

  test('with another digest are digest-mismatch, naming both, the place and whose claim it was (GHSA-qv35-3gw6-8q4j)', () => {
    const words = [descriptor.digest, lie, 'here'];
    assert.throws(() => verifyDigest(bytes, lie, 'here'), failsWith('digest-mismatch', ...words, 'requested'));
    assert.throws(() => verifyDigest(bytes, lie, 'here', 'announced'), failsWith('digest-mismatch', 'announced was'));
    const wrong = digestOf(Buffer.from('something else'), 'sha512');
    assert.throws(() => verifyDigest(bytes, wrong, 'here'), failsWith('digest-mismatch', wrong));
    assert.throws(() => verifyBytes(bytes, { ...descriptor, digest: lie }, 'here'), failsWith('digest-mismatch'));
  });

  test('with another size are size-mismatch', () => {
    for (const size of [0, bytes.length - 1, bytes.length + 1]) {
      assert.throws(
        () => verifyBytes(bytes, { ...descriptor, size }, 'here'),
        failsWith('size-mismatch', String(size)),
      );
    }
  });
});

test('what has more than 4 MiB by its descriptor is too-large', () => {
  refuseLarge({ ...descriptor, size: maxDocumentBytes });
  const large = { ...descriptor, size: 4 * 1024 * 1024 + 1 };
  assert.throws(() => refuseLarge(large), failsWith('too-large', '4194305', descriptor.digest));
});

describe('a document', () => {
  test('has the media type of its descriptor, where nothing else tells one', () => {
    for (const contentType of [undefined, types.manifest, 'application/json']) {
      assert.equal(readDescribed(bytes, descriptor, contentType).mediaType, types.manifest);
    }
  });

  test('of another type than its descriptor says is invalid-manifest', () => {
    const described = { ...descriptor, mediaType: types.docker };
    for (const contentType of [undefined, types.manifest, 'application/json']) {
      assert.throws(() => readDescribed(bytes, described, contentType), failsWith('invalid-manifest'));
    }
  });

  test('of a type that is not supported is unsupported', () => {
    assert.throws(() => readDescribed(bytes, { ...descriptor, mediaType: 'x/y' }, undefined), failsWith('unsupported'));
  });
});
