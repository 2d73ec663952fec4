import type { Verification } from '../attestation/attestation.ts';
import type { ImageReferrer, MissingImage, PlatformImage, ResolvedImage } from '../image/resolved-image.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../oci/platform.ts';
import { nameOf } from '../oci/reference.ts';
import { tagOf } from '../oci/source.ts';
import type { Inputs } from './inputs.ts';
import type { SavedFiles } from './saved-files.ts';

/** One element of the output `results`: an image that does not exist has the first fields, and the requested platform. */
export interface Result {
  readonly image: string;
  readonly exists: boolean;
  /** Missing for an image in a local layout. */
  readonly name?: string;
  /** The tag, or the name in a layout. */
  readonly tag: string;
  /** What may be deployed; empty when several manifests were approved in its place. */
  readonly reference?: string;
  readonly digest?: Digest;
  /** Empty when the reference points to a manifest. */
  readonly indexDigest?: Digest | '';
  readonly manifestDigest?: Digest;
  readonly configDigest?: Digest;
  readonly layers?: readonly Descriptor[];
  readonly mediaType?: string;
  readonly platform?: string;
  readonly platforms?: readonly string[];
  /** Bytes of config and layers, as stored. */
  readonly size?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly manifestPath?: string;
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly diffIds?: readonly Digest[];
  readonly changed?: boolean;
  readonly needsUpdating?: boolean;
  /** Its name in the layout that was exported; empty when it has none. */
  readonly layoutName?: string;
  readonly referrers?: readonly ImageReferrer[];
  readonly verified?: readonly Verification[];
  /** The host that what the reference points to came from. */
  readonly servedBy?: string;
}

/**
 * The elements of `results` for one image: one for each platform, also for an image that does not exist, unless all
 * platforms of it were requested.
 */
export function resultsOf(
  image: ResolvedImage | MissingImage,
  files: SavedFiles,
  { platforms, inspect, mirrors }: Pick<Inputs, 'platforms' | 'inspect' | 'mirrors'>,
): Result[] {
  const { text, source } = image.request;
  // What a layout says of its name is a claim of whoever wrote it.
  const name = source.kind === 'registry' ? nameOf(source.reference) : undefined;
  const named = { image: text, exists: image.exists, ...(name === undefined ? {} : { name }), tag: tagOf(source) };
  if (!image.exists) {
    return platforms === 'all'
      ? [named]
      : platforms.map((platform) => ({ ...named, platform: formatPlatform(platform) }));
  }
  const common = {
    ...named,
    ...(name === undefined
      ? {}
      : { reference: image.approvedDigest === undefined ? '' : `${name}@${image.approvedDigest}` }),
    digest: image.digest,
    indexDigest: image.isIndex ? image.digest : ('' as const),
    mediaType: image.mediaType,
    platforms: image.platforms,
    ...(mirrors.size > 0 && image.servedBy !== undefined ? { servedBy: image.servedBy } : {}),
  };
  return image.entries.map((entry) => ({
    ...common,
    ...manifestFields(entry, files),
    ...(inspect ? configFields(entry) : {}),
    ...(entry.changed === undefined ? {} : { changed: entry.changed }),
    ...(entry.needsUpdating === undefined ? {} : { needsUpdating: entry.needsUpdating }),
    ...(image.verified.length === 0 ? {} : { verified: verifiedOf(image, entry) }),
    ...(image.referrers === undefined ? {} : { referrers: referrersOf(image, entry) }),
    ...(entry.layoutName === undefined ? {} : { layoutName: entry.layoutName }),
  }));
}

/** What was proven of the image or of this platform's manifest. */
function verifiedOf({ digest, verified }: ResolvedImage, { manifestDigest }: PlatformImage): Verification[] {
  return verified.filter(({ subject }) => subject === digest || subject === manifestDigest);
}

/** What refers to the image or to this platform's manifest. */
function referrersOf({ digest, referrers = [] }: ResolvedImage, { manifestDigest }: PlatformImage): ImageReferrer[] {
  return referrers.filter(({ subject }) => subject === digest || subject === manifestDigest);
}

function manifestFields({ manifest, manifestDigest, platformText }: PlatformImage, files: SavedFiles) {
  return {
    manifestDigest,
    configDigest: manifest.config.digest,
    layers: manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    platform: platformText,
    size: manifest.size,
    annotations: manifest.annotations,
    manifestPath: files.pathOf(manifestDigest),
  };
}

function configFields({ config }: PlatformImage) {
  const content = config?.content;
  return { created: content?.created ?? '', labels: content?.labels ?? {}, diffIds: content?.diffIds ?? [] };
}
