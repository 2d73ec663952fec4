import type { Repository } from '../oci/reference.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credential } from './credentials/credential.ts';
import { statusError } from './error.ts';
import { challengeOf } from './known.ts';
import { isRejection, rejected, unasked, withSource } from './rejection.ts';
import { isAnothersTimeout } from './shared.ts';
import { basicHeader, fetchToken, type TokenRequest, tokenKey, tokenRequestFor } from './token.ts';
import { portOf, type Request, type Response, type Transport } from './transport.ts';
import type { Trust } from './trust.ts';

/** What an authorizer works with. */
export interface AuthOptions {
  readonly repository: Repository;
  readonly trust: Trust;
  /** Looks up the credentials for the repository; called when a challenge asks for them, and once. */
  readonly credential: () => Promise<Credential | undefined>;
  /** Sends requests to token services: retried, never redirected. */
  readonly sendToken: Transport;
  /** Tokens by their key, shared by all repositories of a run. */
  readonly tokens: TokenCache;
  /** Called with every secret before it is used. */
  readonly keepSecret: (secret: string) => void;
}

/** The tokens of a run, or the requests for them. */
export type TokenCache = Map<string, Promise<string>>;

/** How a repository is approached: with the credentials that were found, or without. */
interface Session {
  readonly credential: () => Promise<Credential | undefined>;
  /** The `Authorization` that the registry accepted last. */
  held: string | undefined;
}

/**
 * Answers challenges for one repository. The request goes out first; a 401 tells what to do. It is sent at most once
 * more after a token was obtained or renewed for it, and once more where the workflow's own token was rejected and the
 * registry is tried without.
 *
 * @throws ActionError `unauthorized` or `denied`, naming where rejected credentials came from
 */
export function withAuth(send: Transport, options: AuthOptions): Transport {
  const { repository } = options;
  let lookup: Promise<Credential | undefined> | undefined;
  const findOnce = () => {
    lookup ??= options.credential();
    return lookup;
  };
  let session: Session = { credential: findOnce, held: undefined };

  return async (request) => {
    const used = session;
    try {
      return await attempt(send, request, used, options);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const given = await used.credential().catch(() => undefined);
      if (given?.isOptional !== true) throw withSource(error, given, repository);
      request.note('token', `${given.source} was rejected: trying without`);
      if (session === used) session = { credential: async () => undefined, held: undefined };
      return attempt(send, request, session, options).catch((second) => {
        throw isRejection(second) ? withSource(error, given, repository) : second;
      });
    }
  };
}

async function attempt(send: Transport, first: Request, session: Session, options: AuthOptions): Promise<Response> {
  const { held } = session;
  const request = held === undefined ? first : authorized(first, held);
  if (held === undefined) void guess(first, session, options).catch(() => undefined);
  const response = await send(request);
  const isOwn = isFromRegistry(response, first);
  const isHidden = isOwn && held === undefined && (await isHiddenFromStrangers(response, session));
  if (!isHidden && !(isOwn && response.status === 401)) return judged(response, first, held, session, options);
  const header = await answer(send, response, request, session, options);
  if (header === undefined) return judged(response, first, undefined, session, options);
  if (header === held) throw rejected(response, await session.credential(), options.repository);
  session.held = header;
  return judged(await send(authorized(first, header)), first, header, session, options);
}

/** Asks for the token that a known registry is going to want, while its challenge is on the way. */
async function guess(request: Request, session: Session, options: AuthOptions): Promise<void> {
  const known = challengeOf(options.repository.registry);
  if (known === undefined) return;
  const challenge = { scheme: 'bearer', parameters: new Map(Object.entries(known)) };
  const wanted = tokenRequestFor(challenge, options.repository, await session.credential());
  if (wanted.credential?.kind !== 'bearer') await tokenFor(wanted, request, request.url, options);
}

/** The `Authorization` that answers a challenge; undefined when the registry did not ask for any. */
async function answer(
  send: Transport,
  response: Response,
  request: Request,
  session: Session,
  options: AuthOptions,
): Promise<string | undefined> {
  const { repository } = options;
  const challenges = await challengesOf(response, request, send);
  for (const challenge of challenges) request.note('token', describe(response, challenge));
  const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && (parameters.has('realm') || !isBasic),
  );
  const given = await session.credential();
  if (challenges.length > 0 && given?.kind === 'bearer') return `Bearer ${given.token}`;
  if (bearer !== undefined) {
    const wanted = tokenRequestFor(bearer, repository, given);
    return `Bearer ${await tokenFor(wanted, request, response.url, options)}`;
  }
  if (given !== undefined && isBasic) return basicHeader(given);
  if (response.status !== 401) return undefined;
  throw withSource(statusError(response, `${repository.registry} wants a login`), given, repository);
}

/** The token for a request: one that is known, unless the request had it and it was refused, or a new one. */
async function tokenFor(wanted: TokenRequest, request: Request, origin: URL, options: AuthOptions): Promise<string> {
  const { tokens, trust } = options;
  const key = tokenKey(wanted);
  for (let cached = tokens.get(key); cached !== undefined; cached = tokens.get(key)) {
    const known = await cached.catch((error: unknown) => {
      if (isAnothersTimeout(error, request.signal)) return undefined;
      throw error;
    });
    if (known !== undefined && `Bearer ${known}` !== request.headers['authorization']) return known;
    if (tokens.get(key) === cached) break;
  }
  const fresh = fetchToken(options.sendToken, wanted, { ...request, headers: {} }, origin, trust);
  tokens.set(key, fresh);
  const token = await fresh;
  options.keepSecret(token);
  return token;
}

/** Some registries answer strangers with 404 or 403, and only those who log in with what they have. */
async function isHiddenFromStrangers({ status }: Response, { credential }: Session): Promise<boolean> {
  if (status !== 404 && status !== 403) return false;
  const given = await credential();
  return given !== undefined && given.isOptional !== true;
}

/** Throws for a registry that turns us away. */
async function judged(
  response: Response,
  asked: Request,
  sent: string | undefined,
  { credential }: Session,
  { repository }: AuthOptions,
): Promise<Response> {
  if (!isFromRegistry(response, asked) || (response.status !== 401 && response.status !== 403)) return response;
  const given = await credential();
  throw sent === undefined && given !== undefined
    ? unasked(response, given, repository)
    : rejected(response, given, repository);
}

function authorized(request: Request, header: string): Request {
  return { ...request, headers: { ...request.headers, authorization: header } };
}

/** What a host says that the registry redirected to is not the registry's word. */
function isFromRegistry({ url }: Response, { url: asked }: Request): boolean {
  const isUpgraded = asked.protocol === 'http:' && url.protocol === 'https:' && asked.port === '' && url.port === '';
  return url.hostname === asked.hostname && (portOf(url) === portOf(asked) || isUpgraded);
}

/** The challenges of a 401; where it carries none, those of `GET /v2/`. */
async function challengesOf(response: Response, request: Request, send: Transport): Promise<Challenge[]> {
  const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
  if (challenges.length > 0) return challenges;
  const { authorization: _, ...headers } = request.headers;
  const base = await send({ ...request, method: 'GET', url: new URL('/v2/', response.url), headers });
  const isAnswer = (base.status >= 200 && base.status < 300) || base.status === 401 || base.status === 404;
  if (!isAnswer) throw statusError(base, `GET ${base.url.href}, which was to tell how to log in`);
  return base.status === 401 && isFromRegistry(base, request)
    ? parseChallenges(base.headers['www-authenticate'] ?? [])
    : [];
}

function describe({ status, url }: Response, { scheme, parameters }: Challenge): string {
  const wants = [...parameters].map(([name, value]) => `${name}="${value}"`).join(', ');
  return `${url.host} answered ${status} and wants ${scheme} ${wants}`;
}
