import type { Budget } from '../content/budget.ts';
import type { ContentStore, ReferrerList, ReferrerOrigin } from '../content/store.ts';
import { ActionError } from '../error.ts';
import type { AnnotatedDescriptor, Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { TextMap } from '../oci/fields.ts';
import { cosignBundle, type Evidence, parseBundle } from './bundle.ts';

/** Bytes of one bundle. */
export const maxBundleBytes = 4 * 1024 * 1024;

/** Bundles of one subject that are judged. */
const maxBundles = 100;

/** Where a bundle was found. */
export type BundleOrigin = ReferrerOrigin | 'github-api';

/** A bundle that may prove something. */
export interface Candidate {
  readonly from: BundleOrigin;
  /** By its annotation, which proves nothing; undefined where it has none. */
  readonly predicateType: string | undefined;
  load(): Promise<Evidence>;
}

/** The bundles that one place has, or why it has none to give. */
export interface Source {
  readonly candidates: readonly Candidate[];
  readonly errors: readonly ActionError[];
}

/** What refers to a subject, as the image knows it. */
export interface SubjectReferrer {
  readonly subject: Digest;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly from: ReferrerOrigin;
}

/** What refers to an image, as far as it was looked at. */
export type SubjectReferrers = ReferrerList<SubjectReferrer>;

/**
 * The bundles among what refers to a subject in its registry: bundles of their own, and what cosign keeps in annotations
 * under its tags. What BuildKit adds to an index is unsigned, and no evidence.
 */
export async function registrySource(
  subject: Digest,
  { referrers, errors, overflow }: SubjectReferrers,
  store: ContentStore,
  budget: Budget,
): Promise<Source> {
  const candidates: Candidate[] = [];
  const problems = [...errors, ...(overflow === undefined ? [] : [overflow])];
  for (const referrer of referrers) {
    if (referrer.subject !== subject || referrer.from === 'index') continue;
    const { from } = referrer;
    try {
      const { document } = await store.document(referrer);
      if (document.kind !== 'manifest') continue;
      for (const layer of document.layers) {
        const read = readerOf(layer);
        if (read === undefined) continue;
        const predicateType =
          document.annotations['dev.sigstore.bundle.predicateType'] ?? layer.annotations['predicateType'];
        candidates.push({ from, predicateType, load: async () => read(await collect(layer, store, budget)) });
      }
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      problems.push(error);
    }
  }
  return { candidates, errors: problems };
}

/** The candidates of all sources, those first that are annotated with the wanted predicate type, at most 100. */
export function likeliestFirst(candidates: readonly Candidate[], predicateType: string | undefined): Source {
  const isLikely = (candidate: Candidate) => predicateType !== undefined && candidate.predicateType === predicateType;
  const sorted = [...candidates.filter(isLikely), ...candidates.filter((candidate) => !isLikely(candidate))];
  const overflow = new ActionError('too-large', `There are ${sorted.length} bundles; ${maxBundles} were judged.`);
  return { candidates: sorted.slice(0, maxBundles), errors: sorted.length > maxBundles ? [overflow] : [] };
}

/** How the evidence in a layer is read; undefined for a layer that holds none. */
function readerOf({ mediaType, annotations }: AnnotatedDescriptor): ((bytes: Uint8Array) => Evidence) | undefined {
  if (mediaType.startsWith('application/vnd.dev.sigstore.bundle')) return parseBundle;
  const isEnvelope = mediaType === 'application/vnd.dsse.envelope.v1+json';
  if (!isEnvelope && mediaType !== 'application/vnd.dev.cosign.simplesigning.v1+json') return undefined;
  return (bytes) => cosignBundle(bytes, isEnvelope, cosignAnnotations(annotations));
}

function cosignAnnotations(annotations: TextMap) {
  return {
    signature: annotations['dev.cosignproject.cosign/signature'] ?? '',
    certificate: annotations['dev.sigstore.cosign/certificate'] || undefined,
    bundle: annotations['dev.sigstore.cosign/bundle'] || undefined,
    timestamp: annotations['dev.sigstore.cosign/rfc3161timestamp'] || undefined,
  };
}

/** The bytes of a bundle, which are used once and not kept. */
async function collect(descriptor: Descriptor, store: ContentStore, budget: Budget): Promise<Uint8Array> {
  const { size, digest } = descriptor;
  if (size > maxBundleBytes)
    throw new ActionError('too-large', `The bundle ${digest} has ${size} bytes; at most ${maxBundleBytes} are read.`);
  budget.take(digest, size);
  const parts: Uint8Array[] = [];
  for await (const part of store.stream(descriptor)) parts.push(part);
  return Buffer.concat(parts);
}
