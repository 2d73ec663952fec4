import type { Operation } from '../async/operation.ts';
import type { Budget } from '../content/budget.ts';
import type { BlobClaim, ContentStore, VerifiedDocument } from '../content/store.ts';
import { maxDocumentBytes, readDescribed, refuseLarge, verifiedStream, verifyBytes } from '../content/verify.ts';
import { ActionError } from '../error.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf, isDigest } from '../oci/digest.ts';
import { refuseUnsupportedType } from '../oci/document.ts';
import { type Index, type IndexEntry, isNestedIndex } from '../oci/index.ts';
import { asRecord } from '../oci/json-record.ts';
import { formatSource, type LayoutSource } from '../oci/source.ts';
import { type LayoutFiles, readWhole } from './files.ts';
import { blobPath, checkLayoutFile, entryByName, readLayoutIndex } from './layout.ts';

/** Bytes of the file `oci-layout`. */
const maxLayoutFileBytes = 4 * 1024;

/** Levels of index below `index.json`, and entries of all of them. */
const maxLevels = 4;
const maxEntries = 1000;

/** What the store of a layout works with. */
export interface LayoutStoreOptions {
  readonly files: () => Promise<LayoutFiles>;
  readonly budget: Budget;
  /** Told what a user should know of the layout. */
  readonly warn: (message: string) => void;
}

/**
 * The content of a local OCI layout. What it names is a claim of whoever wrote it; documents and blobs are verified.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export function layoutStore(source: LayoutSource, options: LayoutStoreOptions, operation: Operation): ContentStore {
  const { files } = options;

  const bytesOf = async (descriptor: Descriptor, cause: 'missing-child' | 'bad-blob'): Promise<Uint8Array> => {
    refuseLarge(descriptor);
    const path = blobPath(descriptor.digest);
    const bytes = await readWhole(await files(), path, maxDocumentBytes);
    if (bytes === undefined) throw missingBlob(descriptor, cause);
    verifyBytes(bytes, descriptor, path);
    options.budget.take(descriptor.digest, bytes.byteLength);
    return bytes;
  };

  const document = async (descriptor: Descriptor): Promise<VerifiedDocument> => {
    refuseUnsupportedType(descriptor.mediaType);
    const bytes = await bytesOf(descriptor, 'missing-child');
    const parsed = readDescribed(bytes, descriptor, undefined);
    operation.trace(parsed.kind, `${parsed.mediaType}, ${bytes.byteLength} bytes: ${descriptor.digest}, verified`);
    return { digest: descriptor.digest, bytes, document: parsed };
  };

  const store: ContentStore = {
    async resolve(target) {
      const index = await layoutIndex(await files(), options.budget);
      const entry = isDigest(target) ? await entryByDigest(index, target, document) : entryByName(index, target);
      if (entry === undefined) throw notFound(source, index);
      const resolved = await document(entry);
      await warnOfDockerSave(resolved, await files(), options.warn);
      return resolved;
    },
    document,
    async blob(descriptor) {
      const bytes = await bytesOf(descriptor, 'bad-blob');
      operation.trace('manifest', `config ${descriptor.digest}: ${bytes.byteLength} bytes, verified`);
      return bytes;
    },
    async head(target) {
      const { digest, document: parsed } = await store.resolve(target);
      return { digest, mediaType: parsed.mediaType };
    },
    async *stream(descriptor) {
      const file = await (await files()).open(blobPath(descriptor.digest));
      if (file === undefined) throw missingBlob(descriptor, 'bad-blob');
      yield* verifiedStream(file.read(), descriptor, source.path);
    },
    // What refers to an image is for a registry to say.
    referrers: async () => ({ referrers: [], errors: [], overflow: undefined }),
    async size(descriptor): Promise<BlobClaim> {
      const file = await (await files()).open(blobPath(descriptor.digest));
      if (file === undefined) return { kind: 'missing' };
      try {
        for await (const _ of verifiedStream(file.read(), descriptor, source.path)) operation.signal.throwIfAborted();
        return { kind: 'present', size: file.size };
      } catch (error) {
        if (!(error instanceof ActionError)) throw error;
        return error.code === 'size-mismatch'
          ? { kind: 'present', size: file.size }
          : { kind: 'wrong', why: error.message };
      }
    },
  };
  return store;
}

async function layoutIndex(files: LayoutFiles, budget: Budget): Promise<Index> {
  const version = await readWhole(files, 'oci-layout', maxLayoutFileBytes);
  if (version === undefined) throw notLayout('oci-layout');
  checkLayoutFile(version);
  const bytes = await readWhole(files, 'index.json', maxDocumentBytes);
  if (bytes === undefined) throw notLayout('index.json');
  budget.take(digestOf(bytes), bytes.byteLength);
  const index = readLayoutIndex(bytes);
  if (index.manifests.length > maxEntries) {
    throw new ActionError('invalid-manifest', `The index.json of the layout has more than ${maxEntries} entries.`);
  }
  return index;
}

/** The entry of a digest, in `index.json` or an index below it. */
async function entryByDigest(
  index: Index,
  digest: Digest,
  read: (descriptor: Descriptor) => Promise<VerifiedDocument>,
): Promise<IndexEntry | undefined> {
  let left = maxEntries;
  let level: readonly IndexEntry[] = index.manifests;
  for (let depth = 0; depth <= maxLevels && level.length > 0; depth += 1) {
    left -= level.length;
    if (left < 0) throw new ActionError('invalid-manifest', `The layout has more than ${maxEntries} entries.`);
    const entry = level.find((candidate) => candidate.digest === digest);
    if (entry !== undefined) return entry;
    const nested = await Promise.all(level.filter(isNestedIndex).map(read));
    level = nested.flatMap(({ document }) => (document.kind === 'index' ? document.manifests : []));
  }
  return undefined;
}

/** `docker save` of the classic image store makes up a manifest: its digest is not the one that a push gives. */
async function warnOfDockerSave(
  { document }: VerifiedDocument,
  files: LayoutFiles,
  warn: (message: string) => void,
): Promise<void> {
  if (document.kind !== 'manifest' || !document.layers.every(({ mediaType }) => /\.tar$/.test(mediaType))) return;
  const bytes = await readWhole(files, 'manifest.json', maxDocumentBytes).catch(() => undefined);
  if (bytes === undefined || !hasLayerSources(bytes)) return;
  warn(
    'This layout was made by docker save from the classic image store: its layers are uncompressed, and its digest is not the one that a push gives. Only config-digest is the same.',
  );
}

function hasLayerSources(bytes: Uint8Array): boolean {
  try {
    const images: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Array.isArray(images) && images.some((image) => asRecord(asRecord(image)?.['LayerSources']) !== undefined);
  } catch {
    return false;
  }
}

function notLayout(file: string): ActionError {
  return new ActionError('invalid-manifest', `This is not an OCI layout: it has no ${file}.`, {
    advice:
      'Write it by docker buildx build --output type=oci, skopeo copy, crane pull --format=oci or oras copy --to-oci-layout.',
  });
}

function missingBlob({ digest }: Descriptor, cause: 'missing-child' | 'bad-blob'): ActionError {
  return new ActionError('invalid-manifest', `The layout names ${digest}, but does not have it.`, { cause });
}

function notFound(source: LayoutSource, index: Index): ActionError {
  const what = formatSource(source);
  if (source.name === '' && source.digest === undefined) {
    return new ActionError('invalid-manifest', `${what} holds no image.`);
  }
  const count = index.manifests.length;
  return new ActionError('not-found', `${what} does not exist: none of the ${count} entries of the layout is it.`, {
    advice: 'Check the name or digest, and the step that writes the layout.',
  });
}
