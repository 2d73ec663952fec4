import { ActionError } from './action-error.ts';
import type { Digest } from './digest.ts';
import {
  asArray,
  asDigest,
  asObject,
  asOptionalText,
  asOptionalTexts,
  asSize,
  asText,
  asTextMap,
  refuseCaseVariants,
  type TextMap,
} from './fields.ts';
import {
  essence,
  isGenericType,
  isManifestType,
  isSchema1Type,
  type Kind,
  kindOf,
  type ManifestType,
} from './media-type.ts';
import type { Platform } from './platform.ts';
import { type JsonObject, type JsonValue, parseStrictJson } from './strict-json.ts';

/**
 * What one document says of another. `urls` and `data` are left out: they are never followed or believed (CVE-2020-15157).
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** One entry of an index. */
export interface IndexEntry extends Descriptor {
  /** As the index writes it, not normalised; undefined when it says nothing. */
  readonly platform: Platform | undefined;
  /** Whether it is annotated as an attestation about another entry, as BuildKit does. */
  readonly isAttestation: boolean;
}

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md */
export interface Index {
  readonly kind: 'index';
  readonly mediaType: ManifestType;
  readonly manifests: readonly IndexEntry[];
}

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export interface Manifest {
  readonly kind: 'manifest';
  readonly mediaType: ManifestType;
  readonly config: Descriptor;
  /** Base first. */
  readonly layers: readonly Descriptor[];
  /** Bytes of config and layers together, as stored. */
  readonly size: number;
  readonly annotations: TextMap;
}

const documentFields = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
  'fsLayers',
];
const descriptorFields = ['mediaType', 'digest', 'size', 'urls', 'data', 'annotations', 'artifactType', 'platform'];
const platformFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'features'];

/** Characters; platforms are printed in many places. */
const longestPlatformPart = 255;

const schema1 = 'It is a schema 1 manifest, whose digests cannot be computed from its bytes.';
const pushAgain = 'Push the image again with a client of this decade.';

/**
 * Reads an index or a manifest whose digest has been verified.
 *
 * @param contentType the `Content-Type` it came with
 * @throws ActionError `invalid-manifest` when it is not strict JSON, ambiguous or of the wrong shape,
 *   `unsupported` for schema 1 and unknown media types
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Index | Manifest {
  const type = essence(contentType);
  refuseUnsupportedType(type);
  const document = asObject(parseStrictJson(bytes), 'The document');
  refuseCaseVariants(document, documentFields, 'the document');
  if (document['schemaVersion'] === 1) throw new ActionError('unsupported', schema1, { advice: pushAgain });
  if (document['schemaVersion'] !== 2) throw invalid('schemaVersion is not 2.');
  asOptionalText(document['artifactType'], 'artifactType');
  if (document['subject'] !== undefined && document['subject'] !== null) readDescriptor(document['subject'], 'subject');
  const mediaType = mediaTypeOf(type, document);
  return kindOf(mediaType) === 'index' ? readIndex(document, mediaType) : readManifest(document, mediaType);
}

/**
 * Refuses what is neither an index nor a manifest by its media type, schema 1 by name.
 *
 * @throws ActionError `unsupported`
 */
export function refuseUnsupportedType(type: string): void {
  if (isSchema1Type(type)) throw new ActionError('unsupported', schema1, { advice: pushAgain });
  if (isManifestType(type) || isGenericType(type)) return;
  throw new ActionError('unsupported', `The media type "${type}" is neither that of an index nor of a manifest.`, {
    advice:
      'Look whether the reference names an image, and whether a proxy or a login page answers in place of the registry.',
  });
}

/** The media type by header, field and shape, which must all agree where they say anything. */
function mediaTypeOf(contentType: string, document: JsonObject): ManifestType {
  const shape = shapeOf(document);
  const field = document['mediaType'];
  const said = field === undefined ? '' : asText(field, 'mediaType');
  if (isManifestType(contentType) && said !== '' && said !== contentType) {
    throw invalid(`The Content-Type is ${contentType}, but mediaType is "${said}".`);
  }
  if (said !== '') refuseUnsupportedType(said);
  const type = [contentType, said].find(isManifestType) ?? `application/vnd.oci.image.${shape}.v1+json`;
  if (kindOf(type) !== shape) throw invalid(`It is announced as ${type}, but it has the fields of the other kind.`);
  return type;
}

function shapeOf(document: JsonObject): Kind {
  const isIndex = 'manifests' in document;
  const isManifest = 'config' in document && 'layers' in document;
  if (isIndex && ('config' in document || 'layers' in document)) {
    throw invalid('It has manifests together with config or layers: it is ambiguous (CVE-2021-41190).');
  }
  if ('fsLayers' in document) throw invalid('It has fsLayers, a field of schema 1: it is ambiguous.');
  if (isIndex) return 'index';
  if (isManifest) return 'manifest';
  throw invalid('It has neither manifests nor config and layers.');
}

function readIndex(document: JsonObject, mediaType: ManifestType): Index {
  const manifests = asArray(document['manifests'], 'manifests').map((entry, at) =>
    readEntry(entry, `manifests[${at}]`),
  );
  asTextMap(document['annotations'], 'annotations');
  return { kind: 'index', mediaType, manifests };
}

function readManifest(document: JsonObject, mediaType: ManifestType): Manifest {
  const config = readDescriptor(document['config'], 'config');
  const layers = asArray(document['layers'], 'layers').map((layer, at) => readDescriptor(layer, `layers[${at}]`));
  return {
    kind: 'manifest',
    mediaType,
    config,
    layers,
    size: sizeOf([config, ...layers]),
    annotations: asTextMap(document['annotations'], 'annotations'),
  };
}

function sizeOf(blobs: readonly Descriptor[]): number {
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  if (Number.isSafeInteger(size)) return size;
  throw invalid('The sizes of config and layers add up to more than 2^53 bytes.');
}

function readDescriptor(value: JsonValue | undefined, what: string): Descriptor {
  const descriptor = asObject(value, what);
  refuseCaseVariants(descriptor, descriptorFields, what);
  asTextMap(descriptor['annotations'], `${what}.annotations`);
  asOptionalText(descriptor['artifactType'], `${what}.artifactType`);
  asOptionalTexts(descriptor['urls'], `${what}.urls`);
  asOptionalText(descriptor['data'], `${what}.data`);
  return {
    mediaType: asText(descriptor['mediaType'], `${what}.mediaType`),
    digest: asDigest(descriptor['digest'], `${what}.digest`),
    size: asSize(descriptor['size'], `${what}.size`),
  };
}

function readEntry(value: JsonValue, what: string): IndexEntry {
  const entry = asObject(value, what);
  return {
    ...readDescriptor(entry, what),
    platform: readPlatform(entry['platform'], `${what}.platform`),
    isAttestation: 'vnd.docker.reference.type' in asTextMap(entry['annotations'], `${what}.annotations`),
  };
}

function readPlatform(value: JsonValue | undefined, what: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  const platform = asObject(value, what);
  refuseCaseVariants(platform, platformFields, what);
  const os = asOptionalText(platform['os'], `${what}.os`);
  const architecture = asOptionalText(platform['architecture'], `${what}.architecture`);
  const variant = asOptionalText(platform['variant'], `${what}.variant`);
  const osVersion = asOptionalText(platform['os.version'], `${what}["os.version"]`);
  if (os === '' && architecture === '') return undefined;
  if ([os, architecture, variant, osVersion].some((part) => part.length > longestPlatformPart)) {
    throw invalid(`${what} is longer than any platform.`);
  }
  return {
    os,
    architecture,
    variant,
    osVersion,
    osFeatures: asOptionalTexts(platform['os.features'], `${what}["os.features"]`),
  };
}

function invalid(why: string): ActionError {
  return new ActionError('invalid-manifest', why);
}
