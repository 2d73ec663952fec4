import type { AttestationGate, AttestationSettings, RefPattern } from '../../src/attestation/attestation.ts';
import { type Evidence, parseBundle } from '../../src/attestation/bundle.ts';
import type { PublicKey, TrustInstance } from '../../src/attestation/trusted-root.ts';
import { type Demand, judge } from '../../src/attestation/verify.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { provenance, signPredicate } from './sigstore.ts';

/** A digest of nothing in particular. */
export const subjectDigest: Digest = `sha256:${'ab'.repeat(32)}`;

/** Settings that demand that octo-org/shop built the image, with changes. */
export function settingsOf(changes: Partial<AttestationSettings> = {}): AttestationSettings {
  return {
    builtFrom: [{ repository: 'octo-org/shop', ref: undefined }],
    builtBy: undefined,
    anyRunner: false,
    predicateTypes: [provenance],
    signedBy: undefined,
    publicKeys: undefined,
    isLogRequired: true,
    attested: 'digest',
    trustedRoot: undefined,
    workspace: '',
    api: { url: 'https://api.github.com', token: '' },
    ...changes,
  };
}

/** A ref in full; a `*` at its end stands for any rest. */
export function refPattern(text: string): RefPattern {
  if (/^[0-9a-f]+$/.test(text)) return { kind: 'commit', digits: text };
  const isPrefix = text.endsWith('*');
  return { kind: 'ref', text: isPrefix ? text.slice(0, -1) : text, isPrefix };
}

/** What a bundle is judged by. */
export interface JudgeOptions {
  readonly gate?: AttestationGate;
  readonly settings?: Partial<AttestationSettings>;
  readonly subject?: Digest;
  readonly predicateType?: string;
  readonly keys?: readonly PublicKey[];
}

/** A demand on one subject. */
export function demandOf(instances: readonly TrustInstance[], options: JudgeOptions = {}): Demand {
  const { gate = 'built-from', settings, subject = subjectDigest, keys = [] } = options;
  const predicateType = options.predicateType ?? (gate === 'built-from' ? provenance : signPredicate);
  return { gate, subject, predicateType, settings: settingsOf(settings), trust: { instances, keys } };
}

/** Judges a bundle in JSON, or as its text. */
export function judgeJson(bundle: object | string, instances: readonly TrustInstance[], options: JudgeOptions = {}) {
  const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle);
  return judgeEvidence(parseBundle(Buffer.from(text)), instances, options);
}

/** Judges evidence. */
export function judgeEvidence(evidence: Evidence, instances: readonly TrustInstance[], options: JudgeOptions = {}) {
  return judge(demandOf(instances, options), evidence, { from: 'github-api' });
}
