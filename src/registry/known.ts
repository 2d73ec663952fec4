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

/** Registries whose challenge is known beforehand, so that the token can be asked for while the challenge is on its way. */
export const knownChallenges: Readonly<Record<string, { readonly realm: string; readonly service: string }>> = {
  [dockerHub]: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
  'ghcr.io': { realm: 'https://ghcr.io/token', service: 'ghcr.io' },
};
