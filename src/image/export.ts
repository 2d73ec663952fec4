import type { Operation } from '../async/operation.ts';
import { semaphore } from '../async/semaphore.ts';
import type { ContentStore } from '../content/store.ts';
import { ActionError, type ErrorCause } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { isNonDistributableType } from '../oci/media-type.ts';
import type { Platform } from '../oci/platform.ts';
import { emptyPlan, type LayoutPlan, type PlannedBlob, planImage } from './layout-plan.ts';
import type { OpenStore } from './resolve-image.ts';
import type { ResolvedImage } from './resolved-image.ts';

/** Blobs that are under way: twice as many as downloads, so that the network need not wait for the disk. */
const maxBlobsAtOnce = 16;

/** Milliseconds between two lines about the progress. */
const progressMs = 10_000;

/** What an export is written into: a layout. */
export interface ExportTarget {
  freeBytes(): Promise<number>;
  writeDocument(digest: Digest, bytes: Uint8Array): Promise<void>;
  writeBlob(descriptor: Descriptor, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  finish(entries: readonly object[]): Promise<void>;
  /** Removes all that was written. */
  discard(): void;
}

/** Told what happens. */
export interface ExportListener {
  /** Told before anything is downloaded. */
  onStart(blobs: number, bytes: number, freeBytes: number): void;
  /** Told every ten seconds. */
  onProgress(doneBytes: number, bytes: number): void;
  onEnd(blobs: number, bytes: number, milliseconds: number): void;
  warn(message: string): void;
}

/** What an export works with. */
export interface ExportContext {
  readonly platforms: 'all' | readonly Platform[];
  readonly open: OpenStore;
  readonly target: ExportTarget;
  readonly listener: ExportListener;
  /** Without a deadline: a download has limits of its own. */
  readonly operation: Operation;
}

/**
 * Writes images with their configs and all layers into a layout, every byte verified. Whatever fails, nothing is left.
 *
 * @returns the images, each platform with its name in the layout
 * @throws ActionError what the stores and the target throw, `runner-error` where the disk is too small
 */
export async function exportImages(images: readonly ResolvedImage[], context: ExportContext): Promise<ResolvedImage[]> {
  const { target, operation } = context;
  const abort = new AbortController();
  const within = { ...operation, signal: AbortSignal.any([operation.signal, abort.signal]) };
  try {
    const plan = emptyPlan();
    const named: ResolvedImage[] = [];
    const { platforms, open, listener } = context;
    const warnings = new Set<string>();
    const warn = (message: string) => {
      if (!warnings.has(message)) listener.warn(message);
      warnings.add(message);
    };
    for (const image of images) {
      const store = open(image.request.source, within);
      const hasSeveralImages = images.length > 1;
      named.push(await planImage(image, plan, { platforms, store, hasSeveralImages, warn }));
    }
    await writePlan(plan, context, abort);
    await target.finish(plan.entries);
    return named;
  } catch (error) {
    abort.abort(error);
    target.discard();
    throw error;
  }
}

async function writePlan(
  { documents, blobs }: LayoutPlan,
  context: ExportContext,
  abort: AbortController,
): Promise<void> {
  const { target, listener } = context;
  const planned = [...blobs.values()]
    .filter(({ descriptor }) => !documents.has(descriptor.digest))
    // The largest first, so that none is left at the end with one connection.
    .sort((one, other) => other.descriptor.size - one.descriptor.size);
  const bytes = planned.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const documentBytes = [...documents.values()].reduce((sum, document) => sum + document.byteLength, 0);
  const freeBytes = await target.freeBytes();
  listener.onStart(planned.length, bytes, freeBytes);
  if (bytes + documentBytes > freeBytes) throw diskTooSmall(bytes + documentBytes, freeBytes);

  const begin = Date.now();
  let doneBytes = 0;
  const timer = setInterval(() => listener.onProgress(doneBytes, bytes), progressMs);
  const slots = semaphore(maxBlobsAtOnce);
  try {
    for (const [digest, document] of documents) await target.writeDocument(digest, document);
    await allOrAbort(
      planned.map((blob) =>
        slots.run(async () => {
          abort.signal.throwIfAborted();
          await writeBlob(blob, context, (count) => {
            doneBytes += count;
          });
        }),
      ),
      abort,
    );
  } finally {
    clearInterval(timer);
  }
  listener.onEnd(planned.length, bytes, Date.now() - begin);
}

async function writeBlob(
  { descriptor, stores }: PlannedBlob,
  { target, listener }: ExportContext,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const write = (store: ContentStore) => target.writeBlob(descriptor, counted(store.stream(descriptor), onBytes));
  for (const store of stores) {
    try {
      // The bytes may have changed between two parts: they get one more chance, from the first byte on.
      return await write(store).catch((error: unknown) => {
        if (!isCause(error, 'resumed')) throw error;
        return write(store);
      });
    } catch (error) {
      // Another image may have what one names and lacks.
      if (!isCause(error, 'bad-blob')) throw error;
      if (store === stores.at(-1) && !isNonDistributableType(descriptor.mediaType)) throw error;
    }
  }
  listener.warn(`The layer ${descriptor.digest} is left out: it is not distributable, and is not there.`);
}

function isCause(error: unknown, cause: ErrorCause): boolean {
  return error instanceof ActionError && error.cause === cause;
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/** Waits for all tasks. The first that fails aborts the others, and is thrown when they have ended. */
async function allOrAbort(tasks: readonly Promise<void>[], abort: AbortController): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    tasks.map((task) =>
      task.catch((error: unknown) => {
        failure ??= { error };
        abort.abort(error);
      }),
    ),
  );
  if (failure !== undefined) throw failure.error;
}

function diskTooSmall(needed: number, free: number): ActionError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return new ActionError('runner-error', `The export needs ${gigabytes(needed)}, ${gigabytes(free)} are free.`, {
    advice: 'Free some space first, or export to another disk.',
  });
}
