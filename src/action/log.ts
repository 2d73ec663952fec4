import * as core from '@actions/core';
import type { ErrorCode } from '../error.ts';
import { printable } from './printable.ts';
import { openSecrets, type Secrets } from './secrets.ts';

/** Annotations that one step may write; the runner drops what comes after. */
const maxAnnotations = 10;

/** Warnings among them, so that there is room for what made the step fail. */
const maxWarnings = 3;

/** Characters of one annotation, below the 4,096 that the runner keeps. */
const maxAnnotationLength = 4000;

/** Characters that are shown of another's own words. */
const maxQuoteLength = 512;

/** Characters of another's words that are looked at: fewer than any error body has that was cut. */
const maxQuoteSource = 16_000;

/** Characters of a line of the log. */
const maxLineLength = 8000;

/** Characters of each part of an annotation. */
const maxPartLength = 1800;

/** The workflow commands that the log is made of. */
export type RunnerCommands = Pick<typeof core, 'info' | 'warning' | 'error' | 'startGroup' | 'endGroup' | 'setSecret'>;

/** The only writer to the log. Everything that it prints goes through {@link printable}. */
export interface Log extends Pick<Secrets, 'keepSecret' | 'keepToken'> {
  /** One line. */
  line(text: string): void;
  /** A foldable group of lines. */
  group(title: string, lines: readonly string[]): void;
  /** An annotation, as long as there is room for some more; a line after that. */
  warning(text: string): void;
  /** How many annotations this step may still write. */
  annotationsLeft(): number;
  /** An annotation for a failure, after which the step must fail. */
  error(code: ErrorCode, lines: readonly string[]): void;
  /** `text` as it may be shown outside the log. */
  safe(text: string): string;
  /** The same for another's own words, cut to 512 characters. */
  quote(text: string): string;
}

/** A log on standard output, by the runner's workflow commands. */
export function openLog(commands: RunnerCommands = core): Log {
  const secrets = openSecrets(commands.setSecret);
  let annotations = 0;
  // Cut after redaction, or half a secret could be left, and before the rest, which costs more than a long text is worth.
  const safe = (text: string) => printable(shorten(secrets.redact(text), maxLineLength));

  return {
    keepSecret: secrets.keepSecret,
    keepToken: secrets.keepToken,
    line: (text) => commands.info(safe(text)),
    group(title, lines) {
      commands.startGroup(safe(title));
      for (const line of lines) commands.info(safe(line));
      commands.endGroup();
    },
    warning(text) {
      annotations += 1;
      if (annotations > maxWarnings) commands.info(`Warning: ${safe(text)}`);
      else commands.warning(shorten(safe(text), maxAnnotationLength), { title: 'Image Digests' });
    },
    annotationsLeft: () => maxAnnotations - Math.min(annotations, maxWarnings),
    error(code, lines) {
      const whole = lines.map(safe);
      for (const line of whole) if (line.length > maxPartLength) commands.info(line);
      const text = whole.map((line) => shorten(line, maxPartLength)).join('\n');
      commands.error(shorten(text, maxAnnotationLength), { title: `Image Digests: ${code}` });
    },
    safe,
    quote(text) {
      const shown = secrets.redactQuote(text, maxQuoteSource).replace(/\s+/g, ' ').trim();
      return shorten(printable(shown), maxQuoteLength);
    },
  };
}

/** At most so many characters, with how many were left out. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = text.slice(0, maxLength - 32).replace(/[\ud800-\udbff]$/, '');
  return `${kept}… (${text.length - kept.length} more characters)`;
}
