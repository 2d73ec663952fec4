/** Every way in which a run can fail, by the names that the `error-code` output uses. */
export const errorCodes = [
  'invalid-input',
  'not-found',
  'platform-not-found',
  'unauthorized',
  'denied',
  'rate-limited',
  'digest-mismatch',
  'size-mismatch',
  'invalid-manifest',
  'unsupported',
  'too-large',
  'untrusted-host',
  'gate-failed',
  'not-attested',
  'not-verified',
  'trust-root',
  'wait-timeout',
  'timeout',
  'network',
  'tls',
  'registry-error',
  'runner-error',
  'internal',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** What went wrong, for code that has to tell one failure of a code from another. */
export type ErrorCause =
  /** Nothing listens at the address. */
  | 'refused'
  /** The connection ended before the response was complete. */
  | 'closed'
  /** A pooled connection had ended: nothing came in response to the request. */
  | 'stale'
  /** The name server did not answer. */
  | 'dns'
  /** An attempt took too long. */
  | 'attempt-timeout'
  /** The first byte of the response is not HTTP. */
  | 'not-http'
  /** The response breaks HTTP. */
  | 'protocol'
  /** The other side does not speak TLS. */
  | 'not-tls'
  /** TLS failed, but it is spoken. */
  | 'tls'
  /** A manifest that an index names is not there: it may still be pushed. */
  | 'missing-child'
  /** A blob that a manifest names is not there, or not as described: it may still be pushed. */
  | 'bad-blob'
  /** The wrong bytes of a download that was resumed: they may have changed in between. */
  | 'resumed'
  /** Something that refers to the image is not there yet. */
  | 'missing-referrer'
  /** The wait was given up, as another image had failed. */
  | 'abandoned'
  /** The wait is over, and the image is still missing. */
  | 'still-missing';

/** What an {@link ActionError} carries besides its message. */
export interface ErrorDetails {
  /** What the other side responded, in its own words: raw, to be made printable by whoever prints it. */
  readonly remoteMessage?: string | undefined;
  /** What the reader should do now. */
  readonly advice?: string | undefined;
  /** Whether the same request may succeed when it is sent again. */
  readonly transient?: boolean;
  readonly cause?: ErrorCause | undefined;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The only error that this program throws on purpose. Its text may hold words from outside. */
export class ActionError extends Error {
  readonly code: ErrorCode;
  readonly remoteMessage: string | undefined;
  readonly advice: string | undefined;
  readonly transient: boolean;
  override readonly cause: ErrorCause | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'ActionError';
    this.code = code;
    this.remoteMessage = details.remoteMessage;
    this.advice = details.advice;
    this.transient = details.transient ?? false;
    this.cause = details.cause;
  }

  /** The same error with some of it changed. */
  with(changes: ErrorDetails & { readonly code?: ErrorCode; readonly message?: string }): ActionError {
    const { code = this.code, message = this.message, ...details } = changes;
    const { remoteMessage, advice, transient, cause } = this;
    return new ActionError(code, message, { remoteMessage, advice, transient, cause, ...details });
  }
}
