import type { Image } from './image.ts';
import { ActionError } from './oci/action-error.ts';
import { algorithmOf, type Digest } from './oci/digest.ts';
import { digestOf } from './oci/hash.ts';
import type { Descriptor } from './oci/manifest.ts';
import { formatPlatform, type Platform } from './oci/platform.ts';
import { badBlob, type RegistryClient } from './registry/client.ts';
import type { Look } from './registry/reach.ts';
import { turns } from './registry/turns.ts';
import type { Resolution, Resolver } from './resolve.ts';

/** What must hold before a step may pass. */
export interface Gates {
  readonly expectedDigests: readonly Digest[];
  /** Every pair must hold, also those of one key. */
  readonly expectedLabels: readonly (readonly [key: string, value: string])[];
  readonly requiredPlatforms: readonly Platform[];
  readonly verifyBlobs: boolean;
}

/** Characters that are shown of a label, which another chose. */
const longestLabel = 200;

/** Digests that are shown of those that are expected. */
const mostListed = 5;

/** Blobs that are asked for at once. */
const blobsAtOnce = 8;

/** Whether there is any gate, so that a missing image cannot pass. */
export function hasGates(gates: Gates): boolean {
  return (
    gates.expectedDigests.length > 0 ||
    gates.expectedLabels.length > 0 ||
    gates.requiredPlatforms.length > 0 ||
    gates.verifyBlobs
  );
}

/**
 * Checks every gate for an image and what was chosen of it.
 *
 * @throws ActionError `gate-failed` saying what was expected and what is; any other error when a gate cannot be judged
 */
export async function checkGates(
  gates: Gates,
  image: Image,
  resolver: Resolver,
  resolutions: readonly Resolution[],
  client: RegistryClient,
  look: Look,
): Promise<void> {
  await checkPlatforms(gates, resolver);
  for (const resolution of resolutions) {
    checkDigest(gates, image, resolution);
    checkLabels(gates, resolution);
  }
  if (!gates.verifyBlobs) return;
  const blobs = resolutions.flatMap(({ manifest }) => [manifest.config, ...manifest.layers]);
  await verifyBlobs(image, blobs, client, look);
}

async function checkPlatforms({ requiredPlatforms }: Gates, resolver: Resolver): Promise<void> {
  const missing: string[] = [];
  for (const required of requiredPlatforms) {
    if (!(await resolver.offers(required))) missing.push(formatPlatform(required));
  }
  if (missing.length === 0) return;
  const has = resolver.platforms().join(', ') || 'none';
  throw failed(`require-platforms does not hold: ${missing.join(', ')} missing; the image has ${has}.`);
}

function checkDigest({ expectedDigests }: Gates, image: Image, resolution: Resolution): void {
  if (expectedDigests.length === 0) return;
  const isIt = (expected: Digest) =>
    [image.bytes, resolution.manifestBytes].some((bytes) => digestOf(bytes, algorithmOf(expected)) === expected);
  if (expectedDigests.some(isIt)) return;
  const platform = resolution.platform === undefined ? '' : ` of ${formatPlatform(resolution.platform)}`;
  const actual =
    image.entries === undefined
      ? `digest, a manifest${platform}, is ${image.digest}`
      : `digest, an index, is ${image.digest}, and manifest-digest${platform} is ${resolution.manifestDigest}`;
  throw failed(
    `expected-digest does not hold: expected ${listed(expectedDigests)}, but ${actual}.`,
    levelHint(expectedDigests, image, resolution),
  );
}

/** The first few, as there must be room for what is. */
function listed(digests: readonly Digest[]): string {
  const left = digests.length - mostListed;
  return digests.slice(0, mostListed).join(' or ') + (left > 0 ? ` or ${left} others` : '');
}

/** People take one level for another more often than they get a wrong image. */
function levelHint(expected: readonly Digest[], { entries = [] }: Image, { manifest }: Resolution): string {
  const other = entries.find(({ digest }) => expected.includes(digest));
  if (other !== undefined) {
    const platform = other.platform === undefined ? 'another entry' : formatPlatform(other.platform);
    return `The expected digest is the manifest-digest of ${platform} in the same index. Ask for that platform, or expect this one's.`;
  }
  if (expected.includes(manifest.config.digest)) {
    return 'The expected digest is the config-digest (the image ID). Expect digest or manifest-digest instead.';
  }
  if (manifest.layers.some(({ digest }) => expected.includes(digest))) {
    return 'The expected digest is that of a layer. Expect digest or manifest-digest instead.';
  }
  return 'Do not deploy it: the reference points to another image than the one that is expected. If that is right, expect the new digest.';
}

function checkLabels({ expectedLabels }: Gates, { config, platform }: Resolution): void {
  const labels = config?.content?.labels ?? {};
  const wrong = expectedLabels.flatMap(([key, expected]) => {
    const actual = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (actual === expected) return [];
    return [
      `${key} is ${actual === undefined ? 'not set' : `"${actual.slice(0, longestLabel)}"`}, expected "${expected}"`,
    ];
  });
  if (wrong.length === 0) return;
  const where = platform === undefined ? '' : ` for ${formatPlatform(platform)}`;
  throw failed(`expected-labels does not hold${where}: ${wrong.join('; ')}.`);
}

async function verifyBlobs(
  image: Image,
  blobs: readonly Descriptor[],
  client: RegistryClient,
  look: Look,
): Promise<void> {
  const distinct = [...new Map(blobs.map((blob) => [`${blob.digest} ${blob.size}`, blob])).values()];
  const inTurn = turns(blobsAtOnce);
  const check = async (blob: Descriptor) => faultsOf(blob, await client.blobSize(image.reference, blob, look));
  const faults = (await Promise.all(distinct.map((blob) => inTurn(() => check(blob))))).flat();
  if (faults.length > 0) {
    const error = failed(
      `verify-blobs does not hold: ${faults.slice(0, 10).join('; ')}.`,
      'Push the image again, whole.',
    );
    throw error.with({ reason: badBlob });
  }
  look.note('manifest', `${distinct.length} blobs are there, with the sizes that the manifest states`);
}

/** What is wrong with a blob of which the registry states this size. */
function faultsOf({ digest, size }: Descriptor, stated: number | undefined): string[] {
  if (stated === undefined) return [`${digest} is missing`];
  if (Number.isNaN(stated)) return [`${digest} has no stated size`];
  return stated === size ? [] : [`${digest} has ${stated} bytes, ${size} are described`];
}

function failed(message: string, advice?: string): ActionError {
  return new ActionError('gate-failed', message, { advice });
}
