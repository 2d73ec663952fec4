import type { Trace } from '../../async/operation.ts';
import type { Credential } from '../credentials/credential.ts';

/** Whom a repository is contacted as: the owner of the credential, or nobody. */
export interface Session {
  readonly credential: () => Promise<Credential | undefined>;
  /** The `Authorization` that was obtained last. */
  authorization: string | undefined;
  /** Whether the registry has accepted it: if it is refused later, it has expired. */
  isAccepted: boolean;
}

/** A session that has not been authorized yet. */
export function newSession(credential: Session['credential']): Session {
  return { credential, authorization: undefined, isAccepted: false };
}

function isSameCredential(one: Credential, other: Credential): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * The session to go on with after one was refused: with a fresh credential where the last one was accepted before and has
 * expired, anonymously where the workflow's own token was rejected. Undefined when the refusal is final.
 *
 * @param refused the credential of the session
 * @param findAgain looks the credential up anew
 */
export async function successorOf(
  session: Session,
  refused: Credential,
  findAgain: () => Promise<Credential | undefined>,
  trace: Trace,
): Promise<Session | undefined> {
  const fresh = session.isAccepted ? await findAgain() : refused;
  if (fresh !== undefined && !isSameCredential(fresh, refused)) {
    trace('token', `${refused.source} has expired: using what it gives now`);
    return newSession(async () => fresh);
  }
  if (!refused.isOptional) return undefined;
  trace('token', `${refused.source} was rejected: trying anonymously`);
  return newSession(async () => undefined);
}
