import { ActionError } from '../error.ts';
import type { Repository } from '../oci/reference.ts';
import type { RepositoryTransport } from './repository.ts';

/** Another host that serves a registry's content. */
export interface Mirror {
  /** `host[:port]`. */
  readonly host: string;
  /** Stands before the path of a repository there; empty for none. */
  readonly prefix: string;
}

/** Mirrors by the registry that they are asked for, in the order written. */
export type Mirrors = ReadonlyMap<string, readonly Mirror[]>;

/** Where a repository is on a mirror. */
export function mirroredRepository(path: string, host: string, prefix: string): Repository {
  return { registry: host, path: prefix === '' ? path : `${prefix}/${path}` };
}

/** A mirror of one repository. */
export interface MirrorTransport {
  readonly host: string;
  readonly send: RepositoryTransport;
}

/**
 * Asks the mirrors first, and then the registry itself. Whatever a mirror does but to serve what was requested passes
 * the request on: only the registry's own 404 means missing. Bytes are verified wherever they come from.
 *
 * @param tagsFromOwn whether tags are looked up at the registry alone, as a mirror may lag
 */
export function withMirrors(
  own: RepositoryTransport,
  mirrors: readonly MirrorTransport[],
  tagsFromOwn: boolean,
): RepositoryTransport {
  if (mirrors.length === 0) return own;
  return async (request, operation) => {
    const isForOwn = request.isForRegistry || (tagsFromOwn && /^manifests\/[^:]+$/.test(request.path));
    for (const { host, send } of isForOwn ? [] : mirrors) {
      try {
        const response = await send(request, operation);
        if (response.status === 200 || response.status === 206) {
          operation.trace(request.phase, `served by the mirror ${host}`);
          return response;
        }
        operation.trace(request.phase, `The mirror ${host} responded ${response.status}: asking the next.`);
      } catch (error) {
        if (!(error instanceof ActionError) || operation.signal.aborted) throw error;
        operation.trace(request.phase, `The mirror ${host} cannot be used: ${error.message} Asking the next.`);
      }
    }
    return own(request, operation);
  };
}
