import type { Operation } from '../async/operation.ts';
import type { ContentStore, Referrer, ReferrerList } from '../content/store.ts';
import { maxDocumentBytes } from '../content/verify.ts';
import { ActionError } from '../error.ts';
import { type Digest, hexOf } from '../oci/digest.ts';
import { parseDocument } from '../oci/document.ts';
import type { Index } from '../oci/index.ts';
import { announcedType } from './announced.ts';
import { statusError } from './http/response-error.ts';
import { isSameOrigin, type Response } from './http/transport.ts';
import type { RepositoryTransport } from './repository.ts';

/** Pages of the referrers API that are read, and descriptors on all of them. */
const maxPages = 10;
const maxDescriptors = 1000;

const indexType = 'application/vnd.oci.image.index.v1+json';

/** The endings of the tags under which cosign keeps signatures, attestations and SBOMs. */
const cosignSuffixes = ['.sig', '.att', '.sbom'];

/** What referrers are looked up with. */
export interface ReferrerLookup {
  readonly send: RepositoryTransport;
  readonly store: Pick<ContentStore, 'resolve'>;
  readonly operation: Operation;
}

/**
 * What a registry says refers to a subject: by the referrers API, by the tag of the subject's digest, which clients write
 * where there is no API and sometimes beside it, and by cosign's tags. The registry itself is asked, never a mirror.
 * At most 1,000 descriptors on ten pages are looked at.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function findReferrers(subject: Digest, lookup: ReferrerLookup): Promise<ReferrerList> {
  const errors: ActionError[] = [];
  // One place that fails says nothing about what the others have.
  const orError = (error: unknown): Part => {
    if (!(error instanceof ActionError)) throw error;
    errors.push(error);
    return nothing;
  };
  const parts = await Promise.all([
    fromApi(subject, lookup).catch(orError),
    fromTag(subject, lookup).catch(orError),
    ...cosignSuffixes.map((suffix) => fromCosignTag(subject, suffix, lookup).catch(orError)),
  ]);
  const all = parts.flatMap(({ referrers }) => referrers);
  const isOver = parts.some(({ isCut }) => isCut) || all.length > maxDescriptors;
  return {
    referrers: all.slice(0, maxDescriptors),
    errors,
    overflow: isOver ? tooMany(subject, Math.min(all.length, maxDescriptors)) : undefined,
  };
}

/** What one place says refers to a subject. */
interface Part {
  readonly referrers: readonly Referrer[];
  /** Whether there are more than were looked at. */
  readonly isCut: boolean;
}

async function fromApi(subject: Digest, { send, operation }: ReferrerLookup): Promise<Part> {
  const referrers: Referrer[] = [];
  let search = '';
  for (let page = 1; ; page += 1) {
    const path = `referrers/${subject}`;
    const request = { method: 'GET', path, search, headers: { accept: indexType }, isForRegistry: true } as const;
    const response = await send({ ...request, phase: 'index', maxBytes: maxDocumentBytes }, operation);
    if (response.status === 404 || response.status === 406) {
      operation.trace('index', `${response.url.host} has no referrers API (${response.status}): using the tag`);
      return { referrers, isCut: false };
    }
    if (response.status !== 200) throw statusError(response, `GET ${response.url.href}`);
    const index = indexIn(response);
    if (index === undefined) {
      operation.trace('index', `${response.url.host} responded to the referrers API with no index: using the tag`);
      return { referrers, isCut: false };
    }
    for (const descriptor of index.manifests) referrers.push({ descriptor, from: 'referrers-api' });
    const next = nextPage(response, subject);
    if (next === undefined) return { referrers, isCut: false };
    if (page >= maxPages || referrers.length > maxDescriptors) return { referrers, isCut: true };
    search = next;
  }
}

function indexIn(response: Response): Index | undefined {
  try {
    const document = parseDocument(response.body, announcedType(response));
    return document.kind === 'index' ? document : undefined;
  } catch (error) {
    if (error instanceof ActionError) return undefined;
    throw error;
  }
}

/** The query of the next page; undefined for the last. */
function nextPage(response: Response, subject: Digest): string | undefined {
  const link = /<([^<>]*)>\s*;[^,<]*\brel="?next"?/i.exec((response.headers['link'] ?? []).join(', '))?.[1];
  if (link === undefined) return undefined;
  const url = URL.canParse(link, response.url.href) ? new URL(link, response.url) : undefined;
  if (url !== undefined && isSameOrigin(url, response.url) && url.pathname === response.url.pathname) return url.search;
  throw new ActionError('untrusted-host', `The next page of the referrers of ${subject} is in another place.`, {
    remoteMessage: `Link: ${link}`,
    advice: 'Pages are followed on the same registry only. Tell its operator.',
  });
}

const nothing: Part = { referrers: [], isCut: false };

/** The tag `sha256-HEX`, which counts only when it names an index: GitLab resolves it to the subject itself. */
async function fromTag(subject: Digest, { store, operation }: ReferrerLookup): Promise<Part> {
  const document = await existing(() => store.resolve(tagFor(subject)));
  if (document === undefined || document.digest === subject || document.document.kind !== 'index') return nothing;
  operation.trace('index', `The tag ${tagFor(subject)} names ${document.document.manifests.length} referrers`);
  const { manifests } = document.document;
  return { referrers: manifests.map((descriptor) => ({ descriptor, from: 'referrers-tag' })), isCut: false };
}

async function fromCosignTag(subject: Digest, suffix: string, { store }: ReferrerLookup): Promise<Part> {
  const verified = await existing(() => store.resolve(`${tagFor(subject)}${suffix}`));
  if (verified === undefined || verified.digest === subject) return nothing;
  const { digest, bytes, document } = verified;
  const { mediaType, annotations } = document;
  const artifactType = document.kind === 'manifest' ? document.artifactType : '';
  const descriptor = { mediaType, digest, size: bytes.byteLength, annotations, artifactType };
  return { referrers: [{ descriptor, from: 'cosign-tag' }], isCut: false };
}

/** The tag of a digest: at most 64 of its digits, as the specification cuts it. */
function tagFor(subject: Digest): string {
  return `${subject.slice(0, subject.indexOf(':'))}-${hexOf(subject).slice(0, 64)}`;
}

async function existing<Result>(get: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof ActionError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function tooMany(subject: Digest, count: number): ActionError {
  const message = `More than ${maxDescriptors} artifacts, or ${maxPages} pages of them, refer to ${subject}; ${count} were looked at.`;
  return new ActionError('too-large', message, { advice: 'Remove old signatures and attestations from the registry.' });
}
