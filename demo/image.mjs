// The image that the demo resolves: an index with three platforms and an attestation, as a build on GitHub makes it.
import { createHash } from 'node:crypto';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** The platforms of the image, in index order. */
export const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'];

/**
 * Makes the image. Its bytes are the same on every machine, and so are its digests.
 *
 * @returns {{ index: Part, manifests: Part[], blobs: Part[] }} every document and blob, ready to be served
 * @typedef {{ bytes: Buffer, digest: string, mediaType: string }} Part
 */
export function makeImage() {
  const images = platforms.map(imageFor);
  const entries = images.map(({ manifest, platform }) => ({ ...describe(manifest), platform }));
  const attestation = attestationFor(images[0].manifest);
  const index = json({ schemaVersion: 2, mediaType: types.index, manifests: [...entries, attestation.entry] });
  return {
    index,
    manifests: [...images.map(({ manifest }) => manifest), attestation.manifest],
    blobs: [...images.flatMap(({ blobs }) => blobs), ...attestation.blobs],
  };
}

function imageFor(name) {
  const [os, architecture, variant] = name.split('/');
  const platform = variant === undefined ? { os, architecture } : { os, architecture, variant };
  const layers = [
    layer(`${name}: the base system`, 3_626_129),
    layer(`${name}: the packages`, 612_407),
    layer(`${name}: the application`, 48_210),
  ];
  const config = json({
    created: '2026-01-02T03:04:05Z',
    ...platform,
    config: { Labels: { 'org.opencontainers.image.revision': '1a2b3c4d5e6f' } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => sha256(`uncompressed ${digest}`)) },
  });
  return { ...manifestOf({ ...config, mediaType: types.config }, layers), platform };
}

/** What BuildKit adds to an index: a manifest about another, which is no image and never chosen. */
function attestationFor(subject) {
  const statement = {
    ...json({ predicateType: 'https://slsa.dev/provenance/v1' }),
    mediaType: 'application/vnd.in-toto+json',
  };
  const config = { ...json({ architecture: 'unknown', os: 'unknown' }), mediaType: types.config };
  const { manifest, blobs } = manifestOf(config, [statement]);
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': subject.digest,
  };
  return {
    manifest,
    blobs,
    entry: { ...describe(manifest), annotations, platform: { os: 'unknown', architecture: 'unknown' } },
  };
}

function manifestOf(config, layers) {
  const manifest = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: describe(config),
    layers: layers.map(describe),
  });
  return { manifest, blobs: [config, ...layers] };
}

/** Nobody unpacks a layer here, so any bytes do. */
function layer(text, size) {
  const bytes = Buffer.alloc(size, `${text}\n`);
  return { bytes, digest: sha256(bytes), mediaType: types.layer };
}

function json(document) {
  const bytes = Buffer.from(JSON.stringify(document));
  return { bytes, digest: sha256(bytes), mediaType: document.mediaType };
}

function describe({ bytes, digest, mediaType }) {
  return { mediaType, digest, size: bytes.length };
}

function sha256(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
