import type { ReferrerOrigin } from '../content/store.ts';
import type { Digest } from '../oci/digest.ts';
import type { Transport } from '../registry/http/transport.ts';

/** Sends requests to the GitHub API, and to the storage that it names: retried, and nothing followed. */
export type SendToApi = Transport;

/** A ref or a commit that something must have been built from, or by. */
export type RefPattern =
  | { readonly kind: 'ref'; readonly text: string; readonly isPrefix: boolean }
  | { readonly kind: 'commit'; readonly digits: string };

/** A line of `built-from`. */
export interface BuildSource {
  /** As it was written: owner and repository are matched without regard to ASCII case. */
  readonly repository: string;
  readonly ref: RefPattern | undefined;
}

/** A line of `built-by`. */
export interface BuildWorkflow extends BuildSource {
  /** The path of the workflow in its repository, byte for byte. */
  readonly path: string;
}

/** A line of `signed-by`. */
export interface SignerIdentity {
  readonly identity: string;
  /** Whether `identity` stands for everything that begins with it. */
  readonly isPrefix: boolean;
  readonly issuer: string;
}

/** A public key: PEM, or a file that holds some. */
export type PublicKeySource = { readonly pem: string } | { readonly path: string };

/** What must be proven about an image. */
export interface AttestationSettings {
  readonly builtFrom: readonly BuildSource[] | undefined;
  /** Undefined for any workflow of the repository itself. */
  readonly builtBy: readonly BuildWorkflow[] | undefined;
  /** Whether a self-hosted runner may have built it. */
  readonly anyRunner: boolean;
  /** Each must be proven. */
  readonly predicateTypes: readonly string[];
  readonly signedBy: readonly SignerIdentity[] | undefined;
  readonly publicKeys: readonly PublicKeySource[] | undefined;
  readonly isLogRequired: boolean;
  readonly attested: 'digest' | 'manifest-digest';
  /** A file in place of the built-in root; undefined for that one. */
  readonly trustedRoot: string | undefined;
  /** The folder that relative paths start at. */
  readonly workspace: string;
  /** The GitHub API that is asked for attestations. */
  readonly api: { readonly url: string; readonly token: string };
}

/** The inputs that demand a proof. */
export type AttestationGate = 'built-from' | 'signed-by' | 'public-key';

/** What was proven about a subject, all of it by the certificate and the log. */
export interface Verification {
  readonly gate: AttestationGate;
  readonly subject: Digest;
  readonly predicateType: string | undefined;
  readonly instance: 'public-good' | 'trusted-root';
  readonly issuer: string | undefined;
  readonly identity: string | undefined;
  readonly sourceRepository: string | undefined;
  readonly sourceRef: string | undefined;
  readonly sourceCommit: string | undefined;
  readonly workflow: string | undefined;
  readonly runner: string | undefined;
  readonly run: string | undefined;
  readonly time: string | undefined;
  readonly logIndex: string | undefined;
  readonly from: ReferrerOrigin | 'github-api';
}
