import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDescriptor } from '../../../src/oci/descriptor.ts';
import { parseStrictJson } from '../../../src/oci/strict-json.ts';
import { refusal } from '../../support/refusals.ts';

const plain = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: `sha256:${'a'.repeat(64)}`, size: 7 };
const read = (descriptor: unknown) =>
  readDescriptor(parseStrictJson(Buffer.from(JSON.stringify(descriptor))), 'layers[3]');

describe('a descriptor', () => {
  it('says the type, digest and size of its content, and what is annotated', () => {
    const { annotations, ...rest } = read({ ...plain, annotations: { a: 'b' }, artifactType: 'x/y' });
    assert.deepEqual([rest, { ...annotations }], [{ ...plain, artifactType: 'x/y' }, { a: 'b' }]);
  });

  it('may have null in place of all that is optional', () => {
    const { annotations, ...rest } = read({ ...plain, annotations: null, artifactType: null, urls: null, data: null });
    assert.deepEqual([rest, { ...annotations }], [{ ...plain, artifactType: '' }, {}]);
  });

  it('is read without its urls and data, which must be texts all the same (CVE-2020-15157)', () => {
    const descriptor = read({ ...plain, urls: ['http://169.254.169.254/'], data: 'e30=' });
    assert.equal('urls' in descriptor || 'data' in descriptor, false);
    for (const more of [{ urls: 'x' }, { urls: [1] }, { data: 1 }, { data: {} }]) {
      refusal('invalid-manifest', () => read({ ...plain, ...more }));
    }
  });

  for (const mediaType of [
    'a"}],"digest":"sha256:e',
    'application/json; charset=utf-8',
    'application',
    'application/',
    '/json',
    'a/b/c',
    'a b/c',
    'a/b\n',
    "a/b'",
    'a/$(id)',
    'a/b,c',
    `a/${'b'.repeat(128)}`,
    `${'a'.repeat(128)}/b`,
    '-a/b',
    'é/b',
  ]) {
    it(`whose media type is none by RFC 6838 is invalid-manifest: ${JSON.stringify(mediaType).slice(0, 40)}`, () => {
      assert.match(refusal('invalid-manifest', () => read({ ...plain, mediaType })).message, /layers\[3\]\.mediaType/);
    });
  }

  for (const mediaType of ['a/b', 'x-Foo/vnd.a_b.c+d-e^f&g#h$i!j', `${'a'.repeat(127)}/${'b'.repeat(127)}`, '0/0']) {
    it(`may have any media type of RFC 6838: ${mediaType.slice(0, 40)}`, () => {
      assert.equal(read({ ...plain, mediaType }).mediaType, mediaType);
    });
  }
});
