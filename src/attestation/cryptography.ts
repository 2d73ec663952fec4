import { type SignedEntity, type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { ActionError, messageOf } from '../error.ts';
import type { Evidence } from './bundle.ts';
import { type Claims, claimsOf } from './certificate.ts';
import type { PublicKey, TrustInstance } from './trusted-root.ts';

/** What is certain about a signature once the cryptography holds. */
export interface VerifiedSignature {
  /** Of the certificate; undefined for a key. */
  readonly claims: Claims | undefined;
  readonly instance: TrustInstance['name'];
  /** When it was signed, by the log or the time stamp; undefined for a key without either. */
  readonly time: Date | undefined;
  readonly logIndex: string | undefined;
}

/**
 * Verifies a signature by a certificate: its chain, its entry in the certificate log, the entry in the transparency log
 * and the time, all by one instance complete in itself.
 *
 * @throws ActionError `not-verified`, saying what fails in words
 */
export function verifyByCertificate(evidence: Evidence, instances: readonly TrustInstance[]): VerifiedSignature {
  const { bundle } = evidence;
  if (bundle.verificationMaterial.content.$case === 'publicKey')
    throw invalid('it is signed by a key, not by a certificate');
  return firstInstance(instances, ({ name, root }) => {
    const verifier = new Verifier(toTrustMaterial(root), {
      ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
      tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
      timestampThreshold: 1,
    });
    const entity = toSignedEntity(bundle, evidence.artifact);
    return { claims: claimsBy(verifier.verify(entity)), instance: name, ...timeOf(entity) };
  });
}

/**
 * Verifies a signature by one of some keys. Hints of the bundle are ignored.
 *
 * @throws ActionError `not-verified`
 */
export function verifyByKey(
  evidence: Evidence,
  keys: readonly PublicKey[],
  instances: readonly TrustInstance[],
  isLogRequired: boolean,
): VerifiedSignature {
  const { bundle } = evidence;
  if (bundle.verificationMaterial.content.$case !== 'publicKey')
    throw invalid('it is signed by a certificate, not by a key');
  const attempts = keys.flatMap((key) => instances.map((instance) => ({ ...instance, key })));
  return firstInstance(attempts, ({ name, root, key }) => {
    const material = toTrustMaterial(root, () => ({ publicKey: key, validFor: () => true }));
    const options = { ctlogThreshold: 0, tlogThreshold: isLogRequired ? 1 : 0, timestampThreshold: 0 };
    const entity = toSignedEntity(bundle, evidence.artifact);
    new Verifier(material, options).verify(entity);
    return { claims: undefined, instance: name, ...timeOf(entity) };
  });
}

/** The result of the first that does not throw; what the last one threw where all do. */
function firstInstance<Item>(items: readonly Item[], verify: (item: Item) => VerifiedSignature): VerifiedSignature {
  let last: unknown;
  for (const item of items) {
    try {
      return verify(item);
    } catch (error) {
      last = error;
    }
  }
  throw invalid(inWords(messageOf(last)));
}

/** What the library says, where a reader needs more than its words. */
function inWords(message: string): string {
  if (!/certificate chain/i.test(message)) return message;
  return `no trusted root knows the authority that issued its certificate (for private repositories set trusted-root to the file that "gh attestation trusted-root" writes)`;
}

function claimsBy({ identity }: Signer): Claims {
  const extensions = (identity?.oids ?? []).map(({ oid, value }) => ({ oid: oid?.id.join('.') ?? '', value }));
  return claimsOf(extensions);
}

/** The time by the log or the stamp that the library has verified, never by the clock of the runner. */
function timeOf({ timestamps, tlogEntries }: SignedEntity): Pick<VerifiedSignature, 'time' | 'logIndex'> {
  const times = timestamps.flatMap((timestamp) => {
    if (timestamp.$case === 'timestamp-authority') return [timestamp.timestamp.signingTime];
    const { inclusionPromise, integratedTime } = timestamp.tlogEntry;
    return inclusionPromise === undefined ? [] : [new Date(Number(integratedTime) * 1000)];
  });
  // Only a promise covers the place in the log; beside a proof alone it is whatever the bundle says.
  const [entry] = tlogEntries.filter(({ inclusionPromise }) => inclusionPromise !== undefined);
  return { time: times[0], logIndex: entry?.logIndex };
}

function invalid(why: string): ActionError {
  return new ActionError('not-verified', why);
}
