import type { ContentStore } from '../../src/content/store.ts';
import type { ExportContext, ExportListener, ExportTarget } from '../../src/image/export.ts';
import { exportImages } from '../../src/image/export.ts';
import { imageRounds } from '../../src/image/resolve-image.ts';
import type { ResolvedImage } from '../../src/image/resolved-image.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { formatSource, parseSource } from '../../src/oci/source.ts';
import { operation } from './fake-store.ts';

/** A layout in memory, and what was done with it. */
export interface MemoryTarget extends ExportTarget {
  readonly documents: Map<string, Uint8Array>;
  readonly blobs: Map<string, Uint8Array>;
  /** Undefined until it is finished. */
  entries: readonly object[] | undefined;
  isDiscarded: boolean;
}

/** A layout in memory with so many bytes free. */
export function memoryTarget(freeBytes = 1e12): MemoryTarget {
  const target: MemoryTarget = {
    documents: new Map(),
    blobs: new Map(),
    entries: undefined,
    isDiscarded: false,
    freeBytes: async () => freeBytes,
    async writeDocument(digest, bytes) {
      target.documents.set(digest, bytes);
    },
    async writeBlob({ digest }, chunks) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      target.blobs.set(digest, Buffer.concat(parts));
    },
    async finish(entries) {
      target.entries = entries;
    },
    discard() {
      target.isDiscarded = true;
    },
  };
  return target;
}

/** A listener that keeps what it is told. */
export function recorder(): ExportListener & { readonly events: string[]; readonly warnings: string[] } {
  const events: string[] = [];
  const warnings: string[] = [];
  return {
    events,
    warnings,
    onStart: (blobs, bytes, freeBytes) => void events.push(`start ${blobs} ${bytes} ${freeBytes}`),
    onProgress: (done, bytes) => void events.push(`progress ${done} ${bytes}`),
    onEnd: (blobs, bytes) => void events.push(`end ${blobs} ${bytes}`),
    warn: (message) => void warnings.push(message),
  };
}

export interface ExportSetting {
  /** `all`, or platforms. */
  readonly platforms?: 'all' | readonly string[];
  readonly target?: MemoryTarget;
}

/** Resolves images in these stores, by their references, and exports them. */
export async function exported(stores: Readonly<Record<string, ContentStore>>, setting: ExportSetting = {}) {
  const { target = memoryTarget() } = setting;
  const requested = setting.platforms ?? ['linux/amd64'];
  const platforms: ExportContext['platforms'] = requested === 'all' ? 'all' : requested.map(parsePlatform);
  const bySource = new Map(
    Object.entries(stores).map(([text, store]) => [formatSource(parseSource(text, false)), store] as const),
  );
  const open: ExportContext['open'] = (source) => {
    const store = bySource.get(formatSource(source));
    if (store === undefined) throw new Error(`no store of ${formatSource(source)}`);
    return store;
  };
  const images: ResolvedImage[] = [];
  for (const text of Object.keys(stores)) {
    const request = { text, source: parseSource(text, false) };
    const settings = { platforms, inspect: false, gates: [], referrers: false };
    images.push(await imageRounds(request, settings, open)(operation));
  }
  const listener = recorder();
  const result = exportImages(images, { platforms, open, target, listener, operation });
  return { target, listener, result };
}
