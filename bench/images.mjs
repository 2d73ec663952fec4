// One image as registries have them: an index of four platforms with attestations, five layers each.
import { attestation, descriptor, digestOf, image, indexOf, types } from '../demo/images.mjs';

const architectures = ['amd64', 'arm64', 'ppc64le', 's390x'];

/**
 * Makes an image that differs for every `name`. Nobody fetches its layers, so that they have no bytes.
 *
 * @returns its parts to be put into a registry, and the digests of its index, and of manifest and config for linux/amd64
 */
export function makeImage(name) {
  const platforms = architectures.map((architecture) =>
    image(`linux/${architecture}`, {
      labels: { 'org.opencontainers.image.title': name },
      layers: layersOf(name, architecture),
    }),
  );
  const attestations = platforms.map(attestation);
  const entries = platforms.map(({ manifest, platform }) => descriptor(manifest, { platform }));
  const top = indexOf([...entries, ...attestations.map(({ entry }) => entry)]);
  const [{ manifest, config }] = platforms;
  const parts = { top, images: [...platforms, ...attestations.map(({ image: about }) => about)] };
  return { parts, index: top.digest, manifest: manifest.digest, config: config.digest };
}

function layersOf(name, architecture) {
  return Array.from({ length: 5 }, (_, at) => {
    const digest = digestOf(`${name} ${architecture} ${at}`);
    return { mediaType: types.layer, digest, size: 1_000_000 + at };
  });
}
