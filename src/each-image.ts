import { systemClock, withLook } from './clock.ts';
import { haveChanged, needUpdating, type Others, othersBy } from './compare.ts';
import type { Failure } from './failure.ts';
import { hasGates } from './gates.ts';
import type { AskedImage, Inputs } from './inputs.ts';
import { type Log, partsOf } from './log.ts';
import { type Found, lookFor } from './look.ts';
import { ActionError } from './oci/action-error.ts';
import { formatPlatform } from './oci/platform.ts';
import { formatReference, type Reference } from './oci/reference.ts';
import { badBlob, type RegistryClient } from './registry/client.ts';
import type { Look } from './registry/reach.ts';
import type { Note } from './registry/transport.ts';
import { type InTurn, turns } from './registry/turns.ts';
import { headlineOf, progressOf } from './report.ts';
import type { Outcome } from './results.ts';
import { abandoned, waitFor } from './wait.ts';

/** Looks that are under way together: enough to fill the connections to a host, few enough to bound the memory. */
const looksAtOnce = 16;

/** Milliseconds that the looks of a run may take after all waiting: those at images, and those that compare them. */
export function longestLooks({ images, timeout }: Pick<Inputs, 'images' | 'timeout'>): number {
  return 2 * Math.ceil(images.length / looksAtOnce) * timeout;
}

/** What became of the images of a run. */
export interface Resolved {
  readonly outcomes: readonly Outcome[];
  readonly failures: readonly Failure[];
}

/**
 * Tries every image, whatever happens to the others.
 * Both lists are in the order asked,
 * but for failures that waiting might have mended, which come last.
 */
export async function resolveImages(inputs: Inputs, client: RegistryClient, log: Log): Promise<Resolved> {
  const { images } = inputs;
  const others = othersBy(client);
  const hopeless = new AbortController();
  const inTurn = turns(looksAtOnce);
  let done = 0;
  const settled = await Promise.all(
    images.map(async (asked) => {
      const progress = progressOf(formatReference(asked.reference), images.length > 1, log);
      const outcome = await oneImage(asked, inputs, client, others, inTurn, progress.note, hopeless.signal).catch(
        (error: unknown): Failure => ({ error, about: describe(asked, inputs) }),
      );
      // The step has failed by now: what the other images are waiting for cannot mend it.
      if ('error' in outcome) hopeless.abort();
      done += 1;
      const count = images.length > 1 ? `[${done}/${images.length}] ` : '';
      if ('error' in outcome) progress.print(`${count}${outcome.about}: failed`, partsOf(outcome.error, '', log).parts);
      else progress.print(`${count}${headlineOf(outcome)}`, []);
      return outcome;
    }),
  );
  return {
    outcomes: settled.filter((outcome) => 'asked' in outcome),
    failures: causesFirst(settled.filter((outcome) => 'error' in outcome)),
  };
}

/** What made the others give up waiting comes before what they were waiting for. */
function causesFirst(failures: readonly Failure[]): Failure[] {
  const isAbandoned = ({ error }: Failure) => error instanceof ActionError && error.reason === abandoned;
  return [...failures.filter((failure) => !isAbandoned(failure)), ...failures.filter(isAbandoned)];
}

async function oneImage(
  asked: AskedImage,
  inputs: Inputs,
  client: RegistryClient,
  others: Others,
  inTurn: InTurn,
  note: Note,
  signal: AbortSignal,
): Promise<Outcome> {
  const look = lookFor(asked, inputs, client);
  const found = await waitFor(() => inTurn(() => withLook(inputs.timeout, note, look)), {
    timeout: inputs.waitTimeout,
    interval: inputs.waitInterval,
    clock: systemClock,
    signal,
    // What has a digest does not change; only its blobs, and the image itself, may still come.
    canMend: ({ code, reason }) => asked.reference.digest === undefined || code === 'not-found' || reason === badBlob,
    onWait: (error, pause) => {
      const why = error.code === 'not-found' ? 'not published yet.' : error.message;
      note('index', `Still waiting: ${why} Looking again in ${Math.ceil(pause / 1000)} s.`, 'urgent');
    },
  }).catch((error: unknown) => {
    if (inputs.failOnMissing || !isMissing(error)) throw error;
    if (!hasGates(inputs.gates)) return undefined;
    throw (error as ActionError).with({
      advice:
        'fail-on-missing: false passes over a missing image only where no gate is set, as no gate can hold for it.',
    });
  });
  const [changed, needsUpdating] =
    found === undefined
      ? []
      : await inTurn(() => withLook(inputs.timeout, note, (look) => compared(found, inputs, others, look)));
  return { asked, found, changed, needsUpdating };
}

async function compared({ image, subjects }: Found, { compareWith, baseImage }: Inputs, others: Others, look: Look) {
  return Promise.all([
    compareWith &&
      haveChanged(image, subjects, compareWith, others, look).catch(concerning('compare-with', compareWith)),
    baseImage && needUpdating(subjects, baseImage, others, look).catch(concerning('base-image', baseImage)),
  ]);
}

/** Says of an error which of the references it is about. */
function concerning(input: string, reference: Reference) {
  return (error: unknown): never => {
    if (!(error instanceof ActionError)) throw error;
    const message = `${input} ${formatReference(reference)}: ${error.message}`;
    throw error.with(error.code === 'not-found' ? { message, advice: `Check the input ${input}.` } : { message });
  };
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof ActionError && error.code === 'wait-timeout' ? error.cause : error;
  return cause instanceof ActionError && cause.code === 'not-found';
}

function describe({ text }: AskedImage, { platforms }: Inputs): string {
  return `${text} (${platforms === 'all' ? 'all platforms' : platforms.map(formatPlatform).join(', ')})`;
}
