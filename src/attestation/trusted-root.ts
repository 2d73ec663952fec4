import { createPublicKey } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import seeds from '@sigstore/tuf/seeds.json' with { type: 'json' };
import { toTrustMaterial } from '@sigstore/verify';
import { ActionError } from '../error.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import type { PublicKeySource } from './attestation.ts';

/** Bytes of a file with trusted roots, or with public keys. */
const maxFileBytes = 4 * 1024 * 1024;

/** One instance of Sigstore, complete in itself: an authority, and the logs and time stamps that it works with. */
export interface TrustInstance {
  readonly name: 'public-good' | 'trusted-root';
  readonly root: TrustedRoot;
}

/** The root of the public-good instance, as the package `@sigstore/tuf` carries it. */
export function publicGoodRoot(): TrustInstance {
  const { targets } = seeds['https://tuf-repo-cdn.sigstore.dev'];
  const bytes = Buffer.from(targets['trusted_root.json'], 'base64');
  return { name: 'public-good', root: TrustedRoot.fromJSON(JSON.parse(bytes.toString())) };
}

/**
 * Reads the instances of a file as `gh attestation trusted-root` writes it: JSON, or a line of JSON for each.
 *
 * @throws ActionError `trust-root` for a file that is missing, unreadable, or lists nothing that can prove a time
 */
export async function readTrustedRoot(path: string, workspace: string): Promise<readonly TrustInstance[]> {
  const bytes = await readFile(resolvePath(workspace, path)).catch((error: Error) => {
    throw trustRootError(path, `it cannot be read: ${error.message}`);
  });
  const instances = rootTexts(bytes, path).map((text) => readInstance(text, path));
  if (instances.length === 0) throw trustRootError(path, 'it is empty');
  return instances;
}

function rootTexts(bytes: Uint8Array, path: string): string[] {
  const text = Buffer.from(bytes).toString().trim();
  if (text === '') return [];
  try {
    JSON.parse(text);
    return [text];
  } catch {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    if (lines.length > 1) return lines;
    throw trustRootError(path, 'it is not JSON');
  }
}

function readInstance(text: string, path: string): TrustInstance {
  const root = parseRoot(text, path);
  const { tlogs, ctlogs, timestampAuthorities, certificateAuthorities } = root;
  if (tlogs.length === 0 && timestampAuthorities.length === 0) {
    throw trustRootError(
      path,
      'it lists neither a transparency log nor a time stamp authority, so nothing proves a time',
    );
  }
  for (const { publicKey } of [...tlogs, ...ctlogs]) {
    if (publicKey?.validFor?.start === undefined)
      throw trustRootError(path, 'a key of a log has no beginning of its validity');
  }
  for (const { validFor } of [...certificateAuthorities, ...timestampAuthorities]) {
    if (validFor?.start === undefined) throw trustRootError(path, 'an authority has no beginning of its validity');
  }
  try {
    const { certificateAuthorities: authorities, timestampAuthorities: stamps } = toTrustMaterial(root);
    if ([...authorities, ...stamps].some(({ certChain }) => certChain.length === 0)) throw new Error('an empty chain');
  } catch {
    throw trustRootError(path, 'a key or a certificate in it cannot be read');
  }
  return { name: 'trusted-root', root };
}

function parseRoot(text: string, path: string): TrustedRoot {
  try {
    parseStrictJson(Buffer.from(text));
    return TrustedRoot.fromJSON(JSON.parse(text));
  } catch {
    throw trustRootError(path, 'it is not a trusted root');
  }
}

/** A key, and how the certificate-free signatures by it are named. */
export type PublicKey = ReturnType<typeof createPublicKey>;

/**
 * Reads public keys: PEM blocks, or files that hold them.
 *
 * @throws ActionError `invalid-input`, or `unsupported` for other keys than P-256 and RSA of 2048 to 4096 bits
 */
export async function readPublicKeys(sources: readonly PublicKeySource[], workspace: string): Promise<PublicKey[]> {
  const texts = await Promise.all(
    sources.map(async (source) => {
      if ('pem' in source) return source.pem;
      const bytes = await readFile(resolvePath(workspace, source.path)).catch((error: Error) => {
        throw invalidKey(`the file ${source.path} cannot be read: ${error.message}`);
      });
      return Buffer.from(bytes).toString();
    }),
  );
  const blocks = texts.map((text) => text.match(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g) ?? []);
  if (blocks.some(({ length }) => length === 0)) throw invalidKey('there is no PEM block');
  const isBroken = texts.some((text, at) => text.split('-----BEGIN').length - 1 !== blocks[at]?.length);
  if (isBroken) throw invalidKey('a PEM block has no end');
  return blocks.flat().map(readKey);
}

function readKey(pem: string): PublicKey {
  if (/PRIVATE KEY/.test(pem)) throw invalidKey('it is a private key, which belongs nowhere in a workflow');
  // Of a certificate Node would take the key, and nobody would look at the rest.
  if (!/^-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) throw invalidKey('a PEM block is not a public key');
  let key: PublicKey;
  try {
    key = createPublicKey(pem);
  } catch {
    throw invalidKey('a PEM block is not a public key');
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const isEc = key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1';
  const isRsa = key.asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= 4096;
  if (isEc || isRsa) return key;
  throw new ActionError('unsupported', 'The input public-key has a key that is not supported.', {
    advice: 'Use an ECDSA key on the curve P-256, as cosign generate-key-pair makes it, or RSA of 2048 to 4096 bits.',
  });
}

/** Reads a regular file, without blocking on anything else. */
async function readFile(path: string): Promise<Uint8Array> {
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new Error('it is not a regular file');
    if (status.size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function trustRootError(path: string, why: string): ActionError {
  return new ActionError('trust-root', `The file ${path} of trusted-root cannot be used: ${why}.`, {
    advice: 'Write it anew: gh attestation trusted-root > FILE, or cosign trusted-root create.',
  });
}

function invalidKey(why: string): ActionError {
  return new ActionError('invalid-input', `The input public-key cannot be used: ${why}.`, {
    advice: 'Give a public key in PEM, as cosign.pub, or the path of such a file.',
  });
}
