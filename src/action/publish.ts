import { messageOf } from '../error.ts';
import type { MissingImage, ResolvedImage } from '../image/resolved-image.ts';
import type { Environment } from './input-table.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import { printManifests } from './manifest-group.ts';
import { outputsOf, writeOutputs } from './outputs.ts';
import { printResult } from './progress.ts';
import { type Result, resultsOf } from './results.ts';
import { saveFiles } from './saved-files.ts';
import { type SummaryDetails, summaryOf, writeSummary } from './summary.ts';

/** The files that the runner gives to a step. Empty where the runner gives none. */
export interface RunnerFiles {
  /** `GITHUB_OUTPUT`. */
  readonly output: string;
  /** `GITHUB_STEP_SUMMARY`. */
  readonly summary: string;
  /** `RUNNER_TEMP`, a folder. */
  readonly temp: string;
}

/** What a run leads to. */
export interface RunResult {
  readonly images: readonly (ResolvedImage | MissingImage)[];
  /** The folder that was exported; empty when there is none. */
  readonly layoutPath: string;
}

/** Where the runner wants the outputs, which is needed even when an input is wrong. */
export function runnerFiles(env: Environment): RunnerFiles {
  return {
    output: env['GITHUB_OUTPUT'] ?? '',
    summary: env['GITHUB_STEP_SUMMARY'] ?? '',
    temp: env['RUNNER_TEMP'] ?? '',
  };
}

/**
 * Saves the documents, sets the outputs, and then writes the summary, which is good to have and cannot fail the step.
 *
 * @throws ActionError `runner-error` or `too-large`; no output has been set then
 */
export function publish(inputs: Inputs, { images, layoutPath }: RunResult, runner: RunnerFiles, log: Log): void {
  const files = saveFiles(runner.temp, images);
  const results = images.map((image) => resultsOf(image, files, inputs));
  const evidence = images.flatMap((image) => (image.exists ? image.evidence : []));
  const isOnePlatform = inputs.platforms !== 'all' && inputs.platforms.length === 1;
  try {
    const outputs = outputsOf(images, results, files, { isOnePlatform, layoutPath });
    outputs['results-path'] = files.write('results.json', `${JSON.stringify(results.flat())}\n`);
    const [image] = images;
    if (images.length === 1 && image?.exists) {
      printManifests(log, image);
      printResults(log, results.flat());
    }
    if (evidence.length === 0) log.line('No gate is set.');
    writeOutputs(runner.output, outputs);
  } catch (error) {
    files.discard();
    throw error;
  }
  if (inputs.summary) trySummary(results.flat(), { evidence, layoutPath }, runner, log);
}

/** Platforms of one image that are printed with all their layers. */
const maxPrintedPlatforms = 10;

function printResults(log: Log, results: readonly Result[]): void {
  for (const result of results.slice(0, maxPrintedPlatforms)) printResult(log, result);
  const left = results.length - maxPrintedPlatforms;
  if (left > 0) log.line(`${left} more platforms are in the output results.`);
}

function trySummary(results: readonly Result[], more: SummaryDetails, runner: RunnerFiles, log: Log): void {
  try {
    writeSummary(runner.summary, summaryOf(results, more, log.safe));
  } catch (error) {
    log.warning(`The job summary cannot be written: ${messageOf(error)}`);
  }
}
