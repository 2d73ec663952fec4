import { formatPlatform, type Platform } from '../oci/platform.ts';
import { nameOf } from '../oci/reference.ts';
import { type ImageSource, tagOf } from '../oci/source.ts';
import type { PlatformImage } from './resolved-image.ts';

/** What an image is called in a layout. */
export interface LayoutNames {
  /** `org.opencontainers.image.ref.name`; empty for none. */
  readonly refName: string;
  /** `io.containerd.image.name`; empty for none. */
  readonly imageName: string;
}

/** How many images and platforms a layout is for. */
export interface LayoutScope {
  readonly hasSeveralImages: boolean;
  /** Whether a list of platforms was requested, so that each is an entry of its own. */
  readonly hasSeveralPlatforms: boolean;
}

/** The grammar of a ref.name, by the specification. */
const refNamePattern =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;

/** Whether a text is a ref.name by the grammar of the specification. */
export function isRefName(text: string): boolean {
  return refNamePattern.test(text);
}

/** The full reference of an image on a registry, without a digest where there is a tag; empty for a local layout. */
export function fullReference(source: ImageSource): string {
  if (source.kind === 'layout') return '';
  const { tag, digest } = source.reference;
  return tag === undefined ? `${nameOf(source.reference)}@${digest}` : `${nameOf(source.reference)}:${tag}`;
}

/**
 * The names of an image in a layout: its tag, of several images the full reference, of several platforms each with
 * `-OS-ARCH[-VARIANT]`. An image without a tag has no ref.name, and none ever holds a digest.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
export function layoutNames(
  source: ImageSource,
  entry: PlatformImage,
  siblings: readonly PlatformImage[],
  { hasSeveralImages, hasSeveralPlatforms }: LayoutScope,
): LayoutNames {
  const tag = tagOf(source);
  const full = fullReference(source);
  const suffix = hasSeveralPlatforms ? platformSuffix(entry, siblings) : '';
  const base = hasSeveralImages && source.kind === 'registry' ? full : tag;
  const refName = tag === '' ? '' : `${base}${suffix}`;
  return { refName, imageName: full === '' ? '' : `${full}${refName === '' ? '' : suffix}` };
}

/** `-OS-ARCH[-VARIANT]`, and what else tells apart those that would be equal. */
function platformSuffix({ platform, manifestDigest }: PlatformImage, siblings: readonly PlatformImage[]): string {
  if (platform === undefined) return '';
  const suffix = plainSuffix(platform);
  const hasTwin = siblings.some(
    (sibling) =>
      sibling.manifestDigest !== manifestDigest && sibling.platform && plainSuffix(sibling.platform) === suffix,
  );
  const { osVersion, osFeatures } = platform;
  return hasTwin ? [suffix, osVersion, ...osFeatures].filter((part) => part !== '').join('-') : suffix;
}

function plainSuffix(platform: Platform): string {
  return `-${formatPlatform({ ...platform, osVersion: '', osFeatures: [] }).replaceAll('/', '-')}`;
}
