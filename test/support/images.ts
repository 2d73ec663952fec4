/** The image maker of the demo, with types. */
const maker = await import(new URL('../../../demo/images.mjs', import.meta.url).href);

/** A document or blob with what a descriptor says of it. */
export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

export type Platform = { os: string; architecture: string; variant?: string; 'os.version'?: string };

/** One image manifest with its config and layers. */
export interface Image {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
  readonly platform: Platform;
}

export interface ImageOptions {
  readonly labels?: Record<string, string>;
  readonly created?: string;
  readonly layers?: readonly (string | Uint8Array | Blob)[];
  /** Docker's media types in place of OCI's. */
  readonly docker?: boolean;
  readonly annotations?: Record<string, string>;
  /** More fields of the config, or other values for those it has. */
  readonly config?: object;
}

type TypeName = 'index' | 'list' | 'manifest' | 'docker' | 'config' | 'dockerConfig' | 'layer' | 'statement';

export const types: Readonly<Record<TypeName, string>> = maker.types;

export const digestOf: (bytes: Uint8Array | string, algorithm?: string) => string = maker.digestOf;

export const blob: (content: string | Uint8Array | object, mediaType: string) => Blob = maker.blob;

export const descriptor: (of: Blob, more?: object) => Record<string, unknown> = maker.descriptor;

/** Reads `os/arch[/variant]`. */
export const platform: (text: string) => Platform = maker.platform;

/** An image for one platform; its content follows from its arguments. */
export const image: (forPlatform: string | Platform, options?: ImageOptions) => Image = maker.image;

/** An index of entries as they are given. */
export const indexOf: (entries: readonly object[], mediaType?: string) => Blob = maker.indexOf;

/** An index of images, each with its platform. */
export const index: (images: readonly Image[], mediaType?: string) => Blob = maker.index;
