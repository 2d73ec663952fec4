import { ActionError } from '../error.ts';
import { type Digest, parseDigest } from './digest.ts';
import { formatReference, parseReference, type Reference } from './reference.ts';

/** An image on a registry. */
export interface RegistrySource {
  readonly kind: 'registry';
  readonly reference: Reference;
}

/** An image in a local OCI layout, a folder or a tar. */
export interface LayoutSource {
  readonly kind: 'layout';
  /** As it was written: relative to the workspace, or absolute. */
  readonly path: string;
  /** Empty for the only image of the layout. */
  readonly name: string;
  readonly digest: Digest | undefined;
}

/** Where an image comes from. */
export type ImageSource = RegistrySource | LayoutSource;

/** A tag of a repository, or a name in a layout: empty for its only image. */
export type Tag = string;

/** What content is looked up by. */
export type Target = Tag | Digest;

const layoutScheme = 'oci-layout://';

/** A digest at the end of a source, with whatever algorithm: only a whole one is a digest, `job@2/out` is a path. */
const trailingDigest = /@([a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9A-Fa-f]{32,})$/;

/** The drive of a path on Windows, whose colon ends no path. */
const drive = /^[A-Za-z]:(?=[\\/])/;

/** More than any path and name can have. */
const maxLayoutLength = 8192;

/**
 * Reads where an image comes from: a reference, or `oci-layout://PATH[:NAME][@DIGEST]`.
 *
 * @param isWindows whether a path may begin with a drive
 * @throws ActionError `invalid-input` with a hint, or `unsupported` for a digest of another algorithm
 */
export function parseSource(text: string, isWindows: boolean): ImageSource {
  if (!text.startsWith(layoutScheme)) return { kind: 'registry', reference: parseReference(text) };
  const rest = text.slice(layoutScheme.length);
  if (/\p{Cc}/u.test(rest) || rest.length > maxLayoutLength)
    throw invalidLayout(text, 'it holds a control character, or is too long');
  const digestText = trailingDigest.exec(rest)?.[1];
  const digest = digestText === undefined ? undefined : parseDigest(digestText, 'invalid-input');
  const located = digestText === undefined ? rest : rest.slice(0, -digestText.length - 1);
  const skipped = (isWindows && drive.exec(located)?.[0].length) || 0;
  const colon = located.indexOf(':', skipped);
  const path = colon === -1 ? located : located.slice(0, colon);
  const name = colon === -1 ? '' : located.slice(colon + 1);
  if (path === '') throw invalidLayout(text, 'it names no path');
  if (colon !== -1 && name === '') throw invalidLayout(text, 'there is a colon and no name behind it');
  return { kind: 'layout', path, name, digest };
}

/** The tag, name or digest by which an image is looked up: the digest where it has both. */
export function targetOf(source: ImageSource): Target {
  if (source.kind === 'layout') return source.digest ?? source.name;
  return source.reference.digest ?? source.reference.tag ?? 'latest';
}

/** The digest that an image is named by; undefined for one that may move. */
export function requestedDigest(source: ImageSource): Digest | undefined {
  return source.kind === 'layout' ? source.digest : source.reference.digest;
}

/** The tag of a reference, or the name in a layout; empty when there is none. */
export function tagOf(source: ImageSource): Tag {
  return source.kind === 'layout' ? source.name : (source.reference.tag ?? '');
}

/** The canonical spelling of a source: equal for sources that are the same image. */
export function formatSource(source: ImageSource): string {
  if (source.kind === 'registry') return formatReference(source.reference);
  const name = source.name === '' ? '' : `:${source.name}`;
  return `${layoutScheme}${source.path}${name}${source.digest === undefined ? '' : `@${source.digest}`}`;
}

function invalidLayout(text: string, why: string): ActionError {
  return new ActionError('invalid-input', `"${text.slice(0, maxLayoutLength)}" is not a local layout: ${why}.`, {
    advice: 'Write oci-layout://PATH, oci-layout://PATH:NAME or oci-layout://PATH@sha256:….',
  });
}
