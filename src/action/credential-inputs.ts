import { join } from 'node:path';
import type { ConfigFile } from '../registry/credentials/config-files.ts';
import type { CredentialSources } from '../registry/credentials/store.ts';
import type { Environment, InputReader, Machine } from './input-table.ts';
import { invalidInput, parseRegistryInput } from './input-values.ts';

/** What credentials are found by. */
export interface CredentialInputs {
  readonly env: Environment;
  readonly input: InputReader;
  readonly machine: Machine;
  /** The input `timeout`, in milliseconds. */
  readonly timeoutMs: number;
}

/** Milliseconds that a credential helper may take at least. */
const minHelperMs = 10_000;

/**
 * Everything that may hold credentials.
 *
 * @param registries those that the images are on
 * @throws ActionError `invalid-input` for credentials whose host is unclear
 */
export function credentialSources(inputs: CredentialInputs, registries: ReadonlySet<string>): CredentialSources {
  const { env, input } = inputs;
  return {
    input: inputCredential(input, registries),
    dockerAuthConfig: env['DOCKER_AUTH_CONFIG']?.trim() ?? '',
    files: configFiles(inputs),
    helpers: {
      path: env['PATH'] ?? '',
      workspace: env['GITHUB_WORKSPACE'] ?? '',
      folder: env['RUNNER_TEMP'] ?? '',
      environment: withoutInputs(env),
      timeoutMs: Math.max(minHelperMs, inputs.timeoutMs / 4),
    },
    githubToken: { token: githubToken(input), registries: githubRegistries(env) },
  };
}

/** The workflow's own token. Empty where whoever runs the action does not evaluate the default of `action.yml`. */
export function githubToken(input: InputReader): string {
  const token = input('github-token');
  return token.startsWith('${{') ? '' : token;
}

function inputCredential(input: InputReader, registries: ReadonlySet<string>): CredentialSources['input'] {
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
      'Set registry to the host that the password is for.',
    );
  }
  return { registry: host ?? only ?? '', username, password };
}

/** All variables but our inputs, which hold the credentials of others. */
function withoutInputs(env: Environment): Record<string, string> {
  const others: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !name.toUpperCase().startsWith('INPUT_')) others[name] = value;
  }
  return others;
}

/** The places where docker and podman keep logins, in the order in which they are asked. */
function configFiles(inputs: CredentialInputs): ConfigFile[] {
  const { env, machine } = inputs;
  const docker = env['DOCKER_CONFIG'] || undefined;
  const podman = env['REGISTRY_AUTH_FILE'] || undefined;
  return [
    ...(docker === undefined
      ? atHome(inputs, '~/.docker/config.json', '.docker', 'config.json')
      : [byVariable('$DOCKER_CONFIG/config.json', join(docker, 'config.json'))]),
    ...(podman === undefined ? [] : [byVariable('$REGISTRY_AUTH_FILE', podman)]),
    ...runtimeFiles(env, machine),
    ...atHome(inputs, '~/.config/containers/auth.json', '.config', 'containers', 'auth.json'),
  ];
}

/** Where `podman login` and `skopeo login` write; without a runtime folder, as in a job container, below /run. */
function runtimeFiles(env: Environment, { platform, userId }: Machine): ConfigFile[] {
  const runtime = env['XDG_RUNTIME_DIR'] || undefined;
  if (runtime !== undefined) {
    return [byVariable('$XDG_RUNTIME_DIR/containers/auth.json', join(runtime, 'containers', 'auth.json'))];
  }
  if (platform !== 'linux' || userId === undefined) return [];
  const path = `/run/containers/${userId}/auth.json`;
  return [{ path, name: path }];
}

function atHome({ env, machine }: CredentialInputs, name: string, ...path: string[]): ConfigFile[] {
  const variables = machine.platform === 'win32' ? ['USERPROFILE', 'HOME'] : ['HOME', 'USERPROFILE'];
  const home = variables.map((variable) => env[variable]).find((folder) => folder) ?? machine.homeFolder;
  return home === '' ? [] : [{ path: join(home, ...path), name }];
}

/** A file that a variable names: the reader has to know which. */
function byVariable(name: string, path: string): ConfigFile {
  return { path, name: `${name} (${path})` };
}

/** ghcr.io, and on a GitHub Enterprise Server its own registry: its token is nothing to github.com. */
function githubRegistries(env: Environment): string[] {
  const server = env['GITHUB_SERVER_URL'] ?? '';
  const host = URL.canParse(server) ? new URL(server).host : 'github.com';
  return host === 'github.com' ? ['ghcr.io'] : [`containers.${host}`];
}
