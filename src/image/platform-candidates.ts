import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { TextMap } from '../oci/fields.ts';
import { choosePlatform, formatPlatform, isSamePlatform, normalise, type Platform } from '../oci/platform.ts';

/** A manifest of an image, with the platform that its index declares, or its config tells. */
export interface PlatformCandidate {
  readonly platform: Platform | undefined;
  readonly descriptor: Descriptor;
  /** Of its entry in the index; empty where there is none. */
  readonly annotations: TextMap;
}

/** The candidate for a platform, by the rules of {@link choosePlatform}. */
export function chooseCandidate(
  candidates: readonly PlatformCandidate[],
  requested: Platform,
): PlatformCandidate | undefined {
  return choosePlatform(candidates, requested, ({ platform }) => platform);
}

/** The candidates that are this platform itself, and not a lower variant of it. */
export function exactCandidates(
  candidates: readonly PlatformCandidate[],
  requested: Platform,
): readonly PlatformCandidate[] {
  return candidates.filter(({ platform }) => platform !== undefined && isSamePlatform(platform, requested));
}

/** One candidate for each platform, the first in order; the only one also without a platform. */
export function distinctCandidates(candidates: readonly PlatformCandidate[]): readonly PlatformCandidate[] {
  if (candidates.length === 1) return candidates;
  const byPlatform = new Map<string, PlatformCandidate>();
  for (const candidate of candidates) {
    if (candidate.platform === undefined) continue;
    const key = formatPlatform(normalise(candidate.platform));
    if (!byPlatform.has(key)) byPlatform.set(key, candidate);
  }
  return [...byPlatform.values()];
}

/**
 * Writes the platforms of candidates as the index does. Features are written only for those that differ by nothing
 * else: an image and its lazy-loading twin.
 */
export function platformWriter(candidates: readonly PlatformCandidate[]): (platform: Platform | undefined) => string {
  const features = new Map<string, Set<string>>();
  for (const { platform } of candidates) {
    if (platform === undefined) continue;
    const key = withoutFeatures(normalise(platform));
    features.set(key, (features.get(key) ?? new Set()).add(featuresOf(platform)));
  }
  return (platform) => {
    if (platform === undefined) return '';
    const hasTwin = (features.get(withoutFeatures(normalise(platform)))?.size ?? 0) > 1;
    return hasTwin ? formatPlatform(platform) : withoutFeatures(platform);
  };
}

/** The platforms of candidates as they are written, each once. */
export function writtenPlatforms(candidates: readonly PlatformCandidate[]): string[] {
  const write = platformWriter(candidates);
  return [...new Set(candidates.map(({ platform }) => write(platform)).filter((text) => text !== ''))];
}

/**
 * The error for a platform that an image does not have.
 *
 * @param requested undefined for any platform
 */
export function platformNotFound(requested: Platform | undefined, offered: readonly string[]): ActionError {
  const platform = requested === undefined ? 'any platform' : describePlatform(requested);
  const offer = offered.length === 0 ? 'It has none.' : `It has ${offered.slice(0, 50).join(', ')}.`;
  return new ActionError('platform-not-found', `The image does not have ${platform}. ${offer}`, {
    advice: 'Set the input platform to one that it has, or build the image for this one.',
  });
}

function describePlatform(platform: Platform): string {
  return formatPlatform(platform).replace(/^\/$/, 'anything without a platform');
}

function withoutFeatures(platform: Platform): string {
  return formatPlatform({ ...platform, osFeatures: [] });
}

function featuresOf(platform: Platform): string {
  return [...normalise(platform).osFeatures].sort().join('+');
}
