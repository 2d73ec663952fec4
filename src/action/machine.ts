import { homedir } from 'node:os';
import { githubToken } from './credential-inputs.ts';
import { type Environment, inputReader, type Machine } from './input-table.ts';
import type { Log } from './log.ts';

/** Masks the secrets among the inputs before anything else happens. */
export function keepSecrets(env: Environment, log: Log): void {
  const input = inputReader(env);
  for (const secret of [input('password'), githubToken(input)]) if (secret !== '') log.keepSecret(secret);
}

/** Node can be told by a variable to trust any certificate; a step whose result gates a deploy must not be. */
export function requireCertificates(env: Record<string, string | undefined>, log: Log): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    log.warning('NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are always checked.');
  }
  delete env['NODE_TLS_REJECT_UNAUTHORIZED'];
}

/** What inputs are read from besides the environment. */
export function thisMachine(): Machine {
  return { platform: process.platform, homeFolder: homeFolder(), userId: process.getuid?.() };
}

/** Empty for a user without a home, as in some containers. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
