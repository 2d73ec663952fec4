import type { ContentStore, VerifiedDocument } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { Digest } from '../oci/digest.ts';
import { type Index, type IndexEntry, isAttestationEntry, isNestedIndex } from '../oci/index.ts';
import { isManifestType } from '../oci/media-type.ts';
import type { Target } from '../oci/source.ts';

/** What a reference points to, before a platform is chosen. */
export interface Image extends VerifiedDocument {
  /**
   * The image manifests that an index offers, those of nested indexes in the place of these, attestations left out;
   * undefined for a manifest.
   */
  readonly entries: readonly IndexEntry[] | undefined;
  /** Why nested indexes could not be read: what they offer is unknown. */
  readonly unreadable: readonly ActionError[];
}

/** Levels of index below one another. */
const maxLevels = 4;

/** Entries of an index and all that nest in it. */
const maxEntries = 1000;

/**
 * Reads what `target` points to, and every index that nests in it.
 *
 * @param fetched what it points to, where that has been fetched
 * @throws ActionError `invalid-manifest` for too many entries, levels or a cycle, and what the store throws
 */
export async function loadImage(store: ContentStore, target: Target, fetched?: VerifiedDocument): Promise<Image> {
  const root = fetched ?? (await store.resolve(target));
  const unreadable: ActionError[] = [];
  if (root.document.kind === 'manifest') return { ...root, entries: undefined, unreadable };
  const expansion = { store, left: maxEntries, unreadable };
  const entries = await expand(root.document, [root.digest], expansion);
  return { ...root, entries, unreadable };
}

/** Whether an error is about the content of a document, or its absence, and not about the way to it. */
export function isContentError(error: unknown): error is ActionError {
  if (!(error instanceof ActionError)) return false;
  return (
    ['invalid-manifest', 'unsupported', 'size-mismatch', 'too-large'].includes(error.code) ||
    error.cause === 'missing-child' ||
    error.cause === 'bad-blob'
  );
}

interface Expansion {
  readonly store: ContentStore;
  /** Entries that there is room for. */
  left: number;
  readonly unreadable: ActionError[];
}

async function expand(index: Index, path: readonly Digest[], expansion: Expansion): Promise<IndexEntry[]> {
  expansion.left -= index.manifests.length;
  if (expansion.left < 0) {
    throw new ActionError('invalid-manifest', `The index has more than ${maxEntries} entries, nested ones included.`);
  }
  const parts = index.manifests
    .filter((entry) => !isAttestationEntry(entry))
    .map(async (entry) => {
      if (!isNestedIndex(entry)) return isCandidate(entry) ? [entry] : [];
      return expandNested(entry, path, expansion);
    });
  return (await Promise.all(parts)).flat();
}

async function expandNested(entry: IndexEntry, path: readonly Digest[], expansion: Expansion): Promise<IndexEntry[]> {
  if (path.includes(entry.digest)) throw new ActionError('invalid-manifest', `The index ${entry.digest} holds itself.`);
  if (path.length >= maxLevels) {
    throw new ActionError('invalid-manifest', `Indexes nest in more than ${maxLevels} levels.`);
  }
  let nested: VerifiedDocument;
  try {
    nested = await expansion.store.document(entry);
  } catch (error) {
    // It must not make the platforms beside it unreachable.
    if (!isContentError(error)) throw error;
    expansion.unreadable.push(error);
    return [];
  }
  return nested.document.kind === 'index' ? expand(nested.document, [...path, entry.digest], expansion) : [];
}

/** An entry with a platform is one even when its type is unsupported, so that a request for it says so. */
function isCandidate({ mediaType, platform }: IndexEntry): boolean {
  return platform !== undefined || isManifestType(mediaType);
}
