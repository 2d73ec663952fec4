import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Digest } from '../../../src/oci/digest.ts';
import {
  announcedDigests,
  announcedType,
  readAnnounced,
  refuseAnnouncedType,
  verifyAnnounced,
} from '../../../src/registry/announced.ts';
import { digestOf, image, types } from '../../support/images.ts';
import { type FakeResponse, failsWith, responseTo } from '../../support/transport.ts';

const { manifest } = image('linux/amd64');
const whole = manifest.bytes.toString();
const lie = digestOf('something else');

/** What a store does with a response. */
function verified(fake: FakeResponse, requestedDigest?: string) {
  const response = responseTo('https://registry.example/v2/a/manifests/1', fake);
  refuseAnnouncedType(response);
  const digest = verifyAnnounced(response, requestedDigest as Digest | undefined);
  return { digest, document: readAnnounced(response) };
}

describe('several digests that a registry announces', () => {
  const announced: Readonly<Record<string, string | string[]>> = {
    'in two headers, the second a lie': [manifest.digest, lie],
    'in two headers, the first a lie': [lie, manifest.digest],
    'in one header, joined by a comma': `${manifest.digest}, ${lie}`,
    'in one header, joined by a comma alone': `${manifest.digest},${lie}`,
    'beside what is no digest': ['nonsense', lie],
    'by another algorithm': [manifest.digest, digestOf('something else', 'sha512')],
  };
  for (const [what, value] of Object.entries(announced)) {
    test(`are each to be true: ${what} is digest-mismatch`, () => {
      const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': value };
      const words = ['announced by Docker-Content-Digest'];
      assert.throws(() => verified({ body: whole, headers }), failsWith('digest-mismatch', ...words));
      assert.throws(() => verified({ body: whole, headers }, manifest.digest), failsWith('digest-mismatch', ...words));
    });
  }

  test('that are both true are good', () => {
    const both = [manifest.digest, digestOf(manifest.bytes, 'sha512')];
    const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': both };
    assert.equal(verified({ body: whole, headers }).digest, manifest.digest);
  });
});

describe('schema 1', () => {
  for (const type of ['manifest.v1+json', 'manifest.v1+prettyjws; charset=utf-8']) {
    test(`as ${type} is unsupported, and no mismatch, although its digest is not that of its bytes`, () => {
      const headers = {
        'content-type': `application/vnd.docker.distribution.${type}`,
        'docker-content-digest': lie,
      };
      const body = { schemaVersion: 1, fsLayers: [], signatures: [] };
      for (const requestedDigest of [undefined, lie]) {
        assert.throws(() => verified({ body, headers }, requestedDigest), failsWith('unsupported', 'schema 1'));
      }
    });
  }
});

describe('an error that comes with status 200', () => {
  const errors: Readonly<Record<string, object>> = {
    'DENIED: no more pulls': { errors: [{ code: 'DENIED', message: 'no more pulls' }] },
    'invalid_token: it has expired': { error: 'invalid_token', error_description: 'it has expired' },
  };
  for (const [words, body] of Object.entries(errors)) {
    test(`is invalid-manifest and is quoted: ${words}`, () => {
      const headers = { 'content-type': types.manifest };
      assert.throws(() => verified({ body, headers }), failsWith('invalid-manifest', words));
    });
  }

  test('is not made up where the document says nothing', () => {
    const headers = { 'content-type': types.manifest };
    for (const body of ['', '[]', '{"schemaVersion":2}']) {
      assert.throws(
        () => verified({ body, headers }),
        (error: { code: string; remoteMessage?: string }) =>
          error.code === 'invalid-manifest' && error.remoteMessage === undefined,
        body,
      );
    }
  });
});

describe('what a registry announces', () => {
  const response = (headers: FakeResponse['headers'] = {}) => responseTo('https://registry.example/', { headers });

  test('is each digest that is well-formed, and nothing else', () => {
    const digests = (value: string | string[]) => announcedDigests(response({ 'docker-content-digest': value }));
    assert.deepEqual(digests([manifest.digest, `${lie},  nonsense`]), [manifest.digest, lie]);
    for (const value of ['', 'sha256:abc', 'md5:abc', lie.toUpperCase(), ` ${lie}x`])
      assert.deepEqual(digests(value), []);
    assert.deepEqual(announcedDigests(response()), []);
  });

  test('is a media type, unless that is generic', () => {
    const type = (value: string) => announcedType(response({ 'content-type': value }));
    assert.equal(type(`${types.manifest.toUpperCase()}; charset=utf-8`), types.manifest);
    assert.equal(type('text/html'), 'text/html');
    for (const value of ['', 'application/json', 'text/plain; charset=utf-8', 'application/octet-stream']) {
      assert.equal(type(value), undefined, value);
    }
    assert.equal(announcedType(response()), undefined);
  });
});
