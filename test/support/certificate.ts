import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key with a certificate that it signed itself, both in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate with a file that makes a process trust it. */
export interface TrustedCertificate extends Certificate {
  /** For `NODE_EXTRA_CA_CERTS`. */
  readonly file: string;
  remove(): Promise<void>;
}

/** Makes a certificate, and writes the file that makes it trusted. */
export async function trustedCertificate(names: readonly string[]): Promise<TrustedCertificate> {
  const certificate = makeCertificate(names);
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-tls-'));
  const file = join(folder, 'cert.pem');
  await writeFile(file, certificate.cert);
  return { ...certificate, file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Makes a certificate for these DNS names, good until 2049. Node can read certificates but not make them, and a test
 * should not need openssl.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function makeCertificate(names: readonly string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der(0x30, oid('2a8648ce3d040302'));
  const name = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, 'Image Digests tests'))));
  const alternatives = der(0x30, ...names.map((dns) => der(0x82, dns)));
  const isAuthority = der(0x30, der(0x01, Buffer.of(0xff)));
  const signed = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    der(0x30, der(0x17, '250101000000Z'), der(0x17, '491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension('551d11', alternatives), extension('551d13', isAuthority))),
  );
  const signature = sign('sha256', signed, privateKey);
  const whole = der(0x30, signed, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
  };
}

/** Tag, length, content. */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  const header = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function extension(id: string, value: Buffer): Buffer {
  return der(0x30, oid(id), der(0x04, value));
}
