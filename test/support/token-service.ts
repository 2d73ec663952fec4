import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './real-registry.ts';

/** What a token service was asked. */
export interface TokenCall {
  readonly method: string;
  readonly authorization: string | undefined;
  /** Of the query, or of the form. */
  readonly parameters: URLSearchParams;
}

export interface TokenService {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly seen: TokenCall[];
  /** The section `auth` of a registry that takes the tokens of this service. */
  readonly auth: object;
  close(): Promise<void>;
}

export interface TokenServiceOptions {
  /** What tokens are signed with; its certificate is what the registry trusts. */
  readonly signer: Certificate;
  /** The certificate that the registry trusts in place of the signer's. */
  readonly trusted?: string;
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>;
  /** What stands for a login in a POST. */
  readonly refreshToken?: string;
  /** Repositories that everybody may pull. */
  readonly open: readonly string[];
  readonly tls?: Certificate;
}

const issuer = 'test-issuer';
const service = 'test registry & more';

/**
 * A token service that signs what `docker-registry` verifies.
 *
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export async function startTokenService(options: TokenServiceOptions): Promise<TokenService> {
  const { signer, users, open, tls } = options;
  const key = createPrivateKey(await readFile(signer.key));
  const certificate = new X509Certificate(await readFile(signer.certificate));
  const seen: TokenCall[] = [];

  const handler = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', headers } = request;
    const query = new URL(request.url ?? '/', 'http://token').searchParams;
    const parameters = method === 'POST' ? new URLSearchParams(Buffer.concat(chunks).toString()) : query;
    const call = { method, authorization: headers.authorization, parameters };
    seen.push(call);
    const user = userOf(call, options);
    response.setHeader('content-type', 'application/json');
    if (user === undefined || parameters.get('service') !== service) {
      response.statusCode = 401;
      response.end(JSON.stringify({ details: 'incorrect username or password' }));
      return;
    }
    const mayRead = (repository: string) => open.includes(repository) || user in users;
    const claims = claimsFor(user, parameters.getAll('scope'), mayRead);
    response.end(JSON.stringify({ [method === 'POST' ? 'access_token' : 'token']: signed(claims) }));
  };

  const signed = (claims: object): string => {
    const header = { typ: 'JWT', alg: 'ES256', x5c: [certificate.raw.toString('base64')] };
    const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
    return `${content}.${signature.toString('base64url')}`;
  };

  const server =
    tls === undefined
      ? http.createServer(handler)
      : https.createServer({ cert: await readFile(tls.certificate), key: await readFile(tls.key) }, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const realm = `${tls === undefined ? 'http' : 'https'}://${host}/token?account=kept`;
  return {
    host,
    seen,
    auth: { token: { realm, service, issuer, rootcertbundle: options.trusted ?? signer.certificate } },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Empty for a stranger, undefined for who shows credentials that are wrong. */
function userOf({ method, authorization, parameters }: TokenCall, options: TokenServiceOptions): string | undefined {
  if (method === 'POST') {
    const isKnown = parameters.get('grant_type') === 'refresh_token' && options.refreshToken !== undefined;
    const [first] = Object.keys(options.users);
    return isKnown && parameters.get('refresh_token') === options.refreshToken ? first : undefined;
  }
  if (authorization === undefined) return '';
  const [user = '', password] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(/:(.*)/s);
  return Object.hasOwn(options.users, user) && options.users[user] === password ? user : undefined;
}

function claimsFor(subject: string, scopes: readonly string[], mayRead: (repository: string) => boolean): object {
  const access = scopes
    .flatMap((scope) => scope.split(' '))
    .map((scope) => /^repository:([^:]+):([a-z,*]+)$/.exec(scope))
    .flatMap((match) => (match === null ? [] : [{ name: match[1] ?? '', actions: (match[2] ?? '').split(',') }]))
    .filter(({ name }) => mayRead(name))
    .map(({ name, actions }) => ({ type: 'repository', name, actions: actions.filter((action) => action === 'pull') }));
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: subject,
    aud: service,
    iat: now,
    nbf: now - 10,
    exp: now + 300,
    jti: randomUUID(),
    access,
  };
}
