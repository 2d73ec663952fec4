import { dockerHub } from '../oci/reference.ts';

/**
 * Token services that are known, by their operators' documentation and clients, to serve a registry under another name:
 * they may see its credentials.
 */
export const knownTokenHosts: Readonly<Record<string, string>> = {
  [dockerHub]: 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
  'nvcr.io': 'authn.nvidia.com',
};

/** The challenge of a registry to a request without a token. */
export interface KnownChallenge {
  readonly realm: string;
  readonly service: string;
}

/** Registries whose challenge is known beforehand, so that the token can be fetched while the challenge is on its way. */
const challenges: Readonly<Record<string, KnownChallenge>> = {
  [dockerHub]: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
  'ghcr.io': { realm: 'https://ghcr.io/token', service: 'ghcr.io' },
};

/** The challenge of a registry, where it is known beforehand. */
export function knownChallenge(registry: string): KnownChallenge | undefined {
  return Object.hasOwn(challenges, registry) ? challenges[registry] : undefined;
}
