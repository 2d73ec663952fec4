/** What a registry or its token service is shown. `source` says in words where it came from, never what it is. */
export type Credential = (
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** Exchanged for a token by POST. */
  | { readonly kind: 'identity'; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: 'bearer'; readonly token: string }
) & {
  readonly source: string;
  /** Whether the user did not ask for it, so that the registry is tried anonymously when it is rejected. */
  readonly isOptional?: boolean;
};

/** What of a credential must never be printed: the secret itself, and the form in which a Basic header carries it. */
export function secretsOf(credential: Credential): string[] {
  if (credential.kind !== 'basic') return [credential.token];
  return [credential.password, encodeBasic(credential.username, credential.password)];
}

/**
 * The credentials of a Basic header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function encodeBasic(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
