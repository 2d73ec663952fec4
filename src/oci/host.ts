/** The longest DNS name, in characters, and room for a port. */
const maxHostLength = 253 + ':65535'.length;

const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const hostPattern = new RegExp(`^(${label}(?:\\.${label})*|\\[[0-9a-f:]+\\])(?::([1-9][0-9]{0,4}))?$`);

/**
 * Reads `host[:port]` as it stands in a reference, and gives it back lower-cased; undefined when it is not one.
 *
 * A host that a URL would rewrite (`0x7f.1`, `127.1`) is not one: what is checked must be what is contacted.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/regexp.go
 */
export function parseHost(text: string): string | undefined {
  if (text.length > maxHostLength) return undefined;
  const [, name, port] = hostPattern.exec(text.toLowerCase()) ?? [];
  if (name === undefined || Number(port ?? 1) > 65_535) return undefined;
  const canonical = hostnameInUrl(name);
  if (canonical === undefined || (canonical !== name && !name.startsWith('['))) return undefined;
  return port === undefined ? canonical : `${canonical}:${port}`;
}

function hostnameInUrl(name: string): string | undefined {
  return URL.canParse(`https://${name}`) ? new URL(`https://${name}`).hostname : undefined;
}
