// A client for the conformance protocol of sigstore, over the functions that the gates use:
// node lib/test/support/conformance-client.js verify-bundle --bundle FILE [--trusted-root FILE]
//   (--certificate-identity ID --certificate-oidc-issuer URL | --key FILE) ARTIFACT
import crypto, { type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import { type Evidence, parseAnyBundle } from '../../src/attestation/bundle.ts';
import { verifyByCertificate, verifyByKey } from '../../src/attestation/cryptography.ts';
import { signerDifference } from '../../src/attestation/policy.ts';
import { publicGoodRoot, readPublicKeys, readTrustedRoot } from '../../src/attestation/trusted-root.ts';
import { type Digest, digestOf, hexOf, parseDigest } from '../../src/oci/digest.ts';
import { verifiesDigest } from './prehashed.ts';

/** What is verified, and against what. */
export interface BundleRequest {
  /** Paths. */
  readonly bundle: string;
  readonly trustedRoot?: string | undefined;
  readonly key?: string | undefined;
  readonly identity?: string | undefined;
  readonly issuer?: string | undefined;
  /** A path, or `sha256:HEX`. */
  readonly artifact: string;
}

/** Verifies a bundle of any version. Throws what is wrong with it. */
export async function verifyBundle({ bundle, trustedRoot, key, identity, issuer, artifact }: BundleRequest) {
  const instances = trustedRoot === undefined ? [publicGoodRoot()] : await readTrustedRoot(trustedRoot, '.');
  const { digest, bytes } = await readArtifact(artifact);
  const evidence = parseAnyBundle(await readFile(bundle), bytes);
  requireArtifact(evidence, digest, artifact.startsWith('sha256:') ? undefined : bytes);
  if (key !== undefined) return verifyByKey(evidence, await readPublicKeys([{ path: key }], '.'), instances, true);
  const verified = verifyByCertificate(evidence, instances);
  if (verified.claims === undefined) throw new Error('There is no certificate.');
  const signers = [{ identity: identity ?? '', isPrefix: false, issuer: issuer ?? '' }];
  const difference = signerDifference(verified.claims, signers);
  if (difference !== undefined) throw new Error(difference);
  return verified;
}

async function readArtifact(artifact: string): Promise<{ readonly digest: Digest; readonly bytes: Buffer }> {
  if (!artifact.startsWith('sha256:')) {
    const bytes = await readFile(artifact);
    return { digest: digestOf(bytes), bytes };
  }
  const digest = parseDigest(artifact, 'invalid-input');
  return { digest, bytes: standIn(digest) };
}

/** Bytes in the place of an artifact of which only the digest is there. Signatures of them are verified by the digest. */
function standIn(digest: Digest): Buffer {
  const bytes = Buffer.from(digest);
  const verify = crypto.verify;
  const verifyEither = (
    algorithm: string | null | undefined,
    data: NodeJS.ArrayBufferView,
    key: KeyObject,
    signature: Buffer,
  ): boolean =>
    data === bytes
      ? verifiesDigest(Buffer.from(hexOf(digest), 'hex'), key, signature)
      : verify(algorithm, data, key, signature);
  Object.assign(crypto, { verify: verifyEither });
  return bytes;
}

/** A statement must be about the artifact; beside a signature of the artifact itself stands its digest. */
function requireArtifact(
  { bundle: { content }, contentFor }: Evidence,
  digest: Digest,
  bytes: Buffer | undefined,
): void {
  if (content.$case === 'dsseEnvelope') {
    contentFor(digest);
    return;
  }
  const { messageDigest } = content.messageSignature;
  const algorithm = algorithms[messageDigest?.algorithm ?? HashAlgorithm.SHA2_256];
  if (algorithm === undefined) throw new Error('The digest of the bundle has an unknown algorithm.');
  if (bytes === undefined && algorithm !== 'sha256') throw new Error(`The bundle has a digest by ${algorithm}.`);
  const expected = bytes === undefined ? hexOf(digest) : crypto.createHash(algorithm).update(bytes).digest('hex');
  const stated = messageDigest?.digest.toString('hex');
  if (stated !== expected) throw new Error(`The bundle is about ${stated}, not ${expected}.`);
}

/** As the library names them to Node. */
const algorithms: Readonly<Partial<Record<HashAlgorithm, string>>> = {
  [HashAlgorithm.SHA2_256]: 'sha256',
  [HashAlgorithm.SHA2_384]: 'sha384',
  [HashAlgorithm.SHA2_512]: 'sha512',
};

/** Runs a command line. Throws an Error that says why a bundle is refused, or a command is wrong. */
export async function main([command, ...rest]: readonly string[]): Promise<void> {
  if (command !== 'verify-bundle') throw new Error(`There is no command ${command}; there is verify-bundle.`);
  const options = {
    bundle: { type: 'string' },
    'trusted-root': { type: 'string' },
    'certificate-identity': { type: 'string' },
    'certificate-oidc-issuer': { type: 'string' },
    key: { type: 'string' },
  } as const;
  const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true });
  const { bundle, key, 'certificate-identity': identity, 'certificate-oidc-issuer': issuer } = values;
  const [artifact, ...others] = positionals;
  if (bundle === undefined || artifact === undefined || others.length > 0) {
    throw new Error('Write verify-bundle --bundle FILE … ARTIFACT.');
  }
  if (key === undefined ? identity === undefined || issuer === undefined : (identity ?? issuer)) {
    throw new Error('Write --certificate-identity and --certificate-oidc-issuer, or --key.');
  }
  await verifyBundle({ bundle, trustedRoot: values['trusted-root'], key, identity, issuer, artifact });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
