import type { Operation } from '../async/operation.ts';
import type { Budget } from '../content/budget.ts';
import { ActionError } from '../error.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { asRecord, parseRecord } from '../oci/json-record.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { bodyText, remoteMessageOf, statusError } from '../registry/http/response-error.ts';
import type { Transport } from '../registry/http/transport.ts';
import { isPublicName } from '../registry/trust/address.ts';
import { type Trust, trustFor } from '../registry/trust/trust.ts';
import type { AttestationSettings } from './attestation.ts';
import { parseBundle } from './bundle.ts';
import { decompressSnappy } from './snappy.ts';
import { type Candidate, maxBundleBytes, type Source } from './sources.ts';

/** Bytes of a list of attestations, which holds up to 100 bundles. */
const maxListBytes = 16 * 1024 * 1024;

/** What the API is asked with. */
export interface ApiContext {
  readonly send: Transport;
  readonly api: AttestationSettings['api'];
  readonly operation: Operation;
  readonly budget: Budget;
}

/**
 * The attestations that a repository has for a subject, by the GitHub API. A 404 says that there are none.
 *
 * @see https://docs.github.com/en/rest/repos/attestations#list-attestations
 */
export async function apiSource(
  repository: string,
  subject: Digest,
  predicateType: string,
  context: ApiContext,
): Promise<Source> {
  try {
    return await attestations(repository, subject, predicateType, context);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { candidates: [], errors: [error] };
  }
}

async function attestations(
  repository: string,
  subject: Digest,
  predicateType: string,
  context: ApiContext,
): Promise<Source> {
  const { send, api, operation, budget } = context;
  const url = apiUrl(api.url, `repos/${repository}/attestations/${subject}`);
  url.searchParams.set('predicate_type', predicateType);
  url.searchParams.set('per_page', '100');
  operation.trace('token', `GET ${url.href}`);
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(api.token === '' ? {} : { authorization: `Bearer ${api.token}` }),
  };
  const addressPolicy = apiTrust(url).registry();
  const request = { ...operation, method: 'GET', url, headers, phase: 'token', maxBytes: maxListBytes } as const;
  const response = await send({ ...request, addressPolicy });
  if (response.status === 404) {
    operation.trace('token', `${repository} has no attestation of ${subject} (a private one needs attestations: read)`);
    return { candidates: [], errors: [] };
  }
  if (response.status === 403 && response.headers['x-ratelimit-remaining']?.[0] === '0') {
    throw statusError(response, `GET ${url.href}`).with({ code: 'rate-limited' });
  }
  if (response.status !== 200) throw statusError(response, `GET ${url.href}`);
  budget.take(digestOf(response.body), response.body.byteLength);
  const list = parseList(response.body);
  if (list === undefined) {
    const message = `${url.host} responded without a list of attestations.`;
    throw new ActionError('registry-error', message, { remoteMessage: remoteMessageOf(response) });
  }
  const candidates = list.map((item): Candidate => {
    const { bundle, bundle_url: bundleUrl } = asRecord(item) ?? {};
    const load = async () =>
      parseBundle(asRecord(bundle) ? inlineBundle(bundle) : await download(bundleUrl, url, context));
    return { from: 'github-api', predicateType, load };
  });
  const isCut = response.headers['link']?.some((link) => /rel="?next"?/.test(link));
  const overflow = new ActionError(
    'too-large',
    `${repository} has more than ${list.length} attestations of ${subject}.`,
  );
  return { candidates, errors: isCut ? [overflow] : [] };
}

function inlineBundle(bundle: unknown): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(bundle));
  if (bytes.byteLength <= maxBundleBytes) return bytes;
  throw new ActionError('too-large', `A bundle has ${bytes.byteLength} bytes; at most ${maxBundleBytes} are read.`);
}

/** Strict as a whole, so that no bundle in it can be read in two ways. */
function parseList(body: Uint8Array): unknown[] | undefined {
  parseStrictJson(body);
  const list = parseRecord(bodyText(body))?.['attestations'];
  return Array.isArray(list) ? list : undefined;
}

/** A bundle at a storage address, which carries its own authority: the token never goes there. */
async function download(bundleUrl: unknown, from: URL, { send, operation, budget }: ApiContext): Promise<Uint8Array> {
  if (typeof bundleUrl !== 'string' || !URL.canParse(bundleUrl)) {
    throw new ActionError('not-verified', 'the list of attestations names neither a bundle nor where it is');
  }
  const url = new URL(bundleUrl);
  if (url.protocol !== 'https:' || !isPublicName(url.hostname) || url.username !== '' || url.password !== '') {
    throw new ActionError(
      'untrusted-host',
      `The GitHub API names a bundle at ${url.origin}, which is not an https host with a public name.`,
    );
  }
  const addressPolicy = apiTrust(from).redirect(url, from, { url: from, address: undefined });
  operation.trace('token', `GET ${url.href}`);
  const request = { ...operation, method: 'GET', url, headers: {}, phase: 'token', maxBytes: maxBundleBytes } as const;
  const response = await send({ ...request, addressPolicy });
  if (response.status >= 300 && response.status < 400) {
    throw new ActionError('untrusted-host', `${url.host} redirects from a bundle, and is not followed.`);
  }
  if (response.status !== 200) throw statusError(response, `GET ${url.href}`);
  const bytes = decompressSnappy(response.body, maxBundleBytes);
  budget.take(digestOf(bytes), bytes.byteLength);
  return bytes;
}

function apiUrl(base: string, path: string): URL {
  const url = new URL(`${base.replace(/\/+$/, '')}/${path}`);
  if (url.protocol === 'https:' || apiTrust(url).scheme === 'http') return url;
  throw new ActionError('untrusted-host', `The GitHub API at ${url.origin} is not https.`);
}

function apiTrust({ host }: URL): Trust {
  return trustFor(host, { authHosts: new Map(), plainHttp: new Set() });
}
