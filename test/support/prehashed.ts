import crypto, { constants, type KeyObject } from 'node:crypto';

// P-256. Node signs and verifies whole messages only, and OpenSSL's command for digests is not everywhere.
const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const generator: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

/** What stands before a SHA-256 digest in a signature by RSA. */
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/**
 * Whether `signature` is one of the message that has this SHA-256 digest, by a key on P-256 or an RSA key. For the
 * conformance client alone: gates have the bytes of everything.
 */
export function verifiesDigest(digest: Buffer, key: KeyObject, signature: Buffer): boolean {
  if (key.asymmetricKeyType === 'rsa') {
    const plain = crypto.publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return plain.equals(Buffer.concat([digestInfo, digest]));
  }
  const { crv, x = '', y = '' } = key.export({ format: 'jwk' });
  if (crv !== 'P-256') throw new Error(`The curve ${crv} is not supported for a digest.`);
  const [r, s] = numbersOf(signature);
  if (r <= 0n || s <= 0n || r >= order || s >= order) return false;
  const inverse = inverseOf(s, order);
  const own = multiple(generator, (numberOf(digest) * inverse) % order);
  const other = multiple(
    { x: numberOf(Buffer.from(x, 'base64url')), y: numberOf(Buffer.from(y, 'base64url')) },
    (r * inverse) % order,
  );
  const sum = sumOf(own, other);
  return sum !== undefined && sum.x % order === r;
}

/** The two numbers of a DER sequence that is shorter than 128 bytes. */
function numbersOf(der: Buffer): [bigint, bigint] {
  const length = der[3] ?? 0;
  return [numberOf(der.subarray(4, 4 + length)), numberOf(der.subarray(6 + length))];
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function remainder(value: bigint, modulus: bigint): bigint {
  return ((value % modulus) + modulus) % modulus;
}

/** By Euclid's algorithm. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [one, other] = [remainder(value, modulus), modulus];
  let [factor, next] = [1n, 0n];
  while (other !== 0n) {
    const quotient = one / other;
    [one, other] = [other, one - quotient * other];
    [factor, next] = [next, factor - quotient * next];
  }
  return remainder(factor, modulus);
}

/** Undefined is the point at infinity. */
function sumOf(one: Point | undefined, other: Point | undefined): Point | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.x === other.x && (one.y + other.y) % prime === 0n) return undefined;
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x - 3n) * inverseOf(2n * one.y, prime)
      : (other.y - one.y) * inverseOf(other.x - one.x, prime);
  const x = remainder(slope * slope - one.x - other.x, prime);
  return { x, y: remainder(slope * (one.x - x) - one.y, prime) };
}

function multiple(point: Point, factor: bigint): Point | undefined {
  let sum: Point | undefined;
  let power: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = sumOf(sum, power);
    power = sumOf(power, power);
  }
  return sum;
}
