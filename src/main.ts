import { systemClock, withLook } from './clock.ts';
import { haveChanged, needUpdating } from './compare.ts';
import { hasGates } from './gates.ts';
import {
  type AskedImage,
  type Inputs,
  insistOnCertificates,
  type RunnerFiles,
  readInputs,
  readRunnerFiles,
  readSecrets,
} from './inputs.ts';
import { type Log, mostAnnotations, partsOf } from './log.ts';
import { type Found, lookFor } from './look.ts';
import { ActionError, type ErrorCode } from './oci/action-error.ts';
import { formatPlatform } from './oci/platform.ts';
import { formatReference } from './oci/reference.ts';
import { failureOutputs, outputsOf, writeOutputs } from './outputs.ts';
import { type RegistryClient, registryClient } from './registry/client.ts';
import { openCredentials } from './registry/credentials/store.ts';
import { httpTransport } from './registry/http.ts';
import { withLimit } from './registry/limit.ts';
import { withRetries } from './registry/retry.ts';
import { withScheme } from './registry/scheme.ts';
import { headlineOf, printResult, progressOf } from './report.ts';
import { type Outcome, type Result, resultsOf } from './results.ts';
import { saveFiles } from './saved-files.ts';
import { summaryOf, writeSummary } from './summary.ts';
import { version } from './version.ts';
import { waitFor } from './wait.ts';

/** Images that are looked at together: enough to fill every connection, few enough to bound the memory. */
const imagesAtOnce = 32;

/** Milliseconds that a run may take besides waiting and looking: helpers, files, and the end of both. */
const slack = 30_000;

/** What the entry point needs to watch over a run. */
export interface Watch {
  /** Told once how many milliseconds the run may take. */
  limit(milliseconds: number): void;
}

/**
 * Runs the step: inputs, registries, gates, outputs. Prints every failure.
 *
 * @returns whether every output that was asked for came from verified bytes and has been written
 */
export async function run(log: Log, watch: Watch): Promise<boolean> {
  readSecrets().forEach(log.keepSecret);
  const files = readRunnerFiles();
  try {
    if (insistOnCertificates())
      log.warning('NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are always checked.');
    const inputs = readInputs();
    watch.limit(inputs.waitTimeout + 2 * inputs.timeout + slack);
    const outcomes = await resolveAll(inputs, log);
    if (outcomes === undefined) return false;
    publish(inputs, outcomes, files, log);
    return true;
  } catch (error) {
    fail(log, files, [{ error, about: '' }]);
    return false;
  }

  async function resolveAll(inputs: Inputs, log: Log): Promise<Outcome[] | undefined> {
    const transport = httpTransport(`image-digests/${version}`);
    try {
      const client = await openClient(inputs, log, withLimit(transport.send));
      const { outcomes, failures } = await eachImage(inputs, client, log);
      if (failures.length > 0) fail(log, files, failures);
      return failures.length > 0 ? undefined : outcomes;
    } finally {
      transport.close();
    }
  }
}

async function openClient(inputs: Inputs, log: Log, send: ReturnType<typeof withLimit>): Promise<RegistryClient> {
  const { images, compareWith, baseImage } = inputs;
  const references = [...images.map(({ reference }) => reference), compareWith, baseImage].filter(
    (it) => it !== undefined,
  );
  const listener = { keepSecret: log.keepSecret, warn: log.warning };
  const { registry } = inputs.credentials.input ?? {};
  if (registry !== undefined && !references.some((reference) => reference.registry === registry)) {
    log.warning(`username and password are for ${registry}, which no image is on: they are not used.`);
  }
  return registryClient({
    send: withRetries(withScheme(send), systemClock),
    credentials: await openCredentials(inputs.credentials, references, listener),
    authHosts: inputs.authHosts,
    plainHttp: inputs.plainHttp,
    keepToken: log.keepToken,
  });
}

interface Failure {
  readonly error: unknown;
  /** The image, as it was asked for; empty when it is about none. */
  readonly about: string;
}

/** Tries every image, whatever happens to the others. Both lists are in the order asked. */
async function eachImage(
  inputs: Inputs,
  client: RegistryClient,
  log: Log,
): Promise<{ outcomes: Outcome[]; failures: Failure[] }> {
  const { images } = inputs;
  const settled: (Outcome | Failure)[] = [];
  let done = 0;
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < images.length; at = next++) {
      const asked = images[at] as AskedImage;
      const progress = progressOf(formatReference(asked.reference), images.length > 1, log);
      const outcome = await oneImage(asked, inputs, client, progress.note).catch(
        (error: unknown): Failure => ({ error, about: describe(asked, inputs) }),
      );
      done += 1;
      const count = images.length > 1 ? `[${done}/${images.length}] ` : '';
      progress.print(`${count}${'error' in outcome ? `${outcome.about}: failed` : headlineOf(outcome)}`);
      settled[at] = outcome;
    }
  };
  await Promise.all(Array.from({ length: Math.min(imagesAtOnce, images.length) }, worker));
  return {
    outcomes: settled.filter((outcome) => 'asked' in outcome),
    failures: settled.filter((outcome) => 'error' in outcome),
  };
}

async function oneImage(
  asked: AskedImage,
  inputs: Inputs,
  client: RegistryClient,
  note: Parameters<typeof withLook>[1],
): Promise<Outcome> {
  const look = lookFor(asked, inputs, client);
  const found = await waitFor(() => withLook(inputs.timeout, note, look), {
    timeout: inputs.waitTimeout,
    interval: inputs.waitInterval,
    clock: systemClock,
    onWait: (error, pause) => {
      const why = error.code === 'not-found' ? 'not published yet' : error.message;
      note('index', `${why} Looking again in ${(pause / 1000).toFixed(0)} s.`, 'urgent');
    },
  }).catch((error: unknown) => {
    if (!inputs.failOnMissing && !hasGates(inputs.gates) && isMissing(error)) return undefined;
    throw error;
  });
  const [changed, needsUpdating] =
    found === undefined ? [] : await withLook(inputs.timeout, note, (look) => compared(found, inputs, client, look));
  return { asked, found, changed, needsUpdating };
}

async function compared(
  { image, subjects }: Found,
  { compareWith, baseImage }: Inputs,
  client: RegistryClient,
  look: Parameters<Parameters<typeof withLook>[2]>[0],
) {
  return Promise.all([
    compareWith && haveChanged(image, subjects, compareWith, client, look),
    baseImage && needUpdating(subjects, baseImage, client, look),
  ]);
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof ActionError && error.code === 'wait-timeout' ? error.cause : error;
  return cause instanceof ActionError && cause.code === 'not-found';
}

function describe({ text }: AskedImage, { platforms }: Inputs): string {
  return `${text} (${platforms === 'all' ? 'all platforms' : platforms.map(formatPlatform).join(', ')})`;
}

/** Sets the outputs, then writes what is good to have: only the former can fail the step. */
function publish(inputs: Inputs, outcomes: readonly Outcome[], runner: RunnerFiles, log: Log): void {
  const files = saveFiles(runner.temp, outcomes);
  const results = outcomes.map((outcome) => resultsOf(outcome, files, inputs.inspect));
  const isOnePlatform = inputs.platforms !== 'all' && inputs.platforms.length === 1;
  writeOutputs(runner.output, outputsOf(outcomes, results, files, isOnePlatform));
  if (outcomes.length === 1) for (const result of results.flat()) printResult(log, result);
  if (inputs.summary) trySummary(results.flat(), runner, log);
}

function trySummary(results: readonly Result[], runner: RunnerFiles, log: Log): void {
  try {
    writeSummary(runner.summary, summaryOf(results, log.safe));
  } catch (error) {
    log.warning(`The job summary cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Prints an annotation for each failure, up to the most that a step may have, and sets `error-code`. */
function fail(log: Log, { output }: RunnerFiles, failures: readonly Failure[]): void {
  const reports = failures.map(({ error, about }) => partsOf(error, about));
  const isTooMany = reports.length > mostAnnotations;
  for (const { code, parts } of reports.slice(0, isTooMany ? mostAnnotations - 1 : mostAnnotations))
    log.error(code, parts);
  const code: ErrorCode = reports[0]?.code ?? 'internal';
  if (isTooMany) log.error(code, [`${reports.length - mostAnnotations + 1} more images failed: see the log.`]);
  try {
    writeOutputs(output, failureOutputs(code));
  } catch (error) {
    log.line(`error-code could not be set: ${error instanceof Error ? error.message : String(error)}`);
  }
}
