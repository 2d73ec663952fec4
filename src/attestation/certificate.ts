import { ASN1Obj } from '@sigstore/core';

/** The prefix of the extensions that Fulcio writes. */
const fulcio = '1.3.6.1.4.1.57264.1';

const subjectAlternativeName = '2.5.29.17';

/** An extension of a certificate: its OID and its raw value. */
export interface Extension {
  readonly oid: string;
  readonly value: Uint8Array;
}

/**
 * What a certificate says of who signed and where. A claim that is missing, stands there twice or is no DER text is
 * undefined, and matches nothing.
 *
 * @see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
 */
export interface Claims {
  readonly issuer: string | undefined;
  /** The issuer in its first form, of a certificate that does not have the second at all. */
  readonly bareIssuer?: string;
  /** The one subject alternative name: a URI or an e-mail address. */
  readonly identity: { readonly kind: 'uri' | 'email'; readonly text: string } | undefined;
  readonly buildSignerUri: string | undefined;
  readonly buildSignerDigest: string | undefined;
  readonly runnerEnvironment: string | undefined;
  readonly sourceRepositoryUri: string | undefined;
  readonly sourceRepositoryDigest: string | undefined;
  readonly sourceRepositoryRef: string | undefined;
  readonly runInvocationUri: string | undefined;
}

/** Reads the claims of a certificate that has been verified. */
export function claimsOf(extensions: readonly Extension[]): Claims {
  const only = (oid: string): Uint8Array | undefined => {
    const [extension, ...others] = extensions.filter((one) => one.oid === oid);
    return others.length === 0 ? extension?.value : undefined;
  };
  const text = (number: number) => derText(only(`${fulcio}.${number}`));
  const hasIssuer = extensions.some(({ oid }) => oid === `${fulcio}.8`);
  // The first form of the issuer is the bare text, and not DER.
  const bareIssuer = hasIssuer ? undefined : bareText(only(`${fulcio}.1`));
  return {
    issuer: text(8),
    ...(bareIssuer === undefined ? {} : { bareIssuer }),
    identity: identityOf(only(subjectAlternativeName)),
    buildSignerUri: text(9),
    buildSignerDigest: text(10),
    runnerEnvironment: text(11),
    sourceRepositoryUri: text(12),
    sourceRepositoryDigest: text(13),
    sourceRepositoryRef: text(14),
    runInvocationUri: text(21),
  };
}

/** The text of a DER UTF8String that fills the value. */
function derText(value: Uint8Array | undefined): string | undefined {
  const object = value && parseDer(value);
  if (object === undefined || !object.tag.isUniversal() || object.tag.number !== 0x0c) return undefined;
  return object.toDER().equals(Buffer.from(value ?? [])) ? bareText(object.value) : undefined;
}

function bareText(value: Uint8Array | undefined): string | undefined {
  if (value === undefined || value.length === 0) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return undefined;
  }
}

/** The one name of a list of general names, where it is a URI or an e-mail address. */
function identityOf(value: Uint8Array | undefined): Claims['identity'] {
  const [name, ...others] = (value && parseDer(value)?.subs) ?? [];
  if (name === undefined || others.length > 0) return undefined;
  const text = bareText(name.value);
  if (text === undefined) return undefined;
  if (name.tag.isContextSpecific(6)) return { kind: 'uri', text };
  return name.tag.isContextSpecific(1) ? { kind: 'email', text } : undefined;
}

function parseDer(value: Uint8Array): ASN1Obj | undefined {
  try {
    return ASN1Obj.parseBuffer(Buffer.from(value));
  } catch {
    return undefined;
  }
}
