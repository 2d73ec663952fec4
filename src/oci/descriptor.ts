import type { Digest } from './digest.ts';
import {
  asDigest,
  asMediaType,
  asObject,
  asOptionalText,
  asOptionalTexts,
  asSize,
  asTextMap,
  refuseCaseVariants,
  type TextMap,
} from './fields.ts';
import type { JsonValue } from './strict-json.ts';

/**
 * What one document says of another, or of a blob. `urls` and `data` are left out: they are never followed or believed
 * (CVE-2020-15157).
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** A descriptor with what is said about its content. */
export interface AnnotatedDescriptor extends Descriptor {
  readonly annotations: TextMap;
  /** Empty when it says none. */
  readonly artifactType: string;
}

const descriptorFields = ['mediaType', 'digest', 'size', 'urls', 'data', 'annotations', 'artifactType', 'platform'];

/**
 * Reads a descriptor. `what` names it in an error.
 *
 * @throws ActionError `invalid-manifest`
 */
export function readDescriptor(value: JsonValue | undefined, what: string): AnnotatedDescriptor {
  const descriptor = asObject(value, what);
  refuseCaseVariants(descriptor, descriptorFields, what);
  asOptionalTexts(descriptor['urls'], `${what}.urls`);
  asOptionalText(descriptor['data'], `${what}.data`);
  return {
    mediaType: asMediaType(descriptor['mediaType'], `${what}.mediaType`),
    digest: asDigest(descriptor['digest'], `${what}.digest`),
    size: asSize(descriptor['size'], `${what}.size`),
    annotations: asTextMap(descriptor['annotations'], `${what}.annotations`),
    artifactType: asOptionalText(descriptor['artifactType'], `${what}.artifactType`),
  };
}
