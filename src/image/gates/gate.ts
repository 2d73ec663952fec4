import type { Operation, Trace } from '../../async/operation.ts';
import type { Verification } from '../../attestation/attestation.ts';
import type { ContentStore } from '../../content/store.ts';
import { ActionError, type ErrorCause } from '../../error.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Image } from '../image.ts';
import type { PlatformImages } from '../platform-image.ts';
import type { ImageReferrers, PlatformImage } from '../resolved-image.ts';

/** What gates judge: an image, and what was chosen of it. */
export interface GateSubject {
  readonly image: Image;
  readonly entries: readonly PlatformImage[];
  readonly platforms: PlatformImages;
  /** What refers to the image; looked up when it is first wanted. */
  readonly referrers: () => Promise<ImageReferrers>;
  readonly store: ContentStore;
  readonly trace: Trace;
  readonly operation: Operation;
}

/** What a gate says of its subject. */
export interface Judgement {
  /** What is wrong, each in words. Without any the gate holds. */
  readonly faults: readonly string[];
  /** Where it holds: what was shown, in words. */
  readonly evidence: string;
  /** Where it holds: what may be deployed by it, instead of what the reference points to. */
  readonly approved?: readonly Digest[];
  /** Where it holds: what was proven. */
  readonly verified?: readonly Verification[];
  /** Where it does not hold: what to do. */
  readonly advice?: string | undefined;
  readonly cause?: ErrorCause | undefined;
}

/** One input, one question. */
export interface Gate {
  /** The input that sets it. */
  readonly input: string;
  /** Types of what refers to the image that the gate is about, to be read first. */
  readonly referrerTypes?: readonly string[];
  /** Asks the question. Throws what stands in the way of an answer. */
  judge(subject: GateSubject): Promise<Judgement>;
}

/** Gates that hold. */
export interface Evidence {
  /** A sentence for each. */
  readonly sentences: readonly string[];
  /** What may be deployed; undefined when several manifests were approved in the place of what the reference points to. */
  readonly approvedDigest: Digest | undefined;
  /** What was proven. */
  readonly verified: readonly Verification[];
}

/**
 * Checks every gate.
 *
 * @throws ActionError `gate-failed` saying what was expected and what is; any other error when a gate cannot be judged
 */
export async function checkGates(gates: readonly Gate[], subject: GateSubject): Promise<Evidence> {
  const sentences: string[] = [];
  const approved = new Set<Digest>();
  const verified: Verification[] = [];
  for (const gate of gates) {
    const judgement = await gate.judge(subject);
    if (judgement.faults.length > 0) throw gateFailed(gate, judgement);
    sentences.push(`${gate.input} holds: ${judgement.evidence}`);
    for (const digest of judgement.approved ?? []) approved.add(digest);
    verified.push(...(judgement.verified ?? []));
  }
  const [only] = approved;
  return { sentences, verified, approvedDigest: approved.size > 1 ? undefined : (only ?? subject.image.digest) };
}

/** How a platform is named in a fault; empty for what has none. */
export function ofPlatform({ platform }: PlatformImage, preposition: string): string {
  return platform === undefined ? '' : ` ${preposition} ${formatPlatform(platform)}`;
}

function gateFailed({ input }: Gate, { faults, advice, cause }: Judgement): ActionError {
  const message = `${input} does not hold: ${faults.join('; ')}.`;
  return new ActionError('gate-failed', message, { advice, cause });
}
