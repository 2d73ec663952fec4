// One image as registries have them: an index of four platforms with attestations, five layers each.
import { createHash } from 'node:crypto';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

const architectures = ['amd64', 'arm64', 'ppc64le', 's390x'];

/**
 * Makes an image that differs for every `name`.
 *
 * @returns its documents and configs by digest, and the digests of its index, and of manifest and config for linux/amd64
 */
export function makeImage(name) {
  const blobs = new Map();
  const put = (content, mediaType) => {
    const bytes = Buffer.from(JSON.stringify(content));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    blobs.set(digest, { bytes, mediaType, digest });
    return { mediaType, digest, size: bytes.length };
  };
  const platforms = architectures.map((architecture) => {
    const config = put(configFor(name, architecture), types.config);
    const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers: layersOf(name, architecture) };
    return { entry: { ...put(manifest, types.manifest), platform: { os: 'linux', architecture } }, config };
  });
  const attestations = platforms.map(({ entry: { digest } }) => {
    const manifest = { schemaVersion: 2, mediaType: types.manifest, config: put({ digest }, types.config), layers: [] };
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    };
    return { ...put(manifest, types.manifest), platform: { os: 'unknown', architecture: 'unknown' }, annotations };
  });
  const manifests = [...platforms.map(({ entry }) => entry), ...attestations];
  const index = put({ schemaVersion: 2, mediaType: types.index, manifests }, types.index);
  const [{ entry, config }] = platforms;
  return { blobs, index: index.digest, manifest: entry.digest, config: config.digest };
}

function configFor(name, architecture) {
  return {
    architecture,
    os: 'linux',
    created: '2026-01-02T03:04:05Z',
    config: { Env: ['PATH=/usr/bin'], Labels: { 'org.opencontainers.image.title': name } },
    rootfs: { type: 'layers', diff_ids: layersOf(name, architecture).map(({ digest }) => digest) },
  };
}

function layersOf(name, architecture) {
  return Array.from({ length: 5 }, (_, at) => {
    const digest = `sha256:${createHash('sha256').update(`${name} ${architecture} ${at}`).digest('hex')}`;
    return { mediaType: types.layer, digest, size: 1_000_000 + at };
  });
}
