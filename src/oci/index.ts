import { ActionError } from '../error.ts';
import { type AnnotatedDescriptor, readDescriptor } from './descriptor.ts';
import {
  asArrayOrNull,
  asObject,
  asOptionalText,
  asOptionalTexts,
  asTextMap,
  refuseCaseVariants,
  type TextMap,
} from './fields.ts';
import { isIndexType, type ManifestType } from './media-type.ts';
import { isUnknownPlatform, type Platform, withUsedOsVersion } from './platform.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';

/** One entry of an index. */
export interface IndexEntry extends AnnotatedDescriptor {
  /** As the index writes it, not normalised; undefined when it says nothing. */
  readonly platform: Platform | undefined;
}

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md */
export interface Index {
  readonly kind: 'index';
  readonly mediaType: ManifestType;
  readonly manifests: readonly IndexEntry[];
  readonly annotations: TextMap;
}

const platformFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'features'];

/** Characters; platforms are printed in many places. */
const maxPlatformPartLength = 64;

/** By what BuildKit marks an entry as an attestation about another. */
const attestationAnnotation = 'vnd.docker.reference.type';

/**
 * Reads the fields of a document that is an index.
 *
 * @throws ActionError `invalid-manifest`
 */
export function readIndex(document: JsonObject, mediaType: ManifestType): Index {
  return {
    kind: 'index',
    mediaType,
    manifests: asArrayOrNull(document['manifests'], 'manifests').map((entry, at) =>
      readEntry(entry, `manifests[${at}]`),
    ),
    annotations: asTextMap(document['annotations'], 'annotations'),
  };
}

/** Whether an entry is another index. */
export function isNestedIndex({ mediaType }: IndexEntry): boolean {
  return isIndexType(mediaType);
}

/**
 * Whether an entry is about others and no image itself. The annotation of an attestation hides nothing beside a real
 * platform: every other client chooses such an entry, and whoever may push a tag could hide from a gate what they run.
 */
export function isAttestationEntry({ platform, annotations }: IndexEntry): boolean {
  return platform === undefined ? attestationAnnotation in annotations : isUnknownPlatform(platform);
}

function readEntry(value: JsonValue, what: string): IndexEntry {
  const entry = asObject(value, what);
  return { ...readDescriptor(entry, what), platform: readPlatform(entry['platform'], `${what}.platform`) };
}

/**
 * Reads a platform, of an index entry or of the fields of an image config; undefined when it names neither os nor
 * architecture.
 *
 * @throws ActionError `invalid-manifest`
 */
export function readPlatform(value: JsonValue | undefined, what: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = asObject(value, what);
  refuseCaseVariants(fields, platformFields, what);
  const platform = withUsedOsVersion({
    os: asOptionalText(fields['os'], `${what}.os`),
    architecture: asOptionalText(fields['architecture'], `${what}.architecture`),
    variant: asOptionalText(fields['variant'], `${what}.variant`),
    osVersion: asOptionalText(fields['os.version'], `${what}["os.version"]`),
    osFeatures: asOptionalTexts(fields['os.features'], `${what}["os.features"]`),
  });
  const { os, architecture, variant, osVersion, osFeatures } = platform;
  if (os === '' && architecture === '') return undefined;
  if ([os, architecture, variant, osVersion, ...osFeatures].some((part) => part.length > maxPlatformPartLength)) {
    throw new ActionError('invalid-manifest', `${what} is longer than any platform.`);
  }
  return platform;
}
