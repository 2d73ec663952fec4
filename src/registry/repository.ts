import type { Operation } from '../async/operation.ts';
import type { Request, Response } from './http/transport.ts';

/** A request within one repository. */
export interface RepositoryRequest extends Pick<Request, 'phase' | 'maxBytes' | 'isStream'> {
  readonly method: 'GET' | 'HEAD';
  /** Below `/v2/PATH/`, holding nothing but checked tags and digests; empty for `/v2/` itself, which gets no credentials. */
  readonly path: string;
  /** The query, with its question mark; empty for none. */
  readonly search?: string;
  readonly headers?: Request['headers'];
  /** Whether no mirror may respond in the place of the registry. */
  readonly isForRegistry?: boolean;
}

/** The response of the registry, or of a mirror. */
export interface RepositoryResponse extends Response {
  /** The host that was asked, before any redirect. */
  readonly servedBy: string;
}

/** Sends requests to one repository, within an operation. */
export type RepositoryTransport = (request: RepositoryRequest, operation: Operation) => Promise<RepositoryResponse>;
