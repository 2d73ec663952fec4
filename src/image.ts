import { ActionError } from './oci/action-error.ts';
import type { Digest } from './oci/digest.ts';
import type { Index, IndexEntry, Manifest } from './oci/manifest.ts';
import { isManifestType, kindOf, type ManifestType } from './oci/media-type.ts';
import { formatPlatform, isUnknownPlatform, type Platform } from './oci/platform.ts';
import type { Reference } from './oci/reference.ts';
import type { RegistryClient } from './registry/client.ts';
import type { Look } from './registry/reach.ts';

/** What a reference points to, before a platform is chosen. */
export interface Image {
  readonly reference: Reference;
  readonly digest: Digest;
  readonly mediaType: ManifestType;
  readonly bytes: Uint8Array;
  /** The image manifests that an index offers, nested ones included, attestations left out; undefined for a manifest. */
  readonly entries: readonly IndexEntry[] | undefined;
  /** Undefined for an index. */
  readonly manifest: Manifest | undefined;
}

/** Levels of index below one another. */
const mostLevels = 4;

/** Entries of an index and all that nest in it. */
const mostEntries = 1000;

/**
 * Reads what `reference` points to, and every index that nests in it.
 *
 * @throws ActionError `invalid-manifest` for too many entries, levels or a cycle, and what {@link RegistryClient} throws
 */
export async function loadImage(reference: Reference, client: RegistryClient, look: Look): Promise<Image> {
  const { digest, bytes, document } = await client.manifest(reference, look);
  const common = { reference, digest, bytes, mediaType: document.mediaType };
  if (document.kind === 'manifest') return { ...common, entries: undefined, manifest: document };
  const entries = await expand(document, [digest], { client, look, reference, budget: { left: mostEntries } });
  return { ...common, entries, manifest: undefined };
}

/** Whether an entry is about others and no image itself. */
function isAttestation({ platform, isAttestation: isAnnotated }: IndexEntry): boolean {
  return isAnnotated || (platform !== undefined && isUnknownPlatform(platform));
}

/** A platform as the index writes it; features are left out, as they tell no images apart. */
export function writtenPlatform(platform: Platform): string {
  return formatPlatform({ ...platform, osFeatures: [] });
}

interface Expansion {
  readonly client: RegistryClient;
  readonly look: Look;
  readonly reference: Reference;
  readonly budget: { left: number };
}

/** The image entries of an index in index order, those of nested indexes in the place of these. */
async function expand(index: Index, path: readonly Digest[], expansion: Expansion): Promise<IndexEntry[]> {
  expansion.budget.left -= index.manifests.length;
  if (expansion.budget.left < 0) {
    throw new ActionError('invalid-manifest', `The index has more than ${mostEntries} entries, nested ones included.`);
  }
  const parts = index.manifests
    .filter((entry) => !isAttestation(entry))
    .map(async (entry) => {
      if (!isIndex(entry)) return isCandidate(entry) ? [entry] : [];
      return expandNested(entry, path, expansion);
    });
  return (await Promise.all(parts)).flat();
}

async function expandNested(entry: IndexEntry, path: readonly Digest[], expansion: Expansion): Promise<IndexEntry[]> {
  if (path.includes(entry.digest)) throw new ActionError('invalid-manifest', `The index ${entry.digest} holds itself.`);
  if (path.length >= mostLevels) {
    throw new ActionError('invalid-manifest', `Indexes nest in more than ${mostLevels} levels.`);
  }
  const { client, look, reference } = expansion;
  const { document } = await client.child(reference, entry, look);
  return document.kind === 'index' ? expand(document, [...path, entry.digest], expansion) : [];
}

function isIndex({ mediaType }: IndexEntry): boolean {
  return isManifestType(mediaType) && kindOf(mediaType) === 'index';
}

/** An entry with a platform is one even when its type is unsupported, so that asking for it says so. */
function isCandidate({ mediaType, platform }: IndexEntry): boolean {
  return platform !== undefined || isManifestType(mediaType);
}
