import type { Operation } from '../../async/operation.ts';
import { ActionError } from '../../error.ts';
import { digestOf } from '../../oci/digest.ts';
import { parseRecord } from '../../oci/json-record.ts';
import type { Repository } from '../../oci/reference.ts';
import { type Credential, encodeBasic } from '../credentials/credential.ts';
import { bodyText, errorMessageIn, statusError } from '../http/response-error.ts';
import type { Connection, Request, Response, Transport } from '../http/transport.ts';
import type { Trust } from '../trust/trust.ts';
import type { Challenge } from './challenge.ts';

/** Bytes of a token response, and so of a token. */
const maxTokenBytes = 64 * 1024;

/** The name by which we introduce ourselves with an identity token. */
const clientId = 'image-digests';

const usableToken = /^[A-Za-z0-9._~+/=-]+$/;

/** Which token is needed. */
export interface TokenRequest {
  /** The registry that the token is for: no other may see it, even one with the same token service. */
  readonly registry: string;
  readonly realm: URL;
  /** Undefined when the challenge names none. */
  readonly service: string | undefined;
  readonly scope: string;
  readonly credential: Credential | undefined;
}

/** What a token service is contacted with. */
export interface TokenContext {
  /** Sends requests to token services: retried, never redirected. */
  readonly send: Transport;
  readonly trust: Trust;
  /** The connection to the registry that named the realm. */
  readonly registry: Connection;
  readonly operation: Operation;
}

/**
 * What a Bearer challenge asks for. Only the pull scope of our own repository is ever requested, whatever the challenge
 * names; `*` is passed through, as ECR and others have no other.
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
    throw new ActionError(
      'registry-error',
      `${repository.registry} wants a token, but names no realm to get it from.`,
      {
        remoteMessage: `realm="${realm}"`,
      },
    );
  }
  return {
    registry: repository.registry,
    realm: new URL(realm),
    service: challenge.parameters.get('service'),
    scope: challenge.parameters.get('scope') === '*' ? '*' : `repository:${repository.path}:pull`,
    credential,
  };
}

/** Equal for requests that one token satisfies. */
export function tokenKey({ registry, realm, service, scope, credential }: TokenRequest): string {
  // The credential by its digest: a secret has no place in a key.
  const hidden = credential && digestOf(Buffer.from(JSON.stringify(credential)));
  return JSON.stringify([registry, realm.href, service, scope, hidden]);
}

/**
 * Gets a token from a realm that `trust` allows.
 *
 * @throws ActionError `untrusted-host`, `unauthorized`, `denied`, or `registry-error` for a response without a usable token
 */
export async function fetchToken(tokenRequest: TokenRequest, context: TokenContext): Promise<string> {
  const { realm, credential } = tokenRequest;
  const { trust, registry } = context;
  if (realm.username !== '' || realm.password !== '') {
    const message = `${registry.url.host} names a token realm with a user name in it: ${realm.origin}.`;
    throw new ActionError('untrusted-host', message);
  }
  const addressPolicy = trust.realm(realm, registry, credential !== undefined);
  const base = { ...context.operation, phase: 'token', maxBytes: maxTokenBytes, addressPolicy } as const;
  const response = await (credential?.kind === 'identity'
    ? fetchOAuth2Token(tokenRequest, credential.token, base, context.send)
    : fetchDistributionToken(tokenRequest, base, context.send));
  return tokenIn(response, realm);
}

type TokenRequestBase = Omit<Request, 'method' | 'url' | 'headers'>;

/** @see https://distribution.github.io/distribution/spec/auth/token/#requesting-a-token */
function fetchDistributionToken(
  { realm, service, scope, credential }: TokenRequest,
  base: TokenRequestBase,
  send: Transport,
): Promise<Response> {
  const url = withoutHash(realm);
  if (service !== undefined && !url.searchParams.has('service')) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  base.trace(base.phase, `GET ${url.href} (${credential?.source ?? 'anonymous'})`);
  const headers = credential === undefined ? {} : { authorization: basicHeader(credential) };
  return send({ ...base, method: 'GET', url, headers });
}

/** @see https://distribution.github.io/distribution/spec/auth/oauth/#getting-a-token */
function fetchOAuth2Token(
  { realm, service, scope, credential }: TokenRequest,
  refreshToken: string,
  base: TokenRequestBase,
  send: Transport,
): Promise<Response> {
  const url = withoutHash(realm);
  url.searchParams.delete('scope');
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, scope });
  form.set('refresh_token', refreshToken);
  if (service !== undefined) form.set('service', service);
  base.trace(base.phase, `POST ${url.href} (${credential?.source ?? 'anonymous'})`);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return send({ ...base, method: 'POST', url, headers, body: form.toString() });
}

/**
 * The value of an `Authorization` header for a user name and password.
 *
 * @throws ActionError `unauthorized` for a credential that is a token
 */
export function basicHeader(credential: Credential): string {
  if (credential.kind === 'basic') return `Basic ${encodeBasic(credential.username, credential.password)}`;
  throw new ActionError(
    'unauthorized',
    `The registry wants a user name and password, and ${credential.source} holds a token.`,
  );
}

function tokenIn(response: Response, realm: URL): string {
  if (response.status >= 300 && response.status < 400) {
    throw new ActionError('untrusted-host', `The token service ${realm.origin} redirects, and is not followed.`, {
      advice: 'Credentials go to the host that the registry names and to no other. Ask its operator.',
    });
  }
  if (response.status !== 200) throw statusError(response, `The token service ${realm.origin} gave no token`);
  const document = parseRecord(bodyText(response.body));
  // Either field may hold the token; services that fill both put the same into them.
  const token = [document?.['token'], document?.['access_token']].find(
    (value): value is string => typeof value === 'string' && usableToken.test(value),
  );
  if (token !== undefined) return token;
  // Of the response only an error is quoted: whatever else is in it may be a token all the same.
  throw new ActionError('registry-error', `The token service ${realm.origin} responded without a usable token.`, {
    remoteMessage: errorMessageIn(document),
  });
}

function withoutHash(realm: URL): URL {
  const url = new URL(realm);
  url.hash = '';
  return url;
}
