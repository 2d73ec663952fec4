import crypto, { type KeyObject } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import type { TrustInstance } from '../../src/attestation/trusted-root.ts';
import { type Blob, blob } from './images.ts';

export const actionsIssuer = 'https://token.actions.githubusercontent.com';
export const provenance = 'https://slsa.dev/provenance/v1';
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What a certificate of this test says, by the numbers of Fulcio's extensions; a list stands there several times. */
export type Extensions = Readonly<Record<number, string | readonly string[] | undefined>>;

const workflow = 'https://github.com/octo-org/shop/.github/workflows/release.yml@refs/tags/v1.4.2';

/** A release of octo-org/shop. */
export const release: Extensions = {
  8: actionsIssuer,
  9: workflow,
  10: 'ab'.repeat(20),
  11: 'github-hosted',
  12: 'https://github.com/octo-org/shop',
  13: '12'.repeat(20),
  14: 'refs/tags/v1.4.2',
  21: 'https://github.com/octo-org/shop/actions/runs/1/attempts/1',
};

/** What an instance of Sigstore consists of. */
export interface InstanceOptions {
  readonly log?: boolean;
  readonly certificateLog?: boolean;
  readonly stamps?: boolean;
}

/** What is signed, by whom, and what proves it. Without any it is a provenance by a release of octo-org/shop. */
export interface BundleOptions {
  readonly extensions?: Extensions;
  /** The subject alternative name, a URI; else that of the workflow in the extensions. */
  readonly identity?: string;
  /** In place of a certificate. */
  readonly key?: KeyObject;
  readonly predicateType?: string;
  /** Changes the fields of the statement. */
  readonly statement?: object;
  /** The whole payload. */
  readonly payload?: string;
  readonly payloadType?: string;
  readonly log?: boolean;
  readonly stamp?: boolean;
  readonly mediaType?: string;
}

/** A bundle as JSON, which a test may tamper with. */
export interface BundleJson {
  mediaType: string;
  verificationMaterial: {
    certificate?: { rawBytes: string };
    publicKey?: { hint: string };
    tlogEntries: LogEntry[];
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] };
}

interface LogEntry {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  integratedTime: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof?: {
    logIndex: string;
    rootHash: string;
    treeSize: string;
    hashes: string[];
    checkpoint: { envelope: string };
  };
  canonicalizedBody: string;
}

/** How the mock of the log responds. */
interface RekorEntry {
  readonly body: string;
  readonly integratedTime: number;
  /** In hexadecimal digits. */
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly inclusionProof: {
      readonly logIndex: number;
      /** In hexadecimal digits. */
      readonly rootHash: string;
      readonly treeSize: number;
      readonly checkpoint: string;
    };
    readonly signedEntryTimestamp: string;
  };
}

/** An instance of Sigstore that certifies whatever it is told. */
export interface Sigstore {
  readonly instance: TrustInstance;
  /** Its trusted root, on one line. */
  readonly rootText: string;
  /** When everything is signed. */
  readonly time: Date;
  /** A bundle about a digest. */
  attest(subject: string, options?: BundleOptions): Promise<BundleJson>;
  /** A signature in cosign's older form. */
  sign(
    subject: string,
    options?: Pick<BundleOptions, 'identity' | 'extensions' | 'key' | 'log'> & { readonly payload?: string },
  ): Promise<OldSignature>;
}

/** What cosign keeps under the tag that ends in `.sig`. */
export interface OldSignature {
  readonly payload: Blob;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Starts an instance. Its authorities are valid from the hour before. */
export async function startSigstore({
  log = true,
  certificateLog = true,
  stamps = false,
}: InstanceOptions = {}): Promise<Sigstore> {
  // Whole seconds: the library refuses stamps with one or two digits behind the point.
  const time = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
  const ctLog = await initializeCTLog(keyPair(), time);
  const ca = await initializeCA(keyPair(), certificateLog ? ctLog : undefined, time);
  const tLog = await initializeTLog('https://log.test', keyPair(), time);
  const tsa = await initializeTSA(keyPair(), time);
  const start = new Date(time.getTime() - 3_600_000).toISOString();
  const logOf = (publicKey: Uint8Array) => ({
    baseUrl: 'https://log.test',
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(publicKey), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start } },
    logId: { keyId: base64(sha256(publicKey)) },
  });
  const authorityOf = (...certificates: ArrayBufferView[]) => ({
    subject: { organization: 'test', commonName: 'test' },
    uri: 'https://authority.test',
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: base64(bytesOf(certificate)) })) },
    validFor: { start },
  });
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: log ? [logOf(tLog.publicKey)] : [],
    certificateAuthorities: [authorityOf(ca.rootCertificate)],
    ctlogs: certificateLog ? [logOf(ctLog.publicKey)] : [],
    timestampAuthorities: stamps ? [authorityOf(tsa.intCertificate, tsa.rootCertificate)] : [],
  };

  const certificateFor = async (publicKey: KeyObject, { extensions = release, identity }: BundleOptions) => {
    const certificate = await ca.issueCertificate({
      publicKey: Buffer.from(publicKey.export({ type: 'spki', format: 'der' })),
      subjectAltName: identity ?? textOf(extensions[9]) ?? workflow,
      extensions: Object.entries(extensions).flatMap(([number, values]) =>
        [values ?? []]
          .flat()
          .map((value) => ({ oid: `1.3.6.1.4.1.57264.1.${number}`, value, legacy: Number(number) < 8 })),
      ),
    });
    return bytesOf(certificate);
  };
  const logged = async (entry: { kind: string; apiVersion: string; spec: object }): Promise<LogEntry> => {
    const [logEntry] = Object.values((await tLog.log(entry)) as Record<string, RekorEntry>);
    if (logEntry === undefined) throw new Error('The log has no entry.');
    const { inclusionProof: proof, signedEntryTimestamp } = logEntry.verification;
    return {
      logIndex: String(logEntry.logIndex),
      logId: { keyId: hexToBase64(logEntry.logID) },
      kindVersion: { kind: entry.kind, version: entry.apiVersion },
      integratedTime: String(logEntry.integratedTime),
      inclusionPromise: { signedEntryTimestamp },
      inclusionProof: {
        logIndex: String(proof.logIndex),
        rootHash: hexToBase64(proof.rootHash),
        treeSize: String(proof.treeSize),
        hashes: [],
        checkpoint: { envelope: proof.checkpoint },
      },
      canonicalizedBody: logEntry.body,
    };
  };
  const stampFor = async (signature: Buffer): Promise<string> => {
    const request = { artifactHash: sha256(signature), hashAlgorithmOID: '2.16.840.1.101.3.4.2.1', nonce: 1 };
    return base64(bytesOf(await tsa.timestamp({ ...request, policyOID: '1.3.6.1.4.1.57264.2' })));
  };

  return {
    instance: { name: 'trusted-root', root: TrustedRoot.fromJSON(root) },
    rootText: JSON.stringify(root),
    time,
    async attest(subject, options = {}) {
      const {
        key,
        payloadType = 'application/vnd.in-toto+json',
        predicateType = provenance,
        mediaType = bundleType,
      } = options;
      const { publicKey, privateKey } =
        key === undefined ? keyPair() : { publicKey: crypto.createPublicKey(key), privateKey: key };
      const [algorithm = '', hex = ''] = subject.split(':');
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'ghcr.io/octo-org/shop', digest: { [algorithm]: hex } }],
        predicateType,
        predicate: {},
        ...options.statement,
      };
      const payload = Buffer.from(options.payload ?? JSON.stringify(statement));
      const signature = crypto.sign('sha256', preAuthentication(payloadType, payload), privateKey);
      const certificate = key === undefined ? await certificateFor(publicKey, options) : undefined;
      const verifier = certificate ? pemOf(certificate) : publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const entry = {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: { algorithm: 'sha256', value: '00'.repeat(32) },
          payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
          signatures: [{ signature: base64(signature), verifier: base64(Buffer.from(verifier)) }],
        },
      };
      const stamp = (options.stamp ?? (stamps && !log)) ? await stampFor(signature) : undefined;
      return {
        mediaType,
        verificationMaterial: {
          ...(certificate ? { certificate: { rawBytes: base64(certificate) } } : { publicKey: { hint: 'a hint' } }),
          tlogEntries: (options.log ?? log) ? [await logged(entry)] : [],
          ...(stamp === undefined
            ? {}
            : { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: stamp }] } }),
        },
        dsseEnvelope: { payload: base64(payload), payloadType, signatures: [{ sig: base64(signature) }] },
      };
    },
    async sign(subject, options = {}) {
      const { key } = options;
      const { publicKey, privateKey } =
        key === undefined ? keyPair() : { publicKey: crypto.createPublicKey(key), privateKey: key };
      const critical = {
        identity: { 'docker-reference': 'ghcr.io/octo-org/shop' },
        image: { 'docker-manifest-digest': subject },
        type: 'cosign container image signature',
      };
      const payload = Buffer.from(options.payload ?? JSON.stringify({ critical, optional: null }));
      const signature = crypto.sign('sha256', payload, privateKey);
      const certificate = key === undefined ? await certificateFor(publicKey, options) : undefined;
      const verifier = certificate ? pemOf(certificate) : publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const entry = {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: { algorithm: 'sha256', value: sha256(payload).toString('hex') } },
          signature: { content: base64(signature), publicKey: { content: base64(Buffer.from(verifier)) } },
        },
      };
      return {
        payload: blob(payload, 'application/vnd.dev.cosign.simplesigning.v1+json'),
        annotations: {
          'dev.cosignproject.cosign/signature': base64(signature),
          ...(certificate ? { 'dev.sigstore.cosign/certificate': pemOf(certificate) } : {}),
          ...((options.log ?? log) ? { 'dev.sigstore.cosign/bundle': annotationOf(await logged(entry)) } : {}),
        },
      };
    },
  };
}

/** The entry of a log as cosign keeps it in an annotation. */
function annotationOf({ canonicalizedBody, integratedTime, logIndex, logId, inclusionPromise }: LogEntry): string {
  return JSON.stringify({
    SignedEntryTimestamp: inclusionPromise?.signedEntryTimestamp,
    Payload: {
      body: canonicalizedBody,
      integratedTime: Number(integratedTime),
      logIndex: Number(logIndex),
      logID: Buffer.from(logId.keyId, 'base64').toString('hex'),
    },
  });
}

/** A manifest that refers to a subject, with one layer: as `actions/attest` and cosign push bundles. */
export function referrerOf(
  subject: Blob,
  layer: Blob,
  { annotations = {}, layerAnnotations = {}, artifactType = layer.mediaType, changes = {} }: ReferrerOptions = {},
): { readonly manifest: Blob; readonly layers: readonly Blob[] } {
  const empty = blob('{}', 'application/vnd.oci.empty.v1+json');
  const describe = ({ mediaType, digest, bytes }: Blob) => ({ mediaType, digest, size: bytes.length });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = blob(
    {
      schemaVersion: 2,
      mediaType,
      artifactType,
      config: describe(empty),
      layers: [
        {
          ...describe(layer),
          ...(Object.keys(layerAnnotations).length === 0 ? {} : { annotations: layerAnnotations }),
        },
      ],
      subject: describe(subject),
      annotations,
      ...changes,
    },
    mediaType,
  );
  return { manifest, layers: [layer, empty] };
}

export interface ReferrerOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layerAnnotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** Fields of the manifest. */
  readonly changes?: object;
}

/** A bundle as a blob. */
export function bundleBlob(bundle: object): Blob {
  return blob(bundle, bundleType);
}

/** A pair of keys on P-256. */
export function keyPair() {
  return crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#signature-definition */
function preAuthentication(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

function sha256(bytes: Uint8Array): Buffer {
  return crypto.createHash('sha256').update(bytes).digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${base64(der).replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
