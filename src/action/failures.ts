import { ActionError, type ErrorCode, messageOf } from '../error.ts';
import type { Log } from './log.ts';
import { failureOutputs, writeOutputs } from './outputs.ts';

/** Something that went wrong. */
export interface Failure {
  readonly error: unknown;
  /** The image, as it was requested; empty when it is about none. */
  readonly about: string;
}

/** What to do about a failure that has no advice of its own. */
const generalAdvice: Readonly<Record<ErrorCode, string>> = {
  'invalid-input': 'Correct the input; no request was sent.',
  'not-found': 'Check the spelling of repository and tag.',
  'platform-not-found': 'Set platform to one that the image has.',
  unauthorized: 'Log in to the registry in an earlier step, or give the inputs username and password.',
  denied: 'Check that the credentials may read this repository.',
  'rate-limited': 'Log in, or run the job later.',
  'digest-mismatch': 'Do not use this image: its bytes are not those that its digest names.',
  'size-mismatch': 'Do not use this image: push it again.',
  'invalid-manifest':
    'Push the image again with a current client; if it was, something between it and the runner changes it.',
  unsupported: 'Use sha256 or sha512, and an image in OCI or Docker schema 2 format.',
  'too-large': 'Check that the reference names an image: manifests and configs are far smaller.',
  'untrusted-host': 'Ask the operator of the registry where it should lead.',
  'gate-failed': 'Do not go on with this image, or correct what is expected of it.',
  'not-attested': 'Attest or sign the image where it is built.',
  'not-verified': 'Do not deploy it. If it is right, correct what the gate demands.',
  'trust-root': 'Write the file of trusted-root anew.',
  'wait-timeout': 'Check why it does not hold yet, or allow more by the input wait-timeout.',
  timeout: 'Check the registry and the network, then run the job again.',
  network: 'Check that the runner can reach the host, then run the job again.',
  tls: 'Check the certificate of the host, and what the runner trusts.',
  'registry-error': 'Check the status of the registry, and run the job again; if it stays, tell its operator.',
  'runner-error': 'Check the runner and its disk.',
  internal: 'Please report it, with the log of this step.',
};

/** What a person needs of a failure, part by part: what happened, what the registry said, what to do. */
export function describeFailure(
  { error, about }: Failure,
  { quote }: Pick<Log, 'quote'>,
): { code: ErrorCode; parts: string[] } {
  const {
    code,
    message,
    remoteMessage = '',
    advice = generalAdvice[code],
  } = error instanceof ActionError ? error : defect(error);
  const quoted = quote(remoteMessage);
  return {
    code,
    parts: [
      about === '' ? message : `${about}: ${message}`,
      ...(quoted === '' ? [] : [`It said: ${quoted}`]),
      `What to do: ${advice}`,
    ],
  };
}

/**
 * Prints an annotation for each failure, up to the most that a step may have, and sets `error-code` to that of the first.
 *
 * @param output `GITHUB_OUTPUT`
 * @returns false, for the step has not succeeded
 */
export function fail(log: Log, output: string, failures: readonly Failure[]): false {
  const reports = failures.map((failure) => describeFailure(failure, log));
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

function defect(error: unknown): ActionError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ActionError('internal', `The action has a defect: ${message}`);
}
