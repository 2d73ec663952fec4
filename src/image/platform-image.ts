import type { ContentStore, VerifiedDocument } from '../content/store.ts';
import { ActionError } from '../error.ts';
import { parseConfig } from '../oci/config.ts';
import type { Digest } from '../oci/digest.ts';
import { isImageManifest, type Manifest } from '../oci/manifest.ts';
import { formatPlatform, isUnknownPlatform, normalise, type Platform } from '../oci/platform.ts';
import type { Image } from './image.ts';
import {
  chooseCandidate,
  distinctCandidates,
  exactCandidates,
  type PlatformCandidate,
  platformNotFound,
  platformWriter,
  writtenPlatforms,
} from './platform-candidates.ts';
import type { ImageConfig, PlatformImage } from './resolved-image.ts';

/** The platforms of one image. Nothing is fetched before it is needed, and all answers describe one moment. */
export interface PlatformImages {
  /** The image for a platform. Throws `platform-not-found`, listing what there is. */
  choose(requested: Platform, withConfig: boolean): Promise<PlatformImage>;
  /** The images of all platforms, in index order. */
  all(withConfig: boolean): Promise<PlatformImage[]>;
  /** The digest of the manifest for a platform, by the index that names it. Throws `platform-not-found`. */
  locate(requested: Platform): Promise<Digest>;
  /** The manifests that are named for exactly this platform. */
  named(requested: Platform): Promise<readonly PlatformCandidate[]>;
  /** The candidates that name a manifest: the same manifest may stand for several platforms. */
  namesOf(digest: Digest): readonly PlatformCandidate[];
  /** The platform that the config below a manifest names. */
  configPlatform(candidate: PlatformCandidate): Promise<Platform | undefined>;
  /** What the image offers, as it writes it: what the index declares, and only where it declares none what configs tell. */
  written(): Promise<readonly string[]>;
}

/**
 * A platform that may become an output of its own, which is no JSON. In parentheses, where PowerShell would run it, stand
 * a version and features alone.
 */
const inertPlatform = /^[A-Za-z0-9_.+,:/-]*(?:\([0-9.]*(?:\+[A-Za-z0-9_.-]+)*\))?[A-Za-z0-9_.+,:/-]*$/;

/** A manifest that was read. */
type ReadManifest = Pick<PlatformImage, 'manifest' | 'manifestDigest' | 'manifestBytes'>;

/** The platforms of `image`, whose content is in `store`. */
export function platformImages(image: Image, store: ContentStore): PlatformImages {
  const own = { mediaType: image.document.mediaType, digest: image.digest, size: image.bytes.byteLength };
  const candidates: readonly PlatformCandidate[] =
    image.entries?.map((entry) => ({ platform: entry.platform, descriptor: entry, annotations: entry.annotations })) ??
    ([{ platform: undefined, descriptor: own, annotations: {} }] as const);
  const declared = candidates.filter(({ platform }) => platform !== undefined);

  // By manifest, as another may say something else of the same config.
  const configs = new Map<Digest, Promise<ImageConfig>>();
  const configOf = ({ manifest, manifestDigest }: ReadManifest): Promise<ImageConfig> => {
    const read = async () => {
      const bytes = await store.blob(manifest.config);
      return { bytes, content: isImageManifest(manifest) ? parseConfig(bytes) : undefined };
    };
    const config = configs.get(manifestDigest) ?? read();
    configs.set(manifestDigest, config);
    return config;
  };

  const manifestOf = async ({ descriptor }: PlatformCandidate): Promise<ReadManifest> =>
    asManifest(descriptor === own ? image : await store.document(descriptor));

  const configPlatform = async (candidate: PlatformCandidate): Promise<Platform | undefined> => {
    const read = await manifestOf(candidate);
    return isImageManifest(read.manifest) ? (await configOf(read)).content?.platform : undefined;
  };

  /** All candidates, those that declare no platform with that of their config. */
  let told: Promise<readonly PlatformCandidate[]> | undefined;
  const withToldPlatforms = (): Promise<readonly PlatformCandidate[]> => {
    const tell = async (candidate: PlatformCandidate) =>
      candidate.platform ? candidate : { ...candidate, platform: await configPlatform(candidate) };
    told ??= Promise.all(candidates.map(tell)).then((all) =>
      all.filter(({ platform }) => platform === undefined || !isUnknownPlatform(platform)),
    );
    return told;
  };

  const offered = async () => (declared.length > 0 ? declared : withToldPlatforms());
  let writer: Promise<ReturnType<typeof platformWriter>> | undefined;
  const write = async (platform: Platform | undefined): Promise<string> => {
    writer ??= offered().then(platformWriter);
    return (await writer)(platform);
  };

  const chooseFor = async (requested: Platform): Promise<PlatformCandidate> => {
    const plain = chooseCandidate(declared, requested);
    if (plain !== undefined) return plain;
    refuseUnreadable(image);
    const all = await withToldPlatforms();
    const [only, ...others] = all;
    const chosen = chooseCandidate(all, requested);
    if (chosen !== undefined) return chosen;
    if (only !== undefined && only.platform === undefined && others.length === 0) return only;
    throw platformNotFound(requested, writtenPlatforms(all));
  };

  const complete = async (candidate: PlatformCandidate, withConfig: boolean): Promise<PlatformImage> => {
    const { platform } = candidate;
    const read = await manifestOf(candidate);
    const config = withConfig ? await configOf(read) : undefined;
    requireSamePlatform(platform, config?.content?.platform);
    return {
      ...read,
      platform,
      entryAnnotations: candidate.annotations,
      platformText: await write(platform),
      comparablePlatform: comparable(platform),
      config,
    };
  };

  return {
    async choose(requested, withConfig) {
      const chosen = requireInert(await complete(await chooseFor(requested), withConfig));
      return { ...chosen, comparablePlatform: requested };
    },
    async all(withConfig) {
      refuseUnreadable(image);
      const all = distinctCandidates(await withToldPlatforms());
      if (all.length === 0) throw platformNotFound(undefined, []);
      return Promise.all(all.map((candidate) => complete(candidate, withConfig)));
    },
    locate: async (requested) => (await chooseFor(requested)).descriptor.digest,
    async named(requested) {
      const plain = exactCandidates(declared, requested);
      if (plain.length > 0) return plain;
      refuseUnreadable(image);
      return exactCandidates(await withToldPlatforms(), requested);
    },
    namesOf: (digest) => declared.filter(({ descriptor }) => descriptor.digest === digest),
    configPlatform,
    written: async () => writtenPlatforms(await offered()),
  };
}

/** What a nested index offers that cannot be read is unknown: nothing may be concluded from it. */
function refuseUnreadable({ unreadable: [error] }: Image): void {
  if (error !== undefined) throw error;
}

function asManifest({ digest, bytes, document }: VerifiedDocument): ReadManifest {
  if (document.kind === 'manifest')
    return { manifest: document as Manifest, manifestDigest: digest, manifestBytes: bytes };
  throw new ActionError('invalid-manifest', `${digest} is an index where a manifest was announced.`);
}

/** The platform of one image becomes an output that is no JSON. */
function requireInert(image: PlatformImage): PlatformImage {
  if (inertPlatform.test(image.platformText)) return image;
  throw new ActionError('invalid-manifest', `"${image.platformText}" stands as a platform and is not one.`);
}

/** An index that names one platform over the config of another leads clients to run the wrong one. */
function requireSamePlatform(declared: Platform | undefined, configured: Platform | undefined): void {
  if (declared === undefined || configured === undefined) return;
  const [one, other] = [normalise(declared), normalise(configured)];
  if (one.os === other.os && one.architecture === other.architecture) return;
  throw new ActionError(
    'invalid-manifest',
    `The index declares ${formatPlatform(declared)}, but the config below it is for ${formatPlatform(configured)}.`,
    { advice: 'Build and push the image again: its index names the wrong manifest for a platform.' },
  );
}

/** By what a platform is looked up in another image: only of Windows there are several versions. */
function comparable(platform: Platform | undefined): Platform {
  if (platform === undefined) return { os: '', architecture: '', variant: '', osVersion: '', osFeatures: [] };
  return { ...normalise(platform), osFeatures: [] };
}
