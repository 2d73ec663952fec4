import { type Blob, blob, descriptor, digestOf, type Image, image, type Platform, types } from './images.ts';

/** One platform of an image, with all that is to be found of it. */
export interface RandomPlatform extends Image {
  /** As a person asks for it. */
  readonly asked: string;
  /** As the output has it. */
  readonly written: string;
  /** The index that names it: the image's own, or one that is nested in it. */
  readonly parent: Blob;
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly diffIds: readonly string[];
}

export interface RandomImage {
  readonly index: Blob;
  /** In the order in which they must be put. */
  readonly nested: readonly Blob[];
  /** In index order. */
  readonly platforms: readonly RandomPlatform[];
  readonly attestations: readonly Image[];
}

/** As they are asked for; of one os and architecture, the one without a variant stands first, as `crane` takes the first. */
const pool = [
  ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3'],
  ['linux/arm64', 'linux/arm64/v9'],
  ['linux/arm64/v8'],
  ['linux/arm/v5', 'linux/arm/v7', 'linux/arm/v6'],
  ['linux/386'],
  ['linux/s390x'],
  ['linux/ppc64le'],
  ['linux/riscv64'],
  ['linux/mips64le'],
  ['windows/amd64:10.0.17763.6054', 'windows/amd64:10.0.20348.2582', 'windows/amd64:10.0.20348.2655'],
  ['windows/arm64:10.0.26100.1742'],
  ['freebsd/amd64'],
  ['darwin/arm64'],
];

const words = [
  'plain',
  'with "quotes"',
  "it's",
  'Grüße',
  '$(touch x)',
  '`id`',
  '日本',
  'a=b',
  '</td>',
  'x\ny',
  '::error::',
];

type Random = () => number;

/** A random image; the same for the same seed. */
export function randomImage(seed: number): RandomImage {
  const random = randomNumbers(seed);
  const asked = randomPlatforms(random);
  const inNested = random() < 0.25 ? Math.floor(random() * asked.length) : 0;
  const inIndex = asked.slice(0, asked.length - inNested).map((text) => randomPlatform(text, random));
  const below = asked.slice(asked.length - inNested).map((text) => randomPlatform(text, random));
  const nested = below.length === 0 ? [] : [indexFor(below, [], random)];
  const attestations = random() < 0.4 ? [image('unknown/unknown', { layers: [`attestation ${seed}`] })] : [];
  const more = [...nested.map((index) => descriptor(index)), ...attestations.map(attestationEntry)];
  const index = indexFor(inIndex, more, random);
  const platforms = [
    ...inIndex.map((one) => ({ ...one, parent: index })),
    ...below.map((one) => ({ ...one, parent: nested[0] ?? index })),
  ];
  return { index, nested, platforms, attestations };
}

type Unplaced = Omit<RandomPlatform, 'parent'>;

function randomPlatforms(random: Random): string[] {
  const chosen = shuffled(pool, random)
    .slice(0, 1 + Math.floor(random() * 5))
    .filter((group, _, all) => !(group[0] === 'linux/arm64/v8' && all.some(([first]) => first === 'linux/arm64')));
  return chosen.flatMap((group) => group.filter((_, at) => at === 0 || random() < 0.5));
}

function randomPlatform(asked: string, random: Random): Unplaced {
  const isDocker = random() < 0.4;
  const contents = Array.from({ length: 1 + Math.floor(random() * 5) }, () => randomBytes(random));
  if (random() < 0.2) contents.push(contents[0] ?? Buffer.alloc(0));
  const layerTypes = isDocker
    ? ['application/vnd.docker.image.rootfs.diff.tar.gzip']
    : [types.layer, 'application/vnd.oci.image.layer.v1.tar+zstd', 'application/vnd.oci.image.layer.v1.tar'];
  const layers = contents.map((content) => blob(content, pick(layerTypes, random)));
  const platform = parse(asked);
  const diffIds = contents.map((content) => digestOf(Buffer.concat([Buffer.from('uncompressed '), content])));
  const labels = randomMap('org.example.label', random);
  const annotations = randomMap('org.example.annotation', random);
  const created = new Date(Date.UTC(2020, 0, 1) + Math.floor(random() * 2e11)).toISOString();
  const config = jsonBlob(
    {
      ...platform,
      created,
      config: { Env: ['PATH=/bin'], ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }) },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: contents.map(() => ({ created, created_by: pick(words, random) })),
    },
    isDocker ? types.dockerConfig : types.config,
    random,
  );
  const manifestType = isDocker ? types.docker : types.manifest;
  const manifest = jsonBlob(
    {
      schemaVersion: 2,
      ...(isDocker || random() < 0.5 ? { mediaType: manifestType } : {}),
      config: descriptor(config),
      layers: layers.map((layer) => descriptor(layer)),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    manifestType,
    random,
  );
  return {
    asked,
    written: format(platform),
    platform,
    manifest,
    config,
    layers,
    created,
    labels,
    annotations,
    diffIds,
  };
}

function indexFor(platforms: readonly Unplaced[], more: readonly object[], random: Random): Blob {
  const isList = random() < 0.4;
  const mediaType = isList ? types.list : types.index;
  const entries = platforms.map(({ manifest, platform }) => descriptor(manifest, { platform }));
  const said = isList || random() < 0.5 ? { mediaType } : {};
  return jsonBlob({ schemaVersion: 2, ...said, manifests: [...entries, ...more] }, mediaType, random);
}

function attestationEntry({ manifest, platform }: Image): object {
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
  return descriptor(manifest, { platform, annotations });
}

function jsonBlob(content: object, mediaType: string, random: Random): Blob {
  return blob(JSON.stringify(content, undefined, pick([0, 1, 3], random)), mediaType);
}

function parse(asked: string): Platform {
  const [text = '', version] = asked.split(':');
  const [os = '', architecture = '', variant] = text.split('/');
  const found: Platform = { os, architecture };
  if (variant !== undefined) found.variant = variant;
  if (version !== undefined) found['os.version'] = version;
  return found;
}

function format({ os, architecture, variant, 'os.version': version }: Platform): string {
  const name = version === undefined ? os : `${os}(${version})`;
  return [name, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

function randomMap(prefix: string, random: Random): Record<string, string> {
  const count = Math.floor(random() * 4);
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}.${at}`, pick(words, random)]));
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256)));
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** Mulberry32: small, and the same everywhere. */
function randomNumbers(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
