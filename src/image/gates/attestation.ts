import type { AttestationGate, AttestationSettings, SendToApi, Verification } from '../../attestation/attestation.ts';
import type { Attestations } from '../../attestation/verify.ts';
import type { Gate, GateSubject } from './gate.ts';

/**
 * `built-from`, `signed-by` and `public-key`: each proves who made the image. What they need is loaded here, as most runs
 * do without it.
 *
 * @param send sends requests to the GitHub API
 * @throws ActionError `trust-root`, `invalid-input` or `unsupported` for a file or a key that cannot be used
 */
export async function attestationGates(settings: AttestationSettings, send: SendToApi): Promise<Gate[]> {
  const { openAttestations } = await import('../../attestation/verify.ts');
  const attestations = await openAttestations(settings, send);
  const names: AttestationGate[] = [
    ...(settings.builtFrom ? (['built-from'] as const) : []),
    ...(settings.signedBy ? (['signed-by'] as const) : []),
    ...(settings.publicKeys ? (['public-key'] as const) : []),
  ];
  return names.map((name) => attestationGate(name, settings, attestations));
}

function attestationGate(name: AttestationGate, settings: AttestationSettings, attestations: Attestations): Gate {
  return {
    input: name,
    referrerTypes: [
      ...(name === 'built-from' ? settings.predicateTypes : ['https://sigstore.dev/cosign/sign/v1']),
      'application/vnd.dev.sigstore.bundle.v0.3+json',
    ],
    async judge({ image, entries, store, referrers, operation }) {
      const manifests = [...new Set(entries.map(({ manifestDigest }) => manifestDigest))];
      const subjects = settings.attested === 'digest' ? [image.digest] : manifests;
      const verified: Verification[] = [];
      for (const subject of subjects) {
        verified.push(...(await attestations.prove(name, subject, { store, referrers, operation })));
      }
      return {
        faults: [],
        evidence: verified.map(inWords).join('; '),
        verified,
        ...(isManifestApproval(settings, { image }) ? { approved: manifests } : {}),
      };
    },
  };
}

/** Whether only one platform's manifest is proven, and not the index that holds it. */
function isManifestApproval({ attested }: AttestationSettings, { image }: Pick<GateSubject, 'image'>): boolean {
  return attested === 'manifest-digest' && image.entries !== undefined;
}

const places: Readonly<Record<Verification['from'], string>> = {
  'referrers-api': 'in the registry',
  'referrers-tag': 'in the registry',
  'cosign-tag': 'in the registry',
  index: 'in the index',
  'github-api': 'by the GitHub API',
};

function inWords(proof: Verification): string {
  const log = proof.logIndex === undefined ? '' : `, log index ${proof.logIndex}`;
  const instance = proof.instance === 'public-good' ? 'public-good Sigstore' : 'the instance of trusted-root';
  const time = proof.time === undefined ? '' : `; signed ${proof.time}`;
  const finding = `found ${places[proof.from]}`;
  // A key without a log stands for itself: no instance of Sigstore has a say in it.
  const isByKeyAlone = proof.gate === 'public-key' && proof.logIndex === undefined;
  const where = isByKeyAlone ? `; ${finding}` : `${time}, ${instance}${log}; ${finding}`;
  if (proof.gate === 'public-key') return `verified: ${proof.subject} was signed by a key of public-key${where}`;
  if (proof.gate === 'signed-by') {
    return `verified: ${proof.subject} was signed by ${proof.identity} (${proof.issuer})${where}`;
  }
  const runner = proof.runner === 'github-hosted' ? 'a GitHub-hosted runner' : 'a self-hosted runner';
  const source = `${proof.sourceRepository} at ${proof.sourceRef} (commit ${proof.sourceCommit})`;
  return `verified: ${proof.subject} was built from ${source} by ${proof.workflow} on ${runner}${where}`;
}
