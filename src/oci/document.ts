import { ActionError } from '../error.ts';
import { asObject, asOptionalText, refuseCaseVariants } from './fields.ts';
import { type Index, readIndex } from './index.ts';
import { type Manifest, readManifest } from './manifest.ts';
import {
  essence,
  isGenericType,
  isManifestType,
  isSchema1Type,
  type Kind,
  kindOf,
  type ManifestType,
} from './media-type.ts';
import { type JsonObject, parseStrictJson } from './strict-json.ts';

/** An index or a manifest. */
export type ManifestDocument = Index | Manifest;

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

const schema1 = 'It is a schema 1 manifest, whose digests cannot be computed from its bytes.';
const pushAgain = 'Push the image again with a current client.';

/**
 * Reads an index or a manifest whose digest has been verified.
 *
 * @param contentType the `Content-Type` it came with
 * @throws ActionError `invalid-manifest` when it is not strict JSON, ambiguous or of the wrong shape,
 *   `unsupported` for schema 1 and unknown media types
 */
export function parseDocument(bytes: Uint8Array, contentType: string | undefined): ManifestDocument {
  const type = essence(contentType);
  refuseUnsupportedType(type);
  const document = asObject(parseStrictJson(bytes), 'The document');
  refuseCaseVariants(document, documentFields, 'the document');
  if (document['schemaVersion'] === 1) throw new ActionError('unsupported', schema1, { advice: pushAgain });
  if (document['schemaVersion'] !== 2) throw invalid('schemaVersion is not 2.');
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
      'Check that the reference names an image, and that no proxy or login page responds in place of the registry.',
  });
}

/** The media type by header, field and shape, which must all agree where they say anything. */
function mediaTypeOf(contentType: string, document: JsonObject): ManifestType {
  const shape = shapeOf(document);
  const field = asOptionalText(document['mediaType'], 'mediaType');
  if (isManifestType(contentType) && field !== '' && field !== contentType) {
    throw invalid(`The Content-Type is ${contentType}, but mediaType is "${field}".`);
  }
  if (field !== '') refuseUnsupportedType(field);
  const type = [contentType, field].find(isManifestType) ?? `application/vnd.oci.image.${shape}.v1+json`;
  if (kindOf(type) !== shape) throw invalid(`It is announced as ${type}, but it has the fields of the other kind.`);
  return type;
}

/** What a document is by its fields. A null is an absent list to Go, but its name still tells the kind. */
function shapeOf(document: JsonObject): Kind {
  const has = (field: string) => field in document && document[field] !== null;
  if (has('manifests') && (has('config') || has('layers'))) {
    throw invalid('It has manifests together with config or layers: it is ambiguous (CVE-2021-41190).');
  }
  if (has('fsLayers')) throw invalid('It has fsLayers, a field of schema 1: it is ambiguous.');
  if (has('config') && 'layers' in document) return 'manifest';
  if ('manifests' in document && !has('config') && !has('layers')) return 'index';
  throw invalid('It has neither manifests nor config and layers.');
}

function invalid(why: string): ActionError {
  return new ActionError('invalid-manifest', why);
}
