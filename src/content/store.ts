import type { ActionError } from '../error.ts';
import type { AnnotatedDescriptor, Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/document.ts';
import type { Target } from '../oci/source.ts';

/** Verified bytes of an index or a manifest, and what they say. */
export interface VerifiedDocument {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly document: ManifestDocument;
  /** The host of the registry or mirror that served it; undefined for a local layout. */
  readonly servedBy?: string | undefined;
}

/** What a store says of a target without showing the bytes: a claim, not verified. */
export interface Head {
  /** Undefined when it names none. */
  readonly digest: Digest | undefined;
  /** Undefined when it names none of those that are supported. */
  readonly mediaType: string | undefined;
  /** Set where the document had to be fetched to tell. */
  readonly document?: VerifiedDocument;
}

/** What a store says of a blob without showing the bytes: a claim, not verified. */
export type BlobClaim =
  | { readonly kind: 'present'; readonly size: number }
  | { readonly kind: 'missing' }
  /** It is there, and is not what it is named. */
  | { readonly kind: 'wrong'; readonly why: string }
  /** `why` says in words what stands in the way. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Where something was found that refers to a subject. */
export type ReferrerOrigin = 'referrers-api' | 'referrers-tag' | 'cosign-tag' | 'index';

/** What is said to refer to a subject: a claim. */
export interface Referrer {
  readonly descriptor: AnnotatedDescriptor;
  readonly from: ReferrerOrigin;
}

/** What refers to a subject, as far as it was looked at. */
export interface ReferrerList<Entry = Referrer> {
  readonly referrers: readonly Entry[];
  /** Why some places could not be looked at. */
  readonly errors: readonly ActionError[];
  /** Why the list may lack some: there are more than are looked at. */
  readonly overflow: ActionError | undefined;
}

/**
 * Content of one repository or layout, bound to one operation. Documents, blobs and streams are verified;
 * {@link Head}, {@link BlobClaim} and {@link Referrer} are claims.
 */
export interface ContentStore {
  /** What a tag or a digest points to. Throws `not-found` where the store does not have it. */
  resolve(target: Target): Promise<VerifiedDocument>;
  /** What a descriptor names. It is named, so its absence is `registry-error` with the cause `missing-child`. */
  document(descriptor: Descriptor): Promise<VerifiedDocument>;
  /** A blob of at most 4 MiB. Its absence is `registry-error` with the cause `bad-blob`. */
  blob(descriptor: Descriptor): Promise<Uint8Array>;
  /** The bytes of a blob of any size. Fails at its end, or before, unless they have its size and digest. */
  stream(descriptor: Descriptor): AsyncIterable<Uint8Array>;
  /** Whether a target exists, and as what, at the cost of no pull where that is possible. Throws `not-found`. */
  head(target: Target): Promise<Head>;
  /** Whether a blob is there, and of which size. */
  size(descriptor: Descriptor): Promise<BlobClaim>;
  /** What refers to a subject, each by the first place where it was found. */
  referrers(subject: Digest): Promise<ReferrerList>;
}
