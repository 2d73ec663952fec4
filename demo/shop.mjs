// What the demo resolves: an index with three platforms and an attestation, as a build on GitHub makes it, on a registry
// behind a token service, as ghcr.io and Docker Hub are.
import { attestation, descriptor, image, indexOf } from './images.mjs';
import { startRegistry } from './registry.mjs';

const repository = 'demo/shop';
const tag = '1.4.2';

/** The platforms of the image, in index order. */
const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'];

/**
 * Makes the image. Its bytes are the same on every machine, and so are its digests.
 *
 * @returns its index, its images in index order, and the attestation
 */
export function makeShop() {
  const images = platforms.map((name) =>
    image(name, {
      labels: { 'org.opencontainers.image.revision': '1a2b3c4d5e6f' },
      layers: [
        layer(`${name}: the base system`, 3_626_129),
        layer(`${name}: the packages`, 612_407),
        layer(`${name}: the application`, 48_210),
      ],
    }),
  );
  const { image: about, entry } = attestation(images[0]);
  const entries = images.map(({ manifest, platform }) => descriptor(manifest, { platform }));
  return { index: indexOf([...entries, entry]), images, attestation: about };
}

/** Starts the registry with the image. Gives its reference, and how to end the registry. */
export async function startShop() {
  const { index, images, attestation: about } = makeShop();
  const challenge = `,scope="repository:${repository}:pull"`;
  const registry = await startRegistry({ auth: 'bearer', service: 'demo-registry', challenge });
  for (const one of [...images, about]) registry.putImage(repository, one);
  registry.put(repository, index, tag);
  return { image: `${registry.host}/${repository}:${tag}`, close: registry.close };
}

function layer(text, size) {
  return Buffer.alloc(size, `${text}\n`);
}
