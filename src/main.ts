import { systemClock } from './clock.ts';
import { longestLooks, type Resolved, resolveImages } from './each-image.ts';
import { fail } from './failure.ts';
import { type Inputs, insistOnCertificates, type RunnerFiles, readRunnerFiles, readSecrets } from './inputs.ts';
import type { Log } from './log.ts';
import { messageOf } from './oci/action-error.ts';
import { outputsOf, writeOutputs } from './outputs.ts';
import type { Prepared } from './prepare.ts';
import type { RegistryClient } from './registry/client.ts';
import { openCredentials, type StoreListener } from './registry/credentials/store.ts';
import type { EarlySockets } from './registry/early.ts';
import { httpTransport } from './registry/http.ts';
import { openClient } from './registry/open-client.ts';
import { whileWaiting } from './registry/patience.ts';
import type { Transport } from './registry/transport.ts';
import { rehearse } from './rehearsal.ts';
import { printResult } from './report.ts';
import { type Outcome, type Result, resultsOf } from './results.ts';
import { saveFiles } from './saved-files.ts';
import { summaryOf, writeSummary } from './summary.ts';
import { version } from './version.ts';

/** Milliseconds that a run may take besides waiting and looking: helpers, files, and the end of both. */
const slack = 30_000;

/** Milliseconds that a timer can count: four times as long as a job may take. */
const longestTimer = 2 ** 31 - 1;

/** What the entry point needs to watch over a run. */
export interface Watch {
  /** Told once how many milliseconds the run may take. */
  limit(milliseconds: number): void;
  /** Whether the run was given up, and has failed: it sets no output any more. */
  isOver(): boolean;
}

/**
 * Runs the step: inputs, registries, gates, outputs. Prints every failure.
 *
 * @returns whether every output that was asked for came from verified bytes and has been written
 */
export async function run(prepared: Prepared, log: Log, watch: Watch): Promise<boolean> {
  readSecrets().forEach(log.keepSecret);
  const files = readRunnerFiles();
  try {
    if (insistOnCertificates())
      log.warning('NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are always checked.');
    const inputs = prepared.inputs();
    watch.limit(Math.min(inputs.waitTimeout + longestLooks(inputs) + slack, longestTimer));
    const { outcomes, failures } = await resolve(inputs, prepared.early, log);
    if (watch.isOver()) return false;
    if (failures.length > 0) return fail(log, files, failures);
    publish(inputs, outcomes, files, log);
    return true;
  } catch (error) {
    return !watch.isOver() && fail(log, files, [{ error, about: '' }]);
  }
}

async function resolve(inputs: Inputs, early: EarlySockets, log: Log): Promise<Resolved> {
  const { send, close } = httpTransport(`image-digests/${version}`, early);
  try {
    // What goes wrong in a rehearsal will go wrong in earnest, and be told then.
    const rehearsed = whileWaiting(send, () => rehearse(inputs, log).catch(() => undefined));
    return await resolveImages(inputs, clientFor(inputs, log, rehearsed), log);
  } finally {
    close();
  }
}

function clientFor(inputs: Inputs, log: Log, send: Transport): RegistryClient {
  const { images, compareWith, baseImage, authHosts, plainHttp } = inputs;
  const references = [...images.map(({ reference }) => reference), compareWith, baseImage].filter(
    (it) => it !== undefined,
  );
  const listener: StoreListener = {
    keepSecret: log.keepSecret,
    warn: (message, said) => log.warning(said === undefined ? message : `${message} It said: ${log.quote(said)}`),
  };
  const { registry } = inputs.credentials.input ?? {};
  if (registry !== undefined && !references.some((reference) => reference.registry === registry)) {
    log.warning(`username and password are for ${registry}, which no image is on: they are not used.`);
  }
  const credentials = openCredentials(inputs.credentials, references, listener);
  return openClient({ send, credentials, authHosts, plainHttp, keepToken: log.keepToken }, systemClock);
}

/** Sets the outputs, then writes what is good to have: only the former can fail the step. */
function publish(inputs: Inputs, outcomes: readonly Outcome[], runner: RunnerFiles, log: Log): void {
  const files = saveFiles(runner.temp, outcomes);
  const results = outcomes.map((outcome) => resultsOf(outcome, files, inputs));
  const isOnePlatform = inputs.platforms !== 'all' && inputs.platforms.length === 1;
  try {
    if (outcomes.length === 1) for (const result of results.flat()) printResult(log, result);
    writeOutputs(runner.output, outputsOf(outcomes, results, files, isOnePlatform));
  } catch (error) {
    files.discard();
    throw error;
  }
  if (inputs.summary) trySummary(results.flat(), runner, log);
}

function trySummary(results: readonly Result[], runner: RunnerFiles, log: Log): void {
  try {
    writeSummary(runner.summary, summaryOf(results, log.safe));
  } catch (error) {
    log.warning(`The job summary cannot be written: ${messageOf(error)}`);
  }
}
