import { type RegistryClient, registryClient } from './client.ts';
import { withLimit } from './limit.ts';
import { type ReachOptions, repositoryReach } from './reach.ts';
import { type Clock, type QuietHosts, withQuiet, withRetries } from './retry.ts';
import { withScheme } from './scheme.ts';

/** A client for all the registries of a run: every request is retried, limited, and sent in the right scheme by `send`. */
export function openClient({ send, ...options }: ReachOptions, clock: Clock): RegistryClient {
  const quiet: QuietHosts = new Map();
  const careful = withRetries(withScheme(withLimit(withQuiet(send, clock, quiet))), clock, quiet);
  return registryClient(repositoryReach({ ...options, send: careful }));
}
