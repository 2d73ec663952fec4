import type { Digest } from './digest.ts';
import { asArray, asDigest, asObject, asTextMap, refuseCaseVariants, type TextMap } from './fields.ts';
import { readPlatform } from './index.ts';
import type { Platform } from './platform.ts';
import { type JsonValue, parseStrictJson } from './strict-json.ts';

/** What this program reads of an image config. */
export interface Config {
  /** As the config writes it; undefined when it names neither os nor architecture, as a signature's does. */
  readonly platform: Platform | undefined;
  /** An RFC 3339 time, or empty. */
  readonly created: string;
  readonly labels: TextMap;
  /** Digests of the uncompressed layers, base first. */
  readonly diffIds: readonly Digest[];
}

const configFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'created', 'config', 'rootfs'];

/** RFC 3339, section 5.6: date-time. */
const rfc3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,32})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads an image config whose digest has been verified.
 *
 * @throws ActionError `invalid-manifest`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function parseConfig(bytes: Uint8Array): Config {
  const document = asObject(parseStrictJson(bytes), 'The image config');
  refuseCaseVariants(document, configFields, 'the image config');
  return {
    platform: readPlatform(document, 'The image config'),
    created: createdOf(document['created']),
    labels: labelsOf(document['config']),
    diffIds: diffIdsOf(document['rootfs']),
  };
}

function createdOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string' || !rfc3339.test(value)) return '';
  const [year = 0, month = 0, day = 0] = value.slice(0, 10).split('-').map(Number);
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() ? value : '';
}

function labelsOf(value: JsonValue | undefined): TextMap {
  if (value === undefined || value === null) return asTextMap(undefined, 'config.Labels');
  const container = asObject(value, 'config');
  refuseCaseVariants(container, ['Labels'], 'config');
  return asTextMap(container['Labels'], 'config.Labels');
}

function diffIdsOf(value: JsonValue | undefined): Digest[] {
  if (value === undefined || value === null) return [];
  const rootfs = asObject(value, 'rootfs');
  refuseCaseVariants(rootfs, ['type', 'diff_ids'], 'rootfs');
  const ids = rootfs['diff_ids'];
  if (ids === undefined || ids === null) return [];
  return asArray(ids, 'rootfs.diff_ids').map((id, at) => asDigest(id, `rootfs.diff_ids[${at}]`));
}
