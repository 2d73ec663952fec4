import * as core from '@actions/core';
import { ActionError, type ErrorCode } from './oci/action-error.ts';
import { printable, redact } from './printable.ts';

/** Characters from which on a line of a secret is masked by the runner; a shorter mask would hide what is no secret. */
const shortestMask = 16;

/**
 * Characters from which on a secret is cut out of all that is printed; a shorter one, which would be found in our own
 * words, only out of quotes. A registry chooses its tokens, and no password has three characters.
 */
const shortestSecret = 4;
const shortestToken = 8;

/** Annotations that one step may write; the runner drops what comes after. */
const mostAnnotations = 10;

/** Warnings among them, so that there is room for what made the step fail. */
const mostWarnings = 3;

/** Characters of one annotation, below the 4,096 that the runner keeps. */
const longestAnnotation = 4000;

/** Characters that are shown of another's own words. */
const longestQuote = 512;

/** Characters of another's words that are looked at: fewer than any error body has that was cut. */
const longestSource = 16_000;

/** Characters of a line of the log. */
const longestLine = 8000;

/** Characters of each part of an annotation. */
const longestPart = 1800;

/** What to do about a failure that has no advice of its own. */
const generalAdvice: Readonly<Record<ErrorCode, string>> = {
  'invalid-input': 'Correct the input; no request was sent.',
  'not-found': 'Check the spelling of repository and tag.',
  'platform-not-found': 'Ask for a platform that the image has.',
  unauthorized: 'Log in to the registry in an earlier step, or give the inputs username and password.',
  denied: 'Check that the credentials may read this repository.',
  'rate-limited': 'Log in, or run the job later.',
  'digest-mismatch': 'Do not use this image: its bytes are not those that its digest names.',
  'size-mismatch': 'Do not use this image: push it again.',
  'invalid-manifest':
    'Push the image again with a current client; if it was, something between it and the runner changes it.',
  unsupported: 'Use sha256 or sha512, and an image in OCI or Docker schema 2 format.',
  'too-large': 'Look whether the reference names an image: manifests and configs are far smaller.',
  'untrusted-host': 'Ask the operator of the registry where it should lead.',
  'gate-failed': 'Do not go on with this image, or correct what is expected of it.',
  'wait-timeout': 'Look why it does not hold yet, or allow more by the input wait-timeout.',
  timeout: 'Look at the registry and the network, then run the job again.',
  network: 'Check that the runner can reach the host, then run the job again.',
  tls: 'Check the certificate of the host, and what the runner trusts.',
  'registry-error': 'Look at the status of the registry, and run the job again; if it stays, tell its operator.',
  'runner-error': 'Look at the runner and its disk.',
  internal: 'Please report it, with the log of this step.',
};

/** The only writer to the log. Everything that it prints goes through {@link printable}. */
export interface Log {
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
  /** Masks a secret of the user's, and cuts it out of all that is printed from here on. */
  keepSecret(secret: string): void;
  /** The same for a token that a registry gave out, where it is long enough to be a secret. */
  keepToken(token: string): void;
  /** `text` as it may be shown outside the log. */
  safe(text: string): string;
  /** The same for another's own words, cut to 512 characters. */
  quote(text: string): string;
}

/** A log on standard output, by the runner's workflow commands. */
export function openLog(): Log {
  const secrets = new Set<string>();
  const onlyQuoted = new Set<string>();
  let annotations = 0;
  // Cut after redaction, or half a secret could be left, and before the rest, which costs more than a long text is worth.
  const safe = (text: string) => printable(shorten(redact(text, secrets), longestLine));

  const masked = new Set<string>();

  const keep = (secret: string, shortest: number): void => {
    for (const line of secret.split(/[\r\n]+/)) {
      if (line.length >= shortestMask && !masked.has(line)) core.setSecret(line);
      masked.add(line);
      for (const form of line === '' ? [] : formsOf(line)) (line.length >= shortest ? secrets : onlyQuoted).add(form);
    }
  };

  return {
    line: (text) => core.info(safe(text)),
    group(title, lines) {
      core.startGroup(safe(title));
      for (const line of lines) core.info(safe(line));
      core.endGroup();
    },
    warning(text) {
      annotations += 1;
      if (annotations > mostWarnings) core.info(`Warning: ${safe(text)}`);
      else core.warning(shorten(safe(text), longestAnnotation), { title: 'Image Digests' });
    },
    annotationsLeft: () => mostAnnotations - Math.min(annotations, mostWarnings),
    error(code, lines) {
      const whole = lines.map(safe);
      for (const line of whole) if (line.length > longestPart) core.info(line);
      const text = whole.map((line) => shorten(line, longestPart)).join('\n');
      core.error(shorten(text, longestAnnotation), { title: `Image Digests: ${code}` });
    },
    keepSecret: (secret) => keep(secret, shortestSecret),
    keepToken: (token) => keep(token, shortestToken),
    safe,
    quote(text) {
      // All at once, as a short secret may be a part of a long one.
      const hidden = [...secrets, ...onlyQuoted];
      const begin = redact(text.slice(0, longestSource), hidden);
      // What ends where a text was cut may be the beginning of a secret.
      const unsure = text.length > longestSource ? Math.max(0, ...hidden.map(({ length }) => length)) : 0;
      const shown = begin.slice(0, Math.max(0, begin.length - unsure));
      return shorten(printable(shown.replace(/\s+/g, ' ').trim()), longestQuote);
    },
  };
}

/** What a person needs of a failure, part by part: what happened, what the registry said, what to do. */
export function partsOf(
  error: unknown,
  about: string,
  { quote }: Pick<Log, 'quote'>,
): { code: ErrorCode; parts: string[] } {
  const known = error instanceof ActionError ? error : defect(error);
  const words = quote(known.said ?? '');
  const said = words === '' ? [] : [`It said: ${words}`];
  const advice = [`What to do: ${known.advice ?? generalAdvice[known.code]}`];
  return { code: known.code, parts: [about === '' ? known.message : `${about}: ${known.message}`, ...said, ...advice] };
}

/** The ways in which a secret may come back: as it is, in JSON, in a query or form, in a Basic header. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64');
  const inForm = new URLSearchParams({ '': secret }).toString().slice(1);
  const encoded = [encodeURIComponent(bytes.toString()), inForm];
  const lowerCase = encoded.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, ...encoded, ...lowerCase, base64, base64.replace(/=+$/, '')];
}

function defect(error: unknown): ActionError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ActionError('internal', `The action has a defect: ${message}`);
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
