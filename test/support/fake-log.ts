import type { Log } from '../../src/action/log.ts';
import type { ErrorCode } from '../../src/error.ts';

/** A log that keeps what it was to print. */
export interface FakeLog extends Log {
  readonly lines: string[];
  readonly groups: { readonly title: string; readonly lines: readonly string[] }[];
  readonly warnings: string[];
  readonly errors: { readonly code: ErrorCode; readonly lines: readonly string[] }[];
}

/** A log that changes nothing of what it is given, with room for so many annotations. */
export function fakeLog(room = 10): FakeLog {
  const log: FakeLog = {
    lines: [],
    groups: [],
    warnings: [],
    errors: [],
    line: (text) => void log.lines.push(text),
    group: (title, lines) => void log.groups.push({ title, lines }),
    warning: (text) => void log.warnings.push(text),
    annotationsLeft: () => room,
    error: (code, lines) => void log.errors.push({ code, lines }),
    keepSecret: () => undefined,
    keepToken: () => undefined,
    safe: (text) => text,
    quote: (text) => text,
  };
  return log;
}
