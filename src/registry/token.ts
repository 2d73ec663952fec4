import { ActionError } from '../oci/action-error.ts';
import { digestOf } from '../oci/hash.ts';
import type { Repository } from '../oci/reference.ts';
import type { Challenge } from './challenge.ts';
import { type Credential, encodeBasic } from './credentials/credential.ts';
import { bodyOf, errorWords, statusError } from './error.ts';
import { parseRecord } from './json-record.ts';
import type { Request, Transport } from './transport.ts';
import type { Trust } from './trust.ts';

/** Bytes of a token answer, and so of a token. */
const tokenLimit = 64 * 1024;

/** The name under which a token is asked for with an identity token. */
const clientId = 'image-digests';

const usableToken = /^[A-Za-z0-9._~+/=-]+$/;

/** What says which token is needed. */
export interface TokenRequest {
  /** The registry that the token is for: no other may see it, even one with the same token service. */
  readonly registry: string;
  readonly realm: URL;
  /** Undefined when the challenge names none. */
  readonly service: string | undefined;
  readonly scope: string;
  readonly credential: Credential | undefined;
}

/**
 * What to ask for by a Bearer challenge. Only the pull scope of our own repository is ever asked for, whatever the
 * challenge names; `*` is passed through, as ECR and others have no other.
 *
 * @throws ActionError `registry-error` for a challenge without a realm
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function tokenRequestFor(
  challenge: Challenge,
  repository: Repository,
  credential: Credential | undefined,
): TokenRequest {
  const realm = challenge.parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) {
    throw new ActionError('registry-error', `${repository.registry} asks for a token without saying where to get it.`, {
      said: `realm="${realm}"`,
    });
  }
  return {
    registry: repository.registry,
    realm: new URL(realm),
    service: challenge.parameters.get('service'),
    scope: challenge.parameters.get('scope') === '*' ? '*' : `repository:${repository.path}:pull`,
    credential,
  };
}

/** Equal for requests that one token answers. */
export function tokenKey({ registry, realm, service, scope, credential }: TokenRequest): string {
  // The credential by its digest: a secret has no place in a key.
  const shown = credential && digestOf(Buffer.from(JSON.stringify(credential)));
  return JSON.stringify([registry, realm.href, service, scope, shown]);
}

/**
 * Gets a token from a realm that may be asked.
 *
 * @param base what the request shares with the one that was challenged: its signal, deadline and log
 * @param origin where the registry is spoken to
 * @throws ActionError `untrusted-host`, `unauthorized`, `denied`, or `registry-error` for an answer without a usable token
 */
export async function fetchToken(
  send: Transport,
  wanted: TokenRequest,
  base: Request,
  origin: URL,
  trust: Trust,
): Promise<string> {
  const { realm, credential } = wanted;
  if (realm.username !== '' || realm.password !== '') {
    throw new ActionError(
      'untrusted-host',
      `${origin.host} names a token realm with a user name in it: ${realm.origin}.`,
    );
  }
  const checkAddresses = await trust.realm(realm, origin, credential !== undefined);
  const request: Request = { ...base, phase: 'token', limit: tokenLimit, checkAddresses, ...messageFor(wanted) };
  request.note(request.phase, `${request.method} ${request.url.href} (${credential?.source ?? 'anonymous'})`);
  const response = await send(request);
  if (response.status >= 300 && response.status < 400) {
    throw new ActionError('untrusted-host', `The token service ${realm.origin} redirects, and is not followed.`, {
      advice: 'Credentials go to the host that the registry names and to no other. Ask its operator.',
    });
  }
  if (response.status !== 200) throw statusError(response, `The token service ${realm.origin} gave no token`);
  const token = readToken(response.body);
  if (token !== undefined) return token;
  // An error only: whatever else is in the answer may be a token all the same.
  const said = errorWords(parseRecord(bodyOf(response.body)));
  throw new ActionError('registry-error', `The token service ${realm.origin} answered without a usable token.`, {
    said,
  });
}

function messageFor({ realm, service, scope, credential }: TokenRequest): Pick<Request, 'method' | 'url' | 'headers'> {
  const url = new URL(realm);
  url.hash = '';
  if (credential?.kind === 'identity') return refreshMessage(url, { service, scope, token: credential.token });
  if (service !== undefined && !url.searchParams.has('service')) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  return { method: 'GET', url, headers: credential === undefined ? {} : { authorization: basicHeader(credential) } };
}

/** @see https://distribution.github.io/distribution/spec/auth/oauth/ */
function refreshMessage(
  url: URL,
  { service, scope, token }: { service: string | undefined; scope: string; token: string },
): Pick<Request, 'method' | 'url' | 'headers' | 'body'> {
  url.searchParams.delete('scope');
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, scope, refresh_token: token });
  if (service !== undefined) form.set('service', service);
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

/** The value of an `Authorization` header for a user name and password. */
export function basicHeader(credential: Credential): string {
  if (credential.kind !== 'basic') {
    throw new ActionError(
      'unauthorized',
      `The registry asks for a user name and password, and ${credential.source} holds a token.`,
    );
  }
  return `Basic ${encodeBasic(credential.username, credential.password)}`;
}

/** Either field may hold the token; services that fill both put the same into them. */
function readToken(body: Uint8Array): string | undefined {
  const answer = parseRecord(bodyOf(body));
  return [answer?.['token'], answer?.['access_token']].find(
    (token): token is string => typeof token === 'string' && usableToken.test(token),
  );
}
