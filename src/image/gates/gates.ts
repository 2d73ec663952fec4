import type { AttestationSettings, SendToApi } from '../../attestation/attestation.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import { attestationGates } from './attestation.ts';
import { blobsGate } from './blobs.ts';
import { digestGate } from './digest.ts';
import type { Gate } from './gate.ts';
import { type ExpectedLabel, labelsGate } from './labels.ts';
import { platformsGate } from './platforms.ts';
import { referrersGate } from './referrers.ts';

/** What must hold before a step may pass; undefined where nothing is demanded. */
export interface GateSettings {
  readonly expectedDigests: readonly Digest[] | undefined;
  readonly expectedLabels: readonly ExpectedLabel[] | undefined;
  readonly requiredPlatforms: readonly Platform[] | undefined;
  readonly verifyBlobs: boolean;
  /** Artifact types or predicate types. */
  readonly requiredReferrers: readonly string[] | undefined;
  /** Undefined where no proof is demanded. */
  readonly attestation: AttestationSettings | undefined;
}

/**
 * The gates that are set, in the order in which they are judged: the cheaper first.
 *
 * @param send sends requests to the GitHub API
 * @throws ActionError for a trusted root or a key that cannot be used
 */
export async function gatesFor(settings: GateSettings, send: SendToApi): Promise<Gate[]> {
  const { expectedDigests, expectedLabels, requiredPlatforms, requiredReferrers, verifyBlobs, attestation } = settings;
  return [
    ...(requiredPlatforms ? [platformsGate(requiredPlatforms)] : []),
    ...(expectedDigests ? [digestGate(expectedDigests)] : []),
    ...(expectedLabels ? [labelsGate(expectedLabels)] : []),
    ...(requiredReferrers ? [referrersGate(requiredReferrers)] : []),
    ...(attestation ? await attestationGates(attestation, send) : []),
    ...(verifyBlobs ? [blobsGate()] : []),
  ];
}
