import type { ContentStore } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type ManifestDocument, parseDocument } from '../oci/document.ts';
import { isNonDistributableType } from '../oci/media-type.ts';
import type { Platform } from '../oci/platform.ts';
import { isRefName, type LayoutNames, type LayoutScope, layoutNames } from './layout-names.ts';
import type { PlatformImage, ResolvedImage } from './resolved-image.ts';

/** What goes into a layout: each digest once, whatever images share it. */
export interface LayoutPlan {
  readonly entries: object[];
  readonly documents: Map<Digest, Uint8Array>;
  readonly blobs: Map<Digest, PlannedBlob>;
}

/** A blob, and the stores of the images that have it. */
export interface PlannedBlob {
  readonly descriptor: Descriptor;
  readonly stores: readonly ContentStore[];
}

/** Levels of index below one another, and documents of one layout. */
const maxLevels = 5;
const maxDocuments = 5_000;

/** What an image is planned with. */
export interface PlanContext {
  readonly platforms: 'all' | readonly Platform[];
  readonly store: ContentStore;
  readonly hasSeveralImages: boolean;
  readonly warn: (message: string) => void;
}

/** A plan for nothing. */
export function emptyPlan(): LayoutPlan {
  return { entries: [], documents: new Map(), blobs: new Map() };
}

/**
 * Adds an image to a plan, with what its index names where all platforms are wanted.
 *
 * @returns the image, each platform with its name in the layout
 * @throws ActionError `size-mismatch` for a blob that is described in two ways, and what the store throws
 */
export async function planImage(
  image: ResolvedImage,
  plan: LayoutPlan,
  { platforms, store, hasSeveralImages, warn }: PlanContext,
): Promise<ResolvedImage> {
  const isWhole = platforms === 'all' && image.isIndex;
  const scope = { hasSeveralImages, hasSeveralPlatforms: platforms !== 'all' && platforms.length > 1 };
  if (isWhole) {
    plan.documents.set(image.digest, image.bytes);
    await planDocument(parseDocument(image.bytes, image.mediaType), plan, store);
  }
  const entries: PlatformImage[] = [];
  for (const entry of image.entries) {
    const names = namesIn(image, entry, scope);
    if (!isWhole) {
      plan.documents.set(entry.manifestDigest, entry.manifestBytes);
      await planDocument(entry.manifest, plan, store);
    }
    entries.push({ ...entry, layoutName: names.refName });
    addEntry(plan, isWhole ? indexEntry(image, names) : manifestEntry(entry, names));
    if (names.refName !== '' && !isRefName(names.refName)) {
      warn(`The name ${names.refName} is written into the layout, but is not one by the specification.`);
    }
  }
  return { ...image, entries };
}

/** All platforms are one entry, and so are two that chose the same manifest, named after what was chosen. */
function addEntry(plan: LayoutPlan, entry: object): void {
  const text = JSON.stringify(entry);
  if (!plan.entries.some((other) => JSON.stringify(other) === text)) plan.entries.push(entry);
}

function namesIn(image: ResolvedImage, entry: PlatformImage, scope: LayoutScope): LayoutNames {
  return layoutNames(image.request.source, entry, image.entries, scope);
}

async function planDocument(
  document: ManifestDocument,
  plan: LayoutPlan,
  store: ContentStore,
  level = 1,
): Promise<void> {
  if (document.kind === 'manifest') {
    for (const descriptor of [document.config, ...document.layers]) planBlob(descriptor, plan, store);
    return;
  }
  if (level > maxLevels)
    throw new ActionError('invalid-manifest', `Indexes nest in more than ${maxLevels - 1} levels.`);
  await Promise.all(
    document.manifests.map(async (child) => {
      if (plan.documents.has(child.digest)) return;
      const verified = await store.document(child);
      plan.documents.set(child.digest, verified.bytes);
      if (plan.documents.size > maxDocuments) {
        throw new ActionError('invalid-manifest', `The layout would have more than ${maxDocuments} documents.`);
      }
      await planDocument(verified.document, plan, store, level + 1);
    }),
  );
}

/** A blob that one image calls non-distributable is one of all that another has. */
function planBlob(descriptor: Descriptor, { blobs }: LayoutPlan, store: ContentStore): void {
  const other = blobs.get(descriptor.digest);
  if (other !== undefined && other.descriptor.size !== descriptor.size) {
    const message = `${descriptor.digest} is described with ${other.descriptor.size} and ${descriptor.size} bytes.`;
    throw new ActionError('size-mismatch', message);
  }
  const stores = other?.stores ?? [];
  blobs.set(descriptor.digest, {
    descriptor:
      other === undefined || isNonDistributableType(other.descriptor.mediaType) ? descriptor : other.descriptor,
    stores: stores.includes(store) ? stores : [...stores, store],
  });
}

function indexEntry({ mediaType, digest, bytes }: ResolvedImage, names: LayoutNames): object {
  return { mediaType, digest, size: bytes.byteLength, ...annotationsOf(names) };
}

function manifestEntry(
  { manifest, manifestDigest, manifestBytes, platform }: PlatformImage,
  names: LayoutNames,
): object {
  return {
    mediaType: manifest.mediaType,
    digest: manifestDigest,
    size: manifestBytes.byteLength,
    ...annotationsOf(names),
    ...(platform === undefined ? {} : { platform: writtenPlatform(platform) }),
  };
}

function annotationsOf({ refName, imageName }: LayoutNames): object {
  const annotations = {
    ...(imageName === '' ? {} : { 'io.containerd.image.name': imageName }),
    ...(refName === '' ? {} : { 'org.opencontainers.image.ref.name': refName }),
  };
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

function writtenPlatform({ os, architecture, variant, osVersion, osFeatures }: Platform): object {
  return {
    architecture,
    os,
    ...(osVersion === '' ? {} : { 'os.version': osVersion }),
    ...(osFeatures.length === 0 ? {} : { 'os.features': osFeatures }),
    ...(variant === '' ? {} : { variant }),
  };
}
