import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  essence,
  isGenericType,
  isImageConfigType,
  isIndexType,
  isManifestType,
  isNonDistributableType,
  isSchema1Type,
  kindOf,
  manifestTypes,
} from '../../../src/oci/media-type.ts';

const docker = 'application/vnd.docker.distribution.manifest.v2+json';
const oci = 'application/vnd.oci.image.manifest.v1+json';

describe('a media type', () => {
  it('that is requested is one of exactly four', () => {
    assert.deepEqual(manifestTypes, [
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.docker.distribution.manifest.v2+json',
    ]);
  });

  it('says whether a document is an index or a manifest', () => {
    assert.deepEqual(manifestTypes.map(kindOf), ['index', 'index', 'manifest', 'manifest']);
  });

  for (const [written, read] of [
    ['Application/VND.oci.image.Index.V1+JSON', 'application/vnd.oci.image.index.v1+json'],
    ['text/plain; charset=utf-8', 'text/plain'],
    ['text/plain;charset=utf-8;x="a;b"', 'text/plain'],
    ['  application/json\t', 'application/json'],
    ['application/json ; q=1', 'application/json'],
    [';', ''],
    ['', ''],
    [undefined, ''],
  ] as const) {
    it(`is read without its parameters and case: ${JSON.stringify(written)}`, () => {
      assert.equal(essence(written), read);
    });
  }

  for (const type of ['', 'application/json', 'text/plain', 'application/octet-stream']) {
    it(`leaves open what a document is: ${JSON.stringify(type)}`, () => {
      assert.equal(isGenericType(type), true);
      assert.equal(isManifestType(type), false);
    });
  }

  for (const type of [
    'text/html',
    'application/vnd.oci.artifact.manifest.v1+json',
    'constructor',
    '__proto__',
    'text/json',
  ]) {
    it(`is unknown: ${type}`, () => {
      assert.deepEqual(
        [isGenericType(type), isManifestType(type), isSchema1Type(type), isImageConfigType(type, docker)],
        [false, false, false, false],
      );
    });
  }

  for (const type of [
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ]) {
    it(`is schema 1, and neither supported nor generic: ${type}`, () => {
      assert.deepEqual([isSchema1Type(type), isManifestType(type), isGenericType(type)], [true, false, false]);
    });
  }

  it('of a config tells an image from other artifacts', () => {
    for (const manifestType of [docker, oci] as const) {
      for (const type of [
        'application/vnd.oci.image.config.v1+json',
        'application/vnd.docker.container.image.v1+json',
      ]) {
        assert.equal(isImageConfigType(type, manifestType), true, type);
      }
      for (const type of ['application/vnd.oci.empty.v1+json', 'application/vnd.cncf.helm.config.v1+json']) {
        assert.equal(isImageConfigType(type, manifestType), false, type);
      }
    }
  });

  it("of a config may be generic in Docker's manifests, as old clients pushed it", () => {
    for (const type of ['application/octet-stream', 'application/json', '']) {
      assert.deepEqual([isImageConfigType(type, docker), isImageConfigType(type, oci)], [true, false], type);
    }
  });

  it('is that of an index for two of the four', () => {
    assert.deepEqual(manifestTypes.map(isIndexType), [true, true, false, false]);
    assert.equal(isIndexType('text/plain'), false);
  });

  it('of a layer may be one that registries need not have', () => {
    for (const type of [
      'application/vnd.oci.image.layer.nondistributable.v1.tar',
      'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
      'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    ]) {
      assert.equal(isNonDistributableType(type), true, type);
    }
    for (const type of [
      'application/vnd.oci.image.layer.v1.tar+gzip',
      'application/vnd.docker.image.rootfs.diff.tar.gzip',
      'x/application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      'application/vnd.docker.image.rootfs.foreignish',
    ]) {
      assert.equal(isNonDistributableType(type), false, type);
    }
  });
});
