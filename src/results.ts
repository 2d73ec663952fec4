import type { Subject } from './compare.ts';
import { writtenPlatform } from './image.ts';
import type { AskedImage } from './inputs.ts';
import type { Found } from './look.ts';
import { ActionError } from './oci/action-error.ts';
import type { Digest } from './oci/digest.ts';
import type { Descriptor } from './oci/manifest.ts';
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

/** One element of the output `results`: an image that does not exist has the first fields only. */
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

/** What the output `platform` may consist of: nothing that a shell would act on. */
const platformPattern = /^[A-Za-z0-9_.()+,:/-]*$/;

/**
 * The elements of `results` for one image.
 *
 * @param inspect whether fields from the config are asked for
 * @throws ActionError `invalid-manifest` when sizes add up to what no number can hold, or a platform is no platform
 */
export function resultsOf(outcome: Outcome, files: SavedFiles, inspect: boolean): Result[] {
  const { asked, found } = outcome;
  const common = { image: asked.text, name: nameOf(asked.reference), tag: asked.reference.tag ?? '' };
  if (found === undefined) return [{ ...common, exists: false }];
  const { image, platforms, subjects } = found;
  const ofImage = {
    ...common,
    exists: true,
    reference: `${common.name}@${image.digest}`,
    digest: image.digest,
    indexDigest: image.entries === undefined ? ('' as const) : image.digest,
    mediaType: image.mediaType,
    platforms,
  };
  return subjects.map((subject, at) => ({
    ...ofImage,
    ...ofManifest(subject, files),
    ...(inspect ? ofConfig(subject) : {}),
    ...(outcome.changed === undefined ? {} : { changed: outcome.changed[at] === true }),
    ...(outcome.needsUpdating === undefined ? {} : { needsUpdating: outcome.needsUpdating[at] === true }),
  }));
}

function ofManifest({ resolution }: Subject, files: SavedFiles) {
  const { manifest, manifestDigest, platform } = resolution;
  return {
    manifestDigest,
    configDigest: manifest.config.digest,
    layers: manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    platform: checkPlatform(platform === undefined ? '' : writtenPlatform(platform)),
    size: sizeOf([manifest.config, ...manifest.layers]),
    annotations: manifest.annotations,
    manifestPath: files.pathOf(manifestDigest),
  };
}

function ofConfig({ resolution }: Subject) {
  const content = resolution.config?.content;
  return { created: content?.created ?? '', labels: content?.labels ?? {}, diffIds: content?.diffIds ?? [] };
}

function checkPlatform(platform: string): string {
  if (platformPattern.test(platform)) return platform;
  throw new ActionError('invalid-manifest', `"${platform}" is written as a platform, and is none.`);
}

function sizeOf(blobs: readonly Descriptor[]): number {
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  if (Number.isSafeInteger(size)) return size;
  throw new ActionError('invalid-manifest', 'The sizes of config and layers add up to more than 2^53 bytes.');
}
