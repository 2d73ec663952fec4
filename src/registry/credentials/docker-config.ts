import { ActionError } from '../../error.ts';
import { dockerHub, hubHosts, nameOf, type Repository } from '../../oci/reference.ts';
import type { Credential } from './credential.ts';

/** The parts of a docker `config.json`, or a podman `auth.json`, that hold credentials. Entries are checked when they are used. */
export interface DockerConfig {
  /** How to name it in a message. */
  readonly name: string;
  readonly auths: ReadonlyMap<string, unknown>;
  readonly credHelpers: ReadonlyMap<string, unknown>;
  readonly credsStore: unknown;
}

/** The key under which `docker login` keeps the Hub's credentials, and by which helpers know them. */
export const hubKey = 'https://index.docker.io/v1/';

/** Where a login to the Hub by browser keeps the tokens of the website, which no registry takes. */
const hubLoginPaths: ReadonlySet<string> = new Set(['/v1/access-token', '/v1/refresh-token']);

/**
 * Reads a config.
 *
 * @throws ActionError `invalid-input` naming the config, never its content
 * @see https://github.com/docker/cli/blob/v28.0.0/cli/config/configfile/file.go
 */
export function parseDockerConfig(text: string, name: string): DockerConfig {
  const config = toMap(parseJson(text, name), name, 'it');
  return {
    name,
    auths: toMap(config.get('auths') ?? {}, name, 'auths'),
    credHelpers: toMap(config.get('credHelpers') ?? {}, name, 'credHelpers'),
    credsStore: config.get('credsStore'),
  };
}

/** The key by which helpers know a registry. */
export function serverKey(registry: string): string {
  return registry === dockerHub ? hubKey : registry;
}

/** The value that `credHelpers` has for the very host; undefined when it has none. */
export function credHelperFor(config: DockerConfig, registry: string): unknown {
  const names = registry === dockerHub ? [...hubHosts, hubKey] : [registry];
  return names.map((name) => config.credHelpers.get(name)).find((helper) => helper !== undefined);
}

/**
 * The credential that `auths` holds for a repository: the longest namespaced key first, then the exact host, then keys
 * with a scheme. Keys are matched whole, never by substring.
 *
 * @throws ActionError `invalid-input` when the entry that applies cannot be read
 */
export function findAuth(config: DockerConfig, repository: Repository): Credential | undefined {
  for (const key of keysFor(config, repository)) {
    const credential = readEntry(config.auths.get(key), `${config.name}, key ${key}`);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

function keysFor(config: DockerConfig, { registry, path }: Repository): string[] {
  const hosts = registry === dockerHub ? hubHosts : [registry];
  const segments = path.split('/');
  const namespaces = segments.map((_, at) => segments.slice(0, segments.length - at).join('/'));
  const namespaced = namespaces.flatMap((namespace) =>
    hosts.map((host) => nameOf({ registry: host, path: namespace })),
  );
  const withScheme = [...config.auths.keys()].filter((key) => {
    const [, host = '', keyPath = ''] = /^https?:\/\/([^/]*)(\/.*)?$/.exec(key) ?? [];
    return hosts.includes(host) && !hubLoginPaths.has(keyPath);
  });
  const hub = registry === dockerHub ? [hubKey] : [];
  return [...namespaced, ...hosts, ...hub, ...withScheme].filter((key) => config.auths.has(key));
}

function readEntry(entry: unknown, source: string): Credential | undefined {
  const fields = toMap(entry ?? {}, source, 'it');
  const text = (name: string): string => {
    const value = fields.get(name) ?? '';
    if (typeof value !== 'string') throw malformed(source, `${name} is not a string`);
    return value;
  };
  const [identity, registryToken] = [text('identitytoken'), text('registrytoken')];
  if (identity !== '') return { kind: 'identity', token: identity, source };
  if (!/^[\x21-\x7e]*$/.test(registryToken)) throw malformed(source, 'registrytoken is not a token');
  if (registryToken !== '') return { kind: 'bearer', token: registryToken, source };
  const [username, password] =
    text('auth') === '' ? [text('username'), text('password')] : decode(text('auth'), source);
  if (username === '' && password === '') return undefined;
  return { kind: 'basic', username, password, source };
}

/** `auth` is base64 of `user:password`, in UTF-8; some writers pad the password with NULs. */
function decode(wrapped: string, source: string): [username: string, password: string] {
  const auth = wrapped.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(auth)) throw malformed(source, 'auth is not base64');
  const text = decodeUtf8(Buffer.from(auth, 'base64'), source);
  const colon = text.indexOf(':');
  if (colon <= 0) throw malformed(source, 'auth is not user:password in base64');
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}

function decodeUtf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(source, 'auth is not UTF-8');
  }
}

/** The parser's own message is dropped: it quotes the text that it could not read. */
function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '').trim() || '{}');
  } catch {
    throw malformed(name, 'it is not JSON');
  }
}

function toMap(value: unknown, name: string, what: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(name, `${what} is not an object`);
  }
  return new Map(Object.entries(value));
}

function malformed(name: string, why: string): ActionError {
  return new ActionError('invalid-input', `${name} cannot be used: ${why}.`, {
    advice: 'Log in again, which writes it anew, or remove it.',
  });
}
