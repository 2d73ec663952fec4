import { type Image, writtenPlatform } from './image.ts';
import { ActionError } from './oci/action-error.ts';
import { type Config, parseConfig } from './oci/config.ts';
import type { Digest } from './oci/digest.ts';
import type { IndexEntry, Manifest } from './oci/manifest.ts';
import { isImageConfigType } from './oci/media-type.ts';
import {
  choosePlatform,
  formatPlatform,
  isSamePlatform,
  isUnknownPlatform,
  normalise,
  type Platform,
} from './oci/platform.ts';
import { formatReference } from './oci/reference.ts';
import type { RegistryClient } from './registry/client.ts';
import type { Look } from './registry/reach.ts';

/** One platform of an image, down to its layers. */
export interface Resolution {
  /** As the index or the config writes it; undefined for what is no image, or has none. */
  readonly platform: Platform | undefined;
  /** The same as text; empty when there is none. */
  readonly platformText: string;
  readonly manifest: Manifest;
  readonly manifestDigest: Digest;
  readonly manifestBytes: Uint8Array;
  /** Undefined unless it was read. */
  readonly config: ReadConfig | undefined;
}

/** A config blob. */
export interface ReadConfig {
  readonly bytes: Uint8Array;
  /** Undefined for the config of something that is no image. */
  readonly content: Config | undefined;
}

/** Finds what an image has for platforms. All of it reads from one image, so that the answers describe one moment. */
export interface Resolver {
  /** Of the image itself, an index or a manifest. */
  readonly digest: Digest;
  /** Throws `platform-not-found`, listing what there is. */
  resolve(asked: Platform, inspect: boolean): Promise<Resolution>;
  /** All platforms, in index order. */
  resolveAll(inspect: boolean): Promise<Resolution[]>;
  /** The platforms as they are written, as far as they are known by now. */
  platforms(): readonly string[];
  /** The digest of the manifest for a platform, by the index that names it. Throws `platform-not-found`. */
  locate(asked: Platform): Promise<Digest>;
  /** Whether the image has `asked` itself, not a lower variant of it. */
  offers(asked: Platform): Promise<boolean>;
}

/** What a platform may be written with: nothing that a shell would act on, and in parentheses, where PowerShell would, a version. */
const inertPlatform = /^[A-Za-z0-9_.+,:/-]*(?:\([0-9.]*\))?[A-Za-z0-9_.+,:/-]*$/;

/** A manifest, with its digest and its bytes. */
type ReadManifest = Pick<Resolution, 'manifest' | 'manifestDigest' | 'manifestBytes'>;

/** Where a platform's manifest is to be found, and what platform it is. */
interface Candidate {
  readonly platform: Platform | undefined;
  readonly entry: IndexEntry | undefined;
}

/** A resolver for `image`. Nothing is fetched before it is needed, and nothing twice. */
export function resolverFor(image: Image, client: RegistryClient, look: Look): Resolver {
  const { reference, entries } = image;
  let silent: Promise<Candidate[]> | undefined;
  const written: readonly Candidate[] = (entries ?? [])
    .filter(({ platform }) => platform !== undefined)
    .map(asCandidate);
  let known = written;

  // By manifest, as another may say something else of the same config.
  const configs = new Map<Digest, Promise<ReadConfig>>();

  const readConfig = ({ manifest, manifestDigest }: ReadManifest): Promise<ReadConfig> => {
    const read = async () => {
      const bytes = await client.blob(reference, manifest.config, look);
      return { bytes, content: isImage(manifest) ? parseConfig(bytes) : undefined };
    };
    const reading = configs.get(manifestDigest) ?? read();
    configs.set(manifestDigest, reading);
    return reading;
  };

  /** Candidates whose platform only their config tells: entries that say nothing, or the single manifest. */
  const readSilent = async (): Promise<Candidate[]> => {
    const read = async (entry: IndexEntry | undefined): Promise<Candidate> => {
      const found = await manifestOf(entry);
      const config = isImage(found.manifest) ? await readConfig(found) : undefined;
      return { platform: config?.content?.platform, entry };
    };
    const unsaid = entries === undefined ? [undefined] : entries.filter(({ platform }) => platform === undefined);
    const candidates = await Promise.all(unsaid.map(read));
    return candidates.filter(({ platform }) => platform === undefined || !isUnknownPlatform(platform));
  };
  const loadSilent = async (): Promise<Candidate[]> => {
    silent ??= readSilent();
    const found = await silent;
    known = inOrder([...written, ...found], entries);
    return found;
  };

  const manifestOf = async (entry: IndexEntry | undefined): Promise<ReadManifest> => {
    if (entry === undefined && image.manifest !== undefined) {
      return { manifest: image.manifest, manifestDigest: image.digest, manifestBytes: image.bytes };
    }
    const { digest, bytes, document } = await client.child(reference, entry as IndexEntry, look);
    if (document.kind === 'manifest') return { manifest: document, manifestDigest: digest, manifestBytes: bytes };
    throw new ActionError('invalid-manifest', `${digest} is an index where a manifest was announced.`);
  };

  const complete = async ({ platform, entry }: Candidate, inspect: boolean): Promise<Resolution> => {
    const manifest = await manifestOf(entry);
    const platformText = platform === undefined ? '' : writtenPlatform(platform);
    return { platform, platformText, ...manifest, config: inspect ? await readConfig(manifest) : undefined };
  };

  const choose = async (asked: Platform): Promise<Candidate> => {
    const platformOf = ({ platform }: Candidate) => platform;
    const plain = choosePlatform(written, asked, platformOf);
    if (plain !== undefined) return plain;
    const found = await loadSilent();
    const chosen = choosePlatform(found, asked, platformOf);
    if (chosen !== undefined) return chosen;
    const [only] = found;
    if (entries === undefined && only !== undefined && only.platform === undefined) return only;
    throw platformNotFound(image, asked, writtenPlatforms(known));
  };

  return {
    digest: image.digest,
    async resolve(asked, inspect) {
      return inert(await complete(await choose(asked), inspect));
    },
    async resolveAll(inspect) {
      await loadSilent();
      const all = entries === undefined ? known : distinct(known);
      if (all.length === 0) throw platformNotFound(image, undefined, []);
      return Promise.all(all.map((candidate) => complete(candidate, inspect)));
    },
    locate: async (asked) => (await choose(asked)).entry?.digest ?? image.digest,
    platforms: () => writtenPlatforms(known),
    async offers(asked) {
      const isOffered = (candidates: readonly Candidate[]) =>
        candidates.some(({ platform }) => platform !== undefined && isSamePlatform(platform, asked));
      return isOffered(written) || isOffered(await loadSilent());
    },
  };
}

/** Whether a manifest is that of an image, and not of some other artifact. */
function isImage({ config, mediaType }: Manifest): boolean {
  return isImageConfigType(config.mediaType, mediaType);
}

/** The platform of the one resolution becomes an output that is no JSON. */
function inert(resolution: Resolution): Resolution {
  if (inertPlatform.test(resolution.platformText)) return resolution;
  throw new ActionError('invalid-manifest', `"${resolution.platformText}" is written as a platform, and is none.`);
}

function asCandidate(entry: IndexEntry): Candidate {
  return { platform: entry.platform, entry };
}

function inOrder(candidates: readonly Candidate[], entries: readonly IndexEntry[] | undefined): readonly Candidate[] {
  if (entries === undefined) return candidates;
  return entries.flatMap((entry) => candidates.find((candidate) => candidate.entry === entry) ?? []);
}

function writtenPlatforms(candidates: readonly Candidate[]): string[] {
  return [...new Set(candidates.flatMap(({ platform }) => (platform ? [writtenPlatform(platform)] : [])))];
}

/** One candidate for each platform, the first in index order. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const byPlatform = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (candidate.platform === undefined) continue;
    const key = formatPlatform(normalise(candidate.platform));
    if (!byPlatform.has(key)) byPlatform.set(key, candidate);
  }
  return [...byPlatform.values()];
}

function platformNotFound(image: Image, asked: Platform | undefined, offered: readonly string[]): ActionError {
  const wanted =
    asked === undefined ? 'any platform' : formatPlatform(asked).replace(/^\/$/, 'anything without a platform');
  const has = offered.length === 0 ? 'It has none.' : `It has ${offered.slice(0, 50).join(', ')}.`;
  return new ActionError('platform-not-found', `${formatReference(image.reference)} does not have ${wanted}. ${has}`, {
    advice: 'Ask for one of its platforms by the input platform, or build the image for this one.',
  });
}
