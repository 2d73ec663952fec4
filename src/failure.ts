import type { RunnerFiles } from './inputs.ts';
import { type Log, partsOf } from './log.ts';
import { type ErrorCode, messageOf } from './oci/action-error.ts';
import { failureOutputs, writeOutputs } from './outputs.ts';

/** Something that went wrong. */
export interface Failure {
  readonly error: unknown;
  /** The image, as it was asked for; empty when it is about none. */
  readonly about: string;
}

/**
 * Prints an annotation for each failure, up to the most that a step may have, and sets `error-code` to that of the first.
 *
 * @returns false, for the step has not succeeded
 */
export function fail(log: Log, { output }: RunnerFiles, failures: readonly Failure[]): false {
  const reports = failures.map(({ error, about }) => partsOf(error, about, log));
  const code: ErrorCode = reports[0]?.code ?? 'internal';
  const room = log.annotationsLeft();
  const shown = reports.length > room ? room - 1 : reports.length;
  for (const report of reports.slice(0, shown)) log.error(report.code, report.parts);
  const left = reports.length - shown;
  if (left > 0) log.error(code, [`${left} more images failed: see the log of this step.`]);
  try {
    writeOutputs(output, failureOutputs(code));
  } catch (error) {
    log.line(`error-code could not be set: ${messageOf(error)}`);
  }
  return false;
}
