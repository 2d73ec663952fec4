import { isTimeoutOfAnother, once } from '../../async/single-flight.ts';
import type { Repository } from '../../oci/reference.ts';
import type { Credential } from '../credentials/credential.ts';
import { statusError } from '../http/response-error.ts';
import { type Connection, isGood, portOf, type Request, type Response, type Transport } from '../http/transport.ts';
import { knownChallenge } from '../known-registries.ts';
import type { Trust } from '../trust/trust.ts';
import { accessError, isAccessError, unchallengedError, withSource } from './access-error.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { newSession, type Session, successorOf } from './session.ts';
import { basicHeader, fetchToken, type TokenRequest, tokenKey, tokenRequestFor } from './token.ts';

/** Bytes of the response of `GET /v2/`, of which only the head matters. */
const maxBaseBytes = 64 * 1024;

/** What an authorizer works with. */
export interface AuthOptions {
  readonly repository: Repository;
  readonly trust: Trust;
  /** Looks up the credential for the repository, when a challenge wants one; `again` where the last one has expired. */
  readonly findCredential: (again: boolean) => Promise<Credential | undefined>;
  /** Sends requests to token services: retried, never redirected. */
  readonly sendToken: Transport;
  /** Tokens by their key, shared by all repositories of a run. */
  readonly tokens: TokenCache;
  /** Called with every token before it is used. */
  readonly keepToken: (token: string) => void;
}

/** The tokens of a run, or the requests for them. */
export type TokenCache = Map<string, Promise<string>>;

/**
 * Answers the challenges of one repository. The request goes out first; a 401 tells what to do. It is sent at most once
 * more after a token was obtained or renewed for it, and once more where a credential that was accepted before has
 * expired, or the workflow's own token was rejected and the registry is tried anonymously.
 *
 * @throws ActionError `unauthorized` or `denied`, naming where rejected credentials came from
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function withAuth(send: Transport, options: AuthOptions): Transport {
  const { repository } = options;
  let session = newSession(once(() => options.findCredential(false)));

  const refresh = async (refused: Session, credential: Credential, { trace }: Request) => {
    // Another request may have found the way by now.
    if (session !== refused) return session;
    return successorOf(refused, credential, () => options.findCredential(true), trace);
  };

  return async (request) => {
    const current = session;
    try {
      return await sendAuthorized(send, request, current, options);
    } catch (error) {
      if (!isAccessError(error)) throw error;
      const credential = await current.credential().catch(() => undefined);
      const successor = credential && (await refresh(current, credential, request));
      if (successor === undefined) throw withSource(error, credential, repository);
      session = successor;
      const next = await successor.credential();
      return sendAuthorized(send, request, successor, options).catch((second) => {
        if (!isAccessError(second)) throw second;
        throw next === undefined ? withSource(error, credential, repository) : withSource(second, next, repository);
      });
    }
  };
}

/** Sends a request as it is or with what was accepted last; where the registry challenges it, once more. */
async function sendAuthorized(
  send: Transport,
  bare: Request,
  session: Session,
  options: AuthOptions,
): Promise<Response> {
  const { authorization } = session;
  const request = authorization === undefined ? bare : authorized(bare, authorization);
  if (authorization === undefined) void prefetchToken(bare, session, options).catch(() => undefined);
  const response = await send(request);
  if (!isFromRegistry(response, bare)) return response;
  const isHidden = authorization === undefined && (await hidesFromAnonymous(response, session));
  if (!isHidden && response.status !== 401) return requireAccess(response, authorization, session, options);
  const renewed = await authorizationFor(response, request, { send, session, options });
  if (renewed === undefined) return requireAccess(response, undefined, session, options);
  if (renewed === authorization) throw accessError(response, await session.credential(), options.repository);
  session.authorization = renewed;
  const second = await send(authorized(bare, renewed));
  return isFromRegistry(second, bare) ? requireAccess(second, renewed, session, options) : second;
}

/** Gets the token that a known registry is going to want, while its challenge is on the way. */
async function prefetchToken(request: Request, session: Session, options: AuthOptions): Promise<void> {
  const { repository } = options;
  const challenge = knownChallenge(repository.registry);
  if (challenge === undefined) return;
  const parameters = new Map(Object.entries(challenge));
  const tokenRequest = tokenRequestFor({ scheme: 'bearer', parameters }, repository, await session.credential());
  if (tokenRequest.credential?.kind === 'bearer') return;
  await tokenFor(tokenRequest, request, { url: request.url, address: undefined }, options);
}

/** The `Authorization` that answers a challenge; undefined when the registry sent none. */
async function authorizationFor(
  response: Response,
  request: Request,
  { send, session, options }: { send: Transport; session: Session; options: AuthOptions },
): Promise<string | undefined> {
  const { repository } = options;
  const challenges = await challengesOf(response, request, send);
  for (const challenge of challenges) request.trace('token', describe(response, challenge));
  const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && (parameters.has('realm') || !isBasic),
  );
  const credential = await session.credential();
  if (challenges.length > 0 && credential?.kind === 'bearer') return `Bearer ${credential.token}`;
  if (bearer !== undefined) {
    const tokenRequest = tokenRequestFor(bearer, repository, credential);
    return `Bearer ${await tokenFor(tokenRequest, request, response, options)}`;
  }
  if (credential !== undefined && isBasic) return basicHeader(credential);
  if (response.status !== 401) return undefined;
  throw withSource(statusError(response, `${repository.registry} wants a login`), credential, repository);
}

/** The token for a request: a cached one, unless the request had it and was refused, or a new one. */
async function tokenFor(
  tokenRequest: TokenRequest,
  request: Request,
  registry: Connection,
  { tokens, trust, sendToken, keepToken }: AuthOptions,
): Promise<string> {
  const key = tokenKey(tokenRequest);
  for (let cached = tokens.get(key); cached !== undefined; cached = tokens.get(key)) {
    const token = await cached.catch((error: unknown) => {
      if (isTimeoutOfAnother(error, request.signal)) return undefined;
      throw error;
    });
    if (token !== undefined && `Bearer ${token}` !== request.headers['authorization']) return token;
    if (tokens.get(key) === cached) break;
  }
  const fresh = fetchToken(tokenRequest, { send: sendToken, trust, registry, operation: operationOf(request) });
  tokens.set(key, fresh);
  const token = await fresh;
  keepToken(token);
  return token;
}

function operationOf({ signal, deadline, attemptMs, trace }: Request) {
  return { signal, deadline, attemptMs, trace };
}

/** Some registries respond to anonymous requests with 404 or 403, and send no challenge. */
async function hidesFromAnonymous({ status }: Response, session: Session): Promise<boolean> {
  if (status !== 404 && status !== 403) return false;
  const credential = await session.credential();
  return credential !== undefined && credential.isOptional !== true;
}

/** Throws for a registry that refuses access, and records that it grants it. */
async function requireAccess(
  response: Response,
  authorization: string | undefined,
  session: Session,
  { repository }: AuthOptions,
): Promise<Response> {
  if (response.status !== 401 && response.status !== 403) {
    session.isAccepted ||= authorization !== undefined;
    return response;
  }
  const credential = await session.credential();
  throw authorization === undefined && credential !== undefined
    ? unchallengedError(response, credential, repository)
    : accessError(response, credential, repository);
}

function authorized(request: Request, authorization: string): Request {
  return { ...request, headers: { ...request.headers, authorization } };
}

/** The response of a host that the registry redirected to says nothing about access to the registry. */
function isFromRegistry({ url }: Response, request: Request): boolean {
  const isUpgraded =
    request.url.protocol === 'http:' && url.protocol === 'https:' && request.url.port === '' && url.port === '';
  return url.hostname === request.url.hostname && (portOf(url) === portOf(request.url) || isUpgraded);
}

/** The challenges of a 401; where it carries none, those of `GET /v2/`. */
async function challengesOf(response: Response, request: Request, send: Transport): Promise<Challenge[]> {
  const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
  if (challenges.length > 0) return challenges;
  const { authorization: _, ...headers } = request.headers;
  const url = new URL('/v2/', response.url);
  const base = await send({ ...request, method: 'GET', url, headers, maxBytes: maxBaseBytes, isStream: false });
  if (!isGood(base) && base.status !== 401 && base.status !== 404) {
    throw statusError(base, `GET ${base.url.href}, which was to tell how to log in`);
  }
  return base.status === 401 && isFromRegistry(base, request)
    ? parseChallenges(base.headers['www-authenticate'] ?? [])
    : [];
}

function describe({ status, url }: Response, { scheme, parameters }: Challenge): string {
  const list = [...parameters].map(([name, value]) => `${name}="${value}"`).join(', ');
  return `${url.host} responded ${status} with the challenge ${scheme} ${list}`;
}
