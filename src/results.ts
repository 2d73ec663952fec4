import type { Subject } from './compare.ts';
import type { AskedImage, Inputs } from './inputs.ts';
import type { Found } from './look.ts';
import type { Digest } from './oci/digest.ts';
import type { Descriptor } from './oci/manifest.ts';
import { formatPlatform } from './oci/platform.ts';
import { nameOf } from './oci/reference.ts';
import type { SavedFiles } from './saved-files.ts';

/** What is asked of one image, and what was found; `found` is undefined for an image that does not exist. */
export interface Outcome {
  readonly asked: AskedImage;
  readonly found: Found | undefined;
  /** By subject; undefined when nothing was to be compared. */
  readonly changed: readonly boolean[] | undefined;
  readonly needsUpdating: readonly boolean[] | undefined;
}

/** One element of the output `results`: an image that does not exist has the first fields, and the platform that was asked for. */
export interface Result {
  readonly image: string;
  readonly exists: boolean;
  readonly name: string;
  readonly tag: string;
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
}

/** What decides which elements there are, and which fields they have. */
type Asked = Pick<Inputs, 'platforms' | 'inspect'>;

/**
 * The elements of `results` for one image: one for each platform, also for an image that does not exist, unless all
 * platforms of it were asked for.
 */
export function resultsOf(outcome: Outcome, files: SavedFiles, { platforms: askedFor, inspect }: Asked): Result[] {
  const { asked, found } = outcome;
  const name = nameOf(asked.reference);
  const tag = asked.reference.tag ?? '';
  if (found === undefined) {
    const missing = { image: asked.text, exists: false, name, tag };
    return askedFor === 'all' ? [missing] : askedFor.map((each) => ({ ...missing, platform: formatPlatform(each) }));
  }
  const { image, subjects } = found;
  const ofImage = {
    image: asked.text,
    exists: true,
    name,
    reference: `${name}@${image.digest}`,
    tag,
    digest: image.digest,
    indexDigest: image.entries === undefined ? ('' as const) : image.digest,
  };
  return subjects.map((subject, at) => ({
    ...ofImage,
    ...ofManifest(subject, found, files),
    ...(inspect ? ofConfig(subject) : {}),
    ...(outcome.changed === undefined ? {} : { changed: outcome.changed[at] === true }),
    ...(outcome.needsUpdating === undefined ? {} : { needsUpdating: outcome.needsUpdating[at] === true }),
  }));
}

function ofManifest({ resolution }: Subject, { image, platforms }: Found, files: SavedFiles) {
  const { manifest, manifestDigest, platformText } = resolution;
  return {
    manifestDigest,
    configDigest: manifest.config.digest,
    layers: manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    mediaType: image.mediaType,
    platform: platformText,
    platforms,
    size: manifest.size,
    annotations: manifest.annotations,
    manifestPath: files.pathOf(manifestDigest),
  };
}

function ofConfig({ resolution }: Subject) {
  const content = resolution.config?.content;
  return { created: content?.created ?? '', labels: content?.labels ?? {}, diffIds: content?.diffIds ?? [] };
}
