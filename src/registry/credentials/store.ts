import { ActionError } from '../../error.ts';
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

/** Finds the credentials of a repository; `again` asks helpers anew, as what they gave has expired. */
export type CredentialStore = (repository: Repository, again?: boolean) => Promise<Credential | undefined>;

/** What a store tells its owner. */
export interface StoreListener {
  /** Called with every secret that the store found, before it gives it out. */
  keepSecret(secret: string): void;
  /** Called where something names credentials that cannot be had; `remoteMessage` are another's words. */
  warn(message: string, remoteMessage: string | undefined): void;
}

/**
 * Reads the configs of a run and finds credentials in them. Helpers are asked only when a credential is needed.
 *
 * @param repositories what will be contacted, as far as it is known: where the inputs cover it all, no config is read
 * @throws ActionError `invalid-input` for a config, or an entry for one of the repositories, that cannot be read
 */
export function openCredentials(
  sources: CredentialSources,
  repositories: readonly Repository[],
  listener: StoreListener,
): CredentialStore {
  const isCovered = (repository: Repository) => fromInputs(sources, repository) !== undefined;
  let read: DockerConfig[] | undefined;
  const configs = (): DockerConfig[] => {
    read ??= readConfigs(sources);
    return read;
  };
  for (const repository of repositories) if (!isCovered(repository)) checkEntries(configs(), repository);

  const helpers = sharedHelpers(sources.helpers);
  const warnings = new Set<string>();
  const warn: StoreListener['warn'] = (message, remoteMessage) => {
    if (!warnings.has(message)) listener.warn(message, remoteMessage);
    warnings.add(message);
  };
  const find = async (repository: Repository, again: boolean): Promise<Credential | undefined> => {
    const fromInput = fromInputs(sources, repository);
    if (fromInput !== undefined) return fromInput;
    const ask: AskHelper = (...helper) => helpers(again, ...helper);
    for (const config of configs()) {
      const credential = await findIn(config, repository, ask, warn);
      if (credential !== undefined) return credential;
    }
    return fromGithubToken(sources, repository);
  };
  return async (repository, again = false) => {
    const credential = await find(repository, again);
    if (credential !== undefined) secretsOf(credential).forEach(listener.keepSecret);
    return credential;
  };
}

/** Asks a helper for a server; `source` says where the helper is named. */
type AskHelper = (helper: unknown, server: string, source: string) => Promise<Credential | undefined>;

/** A helper is run once for a server, however many repositories there are on it, unless it is asked again. */
function sharedHelpers(
  options: HelperOptions,
): (again: boolean, ...helper: Parameters<AskHelper>) => ReturnType<AskHelper> {
  const credentials = new Map<string, Promise<Credential | undefined>>();
  return (again, helper, server, source) => {
    const key = JSON.stringify([source, helper, server]);
    const cached = again ? undefined : credentials.get(key);
    const credential = cached ?? askHelper(helper, server, source, options);
    credentials.set(key, credential);
    return credential;
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
  ask: AskHelper,
  warn: StoreListener['warn'],
): Promise<Credential | undefined> {
  const server = serverKey(repository.registry);
  const helper = credHelperFor(config, repository.registry);
  if (helper !== undefined) {
    const credential = await ask(helper, server, `${config.name}, credHelpers`);
    if (credential !== undefined) return credential;
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
  ask: AskHelper,
  warn: StoreListener['warn'],
): Promise<Credential | undefined> {
  try {
    return await ask(config.credsStore, server, `${config.name}, credsStore`);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    warn(`${error.message} The entries of auths are used.`, error.remoteMessage);
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
