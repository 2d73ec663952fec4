import type { Operation } from '../async/operation.ts';
import { once } from '../async/single-flight.ts';
import type { ContentStore, Head } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { Platform } from '../oci/platform.ts';
import { type ImageSource, targetOf } from '../oci/source.ts';
import { checkGates, type Gate } from './gates/gate.ts';
import { type Image, loadImage } from './image.ts';
import { platformImages } from './platform-image.ts';
import { imageReferrers } from './referrers.ts';
import type { ImageReferrer, ImageReferrers, ImageRequest, ResolvedImage } from './resolved-image.ts';
import { mayPassForSameImage } from './wait.ts';

/** Opens the content of a source for one operation. */
export type OpenStore = (source: ImageSource, operation: Operation) => ContentStore;

/** What is wanted of each image of a run. */
export interface ResolveSettings {
  readonly platforms: 'all' | readonly Platform[];
  /** Whether configs are read. */
  readonly inspect: boolean;
  readonly gates: readonly Gate[];
  /** Whether what refers to the image is listed. */
  readonly referrers: boolean;
}

/**
 * A round that resolves one image, gates included, to be run again and again. While HEAD shows that nothing has changed,
 * a later round repeats how the last one ended, at the cost of no pull.
 */
export function imageRounds(
  request: ImageRequest,
  settings: ResolveSettings,
  open: OpenStore,
): (operation: Operation) => Promise<ResolvedImage> {
  const target = targetOf(request.source);
  let last: FailedRound | undefined;

  return async (operation) => {
    const store = open(request.source, operation);
    const head = last && (await store.head(target));
    const unchanged = last && head && imageIfUnchanged(last, head);
    let image: Image | undefined;
    try {
      image = unchanged ?? (await loadImage(store, target, head?.document));
      return await resolveImage(request, image, settings, { store, operation });
    } catch (error) {
      last = { image, error: asBlobFault(error, settings.gates) };
      throw last.error;
    }
  };
}

/** A round that failed, and the image that it had loaded by then. */
interface FailedRound {
  readonly image: Image | undefined;
  readonly error: unknown;
}

/**
 * The image of the last round where HEAD shows that it is still the one, and it may hold now what did not then. Throws
 * the last error where nothing has changed.
 */
function imageIfUnchanged(last: FailedRound, head: Head): Image | undefined {
  if (head.digest === undefined || head.digest !== last.image?.digest) return undefined;
  if (!mayPassForSameImage(last.error)) throw last.error;
  // What was missing in its nested indexes may be there now.
  return last.image.unreadable.length === 0 ? last.image : undefined;
}

/** A config that the store lacks is a blob that verify-blobs is about, although it was missed before that. */
function asBlobFault(error: unknown, gates: readonly Gate[]): unknown {
  const isFault = error instanceof ActionError && error.cause === 'bad-blob' && error.code !== 'gate-failed';
  if (!isFault || !gates.some(({ input }) => input === 'verify-blobs')) return error;
  return error.with({ code: 'gate-failed', message: `verify-blobs does not hold: ${error.message}` });
}

async function resolveImage(
  request: ImageRequest,
  image: Image,
  settings: ResolveSettings,
  { store, operation }: { store: ContentStore; operation: Operation },
): Promise<ResolvedImage> {
  const { inspect } = settings;
  const { trace } = operation;
  for (const { message } of image.unreadable) trace('index', `A nested index is left out: ${message}`, 'urgent');
  const platforms = platformImages(image, store);
  const entries = await (settings.platforms === 'all'
    ? platforms.all(inspect)
    : Promise.all(settings.platforms.map((platform) => platforms.choose(platform, inspect))));
  const likeliest = new Set(settings.gates.flatMap(({ referrerTypes = [] }) => referrerTypes));
  const referrers = once(() => imageReferrers(image, entries, likeliest, { store, trace }));
  const subject = { image, entries, platforms, referrers, store, trace, operation };
  const { sentences, approvedDigest, verified } = await checkGates(settings.gates, subject);
  return {
    request,
    exists: true,
    digest: image.digest,
    mediaType: image.document.mediaType,
    bytes: image.bytes,
    isIndex: image.entries !== undefined,
    approvedDigest,
    platforms: await platforms.written(),
    entries,
    evidence: sentences,
    verified,
    indexAnnotations: image.document.kind === 'index' ? image.document.annotations : {},
    referrers: settings.referrers ? await wholeList(referrers) : undefined,
    servedBy: image.servedBy,
  };
}

/** A list that may lack some is no list. */
async function wholeList(referrers: () => Promise<ImageReferrers>): Promise<readonly ImageReferrer[]> {
  const list = await referrers();
  for (const error of [...list.errors, list.overflow]) if (error !== undefined) throw error;
  return list.referrers;
}
