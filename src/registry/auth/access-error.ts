import { ActionError } from '../../error.ts';
import { nameOf, type Repository, wireHost } from '../../oci/reference.ts';
import type { Credential } from '../credentials/credential.ts';
import { statusError } from '../http/response-error.ts';
import type { Response } from '../http/transport.ts';
import { parseChallenges } from './challenge.ts';

/** Whether an error says that a registry wants other credentials, or more. */
export function isAccessError(error: unknown): error is ActionError {
  return error instanceof ActionError && (error.code === 'unauthorized' || error.code === 'denied');
}

/** The error for a 401 or 403 that is final. */
export function accessError(
  response: Response,
  credential: Credential | undefined,
  repository: Repository,
): ActionError {
  const error = statusError(response, `${nameOf(repository)} may not be pulled`);
  const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
  const isScopeMissing = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope');
  return withSource(isScopeMissing ? error.with({ code: 'denied' }) : error, credential, repository);
}

/** The error for a registry that refuses anonymous requests without a challenge for the credentials that there are. */
export function unchallengedError(response: Response, { source }: Credential, { registry }: Repository): ActionError {
  const what = `${registry} refuses anonymous requests, and sent no challenge for the credentials from ${source}`;
  return statusError(response, what).with({
    advice: 'Check the name of the registry and of the repository; ask its operator why it sends no challenge.',
  });
}

/** Adds to an access error where the credentials came from and what to do about it. */
export function withSource<Thrown>(
  error: Thrown,
  credential: Credential | undefined,
  repository: Repository,
): Thrown | ActionError {
  if (!isAccessError(error) || error.advice !== undefined) return error;
  const source =
    credential === undefined
      ? `No credentials were found for ${repository.registry}.`
      : `The credentials came from ${credential.source}.`;
  return error.with({
    message: `${error.message} ${source}`,
    advice: `${adviceFor(repository, credential)} Some registries respond so for an image that does not exist, too.`,
  });
}

function adviceFor({ registry }: Repository, credential: Credential | undefined): string {
  if (registry === 'ghcr.io' || credential?.isOptional) {
    return 'Give the job "permissions: packages: read", and the package access for this repository in its settings; for a package elsewhere give username and password (a token with read:packages).';
  }
  return credential === undefined
    ? `Log in to ${wireHost(registry)} in an earlier step, or give the inputs username and password.`
    : 'Check that they are still valid and may read this repository.';
}
