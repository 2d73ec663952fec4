import { ActionError } from '../error.ts';
import { type Digest, parseDigest } from './digest.ts';
import { parseHost } from './host.ts';

/** A repository on a registry, both in their canonical spelling. */
export interface Repository {
  /** `host[:port]` as it stands in a name; the Hub is `docker.io` under all its names. */
  readonly registry: string;
  /** The path, without the host: `library/nginx`. */
  readonly path: string;
}

/** An image reference that has been checked. At least one of `tag` and `digest` is set. */
export interface Reference extends Repository {
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** The registry that a name without a host belongs to. */
export const dockerHub = 'docker.io';

/** All names of the Hub. */
export const hubHosts: readonly string[] = [dockerHub, 'index.docker.io', 'registry-1.docker.io'];

/** Characters in a repository path, by the distribution specification. */
const maxPathLength = 255;

/** More than any reference can have: host, path, tag and a sha512 digest. */
const maxReferenceLength = 1024;

const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const transports = /^(?:oci|oci-archive|docker-archive|docker-daemon|containers-storage|dir|ostree|sif|tarball):/i;

/**
 * Reads `[host/]path[:tag][@digest]`, filling in what docker fills in.
 *
 * @throws ActionError `invalid-input` with a hint, or `unsupported` for a digest of another algorithm
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
export function parseReference(input: string): Reference {
  const text = input.replace(/^(?:docker|oci):\/\//, '');
  refuseMistakes(text);
  const { before, digest } = splitDigest(text);
  const { name, tag } = splitTag(before);
  refuseBareHost(name, tag);
  const { registry, path } = splitHost(name);
  checkPath(path, text);
  return { registry, path, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** The canonical spelling: parsing it again gives the same reference. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${nameOf(reference)}${tag}${digest}`;
}

/** The fully qualified name, without tag and digest: `docker.io/library/nginx`. */
export function nameOf(repository: Repository): string {
  return `${repository.registry}/${repository.path}`;
}

/** Reads `host[:port]`, giving the Hub its one name; undefined when it is none. */
export function parseRegistry(text: string): string | undefined {
  const host = parseHost(text);
  return host !== undefined && hubHosts.includes(host) ? dockerHub : host;
}

/** Whether a text is the path of a repository, or the beginning of one. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= maxPathLength && pathPattern.test(text);
}

/** The `host[:port]` that requests for `registry` go to. */
export function wireHost(registry: string): string {
  return registry === dockerHub ? 'registry-1.docker.io' : registry;
}

/** The part of a reference that holds a user name and a password: it stands before an `@`, a host and a slash. */
const userinfo = /^.*@(?=(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\/)/;

/** `text` as it may be shown in a message: as it was written, but for a user name and password. */
export function withoutUserinfo(text: string): string {
  return text.replace(userinfo, '…@');
}

function refuseMistakes(text: string): void {
  if (text === '') throw invalid(text, 'it is empty.');
  if (text.length > maxReferenceLength) {
    throw invalid(`${text.slice(0, 40)}…`, `it is longer than ${maxReferenceLength} characters.`);
  }
  if (/^https?:\/\//i.test(text)) {
    throw invalid(text, 'it is a URL.', 'Write the reference without http:// or https://, as for docker pull.');
  }
  const local = transports.exec(text);
  if (local !== null) throw invalid(text, 'it names a local image.', localImageAdvice(local[0], text));
  if (/^sha(?:256|512):/.test(text) || /^[0-9a-f]{64}$/.test(text)) {
    throw invalid(text, 'it is a digest or an image ID without a repository.', 'Write name@sha256:….');
  }
  if (/[^\x21-\x7e]/.test(text)) {
    throw invalid(
      text,
      'it holds white space or a character that is not ASCII.',
      'Write one reference per line and nothing else.',
    );
  }
}

/** Of the transports of skopeo and crane, those for layouts have a line that works here. */
function localImageAdvice(transport: string, text: string): string {
  const path = withoutUserinfo(text.slice(transport.length));
  if (/^(?:oci|oci-archive):$/i.test(transport)) return `Write oci-layout://${path}.`;
  return /^docker-archive:$/i.test(transport)
    ? `Write oci-layout://${path}, for a file that Docker 25 or newer saved.`
    : 'Write the reference as for docker pull, or oci-layout://PATH for an image in a local layout.';
}

function splitDigest(text: string): { before: string; digest: Digest | undefined } {
  const at = text.lastIndexOf('@');
  if (at === -1) return { before: text, digest: undefined };
  const before = text.slice(0, at);
  const isHost = /^[^:]*(?::[0-9]{1,5})?$/.test(text.slice(at + 1));
  if (isHost || text.includes('/', at) || before.includes('@')) {
    throw invalid(text, 'what follows the @ is not a digest.', adviceForAt);
  }
  try {
    return { before, digest: parseDigest(text.slice(at + 1), 'invalid-input') };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    throw error.with({ message: `"${withoutUserinfo(text)}" cannot be used: ${error.message}` });
  }
}

const adviceForAt =
  'Write name@sha256:…; a user name and password go into the inputs of that name, never into the reference.';

function splitTag(text: string): { name: string; tag: string | undefined } {
  const colon = text.lastIndexOf(':');
  if (colon <= text.lastIndexOf('/')) return { name: text, tag: undefined };
  const tag = text.slice(colon + 1);
  if (!tagPattern.test(tag)) {
    throw invalid(
      text,
      `"${tag}" is not a tag.`,
      'A tag has 1 to 128 letters, digits, dots, dashes and underscores, and starts with none of . and -.',
    );
  }
  return { name: text.slice(0, colon), tag };
}

/** `localhost:5000` reads as an image named localhost: nobody means that, and a wrong image would be looked for. */
function refuseBareHost(name: string, tag: string | undefined): void {
  if (!/^localhost$/i.test(name) || !/^[0-9]+$/.test(tag ?? '')) return;
  throw invalid(`${name}:${tag}`, 'it names a registry and no repository.', `Add the repository: ${name}:${tag}/name.`);
}

function splitHost(name: string): Repository {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (!/[.:]|^localhost$/i.test(first)) return onHub(name);
  const host = parseHost(first);
  if (host === undefined) {
    throw invalid(
      name,
      `"${first}" is not a host.`,
      'Write a host name, an IPv4 address in four decimal parts or an IPv6 address in brackets, and a port from 1 to 65535.',
    );
  }
  const path = name.slice(slash + 1);
  return hubHosts.includes(host) ? onHub(path) : { registry: host, path };
}

function onHub(path: string): Repository {
  return { registry: dockerHub, path: path.includes('/') ? path : `library/${path}` };
}

function checkPath(path: string, text: string): void {
  if (isRepositoryPath(path)) return;
  const lower = path.toLowerCase();
  const written = text.includes(path) ? path : path.slice('library/'.length);
  if (path.length > maxPathLength) throw invalid(text, `its path is longer than ${maxPathLength} characters.`);
  if (pathPattern.test(lower)) {
    throw invalid(
      text,
      'repository names are lower case.',
      `Write ${text.replace(written, written.toLowerCase())}; where the name comes from github.repository, lower-case it first.`,
    );
  }
  throw invalid(
    text,
    `"${path}" is not a repository path.`,
    'A path has lower-case letters and digits, single separators (. _ __ -) between them, and slashes.',
  );
}

function invalid(text: string, why: string, advice?: string): ActionError {
  return new ActionError('invalid-input', `"${withoutUserinfo(text)}" is not an image reference: ${why}`, { advice });
}
