// Makes images: for the demo, the tests and the benchmark. Their bytes follow from the arguments alone.
import { createHash } from 'node:crypto';

/**
 * A document or blob with what a descriptor says of it. A layer that nobody fetches may have a `size` and no bytes.
 *
 * @typedef {{ bytes: Buffer, digest: string, mediaType: string, size?: number }} Blob
 * @typedef {{ os: string, architecture: string, variant?: string, 'os.version'?: string }} Platform
 * @typedef {{ manifest: Blob, config: Blob, layers: Blob[], platform: Platform }} Image one manifest with what it names
 */

export const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  statement: 'application/vnd.in-toto+json',
};

/** The digest of bytes or a text. */
export function digestOf(bytes, algorithm = 'sha256') {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/**
 * A blob of bytes, a text, or an object, which becomes JSON.
 *
 * @returns {Blob}
 */
export function blob(content, mediaType) {
  const isBytes = typeof content === 'string' || content instanceof Uint8Array;
  const bytes = Buffer.from(isBytes ? content : JSON.stringify(content));
  return { bytes, digest: digestOf(bytes), mediaType };
}

/** The descriptor of a blob, with `more` fields. */
export function descriptor({ bytes, digest, mediaType, size = bytes.length }, more = {}) {
  return { mediaType, digest, size, ...more };
}

/**
 * Reads `os/arch[/variant]`.
 *
 * @returns {Platform}
 */
export function platform(text) {
  const [os = '', architecture = '', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

/**
 * An image for one platform.
 *
 * @param {string | Platform} forPlatform
 * @param options `labels`, `created`, `layers` (texts, bytes or blobs), `annotations`; `docker` for Docker's media types;
 *   `config` for more of its fields, or other values
 * @returns {Image}
 */
export function image(forPlatform, options = {}) {
  const target = typeof forPlatform === 'string' ? platform(forPlatform) : forPlatform;
  const contents = options.layers ?? ['base', `layer for ${JSON.stringify(target)}`];
  const layers = contents.map((content) => (content.digest === undefined ? blob(content, types.layer) : content));
  const config = blob(
    {
      ...target,
      created: options.created ?? '2026-01-02T03:04:05Z',
      config: { Labels: options.labels ?? { 'org.opencontainers.image.revision': '1a2b3c' } },
      rootfs: { type: 'layers', diff_ids: contents.map(diffIdOf) },
      ...options.config,
    },
    options.docker ? types.dockerConfig : types.config,
  );
  const mediaType = options.docker ? types.docker : types.manifest;
  const manifest = blob(
    {
      schemaVersion: 2,
      mediaType,
      config: descriptor(config),
      layers: layers.map((layer) => descriptor(layer)),
      ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
    },
    mediaType,
  );
  return { manifest, config, layers, platform: target };
}

/** Nobody unpacks a layer here, so that any digest does. */
function diffIdOf(content) {
  return digestOf(`uncompressed ${typeof content === 'string' ? content : (content.digest ?? digestOf(content))}`);
}

/**
 * What BuildKit adds to an index: a manifest about another, which is no image and never chosen.
 *
 * @param {Image} subject
 * @returns {{ image: Image, entry: object }} with its entry in the index
 */
export function attestation(subject) {
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const statement = blob(
    { predicateType: 'https://slsa.dev/provenance/v1', of: subject.manifest.digest },
    types.statement,
  );
  const about = image(unknown, { layers: [statement] });
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': subject.manifest.digest,
  };
  return { image: about, entry: descriptor(about.manifest, { annotations, platform: unknown }) };
}

/**
 * An index of entries as they are given.
 *
 * @returns {Blob}
 */
export function indexOf(entries, mediaType = types.index) {
  return blob({ schemaVersion: 2, mediaType, manifests: entries }, mediaType);
}

/**
 * An index of images, each with its platform.
 *
 * @param {Image[]} images
 * @returns {Blob}
 */
export function index(images, mediaType = types.index) {
  const entries = images.map(({ manifest, platform: target }) => descriptor(manifest, { platform: target }));
  return indexOf(entries, mediaType);
}
