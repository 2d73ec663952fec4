import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { parseDocument } from '../../../src/oci/document.ts';
import { isImageManifest, type Manifest } from '../../../src/oci/manifest.ts';
import { refusal } from '../../support/refusals.ts';

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('c'), size: 7 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('1'), size: 32_654 };
const manifest = { schemaVersion: 2, config, layers: [layer] };

const readManifest = (document: unknown, contentType: string = types.manifest): Manifest => {
  const read = parseDocument(Buffer.from(JSON.stringify(document)), contentType);
  return read.kind === 'manifest' ? read : assert.fail('it is an index');
};
const plain = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size });

describe('a manifest', () => {
  it('says its config, its layers with the base first, and its annotations', () => {
    const second = { ...layer, digest: `sha512:${'2'.repeat(128)}`, size: 0 };
    const document = readManifest({ ...manifest, layers: [layer, second, layer], annotations: { a: 'b' } });
    assert.deepEqual(plain(document.config), config);
    assert.deepEqual(document.layers.map(plain), [layer, second, layer]);
    assert.deepEqual({ ...document.annotations }, { a: 'b' });
  });

  it('has the size of its config and layers together, which must be a safe integer', () => {
    assert.equal(readManifest({ ...manifest, layers: [layer, layer] }).size, config.size + 2 * layer.size);
    const huge = { ...layer, size: Number.MAX_SAFE_INTEGER };
    assert.equal(readManifest({ ...manifest, config: { ...config, size: 0 }, layers: [huge] }).size, huge.size);
    refusal('invalid-manifest', () => readManifest({ ...manifest, layers: [huge] }));
  });

  it('may have no layers, and fields that are unknown', () => {
    const document = {
      ...manifest,
      layers: [],
      artifactType: 'x/y',
      subject: config,
      future: [1.5, { a: null }],
      annotations: null,
    };
    assert.deepEqual(readManifest(document).layers, []);
  });

  it('that names urls and data is read without them: they are never followed or believed (CVE-2020-15157)', () => {
    const foreign = {
      ...layer,
      urls: ['http://169.254.169.254/latest/meta-data'],
      data: 'aGVsbG8=',
      annotations: { a: 'b' },
    };
    const document = readManifest({
      ...manifest,
      config: { ...config, data: 'e30=', urls: ['https://evil.example'] },
      layers: [foreign],
    });
    assert.deepEqual([document.config, ...document.layers].map(plain), [config, layer]);
    assert.doesNotMatch(JSON.stringify(document), /evil|169\.254|aGVsbG8|e30=/);
  });

  it('has no layers where the list is null, as BuildKit and buildah write it', () => {
    const document = readManifest({ ...manifest, layers: null });
    assert.deepEqual([document.layers, document.size], [[], config.size]);
  });

  it('says what it refers to and of which type it is, where it is about something else', () => {
    const subject = { mediaType: types.manifest, digest: digest('5'), size: 3 };
    const document = readManifest({ ...manifest, artifactType: 'application/spdx+json', subject });
    assert.deepEqual(
      [document.artifactType, document.subject && plain(document.subject)],
      ['application/spdx+json', subject],
    );
    for (const absent of [{}, { artifactType: null, subject: null }, { artifactType: '' }]) {
      const { artifactType, subject: none } = readManifest({ ...manifest, ...absent });
      assert.deepEqual([artifactType, none], ['', undefined]);
    }
  });

  it('whose subject is no descriptor is invalid-manifest', () => {
    for (const subject of [[], 'x', {}, { mediaType: types.manifest, digest: 'sha256:../..', size: 1 }]) {
      refusal('invalid-manifest', () => readManifest({ ...manifest, subject }));
    }
  });

  it('is that of an image by the type of its config', () => {
    const of = (mediaType: string, type: string) =>
      isImageManifest(readManifest({ ...manifest, config: { ...config, mediaType } }, type));
    assert.equal(of(config.mediaType, types.manifest), true);
    assert.equal(of('application/vnd.cncf.helm.config.v1+json', types.manifest), false);
    assert.equal(of('application/octet-stream', types.docker), true);
    assert.equal(of('application/octet-stream', types.manifest), false);
  });
});
