/** The four media types that are requested, in the order of the `Accept` header. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/** The media type of an index or a manifest. */
export type ManifestType = (typeof manifestTypes)[number];

/** What a media type says that a document is. */
export type Kind = 'index' | 'manifest';

const kinds: Readonly<Record<ManifestType, Kind>> = {
  'application/vnd.oci.image.index.v1+json': 'index',
  'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
  'application/vnd.oci.image.manifest.v1+json': 'manifest',
  'application/vnd.docker.distribution.manifest.v2+json': 'manifest',
};

/** Types that say nothing about a document: registries and proxies fall back to them. */
const genericTypes = new Set(['', 'application/json', 'text/plain', 'application/octet-stream']);

const schema1Types = new Set([
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]);

const imageConfigTypes = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Reads a `Content-Type`: parameters dropped, lower-cased; empty when there is none. */
export function essence(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether `type` is one of the four of {@link manifestTypes}. */
export function isManifestType(type: string): type is ManifestType {
  return Object.hasOwn(kinds, type);
}

/** Whether `type` is that of an index. */
export function isIndexType(type: string): boolean {
  return isManifestType(type) && kinds[type] === 'index';
}

/** Whether a document of this type is an index or a manifest. */
export function kindOf(type: ManifestType): Kind {
  return kinds[type];
}

/** Whether `type` leaves open what the document is. */
export function isGenericType(type: string): boolean {
  return genericTypes.has(type);
}

/** Whether `type` is Docker's schema 1, whose digests cannot be computed from the bytes. */
export function isSchema1Type(type: string): boolean {
  return schema1Types.has(type);
}

/**
 * Whether `type` is that of a layer which registries need not have.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers
 */
export function isNonDistributableType(type: string): boolean {
  return /^application\/vnd\.(?:oci\.image\.layer\.nondistributable|docker\.image\.rootfs\.foreign)\./.test(type);
}

/**
 * Whether `type` is the config of an image that can be run, and not of some other artifact. In Docker's manifests a
 * generic type is one, too: old clients pushed images so.
 *
 * @param manifestType the type of the manifest that names the config
 * @see https://github.com/distribution/distribution/issues/1621
 */
export function isImageConfigType(type: string, manifestType: ManifestType): boolean {
  const isDocker = manifestType === 'application/vnd.docker.distribution.manifest.v2+json';
  return imageConfigTypes.has(type) || (isDocker && isGenericType(type));
}
