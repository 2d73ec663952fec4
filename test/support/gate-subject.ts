import type { ContentStore } from '../../src/content/store.ts';
import type { GateSubject } from '../../src/image/gates/gate.ts';
import { loadImage } from '../../src/image/image.ts';
import { platformImages } from '../../src/image/platform-image.ts';
import { imageReferrers } from '../../src/image/referrers.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { type FakeStore, storeOf } from './fake-store.ts';
import type { Blob, Image } from './images.ts';

/** How an image is given to gates. */
export interface SubjectOptions {
  /** The platforms that were chosen. */
  readonly platforms?: readonly string[];
  readonly withConfig?: boolean;
  /** Documents besides those of the images. */
  readonly more?: readonly Blob[];
  /** Changes what the store does, after the image was resolved. */
  readonly change?: (store: FakeStore) => Partial<ContentStore>;
}

/** A subject with the requests that a gate sent, and what it traced. */
export interface FakeSubject extends GateSubject {
  readonly requests: string[];
  readonly lines: string[];
}

/** What gates judge: `top`, of which platforms were chosen. */
export async function subjectOf(
  top: Blob,
  images: readonly Image[],
  options: SubjectOptions = {},
): Promise<FakeSubject> {
  const { platforms: names = ['linux/amd64'], withConfig = false, more = [], change = () => ({}) } = options;
  const bare = storeOf(top, images, more);
  let isResolved = false;
  const changed: Partial<ContentStore> = change(bare);
  const store = new Proxy(bare, {
    get: (target, name: keyof ContentStore) => (isResolved ? changed[name] : undefined) ?? target[name],
  });
  const image = await loadImage(store, 'latest');
  const platforms = platformImages(image, store);
  const entries = await Promise.all(names.map((name) => platforms.choose(parsePlatform(name), withConfig)));
  bare.requests.length = 0;
  isResolved = true;
  const lines: string[] = [];
  const trace: GateSubject['trace'] = (_, line) => lines.push(line);
  return {
    image,
    entries,
    platforms,
    store,
    trace,
    operation: { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, attemptMs: 1000, trace },
    referrers: () => imageReferrers(image, entries, new Set(), { store, trace }),
    requests: bare.requests,
    lines,
  };
}
