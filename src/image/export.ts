import type { Operation } from '../async/operation.ts';
import { semaphore } from '../async/semaphore.ts';
import type { ContentStore } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type ManifestDocument, parseDocument } from '../oci/document.ts';
import { isNonDistributableType } from '../oci/media-type.ts';
import type { Platform } from '../oci/platform.ts';
import { isRefName, type LayoutNames, type LayoutScope, layoutNames } from './layout-names.ts';
import type { OpenStore } from './resolve-image.ts';
import type { PlatformImage, ResolvedImage } from './resolved-image.ts';

/** Blobs that are written at a time. */
const maxBlobsAtOnce = 8;

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

/** What goes into a layout: each digest once, whatever images share it. */
interface Plan {
  readonly entries: object[];
  readonly documents: Map<Digest, Uint8Array>;
  readonly blobs: Map<Digest, { readonly descriptor: Descriptor; readonly store: ContentStore }>;
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
    const plan: Plan = { entries: [], documents: new Map(), blobs: new Map() };
    const named: ResolvedImage[] = [];
    for (const image of images)
      named.push(await planImage(image, plan, images.length > 1, { ...context, operation: within }));
    await writePlan(plan, context, abort);
    await target.finish(plan.entries);
    return named;
  } catch (error) {
    abort.abort(error);
    target.discard();
    throw error;
  }
}

/** Adds an image to the plan, and names its platforms. */
async function planImage(
  image: ResolvedImage,
  plan: Plan,
  hasSeveralImages: boolean,
  { platforms, open, operation, listener }: ExportContext,
): Promise<ResolvedImage> {
  const store = open(image.request.source, operation);
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
      listener.warn(`The name ${names.refName} is written into the layout, but is not one by the specification.`);
    }
  }
  return { ...image, entries };
}

/** All platforms are one entry, and so are two that chose the same manifest, named after what was chosen. */
function addEntry(plan: Plan, entry: object): void {
  const text = JSON.stringify(entry);
  if (!plan.entries.some((other) => JSON.stringify(other) === text)) plan.entries.push(entry);
}

function namesIn(image: ResolvedImage, entry: PlatformImage, scope: LayoutScope): LayoutNames {
  return layoutNames(image.request.source, entry, image.entries, scope);
}

async function planDocument(document: ManifestDocument, plan: Plan, store: ContentStore): Promise<void> {
  if (document.kind === 'manifest') {
    for (const descriptor of [document.config, ...document.layers]) planBlob(descriptor, plan, store);
    return;
  }
  for (const child of document.manifests) {
    if (plan.documents.has(child.digest)) continue;
    const verified = await store.document(child);
    plan.documents.set(child.digest, verified.bytes);
    await planDocument(verified.document, plan, store);
  }
}

function planBlob(descriptor: Descriptor, { blobs }: Plan, store: ContentStore): void {
  const other = blobs.get(descriptor.digest)?.descriptor;
  if (other !== undefined && other.size !== descriptor.size) {
    throw new ActionError(
      'size-mismatch',
      `${descriptor.digest} is described with ${other.size} and ${descriptor.size} bytes.`,
    );
  }
  if (other === undefined) blobs.set(descriptor.digest, { descriptor, store });
}

async function writePlan({ documents, blobs }: Plan, context: ExportContext, abort: AbortController): Promise<void> {
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
      planned.map(({ descriptor, store }) =>
        slots.run(async () => {
          abort.signal.throwIfAborted();
          await writeBlob(descriptor, store, context, (count) => {
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
  descriptor: Descriptor,
  store: ContentStore,
  { target, listener }: ExportContext,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const write = () => target.writeBlob(descriptor, counted(store.stream(descriptor), onBytes));
  const isResumed = (error: unknown) => error instanceof ActionError && error.cause === 'resumed';
  try {
    // The bytes may have changed between two parts: they get one more chance, from the first byte on.
    await write().catch((error: unknown) => {
      if (!isResumed(error)) throw error;
      return write();
    });
  } catch (error) {
    const isMissing = error instanceof ActionError && error.cause === 'bad-blob';
    if (!isMissing || !isNonDistributableType(descriptor.mediaType)) throw error;
    listener.warn(`The layer ${descriptor.digest} is left out: it is not distributable, and is not there.`);
  }
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

function diskTooSmall(needed: number, free: number): ActionError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return new ActionError('runner-error', `The export needs ${gigabytes(needed)}, ${gigabytes(free)} are free.`, {
    advice: 'Free some space first, or export to another disk.',
  });
}
