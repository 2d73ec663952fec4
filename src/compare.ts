import { type Image, loadImage } from './image.ts';
import { ActionError } from './oci/action-error.ts';
import { algorithmOf, digestOf } from './oci/digest.ts';
import { formatPlatform, type Platform } from './oci/platform.ts';
import { formatReference, nameOf, type Reference } from './oci/reference.ts';
import type { Look, RegistryClient } from './registry/client.ts';
import { type Resolution, resolverFor } from './resolve.ts';

/** A resolution with the platform to look for elsewhere. */
export interface Subject {
  readonly asked: Platform;
  readonly resolution: Resolution;
}

/**
 * Whether the manifests of `subjects` differ from those of `other`, one answer each. When HEAD shows that both
 * references point to the same, nothing is fetched. An absent image or platform is a difference; any error is an error.
 */
export async function haveChanged(
  image: Image,
  subjects: readonly Subject[],
  other: Reference,
  client: RegistryClient,
  look: Look,
): Promise<boolean[]> {
  const head = await client.head(other, look);
  if (!head.exists) return subjects.map(() => true);
  if (head.digest !== undefined && digestOf(image.bytes, algorithmOf(head.digest)) === head.digest) {
    return subjects.map(() => false);
  }
  const resolver = await loadImage(other, client, look).then(
    (loaded) => resolverFor(loaded, client, look),
    (error) => absent(error, 'not-found'),
  );
  const isChanged = async ({ asked, resolution }: Subject): Promise<boolean> => {
    const theirs = await resolver?.resolve(asked, false).catch((error) => absent(error, 'platform-not-found'));
    return theirs === undefined || Buffer.compare(theirs.manifestBytes, resolution.manifestBytes) !== 0;
  };
  return Promise.all(subjects.map(isChanged));
}

/** Whether the layers of `subjects` do not begin with all layers of `base`, one answer each. */
export async function needUpdating(
  subjects: readonly Subject[],
  base: Reference,
  client: RegistryClient,
  look: Look,
): Promise<boolean[]> {
  const loaded = await loadImage(base, client, look);
  const resolver = resolverFor(loaded, client, look);
  const isOutdated = async ({ asked, resolution }: Subject): Promise<boolean> => {
    const { manifest, manifestDigest } = await resolver.resolve(asked, false);
    const mine = resolution.manifest.layers.map(({ digest }) => digest);
    const theirs = manifest.layers.map(({ digest }) => digest);
    const differs = theirs.findIndex((digest, at) => digest !== mine[at]);
    const shared = differs === -1 ? theirs.length : differs;
    look.note(
      'manifest',
      `${formatPlatform(asked)}: ${shared} of the ${theirs.length} layers of ${formatReference(base)} are shared; its current digest is ${nameOf(base)}@${loaded.digest} (manifest ${manifestDigest})`,
    );
    return differs !== -1;
  };
  return Promise.all(subjects.map(isOutdated));
}

function absent(error: unknown, code: 'not-found' | 'platform-not-found'): undefined {
  if (error instanceof ActionError && error.code === code) return undefined;
  throw error;
}
