import { ActionError, type ErrorCode } from '../oci/action-error.ts';
import { asRecord, parseRecord } from './json-record.ts';
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
export function bodyOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

/**
 * What an error answer says, in the registry's own words: `CODE: message` of the distribution specification, an OAuth
 * error, or the beginning of whatever else it is.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function wordsOf(response: Response): string | undefined {
  const text = bodyOf(response.body);
  return errorWords(parseRecord(text)) ?? (text.trim() === '' ? undefined : text);
}

/**
 * The error for an answer that is not what was asked for: `rate-limited` for 429, `denied` for 403, `unauthorized` for
 * 401, else `registry-error`. A 404 is told apart by those who know what it means.
 *
 * @param what the beginning of the message, without its status
 */
export function statusError(response: Response, what: string): ActionError {
  const said = wordsOf(response);
  const quota = response.status === 429 ? quotaOf(response) : '';
  return new ActionError(
    codeOf(response.status),
    `${what}: ${response.url.host} answered ${response.status}${quota}.`,
    {
      said,
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
  if (status === 429) return 'Log in, as limits are higher for users who are known, or run the job later.';
  return status >= 500 ? 'The registry has a fault of its own: look at its status page, then run again.' : undefined;
}

function quotaOf(response: Response): string {
  const quota = quotaHeaders.flatMap((name) => {
    const value = header(response, name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  return quota.length === 0 ? '' : ` (${quota.join(', ')})`;
}

/** The words of an error in a JSON document; undefined when it holds none. */
export function errorWords(document: Record<string, unknown> | undefined): string | undefined {
  const errors = Array.isArray(document?.['errors']) ? document['errors'] : [document];
  const lines = errors.flatMap((error) => {
    const { code, message, error: name, error_description: description, details } = asRecord(error) ?? {};
    const words = [code ?? name, message ?? description ?? details].filter((word) => typeof word === 'string');
    return words.length === 0 ? [] : [words.join(': ')];
  });
  return lines.length === 0 ? undefined : lines.join('; ');
}
