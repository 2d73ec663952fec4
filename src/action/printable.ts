/**
 * Control characters, line and paragraph separators, bidirectional marks, invisible characters, tags and lone
 * surrogates: what a terminal or a reader would not see, or would see as something else.
 */
const unprintable =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In parentheses, so that splitting by it keeps the digests, at odd places. */
const digest = /(sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})(?![0-9a-f]))/;

/** With a scheme or without, with slashes as JSON escapes them, and in the odd forms in which browsers take one of http. */
const anyUrl = /(?:\bhttps?:|\b[a-z][a-z0-9+.-]{0,30}:(?=\\?\/)|(?=[\\/]{2}))[^\s"<>]+/gi;

/** User name and password, wherever in a text something may be taken for a URL. */
const userinfo = /(\bhttps?:[\\/]*|[\\/]{2})[^\s\\/?#"]*@/gi;

/** Query values that say what was asked for and authorize nobody. */
const harmlessQueries = new Set(['scope', 'service', 'digest']);

/** A value in which no other parameter can hide. */
const plainValue = /^[\w.~:/@%*,+-]*$/;

/**
 * Makes a string from outside fit to print on one line of a log: nothing in it ends the line, moves the cursor, or is
 * a command to the runner, which obeys `::` at the start of a line and `##[` anywhere in it. URLs lose their userinfo,
 * and their queries but for `scope`, `service` and `digest`.
 */
export function printable(text: string): string {
  return text
    .replace(userinfo, '$1')
    .replace(anyUrl, printableUrl)
    .replace(unprintable, (character) => named[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replace(/##(?=\[)/g, '#\\u{23}')
    .replace(/^(\s*):(?=:)/, '$1\\u{3a}');
}

/** Cuts secrets out of `text`, leaving whole digests alone: a hostile token must not be able to hide one. */
export function redact(text: string, secrets: Iterable<string>): string {
  const parts = text.split(digest);
  // The longest first, so that one that begins like another is cut whole.
  for (const secret of [...secrets].sort((one, other) => other.length - one.length)) {
    parts.forEach((part, at) => {
      if (at % 2 === 0) parts[at] = part.replaceAll(secret, '***');
    });
  }
  return parts.join('');
}

function printableUrl(url: string): string {
  const [head = '', query] = url.split(/[?#]/, 2);
  if (query === undefined || !url.startsWith('?', head.length)) return head;
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    return harmlessQueries.has(name.toLowerCase()) && plainValue.test(value) ? pair : `${name}=***`;
  });
  return `${head}?${pairs.join('&')}`;
}
