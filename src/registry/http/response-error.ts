import { ActionError, type ErrorCode } from '../../error.ts';
import { asRecord, parseRecord } from '../../oci/json-record.ts';
import { header, type Response } from './transport.ts';

/** Headers in which registries tell what is left of a quota. */
const quotaHeaders = [
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'retry-after',
];

/** The text of a body, whatever bytes it is made of. */
export function bodyText(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

/** What to do where anonymous users are limited most. */
export const logInAdvice = 'Log in, as limits are higher for users with an account, or run the job later.';

/**
 * What an error response says, in the registry's own words: `CODE: message` of the distribution specification, an OAuth
 * error, or the beginning of whatever else it is.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function remoteMessageOf(response: Response): string | undefined {
  const text = bodyText(response.body);
  return errorMessageIn(parseRecord(text)) ?? (text.trim() === '' ? undefined : text);
}

/**
 * Whether the body is an error list of the distribution specification, which only a registry sends.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function isErrorList({ body }: Response): boolean {
  const errors = parseRecord(bodyText(body))?.['errors'];
  return (
    Array.isArray(errors) && errors.length > 0 && errors.every((error) => typeof asRecord(error)?.['code'] === 'string')
  );
}

/**
 * The error for a response that is not what was requested: `rate-limited` for 429, `denied` for 403, `unauthorized` for
 * 401, else `registry-error`. What a 404 means is decided by the caller.
 *
 * @param what the beginning of the message, without its status
 */
export function statusError(response: Response, what: string): ActionError {
  const quota = response.status === 429 ? quotaOf(response) : '';
  return new ActionError(
    codeOf(response.status),
    `${what}: ${response.url.host} responded ${response.status}${quota}.`,
    {
      remoteMessage: remoteMessageOf(response),
      advice: adviceFor(response.status),
    },
  );
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'denied';
  return status === 429 ? 'rate-limited' : 'registry-error';
}

function adviceFor(status: number): string | undefined {
  if (status === 429) return logInAdvice;
  return status >= 500 ? 'This is a fault of the registry: check its status page, then run the job again.' : undefined;
}

function quotaOf(response: Response): string {
  const quota = quotaHeaders.flatMap((name) => {
    const value = header(response, name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  return quota.length === 0 ? '' : ` (${quota.join(', ')})`;
}

/** The message of an error in a JSON document; undefined when it holds none. */
export function errorMessageIn(document: Record<string, unknown> | undefined): string | undefined {
  const errors = Array.isArray(document?.['errors']) ? document['errors'] : [document];
  const lines = errors.flatMap((error) => {
    const { code, message, error: name, error_description: description, details } = asRecord(error) ?? {};
    const parts = [code ?? name, message ?? description ?? details].filter((part) => typeof part === 'string');
    return parts.length === 0 ? [] : [parts.join(': ')];
  });
  return lines.length === 0 ? undefined : lines.join('; ');
}
