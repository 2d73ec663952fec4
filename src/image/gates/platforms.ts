import { ActionError } from '../../error.ts';
import { isManifestType } from '../../oci/media-type.ts';
import { formatPlatform, normalise, type Platform } from '../../oci/platform.ts';
import { isContentError } from '../image.ts';
import type { PlatformCandidate } from '../platform-candidates.ts';
import type { Gate, GateSubject } from './gate.ts';

/** `require-platforms`: the image offers each of these exactly, and what its index names for them is there. */
export function platformsGate(required: readonly Platform[]): Gate {
  return {
    input: 'require-platforms',
    async judge(subject) {
      const faults: string[] = [];
      let isAbsent = false;
      for (const platform of required) {
        const candidates = await subject.platforms.named(platform);
        if (candidates.length === 0) faults.push(`${formatPlatform(platform)} is missing`);
        for (const candidate of candidates) {
          const fault = await faultOf(candidate, platform, subject);
          if (fault === undefined) continue;
          isAbsent ||= fault.isAbsent;
          faults.push(`${formatPlatform(platform)} is missing: ${candidate.descriptor.digest} ${fault.words}`);
        }
      }
      if (faults.length === 0) return { faults, evidence: required.map(formatPlatform).join(', ') };
      const offered = (await subject.platforms.written()).slice(0, 50).join(', ') || 'none';
      return {
        faults: [...faults.slice(0, -1), `${faults.at(-1)}; the image has ${offered}`],
        evidence: '',
        cause: isAbsent ? 'missing-child' : undefined,
      };
    },
  };
}

interface Fault {
  readonly words: string;
  /** Whether it may still be pushed. */
  readonly isAbsent: boolean;
}

/** A registry's clean-up leaves indexes whose children are gone, and an index may name anything. */
async function faultOf(
  candidate: PlatformCandidate,
  required: Platform,
  subject: GateSubject,
): Promise<Fault | undefined> {
  const { descriptor } = candidate;
  if (!isManifestType(descriptor.mediaType)) return { words: 'is of an unsupported type', isAbsent: false };
  if (descriptor.digest !== subject.image.digest) {
    const fault = await absenceOf(candidate, subject);
    if (fault !== undefined) return fault;
  }
  if (!isNamedTwice(candidate, subject)) return undefined;
  const platform = await subject.platforms.configPlatform(candidate);
  if (platform === undefined || isSameMachine(platform, required)) return undefined;
  return { words: `is the image for ${formatPlatform(platform)}`, isAbsent: false };
}

async function absenceOf({ descriptor }: PlatformCandidate, { store }: GateSubject): Promise<Fault | undefined> {
  try {
    const head = await store.head(descriptor.digest);
    if (head.mediaType !== undefined && !isManifestType(head.mediaType)) {
      return { words: 'is of an unsupported type', isAbsent: false };
    }
    const isTold = head.mediaType !== undefined && (head.digest ?? descriptor.digest) === descriptor.digest;
    if (!isTold) await store.document(descriptor);
    return undefined;
  } catch (error) {
    if (error instanceof ActionError && error.code === 'not-found') return { words: 'is not there', isAbsent: true };
    if (!isContentError(error)) throw error;
    return { words: `cannot be used: ${error.message}`, isAbsent: error.cause === 'missing-child' };
  }
}

/** Whether entries of different machines share one manifest: it can be right for one of them at most. */
function isNamedTwice({ descriptor, platform }: PlatformCandidate, { platforms }: GateSubject): boolean {
  return platforms
    .namesOf(descriptor.digest)
    .some((other) => platform && other.platform && !isSameMachine(other.platform, platform));
}

function isSameMachine(one: Platform, other: Platform): boolean {
  const [left, right] = [normalise(one), normalise(other)];
  return left.os === right.os && left.architecture === right.architecture;
}
