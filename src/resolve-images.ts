import { describeFailure, type Failure } from './action/failures.ts';
import type { Inputs } from './action/inputs.ts';
import type { Log } from './action/log.ts';
import { headlineOf, progressOf } from './action/progress.ts';
import { systemClock } from './async/clock.ts';
import { type Operation, type Trace, withDeadline } from './async/operation.ts';
import { type Semaphore, semaphore } from './async/semaphore.ts';
import type { SendToApi } from './attestation/attestation.ts';
import type { ContentStore } from './content/store.ts';
import { ActionError } from './error.ts';
import { namedBase } from './image/base-name.ts';
import { type ImageCache, imageCache, withBaseUpdates, withChanges } from './image/compare.ts';
import type { Gate } from './image/gates/gate.ts';
import { gatesFor } from './image/gates/gates.ts';
import { imageRounds, type OpenStore } from './image/resolve-image.ts';
import type { ImageRequest, MissingImage, PlatformImage, ResolvedImage } from './image/resolved-image.ts';
import { isMissingImage, waitFor } from './image/wait.ts';
import { formatPlatform } from './oci/platform.ts';
import { formatSource, type ImageSource, requestedDigest } from './oci/source.ts';

/** Images that are resolved at a time: enough to fill the connections to a host, few enough to bound the memory. */
const maxImagesAtOnce = 16;

/** Milliseconds that resolving may take after all waiting: the images, and those that they are compared with. */
export function maxResolveMs({ images, timeoutMs }: Pick<Inputs, 'images' | 'timeoutMs'>): number {
  return 2 * Math.ceil(images.length / maxImagesAtOnce) * timeoutMs;
}

/** Opens the content of any image of a run. */
export interface Stores {
  readonly open: OpenStore;
  /** Sends requests to the GitHub API. */
  readonly sendApi: SendToApi;
  /** Opens an image that the publisher of another names, which may lead less far than what the user writes. */
  openNamed(source: ImageSource, from: ImageSource, operation: Operation): ContentStore;
}

/** What became of the images of a run. */
export interface ResolvedImages {
  /** One for each line of `image`, unless it failed. */
  readonly images: readonly (ResolvedImage | MissingImage)[];
  readonly failures: readonly Failure[];
}

/** What the images of a run share. */
interface Shared {
  readonly inputs: Inputs;
  readonly gates: readonly Gate[];
  readonly stores: Stores;
  readonly warn: (message: string) => void;
  readonly comparisons: ImageCache;
  readonly slots: Semaphore;
  /** Fires when the step has failed, and waiting for the others cannot help it. */
  readonly hopeless: AbortController;
}

/**
 * Resolves every image, whatever happens to the others. Lines that name the same image share one resolution.
 * Both lists are in the order of the lines, but for failures of images that were still waited for, which come last.
 */
export async function resolveImages(inputs: Inputs, stores: Stores, log: Log): Promise<ResolvedImages> {
  const shared: Shared = {
    inputs,
    gates: await gatesFor(inputs.gates, stores.sendApi),
    stores,
    warn: log.warning,
    comparisons: imageCache(stores.open),
    slots: semaphore(maxImagesAtOnce),
    hopeless: new AbortController(),
  };
  const requests = distinctRequests(inputs.images);
  let done = 0;
  const settle = async (request: ImageRequest) => {
    const progress = progressOf(formatSource(request.source), requests.size > 1, log);
    const result = await resolveOne(request, shared, progress.trace).catch(
      (error: unknown): Failure => ({ error, about: describeRequest(request, inputs) }),
    );
    done += 1;
    const count = requests.size > 1 ? `[${done}/${requests.size}] ` : '';
    if ('error' in result) {
      shared.hopeless.abort();
      progress.print(`${count}${result.about}: failed`, describeFailure({ ...result, about: '' }, log).parts);
    } else {
      progress.print(`${count}${headlineOf(result)}`, []);
      for (const sentence of result.exists ? result.evidence : []) log.line(sentence);
    }
    return result;
  };
  const resultByKey = new Map(
    await Promise.all([...requests].map(async ([key, request]) => [key, await settle(request)] as const)),
  );
  const results = [...resultByKey.values()];
  return {
    images: inputs.images.flatMap((request) => {
      const result = resultByKey.get(formatSource(request.source));
      return result === undefined || 'error' in result ? [] : [{ ...result, request }];
    }),
    failures: causesFirst(results.filter((result) => 'error' in result)),
  };
}

function distinctRequests(requests: readonly ImageRequest[]): Map<string, ImageRequest> {
  const distinct = new Map<string, ImageRequest>();
  for (const request of requests) {
    const key = formatSource(request.source);
    if (!distinct.has(key)) distinct.set(key, request);
  }
  return distinct;
}

/** What made the others give up waiting comes before what they were waiting for. */
function causesFirst(failures: readonly Failure[]): Failure[] {
  const isAbandoned = ({ error }: Failure) => error instanceof ActionError && error.cause === 'abandoned';
  return [...failures.filter((failure) => !isAbandoned(failure)), ...failures.filter(isAbandoned)];
}

async function resolveOne(request: ImageRequest, shared: Shared, trace: Trace): Promise<ResolvedImage | MissingImage> {
  const { inputs, gates, slots } = shared;
  const inSlot = <Result>(body: (operation: Operation) => Promise<Result>) =>
    slots.run(() => withDeadline(inputs.timeoutMs, trace, body));
  // A base image may be named by a label alone.
  const inspect = inputs.inspect || inputs.baseImage === 'auto';
  const settings = { platforms: inputs.platforms, inspect, gates, referrers: inputs.referrers };
  const round = imageRounds(request, settings, shared.stores.open);
  const image = await waitFor(() => inSlot(round), {
    // A local layout is there, or it is not.
    timeoutMs: request.source.kind === 'layout' ? 0 : inputs.waitTimeoutMs,
    intervalMs: inputs.waitIntervalMs,
    isImmutable: requestedDigest(request.source) !== undefined,
    clock: systemClock,
    signal: shared.hopeless.signal,
    onWait(error, pauseMs) {
      const why = error.code === 'not-found' ? 'not published yet.' : error.message;
      trace('index', `Still waiting: ${why} Trying again in ${Math.ceil(pauseMs / 1000)} s.`, 'urgent');
    },
  }).catch((error: unknown): MissingImage => {
    if (inputs.failOnMissing || !isMissingImage(error)) throw error;
    if (gates.length === 0) return { request, exists: false };
    throw error.with({
      advice: 'fail-on-missing: false lets a missing image pass only where no gate is set, as no gate can hold for it.',
    });
  });
  if (!image.exists || (inputs.compareWith === undefined && inputs.baseImage === undefined)) return image;
  return inSlot((operation) => withComparisons(image, shared, operation));
}

async function withComparisons(resolved: ResolvedImage, shared: Shared, operation: Operation): Promise<ResolvedImage> {
  const { compareWith, baseImage } = shared.inputs;
  const [changes, updates] = await Promise.all([
    compareWith &&
      withChanges(resolved, compareWith, shared.comparisons, operation).catch(aboutInput('compare-with', compareWith)),
    baseImage && withBases(resolved, baseImage, shared, operation).catch(aboutInput('base-image', baseImage)),
  ]);
  const entries = resolved.entries.map((entry, at) => ({ ...entry, ...changes?.[at], ...updates?.[at] }));
  return { ...resolved, entries };
}

function withBases(
  resolved: ResolvedImage,
  baseImage: ImageSource | 'auto',
  { comparisons, stores, warn }: Shared,
  operation: Operation,
): Promise<PlatformImage[]> {
  if (baseImage !== 'auto') return withBaseUpdates(resolved, () => baseImage, comparisons, operation);
  const baseOf = (entry: PlatformImage) => {
    const { source, isFromLabel } = namedBase(resolved, entry);
    if (isFromLabel)
      warn(`The base image ${formatSource(source)} is named by a label, which may be that of its own base.`);
    return source;
  };
  // What a publisher names is trusted less than what a user writes.
  const named = imageCache((source, within) => stores.openNamed(source, resolved.request.source, within));
  return withBaseUpdates(resolved, baseOf, named, operation);
}

/** Adds to an error which of the references it is about. A base that is missing says nothing about the image. */
function aboutInput(input: string, source: ImageSource | 'auto') {
  return (error: unknown): never => {
    if (!(error instanceof ActionError)) throw error;
    const message = `${input} ${source === 'auto' ? source : formatSource(source)}: ${error.message}`;
    throw error.with(error.code === 'not-found' ? { message, advice: `Check the input ${input}.` } : { message });
  };
}

function describeRequest({ text }: ImageRequest, { platforms }: Inputs): string {
  return `${text} (${platforms === 'all' ? 'all platforms' : platforms.map(formatPlatform).join(', ')})`;
}
