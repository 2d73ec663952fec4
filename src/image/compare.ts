import type { Operation } from '../async/operation.ts';
import { singleFlight } from '../async/single-flight.ts';
import type { ContentStore, Head } from '../content/store.ts';
import { ActionError } from '../error.ts';
import { isDigestOf } from '../oci/digest.ts';
import { isImageManifest } from '../oci/manifest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatSource, type ImageSource, targetOf } from '../oci/source.ts';
import { type Image, loadImage } from './image.ts';
import { type PlatformImages, platformImages } from './platform-image.ts';
import type { OpenStore } from './resolve-image.ts';
import type { PlatformImage, ResolvedImage } from './resolved-image.ts';

/** The images that others are compared with, each looked up once in a run. */
export interface ImageCache {
  /** Undefined for an image that does not exist. */
  head(source: ImageSource, operation: Operation): Promise<Head | undefined>;
  load(source: ImageSource, operation: Operation): Promise<{ image: Image; platforms: PlatformImages }>;
}

/** A cache whose images `open` opens. */
export function imageCache(open: OpenStore): ImageCache {
  const heads = new Map<string, Promise<Head | undefined>>();
  const images = new Map<string, Promise<Image>>();
  return {
    head(source, operation) {
      const head = (store: ContentStore) =>
        store.head(targetOf(source)).catch((error: unknown) => absent(error, 'not-found'));
      return singleFlight(heads, formatSource(source), operation.signal, () => head(open(source, operation)));
    },
    async load(source, operation) {
      // Bound to the caller's own operation: another's may be over.
      const store = open(source, operation);
      const load = () => loadImage(store, targetOf(source));
      const image = await singleFlight(images, formatSource(source), operation.signal, load);
      return { image, platforms: platformImages(image, store) };
    },
  };
}

/**
 * Whether each platform's manifest differs from that of another image. When HEAD shows that both references point to the
 * same, nothing is fetched. A missing image or platform is a difference; any error is an error.
 *
 * @returns the entries of `resolved`, each with `changed`
 */
export async function withChanges(
  resolved: ResolvedImage,
  other: ImageSource,
  images: ImageCache,
  operation: Operation,
): Promise<PlatformImage[]> {
  const setAll = (changed: boolean) => resolved.entries.map((entry) => ({ ...entry, changed }));
  const head = await images.head(other, operation);
  if (head === undefined) return setAll(true);
  if (head.digest !== undefined && isDigestOf(resolved.bytes, head.digest)) return setAll(false);
  const loaded = await images.load(other, operation).catch((error: unknown) => absent(error, 'not-found'));
  return Promise.all(
    resolved.entries.map(async (entry) => {
      const locate = async () => loaded?.platforms.locate(entry.comparablePlatform);
      const digest = await locate().catch((error: unknown) => absent(error, 'platform-not-found'));
      return { ...entry, changed: digest === undefined || !isDigestOf(entry.manifestBytes, digest) };
    }),
  );
}

/**
 * Whether the layers of each platform do not begin with all layers of its base image.
 *
 * @param baseOf the base of a platform's image
 * @returns the entries of `resolved`, each with `needsUpdating`
 * @throws ActionError `not-found` or `platform-not-found` for a base that is missing, `unsupported` for one without layers
 */
export async function withBaseUpdates(
  resolved: ResolvedImage,
  baseOf: (entry: PlatformImage) => ImageSource,
  images: ImageCache,
  operation: Operation,
): Promise<PlatformImage[]> {
  return Promise.all(
    resolved.entries.map(async (entry) => {
      const base = baseOf(entry);
      const { image, platforms } = await images.load(base, operation);
      const baseImage = await platforms.choose(entry.comparablePlatform, false);
      const layers = baseImage.manifest.layers.map(({ digest }) => digest);
      if (layers.length === 0 || !isImageManifest(baseImage.manifest)) throw notABase(base);
      const own = entry.manifest.layers.map(({ digest }) => digest);
      const differsAt = layers.findIndex((digest, at) => digest !== own[at]);
      const shared = differsAt === -1 ? layers.length : differsAt;
      operation.trace(
        'manifest',
        `${formatPlatform(entry.comparablePlatform)}: ${shared} of the ${layers.length} layers of ${formatSource(base)} are shared; its current digest is ${image.digest} (manifest ${baseImage.manifestDigest})`,
      );
      return { ...entry, needsUpdating: differsAt !== -1 };
    }),
  );
}

function notABase(base: ImageSource): ActionError {
  return new ActionError(
    'unsupported',
    `${formatSource(base)} is no image with layers, so nothing can be built on it.`,
    {
      advice: 'Set base-image to the image that the Dockerfile names in its last FROM.',
    },
  );
}

function absent(error: unknown, code: 'not-found' | 'platform-not-found'): undefined {
  if (error instanceof ActionError && error.code === code) return undefined;
  throw error;
}
