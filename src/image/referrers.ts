import type { Trace } from '../async/operation.ts';
import type { ContentStore, Referrer } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-type.ts';
import { type Image, isContentError } from './image.ts';
import type { ImageReferrer, ImageReferrers, PlatformImage } from './resolved-image.ts';

/** Manifests of referrers that are read. */
const maxManifests = 100;

/** What a config has that has nothing to say; cosign writes it where the type of an artifact belongs. */
const emptyType = 'application/vnd.oci.empty.v1+json';

/** What referrers are read from. */
export interface ReferrerContext {
  readonly store: ContentStore;
  readonly trace: Trace;
}

/**
 * What refers to an image and to the manifests of its platforms: each once for each subject. Those whose own manifest
 * has another subject, or cannot be read, are left out. At most 100 are read.
 *
 * @param likeliest types whose descriptors are read first
 */
export async function imageReferrers(
  image: Image,
  entries: readonly PlatformImage[],
  likeliest: ReadonlySet<string>,
  context: ReferrerContext,
): Promise<ImageReferrers> {
  const subjects = new Set([image.digest, ...entries.map(({ manifestDigest }) => manifestDigest)]);
  const referrers: ImageReferrer[] = [];
  const errors: ActionError[] = [];
  let overflow: ActionError | undefined;
  let room = maxManifests;
  for (const subject of subjects) {
    const list = await context.store.referrers(subject);
    overflow ??= list.overflow;
    errors.push(...list.errors);
    for (const candidate of ordered([...list.referrers, ...attestationEntries(image, subject)], likeliest)) {
      room -= 1;
      if (room < 0) return { referrers, errors, overflow: tooMany(subject) };
      try {
        const referrer = await readReferrer(subject, candidate, context);
        if (referrer !== undefined) referrers.push(referrer);
      } catch (error) {
        if (!(error instanceof ActionError)) throw error;
        errors.push(error);
      }
    }
  }
  return { referrers, errors, overflow };
}

/** The entries of the index that BuildKit writes about another entry, or about the whole. */
export function attestationEntries({ document }: Image, subject: Digest): Referrer[] {
  if (document.kind === 'manifest') return [];
  return document.manifests
    .filter(({ annotations }) => annotations['vnd.docker.reference.type'] === 'attestation-manifest')
    .filter(({ annotations }) => annotations['vnd.docker.reference.digest'] === subject)
    .map((descriptor) => ({ descriptor, from: 'index' }));
}

/** Each digest once, by the first place where it was found, the likeliest first. */
function ordered(referrers: readonly Referrer[], likeliest: ReadonlySet<string>): readonly Referrer[] {
  const byDigest = new Map<Digest, Referrer>();
  for (const referrer of referrers) {
    if (!byDigest.has(referrer.descriptor.digest)) byDigest.set(referrer.descriptor.digest, referrer);
  }
  // A bundle that is annotated with another predicate type comes behind those of the right one, and those of any.
  const rank = ({ descriptor: { artifactType, annotations }, from }: Referrer) => {
    const predicateType = annotations['dev.sigstore.bundle.predicateType'];
    if (from === 'cosign-tag' || likeliest.has(predicateType ?? '')) return 0;
    if (!likeliest.has(artifactType)) return 2;
    return predicateType === undefined ? 0 : 1;
  };
  return [...byDigest.values()].sort((one, other) => rank(one) - rank(other));
}

/** Reads what a referrer says of itself; undefined, with a line in the log, for one that does not count. */
async function readReferrer(
  subject: Digest,
  { descriptor, from }: Referrer,
  { store, trace }: ReferrerContext,
): Promise<ImageReferrer | undefined> {
  const manifest = await manifestOf({ descriptor, from }, store).catch((error: unknown) => {
    if (!isContentError(error) && !isDigestMismatch(error)) throw error;
    trace('manifest', `The referrer ${descriptor.digest} is left out: ${error.message}`);
    return undefined;
  });
  if (manifest === undefined) return undefined;
  const isBySubject = from === 'referrers-api' || from === 'referrers-tag';
  if (isBySubject && manifest.subject?.digest !== subject) {
    trace('manifest', `The referrer ${descriptor.digest} is left out: its manifest has another subject, or none`);
    return undefined;
  }
  return {
    subject,
    digest: descriptor.digest,
    artifactType: artifactTypeOf(descriptor.artifactType, manifest),
    predicateTypes: predicateTypesOf(manifest),
    mediaType: manifest.mediaType,
    size: descriptor.size,
    annotations: manifest.annotations,
    from,
  };
}

async function manifestOf({ descriptor }: Referrer, store: ContentStore): Promise<Manifest> {
  if (!isManifestType(descriptor.mediaType)) {
    throw new ActionError('unsupported', `its media type is ${descriptor.mediaType}.`);
  }
  const { document } = await store.document(descriptor);
  if (document.kind === 'manifest') return document;
  throw new ActionError('unsupported', 'it is an index.');
}

function isDigestMismatch(error: unknown): error is ActionError {
  return error instanceof ActionError && error.code === 'digest-mismatch';
}

function artifactTypeOf(described: string, { artifactType, config }: Manifest): string {
  return [described, artifactType].find((type) => type !== '' && type !== emptyType) ?? config.mediaType;
}

function predicateTypesOf({ annotations, layers }: Manifest): string[] {
  const types = [
    annotations['dev.sigstore.bundle.predicateType'],
    ...layers.flatMap((layer) => [layer.annotations['in-toto.io/predicate-type'], layer.annotations['predicateType']]),
  ];
  return [...new Set(types.filter((type) => type !== undefined))];
}

function tooMany(subject: Digest): ActionError {
  const message = `More than ${maxManifests} artifacts refer to the image and its manifests; ${maxManifests} were read, the last of ${subject}.`;
  return new ActionError('too-large', message, { advice: 'Remove old signatures and attestations from the registry.' });
}
