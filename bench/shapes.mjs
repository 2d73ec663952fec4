// The registries that are played: who names which token service, and where each program expects them.
import { makeImage } from './images.mjs';

const imageCount = 20;

/**
 * Hosts by address, each with one of its own. Addresses for documentation, which the namespace has on its loopback
 * device: programs that treat loopback with more suspicion, as ours does, must see what they see in real use.
 */
export const hosts = {
  '203.0.113.2': ['registry.example.org'],
  '203.0.113.3': ['auth.example.org'],
  '203.0.113.4': ['registry-1.docker.io', 'index.docker.io', 'docker.io'],
  '203.0.113.5': ['auth.docker.io'],
  '203.0.113.6': ['ghcr.io'],
};

/** Where a registry speaks plain HTTP, without a delay. */
export const plainPort = 5000;
const loopback = `127.0.0.1:${plainPort}`;

const hub = { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' };

/** The challenge of each host. */
export const realms = {
  'registry.example.org': { realm: 'https://auth.example.org/token', service: 'registry.example.org' },
  'registry-1.docker.io': hub,
  'index.docker.io': hub,
  'docker.io': hub,
  'ghcr.io': { realm: 'https://ghcr.io/token', service: 'ghcr.io' },
  [loopback]: { realm: `http://${loopback}/token`, service: loopback },
};

/** Each shape: what a user writes, and what the shell script has to be told. */
export const shapes = [
  { name: 'unknown', title: 'unknown registry, token service elsewhere', registry: 'registry.example.org' },
  { name: 'hub', title: "Docker Hub's shape", registry: 'docker.io', wire: 'registry-1.docker.io' },
  { name: 'ghcr', title: "ghcr.io's shape", registry: 'ghcr.io' },
].map((shape) => {
  const wire = shape.wire ?? shape.registry;
  const { realm, service } = realms[wire];
  return { ...shape, wire, tokenUrl: `${realm}?service=${service}` };
});

/** Neither TLS nor a network: what is left is the start of a program, and its work. */
export const plainShape = { name: 'plain', title: 'loopback, plain HTTP', registry: loopback };

export const repositories = Array.from({ length: imageCount }, (_, at) => `team/app${at + 1}`);

export const images = new Map(repositories.map((repository) => [repository, makeImage(repository)]));
