import { type Image, loadImage } from './image.ts';
import { ActionError } from './oci/action-error.ts';
import { algorithmOf } from './oci/digest.ts';
import { digestOf } from './oci/hash.ts';
import { formatPlatform, type Platform } from './oci/platform.ts';
import { formatReference, nameOf, type Reference } from './oci/reference.ts';
import type { Head, RegistryClient } from './registry/client.ts';
import type { Look } from './registry/reach.ts';
import { shared } from './registry/shared.ts';
import { type Resolution, type Resolver, resolverFor } from './resolve.ts';

/** A resolution with the platform to look for elsewhere. */
export interface Subject {
  readonly asked: Platform;
  readonly resolution: Resolution;
}

/** The other images of a run, each looked up once, however many images are compared with it. */
export interface Others {
  head(reference: Reference, look: Look): Promise<Head>;
  /** For a look of one's own: another's may be over. */
  load(reference: Reference, look: Look): Promise<Resolver>;
}

/** Others by `client`. */
export function othersBy(client: RegistryClient): Others {
  const heads = new Map<string, Promise<Head>>();
  const images = new Map<string, Promise<Image>>();
  return {
    head: (reference, look) =>
      shared(heads, formatReference(reference), look.signal, () => client.head(reference, look)),
    async load(reference, look) {
      const load = () => loadImage(reference, client, look);
      return resolverFor(await shared(images, formatReference(reference), look.signal, load), client, look);
    },
  };
}

/**
 * Whether the manifests of `subjects` differ from those of `other`, one answer each. When HEAD shows that both
 * references point to the same, nothing is fetched. An absent image or platform is a difference; any error is an error.
 */
export async function haveChanged(
  image: Image,
  subjects: readonly Subject[],
  other: Reference,
  others: Others,
  look: Look,
): Promise<boolean[]> {
  const head = await others.head(other, look);
  if (!head.exists) return subjects.map(() => true);
  if (head.digest !== undefined && digestOf(image.bytes, algorithmOf(head.digest)) === head.digest) {
    return subjects.map(() => false);
  }
  const resolver = await others.load(other, look).catch((error) => absent(error, 'not-found'));
  const isChanged = async ({ asked, resolution }: Subject): Promise<boolean> => {
    const theirs = await resolver?.locate(asked).catch((error) => absent(error, 'platform-not-found'));
    return theirs === undefined || digestOf(resolution.manifestBytes, algorithmOf(theirs)) !== theirs;
  };
  return Promise.all(subjects.map(isChanged));
}

/**
 * Whether the layers of `subjects` do not begin with all layers of `base`, one answer each.
 *
 * @throws ActionError `not-found` or `platform-not-found` for a base that is missing
 */
export async function needUpdating(
  subjects: readonly Subject[],
  base: Reference,
  others: Others,
  look: Look,
): Promise<boolean[]> {
  const resolver = await others.load(base, look);
  const isOutdated = async ({ asked, resolution }: Subject): Promise<boolean> => {
    const { manifest, manifestDigest } = await resolver.resolve(asked, false);
    const mine = resolution.manifest.layers.map(({ digest }) => digest);
    const theirs = manifest.layers.map(({ digest }) => digest);
    const differs = theirs.findIndex((digest, at) => digest !== mine[at]);
    const shared = differs === -1 ? theirs.length : differs;
    look.note(
      'manifest',
      `${formatPlatform(asked)}: ${shared} of the ${theirs.length} layers of ${formatReference(base)} are shared; its current digest is ${nameOf(base)}@${resolver.digest} (manifest ${manifestDigest})`,
    );
    return differs !== -1;
  };
  return Promise.all(subjects.map(isOutdated));
}

function absent(error: unknown, code: 'not-found' | 'platform-not-found'): undefined {
  if (error instanceof ActionError && error.code === code) return undefined;
  throw error;
}
