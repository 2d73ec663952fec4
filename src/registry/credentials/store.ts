import { ActionError } from '../../oci/action-error.ts';
import type { Repository } from '../../oci/reference.ts';
import { type ConfigFile, readConfigFiles } from './config-files.ts';
import { type Credential, secretsOf } from './credential.ts';
import { credHelperFor, type DockerConfig, findAuth, parseDockerConfig, serverKey } from './docker-config.ts';
import { askHelper, type HelperOptions } from './helper.ts';

/** Everything that may hold credentials, in the order in which it is asked. */
export interface CredentialSources {
  /** The inputs `username` and `password`, with the one registry that they belong to. */
  readonly input: { readonly registry: string; readonly username: string; readonly password: string } | undefined;
  /** The content of `DOCKER_AUTH_CONFIG`; empty when there is none. */
  readonly dockerAuthConfig: string;
  readonly files: readonly ConfigFile[];
  readonly helpers: HelperOptions;
  /** The workflow's own token, with the registries that may see it. */
  readonly githubToken: { readonly token: string; readonly registries: readonly string[] };
}

/** Finds the credentials of a repository. */
export type CredentialStore = (repository: Repository) => Promise<Credential | undefined>;

/** What a store tells its owner. */
export interface StoreListener {
  /** Called with every secret that the store found, before it gives it out. */
  keepSecret(secret: string): void;
  /** Called where credentials were looked for in vain although something says that there are some; `said` are another's words. */
  warn(message: string, said: string | undefined): void;
}

/**
 * Reads the configs of a run and finds credentials in them. Helpers are asked only when a credential is needed.
 *
 * @param repositories what will be asked for: where the inputs cover it all, no config is read
 * @throws ActionError `invalid-input` for a config, or an entry for one of the repositories, that cannot be read
 */
export function openCredentials(
  sources: CredentialSources,
  repositories: readonly Repository[],
  listener: StoreListener,
): CredentialStore {
  const isCovered = (repository: Repository) => fromInputs(sources, repository) !== undefined;
  const configs = repositories.every(isCovered) ? [] : readConfigs(sources);
  for (const repository of repositories) if (!isCovered(repository)) checkEntries(configs, repository);

  const ask = askingOnce(sources.helpers);
  const warnings = new Set<string>();
  const warn: StoreListener['warn'] = (message, said) => {
    if (!warnings.has(message)) listener.warn(message, said);
    warnings.add(message);
  };
  const find = async (repository: Repository): Promise<Credential | undefined> => {
    const given = fromInputs(sources, repository);
    if (given !== undefined) return given;
    for (const config of configs) {
      const found = await findIn(config, repository, ask, warn);
      if (found !== undefined) return found;
    }
    return fromGithubToken(sources, repository);
  };
  return async (repository) => {
    const credential = await find(repository);
    if (credential !== undefined) secretsOf(credential).forEach(listener.keepSecret);
    return credential;
  };
}

/** Asks a helper for a server; `source` says where the helper is named. */
type Ask = (helper: unknown, server: string, source: string) => Promise<Credential | undefined>;

/** A helper is asked once for a server, however many of its repositories are looked at. */
function askingOnce(options: HelperOptions): Ask {
  const answers = new Map<string, Promise<Credential | undefined>>();
  return (helper, server, source) => {
    const key = JSON.stringify([source, helper, server]);
    const answer = answers.get(key) ?? askHelper(helper, server, source, options);
    answers.set(key, answer);
    return answer;
  };
}

function readConfigs({ dockerAuthConfig, files }: CredentialSources): DockerConfig[] {
  const fromVariable = dockerAuthConfig === '' ? [] : [parseDockerConfig(dockerAuthConfig, 'DOCKER_AUTH_CONFIG')];
  return [...fromVariable, ...readConfigFiles(files)];
}

/** Finds bad entries before any request is sent, as far as no helper stands before them. */
function checkEntries(configs: readonly DockerConfig[], repository: Repository): void {
  for (const config of configs) {
    if (credHelperFor(config, repository.registry) !== undefined || hasStore(config)) return;
    if (findAuth(config, repository) !== undefined) return;
  }
}

async function findIn(
  config: DockerConfig,
  repository: Repository,
  ask: Ask,
  warn: StoreListener['warn'],
): Promise<Credential | undefined> {
  const server = serverKey(repository.registry);
  const helper = credHelperFor(config, repository.registry);
  if (helper !== undefined) {
    const helped = await ask(helper, server, `${config.name}, credHelpers`);
    if (helped !== undefined) return helped;
  }
  const stored = hasStore(config) ? await fromStore(config, server, ask, warn) : undefined;
  return stored ?? findAuth(config, repository);
}

function hasStore({ credsStore }: DockerConfig): boolean {
  return credsStore !== undefined && credsStore !== null && credsStore !== '';
}

async function fromStore(
  config: DockerConfig,
  server: string,
  ask: Ask,
  warn: StoreListener['warn'],
): Promise<Credential | undefined> {
  try {
    return await ask(config.credsStore, server, `${config.name}, credsStore`);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    warn(`${error.message} The entries of auths are used.`, error.said);
    return undefined;
  }
}

function fromInputs({ input }: CredentialSources, { registry }: Repository): Credential | undefined {
  if (input?.registry !== registry) return undefined;
  const { username, password } = input;
  return { kind: 'basic', username, password, source: 'the inputs username and password' };
}

function fromGithubToken({ githubToken }: CredentialSources, { registry }: Repository): Credential | undefined {
  const { token, registries } = githubToken;
  if (token === '' || !registries.includes(registry)) return undefined;
  return {
    kind: 'basic',
    username: 'x-access-token',
    password: token,
    source: 'the input github-token',
    isOptional: true,
  };
}
