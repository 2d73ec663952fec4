import type { Operation } from '../async/operation.ts';
import { type Budget, byteBudget } from '../content/budget.ts';
import type { ContentStore } from '../content/store.ts';
import { ActionError, type ErrorCode } from '../error.ts';
import type { Digest } from '../oci/digest.ts';
import type { Transport } from '../registry/http/transport.ts';
import type { AttestationGate, AttestationSettings, Verification } from './attestation.ts';
import type { Evidence, SignedContent } from './bundle.ts';
import { type VerifiedSignature, verifyByCertificate, verifyByKey } from './cryptography.ts';
import { apiSource } from './github-api.ts';
import { buildDifference, repositoryOf, signerDifference, workflowOf } from './policy.ts';
import {
  type BundleOrigin,
  type Candidate,
  likeliestFirst,
  registrySource,
  type Source,
  type SubjectReferrers,
} from './sources.ts';
import { type PublicKey, publicGoodRoot, readPublicKeys, readTrustedRoot, type TrustInstance } from './trusted-root.ts';

/** Bytes of all bundles of a run. */
const maxBundlesBytes = 64 * 1024 * 1024;

/** Reasons that are listed of bundles that do not pass. */
const maxReasons = 5;

/** The one predicate by which cosign signs: an attestation of another kind by the same signer is no signature. */
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

/** Where proofs about one subject are looked for. */
export interface ProofContext {
  readonly store: ContentStore;
  /** What refers to the image. */
  readonly referrers: () => Promise<SubjectReferrers>;
  readonly operation: Operation;
}

/** Proves what the settings demand. */
export interface Attestations {
  /**
   * Proves one gate for one subject: for each predicate type of `built-from`, and once for signatures.
   *
   * @throws ActionError `not-attested`, `not-verified`, or the worst error of a source when nothing verifies
   */
  prove(gate: AttestationGate, subject: Digest, context: ProofContext): Promise<readonly Verification[]>;
}

/**
 * Reads the trust that the settings name.
 *
 * @param send sends requests to the GitHub API
 * @throws ActionError `trust-root`, `invalid-input` or `unsupported` for a file or a key that cannot be used
 */
export async function openAttestations(settings: AttestationSettings, send: Transport): Promise<Attestations> {
  const { trustedRoot, workspace, publicKeys = [] } = settings;
  const instances = trustedRoot === undefined ? [publicGoodRoot()] : await readTrustedRoot(trustedRoot, workspace);
  const trust = { instances, keys: await readPublicKeys(publicKeys, workspace) };
  const budget = byteBudget(maxBundlesBytes, 'The bundles of this step');
  return {
    async prove(gate, subject, context) {
      const predicateTypes = gate === 'built-from' ? settings.predicateTypes : [signPredicate];
      const proofs: Verification[] = [];
      for (const predicateType of predicateTypes) {
        const demand = { gate, subject, predicateType, settings, trust };
        proofs.push(await firstProof(demand, sourcesOf(demand, context, { send, budget })));
      }
      return proofs;
    },
  };
}

/** One thing that has to be proven. */
export interface Demand {
  readonly gate: AttestationGate;
  readonly subject: Digest;
  readonly predicateType: string;
  readonly settings: AttestationSettings;
  readonly trust: { readonly instances: readonly TrustInstance[]; readonly keys: readonly PublicKey[] };
}

/** All sources, asked at once, in the order in which they are judged. */
function sourcesOf(
  { gate, subject, predicateType, settings }: Demand,
  { store, referrers, operation }: ProofContext,
  { send, budget }: { send: Transport; budget: Budget },
): readonly Promise<Source>[] {
  const repositories = gate === 'built-from' ? (settings.builtFrom ?? []).map(({ repository }) => repository) : [];
  const distinct = [...new Map(repositories.map((repository) => [repository.toLowerCase(), repository])).values()];
  const context = { send, api: settings.api, operation, budget };
  const registry = referrers().then((list) => {
    const unsigned = list.referrers.filter(({ from }) => from === 'index').length;
    if (unsigned > 0) operation.trace('manifest', `${unsigned} unsigned BuildKit attestations: not evidence`);
    return registrySource(subject, list, store, budget);
  });
  const sources = [registry, ...distinct.map((repository) => apiSource(repository, subject, predicateType, context))];
  // Judged one after the other: until its turn the failure of one must not count as unhandled.
  for (const source of sources) source.catch(() => undefined);
  return sources;
}

/** The first bundle that passes. Errors of sources matter only when none does. */
async function firstProof(demand: Demand, sources: readonly Promise<Source>[]): Promise<Verification> {
  const errors: ActionError[] = [];
  const reasons: string[] = [];
  for (const source of sources) {
    const { candidates, errors: sourceErrors } = await source;
    const ordered = likeliestFirst(candidates, demand.predicateType);
    errors.push(...sourceErrors, ...ordered.errors);
    for (const candidate of ordered.candidates) {
      try {
        return judge(demand, await candidate.load(), candidate);
      } catch (error) {
        if (!(error instanceof ActionError)) throw error;
        if (error.code === 'not-verified' || error.code === 'invalid-manifest') reasons.push(error.message);
        else errors.push(error);
      }
    }
  }
  throw worstError(demand, errors, reasons);
}

/**
 * Judges one bundle: what it signs, by whom, and whether the cryptography holds, all for one and the same bundle.
 *
 * @throws ActionError `not-verified`, with the first thing that differs
 */
export function judge(demand: Demand, evidence: Evidence, { from }: Pick<Candidate, 'from'>): Verification {
  const { gate, subject, settings, trust } = demand;
  const content = evidence.contentFor(subject);
  requirePredicate(content, demand);
  if (gate === 'public-key') {
    const signature = verifyByKey(evidence, trust.keys, trust.instances, settings.isLogRequired);
    return verification(demand, content, signature, from);
  }
  const signature = verifyByCertificate(evidence, trust.instances);
  const { claims } = signature;
  if (claims === undefined) throw new ActionError('not-verified', 'it has no certificate');
  const difference =
    gate === 'built-from' ? buildDifference(claims, settings) : signerDifference(claims, settings.signedBy ?? []);
  if (difference !== undefined) throw new ActionError('not-verified', difference);
  return verification(demand, content, signature, from);
}

function requirePredicate({ predicateType }: SignedContent, demand: Demand): void {
  if (predicateType === demand.predicateType) return;
  // A simple signature is one by its payload, and has no predicate.
  if (predicateType === undefined && demand.gate !== 'built-from') return;
  throw new ActionError(
    'not-verified',
    `its predicate type is ${predicateType ?? 'none'}, not ${demand.predicateType}`,
  );
}

function verification(
  { gate, subject }: Demand,
  { predicateType }: SignedContent,
  { claims, instance, time, logIndex }: VerifiedSignature,
  from: BundleOrigin,
): Verification {
  const workflow = claims?.buildSignerUri === undefined ? undefined : workflowOf(claims.buildSignerUri);
  return {
    gate,
    subject,
    predicateType,
    instance,
    issuer: claims?.issuer ?? claims?.bareIssuer,
    identity: claims?.identity?.text,
    sourceRepository: repositoryOf(claims?.sourceRepositoryUri),
    sourceRef: claims?.sourceRepositoryRef,
    sourceCommit: claims?.sourceRepositoryDigest,
    workflow: workflow && `${workflow.repository}/${workflow.path}`,
    runner: claims?.runnerEnvironment,
    run: claims?.runInvocationUri,
    time: time?.toISOString(),
    logIndex,
    from,
  };
}

/** What an error says more than that something is missing: the first of these is the code of a failure. */
const severity: readonly ErrorCode[] = [
  'untrusted-host',
  'digest-mismatch',
  'denied',
  'unauthorized',
  'rate-limited',
  'tls',
  'network',
  'timeout',
  'registry-error',
  'too-large',
];

function worstError(demand: Demand, errors: readonly ActionError[], reasons: readonly string[]): ActionError {
  const rank = ({ code }: ActionError) => (severity.includes(code) ? severity.indexOf(code) : severity.length - 2);
  const [worst] = [...errors].sort((one, other) => rank(one) - rank(other));
  const policy = policyInWords(demand);
  if (worst !== undefined) {
    return worst.with({
      message: `${demand.gate} cannot be judged for ${demand.subject} (${policy}): ${worst.message}`,
    });
  }
  if (reasons.length === 0) {
    return new ActionError(
      'not-attested',
      `${demand.gate} does not hold: ${demand.subject} has no attestation or signature (${policy}).`,
      {
        advice: notAttestedAdvice[demand.gate],
      },
    );
  }
  const listed = [...new Set(reasons)].slice(0, maxReasons).join('; ');
  return new ActionError('not-verified', `${demand.gate} does not hold for ${demand.subject} (${policy}): ${listed}.`, {
    advice: 'Do not deploy it. If it is right, correct what the gate demands.',
  });
}

const notAttestedAdvice: Readonly<Record<AttestationGate, string>> = {
  'built-from':
    'Attest it where it is built, by actions/attest-build-provenance with the digest that was pushed. For a private repository give the job "permissions: attestations: read". Attestations come after the push: wait-timeout waits for them.',
  'signed-by': 'Sign it by cosign sign with the digest that was pushed. wait-timeout waits for a signature.',
  'public-key': 'Sign it by cosign sign --key with the digest that was pushed. wait-timeout waits for a signature.',
};

/** What was demanded, in one sentence. */
function policyInWords({ gate, predicateType, settings }: Demand): string {
  const { builtFrom = [], builtBy = [], signedBy = [] } = settings;
  if (gate === 'public-key') return 'a signature by one of the keys of public-key';
  if (gate === 'signed-by') {
    return `a signature by ${signedBy.map(({ identity, isPrefix }) => `${identity}${isPrefix ? '*' : ''}`).join(' or ')}`;
  }
  const workflows =
    builtBy.length === 0 ? '' : ` by ${builtBy.map(({ repository, path }) => `${repository}/${path}`).join(' or ')}`;
  return `${predicateType}, built from ${builtFrom.map(({ repository }) => repository).join(' or ')}${workflows}`;
}
