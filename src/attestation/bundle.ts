import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { ActionError, messageOf } from '../error.ts';
import { algorithmOf, type Digest, digestOf, hexOf } from '../oci/digest.ts';
import { refuseCaseVariants } from '../oci/fields.ts';
import { type JsonObject, type JsonValue, parseStrictJson } from '../oci/strict-json.ts';

/** Both spellings of the media type of version 0.3. */
const bundleTypes = [
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
];

const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];

const statementKeys = ['_type', 'subject', 'predicateType', 'predicate'];

const inTotoType = 'application/vnd.in-toto+json';

const simpleSigningType = 'cosign container image signature';

/** Subjects of one statement that are looked at. */
const maxSubjects = 1024;

/** What a bundle signs, as far as it concerns a subject. */
export interface SignedContent {
  /** Of a statement; undefined for a simple signature. */
  readonly predicateType: string | undefined;
}

/** A bundle, and what its signature covers. */
export interface Evidence {
  readonly bundle: Bundle;
  /** The bytes that were signed, where they are not part of the bundle. */
  readonly artifact: Buffer | undefined;
  /** Reads what is signed. Throws `not-verified` unless it is about this subject. */
  contentFor(subject: Digest): SignedContent;
}

/** How cosign keeps a signature beside its payload, in annotations of a layer. */
export interface CosignAnnotations {
  readonly signature: string;
  readonly certificate: string | undefined;
  readonly bundle: string | undefined;
  readonly timestamp: string | undefined;
}

/**
 * Reads a bundle of version 0.3.
 *
 * @throws ActionError `not-verified` for anything else
 * @see https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
 */
export function parseBundle(bytes: Uint8Array): Evidence {
  const { mediaType } = strictObject(bytes, 'the bundle');
  if (!isOneOf(bundleTypes, mediaType)) throw invalid('it is not a bundle of version 0.3');
  return parseAnyBundle(bytes, undefined);
}

/**
 * Reads a bundle of any version.
 *
 * @param artifact the file that it may be a signature of
 * @throws ActionError `not-verified`
 */
export function parseAnyBundle(bytes: Uint8Array, artifact: Buffer | undefined): Evidence {
  return evidenceOf(libraryBundle(plainJson(bytes, 'the bundle')), artifact);
}

/**
 * Turns what cosign's older form keeps in annotations into a bundle: a simple signature, or a DSSE envelope.
 *
 * @param payload the layer
 * @throws ActionError `not-verified`
 */
export function cosignBundle(payload: Uint8Array, isEnvelope: boolean, annotations: CosignAnnotations): Evidence {
  const { certificate, bundle, timestamp } = annotations;
  const content = isEnvelope
    ? { dsseEnvelope: plainJson(payload, 'the envelope') }
    : {
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: sha256Base64(payload) },
          signature: annotations.signature,
        },
      };
  const stamp = timestamp === undefined ? undefined : textField(plainText(timestamp), 'SignedRFC3161Timestamp');
  const material = {
    ...(certificate === undefined
      ? { publicKey: { hint: '' } }
      : { x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] } }),
    tlogEntries: bundle === undefined ? [] : [logEntry(plainText(bundle))],
    ...(stamp === undefined ? {} : { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: stamp }] } }),
  };
  const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
  return evidenceOf(
    libraryBundle({ mediaType, verificationMaterial: material, ...content }),
    isEnvelope ? undefined : Buffer.from(payload),
  );
}

function evidenceOf(bundle: Bundle, artifact: Buffer | undefined): Evidence {
  return {
    bundle,
    artifact,
    contentFor(subject) {
      if (bundle.content.$case === 'dsseEnvelope') return statementFor(bundle.content.dsseEnvelope, subject);
      if (artifact === undefined) throw invalid('it signs a file, and no statement');
      return simpleSignatureFor(artifact, subject);
    },
  };
}

/** Reads the statement in an envelope, which must have the subject among its subjects. */
function statementFor(
  { payloadType, payload, signatures }: { payloadType: string; payload: Buffer; signatures: readonly unknown[] },
  subject: Digest,
): SignedContent {
  if (signatures.length !== 1) throw invalid('its envelope has not just one signature');
  if (payloadType !== inTotoType) throw invalid(`its payload is "${payloadType}", not ${inTotoType}`);
  const statement = strictObject(payload, 'the statement', statementKeys);
  if (!isOneOf(statementTypes, statement['_type'])) throw invalid('its payload is not an in-toto statement');
  const { predicateType, subject: subjects } = statement;
  if (typeof predicateType !== 'string') throw invalid('its statement has no predicate type');
  if (!Array.isArray(subjects) || subjects.length > maxSubjects)
    throw invalid('its statement has no list of subjects, or one that is too long');
  if (!subjects.some((one) => isSubject(one, subject))) throw invalid('its statement is about something else');
  return { predicateType };
}

/** Exactly our algorithm, and the digits as they are written: lower case. */
function isSubject(value: JsonValue, subject: Digest): boolean {
  const digests = isObject(value) ? value['digest'] : undefined;
  return isObject(digests) && digests[algorithmOf(subject)] === hexOf(subject);
}

/** @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#simple-signing */
function simpleSignatureFor(payload: Uint8Array, subject: Digest): SignedContent {
  const critical = strictObject(payload, 'the payload')['critical'];
  const image = isObject(critical) ? critical['image'] : undefined;
  if (!isObject(critical) || critical['type'] !== simpleSigningType || !isObject(image)) {
    throw invalid('its payload is not a cosign signature');
  }
  if (image['docker-manifest-digest'] !== subject) throw invalid('it is a signature of something else');
  return { predicateType: undefined };
}

/** The entry of the log that cosign keeps in an annotation. */
function logEntry(bundle: JsonObject): object {
  const payload = bundle['Payload'];
  if (!isObject(payload)) throw invalid('its log entry cannot be read');
  const body = textField(payload, 'body');
  const { kind, apiVersion } = strictObject(Buffer.from(body, 'base64'), 'the log entry');
  return {
    logIndex: String(payload['logIndex']),
    logId: { keyId: Buffer.from(textField(payload, 'logID'), 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(payload['integratedTime']),
    inclusionPromise: { signedEntryTimestamp: textField(bundle, 'SignedEntryTimestamp') },
    canonicalizedBody: body,
  };
}

function libraryBundle(document: unknown): Bundle {
  try {
    return bundleFromJSON(document);
  } catch (error) {
    throw invalid(`the bundle is malformed: ${messageOf(error)}`);
  }
}

function derOf(pem: string): string {
  const [, base64] = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(pem) ?? [];
  if (base64 === undefined) throw invalid('its certificate cannot be read');
  return base64.replace(/\s/g, '');
}

function sha256Base64(bytes: Uint8Array): string {
  return Buffer.from(hexOf(digestOf(bytes)), 'hex').toString('base64');
}

/** @param names keys that no other may equal but for its case */
function strictObject(bytes: Uint8Array, what: string, names: readonly string[] = []): JsonObject {
  try {
    const value = parseStrictJson(bytes);
    if (isObject(value)) {
      refuseCaseVariants(value, names, what);
      return value;
    }
  } catch (error) {
    throw invalid(`${what} is malformed: ${messageOf(error)}`);
  }
  throw invalid(`${what} is not an object`);
}

/** The same document for the library, which wants objects of the ordinary kind. */
function plainJson(bytes: Uint8Array, what: string): unknown {
  strictObject(bytes, what);
  return JSON.parse(Buffer.from(bytes).toString());
}

function plainText(text: string): JsonObject {
  return strictObject(Buffer.from(text), 'an annotation');
}

function textField(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== 'string') throw invalid(`${name} is missing`);
  return value;
}

function isOneOf(texts: readonly string[], value: JsonValue | undefined): boolean {
  return typeof value === 'string' && texts.includes(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(why: string): ActionError {
  return new ActionError('not-verified', why);
}
