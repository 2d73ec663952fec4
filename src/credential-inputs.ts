import { homedir } from 'node:os';
import { join } from 'node:path';
import { invalidInput, parseRegistryInput } from './parse-input.ts';
import type { ConfigFile } from './registry/credentials/config-files.ts';
import type { CredentialSources } from './registry/credentials/store.ts';

/** What credentials are read from: the inputs and the environment, which `inputs.ts` alone may touch. */
export interface Environment {
  input(name: 'registry' | 'username' | 'password' | 'github-token'): string;
  /** Empty where it is not set. */
  variable(name: string): string;
  /** All variables but our inputs, which hold the credentials of others. */
  withoutInputs(): Record<string, string>;
}

/**
 * Everything that may hold credentials.
 *
 * @param registries those that the images are on
 * @throws ActionError `invalid-input` for credentials whose host is unclear
 */
export function credentialSources(environment: Environment, registries: ReadonlySet<string>): CredentialSources {
  const { variable } = environment;
  return {
    input: inputCredential(environment, registries),
    dockerAuthConfig: variable('DOCKER_AUTH_CONFIG').trim(),
    files: configFiles(environment),
    helpers: {
      path: variable('PATH'),
      workspace: variable('GITHUB_WORKSPACE'),
      environment: environment.withoutInputs(),
    },
    githubToken: { token: githubToken(environment), registries: githubRegistries(environment) },
  };
}

function inputCredential({ input }: Environment, registries: ReadonlySet<string>): CredentialSources['input'] {
  const [username, password, registry] = [input('username'), input('password'), input('registry')];
  const host = registry === '' ? undefined : parseRegistryInput('registry', registry);
  if (username === '' && password === '') return undefined;
  if (username === '' || password === '') {
    const empty = username === '' ? 'username' : 'password';
    throw invalidInput(
      empty,
      'it is empty',
      `Give username and password together; does the secret for ${empty} exist here?`,
    );
  }
  if (username.includes(':')) throw invalidInput('username', 'it holds a colon', 'No registry can take such a name.');
  const [only] = registries;
  if (host === undefined && registries.size > 1) {
    throw invalidInput(
      'registry',
      'it is empty, and image names several hosts',
      'Say which of them the password is for.',
    );
  }
  return { registry: host ?? only ?? '', username, password };
}

/** Empty for a user without a home, as in some containers. */
function homeFolder({ variable }: Environment): string {
  try {
    const names = process.platform === 'win32' ? ['USERPROFILE', 'HOME'] : ['HOME', 'USERPROFILE'];
    return names.map(variable).find((home) => home !== '') ?? homedir();
  } catch {
    return '';
  }
}

/** The places where docker and podman keep logins, in the order in which they are asked. */
function configFiles(environment: Environment): ConfigFile[] {
  const { variable } = environment;
  const home = homeFolder(environment);
  const atHome = (name: string, ...path: string[]) => (home === '' ? [] : [{ path: join(home, ...path), name }]);
  const docker = variable('DOCKER_CONFIG');
  const podman = variable('REGISTRY_AUTH_FILE');
  const runtime = variable('XDG_RUNTIME_DIR');
  return [
    ...(docker === ''
      ? atHome('~/.docker/config.json', '.docker', 'config.json')
      : [{ path: join(docker, 'config.json'), name: '$DOCKER_CONFIG/config.json' }]),
    ...(podman === '' ? [] : [{ path: podman, name: '$REGISTRY_AUTH_FILE' }]),
    ...(runtime === ''
      ? []
      : [{ path: join(runtime, 'containers', 'auth.json'), name: '$XDG_RUNTIME_DIR/containers/auth.json' }]),
    ...atHome('~/.config/containers/auth.json', '.config', 'containers', 'auth.json'),
  ];
}

/** The workflow's own token. Empty where whoever runs the action does not evaluate the default of `action.yml`. */
export function githubToken({ input }: Environment): string {
  const token = input('github-token');
  return token.startsWith('${{') ? '' : token;
}

/** ghcr.io, and on a GitHub Enterprise Server its own registry. */
function githubRegistries({ variable }: Environment): string[] {
  const server = variable('GITHUB_SERVER_URL');
  const host = URL.canParse(server) ? new URL(server).host : 'github.com';
  return host === 'github.com' ? ['ghcr.io'] : ['ghcr.io', `containers.${host}`];
}
