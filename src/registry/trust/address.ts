import { isIPv4, isIPv6 } from 'node:net';

/**
 * Where an address leads: `forbidden` is link-local and the clouds' metadata services, which hand out credentials
 * to whoever connects from the machine itself.
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'forbidden';

type Range = readonly [network: string, bits: number, kind: AddressClass];

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const ranges4: readonly Range[] = [
  ['169.254.0.0', 16, 'forbidden'],
  ['100.100.100.200', 32, 'forbidden'],
  ['168.63.129.16', 32, 'forbidden'],
  ['192.0.0.192', 32, 'forbidden'],
  ['255.255.255.255', 32, 'forbidden'],
  ['224.0.0.0', 4, 'forbidden'],
  ['127.0.0.0', 8, 'loopback'],
  ['0.0.0.0', 8, 'loopback'],
  ['10.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['192.0.0.0', 24, 'private'],
  ['198.18.0.0', 15, 'private'],
  // Reserved; service meshes resolve the names of outside hosts to it.
  ['240.0.0.0', 4, 'private'],
];

/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const ranges6: readonly Range[] = [
  ['fe80::', 10, 'forbidden'],
  ['fd00:ec2::', 32, 'forbidden'],
  ['fd20:ce::254', 128, 'forbidden'],
  ['ff00::', 8, 'forbidden'],
  ['::1', 128, 'loopback'],
  ['::', 128, 'loopback'],
  ['fc00::', 7, 'private'],
  ['fec0::', 10, 'private'],
];

/** Networks whose addresses carry an IPv4 address, and the bit it starts at: mapped, compatible, NAT64, 6to4. */
const embeddings: readonly (readonly [network: string, bits: number, start: number])[] = [
  ['::ffff:0:0', 96, 96],
  ['::', 96, 96],
  ['::ffff:0:0:0', 96, 96],
  ['64:ff9b::', 96, 96],
  ['64:ff9b:1::', 48, 96],
  ['2002::', 16, 16],
];

/** The class of an IPv4 or IPv6 address (IPv6 without brackets, a zone is ignored); undefined for a name. */
export function addressClass(address: string): AddressClass | undefined {
  const text = address.replace(/%.*$/, '');
  if (isIPv4(text)) return classify(bits4(text), 32, ranges4, bits4);
  if (!isIPv6(text)) return undefined;
  const bits = bits6(text);
  const own = classify(bits, 128, ranges6, bits6);
  if (own !== 'public') return own;
  const embedding = embeddings.find(([network, length]) => hasPrefix(bits, bits6(network), length, 128));
  if (embedding === undefined) return 'public';
  const inner = (bits >> BigInt(96 - embedding[2])) & 0xffff_ffffn;
  return classify(inner, 32, ranges4, bits4);
}

/** The class that a host name has by itself, whatever it resolves to; undefined when only DNS can tell. */
export function nameClass(hostname: string): AddressClass | undefined {
  const name = hostname.toLowerCase().replace(/\.+$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
  if (name === 'metadata.google.internal' || name === 'metadata.goog') return 'forbidden';
  return addressClass(name);
}

/** Whether anybody may own this name: a DNS name with a dot, under no suffix that is reserved for private use. */
export function isPublicName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, '');
  return name.includes('.') && addressClass(name) === undefined && !/\.(?:internal|local|localhost)$/.test(name);
}

function classify(
  bits: bigint,
  width: number,
  ranges: readonly Range[],
  toBits: (text: string) => bigint,
): AddressClass {
  return ranges.find(([network, length]) => hasPrefix(bits, toBits(network), length, width))?.[2] ?? 'public';
}

function hasPrefix(bits: bigint, network: bigint, length: number, width: number): boolean {
  const rest = BigInt(width - length);
  return bits >> rest === network >> rest;
}

function bits4(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bits6(address: string): bigint {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
