import { ActionError } from '../error.ts';
import { type AnnotatedDescriptor, type Descriptor, readDescriptor } from './descriptor.ts';
import { asArrayOrNull, asOptionalText, asTextMap, type TextMap } from './fields.ts';
import { isImageConfigType, type ManifestType } from './media-type.ts';
import type { JsonObject } from './strict-json.ts';

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export interface Manifest {
  readonly kind: 'manifest';
  readonly mediaType: ManifestType;
  readonly config: AnnotatedDescriptor;
  /** Base first. */
  readonly layers: readonly AnnotatedDescriptor[];
  /** Bytes of config and layers together, as stored. */
  readonly size: number;
  readonly annotations: TextMap;
  /** Empty when it says none. */
  readonly artifactType: string;
  /** What it refers to: a signature or an SBOM refers to an image. */
  readonly subject: Descriptor | undefined;
}

/**
 * Reads the fields of a document that is a manifest.
 *
 * @throws ActionError `invalid-manifest`
 */
export function readManifest(document: JsonObject, mediaType: ManifestType): Manifest {
  const config = readDescriptor(document['config'], 'config');
  const layers = asArrayOrNull(document['layers'], 'layers').map((layer, at) => readDescriptor(layer, `layers[${at}]`));
  const subject = document['subject'] ?? undefined;
  return {
    kind: 'manifest',
    mediaType,
    config,
    layers,
    size: sizeOf([config, ...layers]),
    annotations: asTextMap(document['annotations'], 'annotations'),
    artifactType: asOptionalText(document['artifactType'], 'artifactType'),
    subject: subject === undefined ? undefined : readDescriptor(subject, 'subject'),
  };
}

/** Whether a manifest is that of an image, and not of some other artifact. */
export function isImageManifest({ config, mediaType }: Manifest): boolean {
  return isImageConfigType(config.mediaType, mediaType);
}

function sizeOf(blobs: readonly Descriptor[]): number {
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  if (Number.isSafeInteger(size)) return size;
  throw new ActionError('invalid-manifest', 'The sizes of config and layers add up to more than 2^53 bytes.');
}
