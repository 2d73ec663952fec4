import { type Image, image, types } from './images.ts';

const maker = await import(new URL('../../../demo/images.mjs', import.meta.url).href);

/** What BuildKit adds to an index about an image, with its entry there. */
export function attestationOf(subject: Image): { readonly about: Image; readonly entry: object } {
  const { image: about, entry } = maker.attestation(subject);
  return { about, entry };
}

/** A layer that registries need not have. */
export const foreignType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';

/** An image of one compressed layer, which is given in bytes. */
export function imageOfLayer(...layers: readonly Uint8Array[]): Image {
  return image('linux/amd64', { layers: layers.map((bytes) => ({ ...maker.blob(bytes, types.layer) })) });
}
