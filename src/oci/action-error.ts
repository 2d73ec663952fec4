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

/** What an {@link ActionError} carries besides its message. */
export interface ErrorDetails {
  /** What the other side answered, in its own words: raw, to be made printable by whoever prints it. */
  said?: string | undefined;
  /** What the reader should do now. */
  advice?: string | undefined;
  /** Whether the same request may succeed when it is sent again. */
  transient?: boolean;
  /** What the network reported, for code that has to tell one failure from another. */
  reason?: string | undefined;
  cause?: unknown;
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The only error that this program throws on purpose. Its text may hold words from outside. */
export class ActionError extends Error {
  readonly code: ErrorCode;
  readonly said: string | undefined;
  readonly advice: string | undefined;
  readonly transient: boolean;
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'ActionError';
    this.code = code;
    this.said = details.said;
    this.advice = details.advice;
    this.transient = details.transient ?? false;
    this.reason = details.reason;
  }

  /** The same error in other words. */
  with(changes: ErrorDetails & { readonly code?: ErrorCode; readonly message?: string }): ActionError {
    const { code = this.code, message = this.message, ...details } = changes;
    const { said, advice, transient, reason, cause } = this;
    return new ActionError(code, message, { said, advice, transient, reason, cause, ...details });
  }
}
