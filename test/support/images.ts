import { createHash } from 'node:crypto';

/** A document or blob with what a descriptor says of it. */
export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

export const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

export type Platform = { os: string; architecture: string; variant?: string; 'os.version'?: string };

/** One image manifest with its config and layers. */
export interface Image {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly platform: Platform;
}

export function digestOf(bytes: Uint8Array | string, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function blob(content: string | Uint8Array | object, mediaType: string): Blob {
  const isBytes = typeof content === 'string' || content instanceof Uint8Array;
  const bytes = Buffer.from(isBytes ? content : JSON.stringify(content));
  return { bytes, digest: digestOf(bytes), mediaType };
}

export function descriptor({ bytes, digest, mediaType }: Blob, more: object = {}): Record<string, unknown> {
  return { mediaType, digest, size: bytes.length, ...more };
}

/** Reads `os/arch[/variant]`. */
export function platform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

export interface ImageOptions {
  readonly labels?: Record<string, string>;
  readonly created?: string;
  readonly layers?: readonly string[];
  /** Docker's media types in place of OCI's. */
  readonly docker?: boolean;
  readonly annotations?: Record<string, string>;
  /** More fields of the config, or other values for those it has. */
  readonly config?: object;
}

/** An image for one platform; its content follows from its arguments. */
export function image(forPlatform: string | Platform, options: ImageOptions = {}): Image {
  const target = typeof forPlatform === 'string' ? platform(forPlatform) : forPlatform;
  const contents = options.layers ?? ['base', `layer for ${JSON.stringify(target)}`];
  const layers = contents.map((content) => blob(content, types.layer));
  const config = blob(
    {
      ...target,
      created: options.created ?? '2026-01-02T03:04:05Z',
      config: { Labels: options.labels ?? { 'org.opencontainers.image.revision': '1a2b3c' } },
      rootfs: { type: 'layers', diff_ids: contents.map((content) => digestOf(`uncompressed ${content}`)) },
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

/** An index of entries as they are given. */
export function indexOf(entries: readonly object[], mediaType: string = types.index): Blob {
  return blob({ schemaVersion: 2, mediaType, manifests: entries }, mediaType);
}

/** An index of images, each with its platform. */
export function index(images: readonly Image[], mediaType: string = types.index): Blob {
  return indexOf(
    images.map(({ manifest, platform: target }) => descriptor(manifest, { platform: target })),
    mediaType,
  );
}
