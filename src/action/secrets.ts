import { redact } from './printable.ts';

/** Characters that a line of a secret must have for the runner to mask it: a shorter mask would hide other words, too. */
const minMaskLength = 16;

/**
 * Characters from which on a secret is cut out of all that is printed; a shorter one, which would be found in our own
 * words, only out of quotes. A registry chooses its tokens, and no password has three characters.
 */
const minSecretLength = 4;
const minTokenLength = 8;

/** The secrets of a run. */
export interface Secrets {
  /** Masks a secret of the user's, and cuts it out of all that is printed from here on. */
  keepSecret(secret: string): void;
  /**
   * Cuts out a token that a registry gave out. It is never masked: it could be the very digest that the step is about,
   * and the runner drops every job output that holds a masked value.
   */
  keepToken(token: string): void;
  /** Cuts secrets out of our own words. */
  redact(text: string): string;
  /** Cuts secrets, the short ones too, out of the first `maxLength` characters of another's words. */
  redactQuote(text: string, maxLength: number): string;
}

/**
 * Keeps the secrets of a run.
 *
 * @param mask has the runner mask a line
 */
export function openSecrets(mask: (line: string) => void): Secrets {
  const secrets = new Set<string>();
  const onlyQuoted = new Set<string>();
  const masked = new Set<string>();

  const keep = (line: string, minLength: number): void => {
    if (line === '') return;
    for (const form of formsOf(line)) (line.length >= minLength ? secrets : onlyQuoted).add(form);
  };

  return {
    keepSecret(secret) {
      for (const line of secret.split(/[\r\n]+/)) {
        if (line.length >= minMaskLength && !masked.has(line)) mask(line);
        masked.add(line);
        keep(line, minSecretLength);
      }
    },
    keepToken: (token) => keep(token, minTokenLength),
    redact: (text) => redact(text, secrets),
    redactQuote(text, maxLength) {
      // All at once, as a short secret may be a part of a long one.
      const hidden = [...secrets, ...onlyQuoted];
      const begin = redact(text.slice(0, maxLength), hidden);
      // What ends where a text was cut may be the beginning of a secret.
      const unsure = text.length > maxLength ? Math.max(0, ...hidden.map(({ length }) => length)) : 0;
      return begin.slice(0, Math.max(0, begin.length - unsure));
    },
  };
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
