import type { Verification } from '../attestation/attestation.ts';
import type { ReferrerList, ReferrerOrigin } from '../content/store.ts';
import type { Config } from '../oci/config.ts';
import type { Digest } from '../oci/digest.ts';
import type { TextMap } from '../oci/fields.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { ManifestType } from '../oci/media-type.ts';
import type { Platform } from '../oci/platform.ts';
import type { ImageSource } from '../oci/source.ts';

/** An image that is to be resolved. */
export interface ImageRequest {
  /** The reference as it was written. */
  readonly text: string;
  readonly source: ImageSource;
}

/** An image that was resolved: all gates hold. */
export interface ResolvedImage {
  readonly request: ImageRequest;
  readonly exists: true;
  /** Of what the reference points to. */
  readonly digest: Digest;
  readonly mediaType: ManifestType;
  readonly bytes: Uint8Array;
  readonly isIndex: boolean;
  /** What may be deployed: `digest`, or the one manifest that was approved in its place; undefined when several were. */
  readonly approvedDigest: Digest | undefined;
  /** The platforms that the image offers, as it writes them. */
  readonly platforms: readonly string[];
  /** One for each requested platform, in the order of the request; for all, in index order. */
  readonly entries: readonly PlatformImage[];
  /** A sentence for each gate that holds. */
  readonly evidence: readonly string[];
  /** What was proven of who made it, where that was demanded. */
  readonly verified: readonly Verification[];
  /** Of the index; empty for a manifest. */
  readonly indexAnnotations: TextMap;
  /** What refers to the image and its manifests; undefined when nobody wants to know. */
  readonly referrers: readonly ImageReferrer[] | undefined;
  /** The host that what the reference points to came from; undefined for a local layout. */
  readonly servedBy: string | undefined;
}

/** An image that does not exist. */
export interface MissingImage {
  readonly request: ImageRequest;
  readonly exists: false;
}

/** One platform of an image, down to its layers. */
export interface PlatformImage {
  /** By what the same platform is looked up in another image. */
  readonly comparablePlatform: Platform;
  /** As the index or the config writes it; undefined for what has none. */
  readonly platform: Platform | undefined;
  /** The same as text; empty when there is none. */
  readonly platformText: string;
  /** Of its entry in the index; empty where there is none. */
  readonly entryAnnotations: TextMap;
  readonly manifest: Manifest;
  readonly manifestDigest: Digest;
  readonly manifestBytes: Uint8Array;
  /** Undefined unless it was read. */
  readonly config: ImageConfig | undefined;
  /** Whether it differs from the image of `compare-with`; undefined when there is none. */
  readonly changed?: boolean;
  /** Whether its base image has moved; undefined when there is none. */
  readonly needsUpdating?: boolean;
  /** Its name in the layout that was exported; empty when it has none there, undefined when nothing was exported. */
  readonly layoutName?: string;
}

/** What refers to an image: a signature, an SBOM, an attestation. Its presence proves nothing about who made it. */
export interface ImageReferrer {
  readonly subject: Digest;
  readonly digest: Digest;
  readonly artifactType: string;
  readonly predicateTypes: readonly string[];
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations: TextMap;
  readonly from: ReferrerOrigin;
}

/** What refers to an image, as far as it was looked at. */
export type ImageReferrers = ReferrerList<ImageReferrer>;

/** A config blob. */
export interface ImageConfig {
  readonly bytes: Uint8Array;
  /** Undefined for the config of something that is no image. */
  readonly content: Config | undefined;
}
