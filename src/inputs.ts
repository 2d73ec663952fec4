import { credentialSources, type Environment, githubToken } from './credential-inputs.ts';
import type { Gates } from './gates.ts';
import { ActionError } from './oci/action-error.ts';
import { parseHost } from './oci/host.ts';
import { formatPlatform, type Platform, parsePlatform } from './oci/platform.ts';
import { formatReference, parseReference, type Reference } from './oci/reference.ts';
import {
  invalidInput,
  invalidRegistry,
  isProxy,
  parseBoolean,
  parseDuration,
  parseExpectedDigests,
  parseExpectedLabels,
  parseLines,
  parseList,
  parseRegistryInput,
} from './parse-input.ts';
import type { CredentialSources } from './registry/credentials/store.ts';
import type { AuthHosts } from './registry/trust.ts';

/** A reference with the text that asked for it. */
export interface AskedImage {
  readonly text: string;
  readonly reference: Reference;
}

/** The files that the runner gives to a step. Empty where the runner gives none. */
export interface RunnerFiles {
  /** `GITHUB_OUTPUT`. */
  readonly output: string;
  /** `GITHUB_STEP_SUMMARY`. */
  readonly summary: string;
  /** `RUNNER_TEMP`, a folder. */
  readonly temp: string;
}

/** Everything that a run is asked to do: checked, normalised, without duplicates. Durations are in milliseconds. */
export interface Inputs {
  readonly images: readonly AskedImage[];
  readonly platforms: 'all' | readonly Platform[];
  readonly credentials: CredentialSources;
  readonly authHosts: AuthHosts;
  readonly plainHttp: ReadonlySet<string>;
  /** Whether the runner has a proxy for https. */
  readonly isProxied: boolean;
  /** Whether outputs from the image config are asked for. */
  readonly inspect: boolean;
  readonly gates: Gates;
  readonly failOnMissing: boolean;
  readonly waitTimeout: number;
  readonly waitInterval: number;
  readonly compareWith: Reference | undefined;
  readonly baseImage: Reference | undefined;
  readonly timeout: number;
  readonly summary: boolean;
}

/** The defaults of `action.yml`, for runs without it. A test holds them against that file. */
export const defaults = {
  platform: 'linux/amd64',
  inspect: 'false',
  'verify-blobs': 'false',
  'fail-on-missing': 'true',
  'wait-timeout': '0',
  'wait-interval': '5s',
  timeout: '2m',
  summary: 'true',
} as const;

/** Every input, as `action.yml` lists them. */
export const inputNames = [
  'image',
  'platform',
  'registry',
  'username',
  'password',
  'github-token',
  'auth-hosts',
  'plain-http',
  'inspect',
  'expected-digest',
  'expected-labels',
  'require-platforms',
  'verify-blobs',
  'fail-on-missing',
  'wait-timeout',
  'wait-interval',
  'compare-with',
  'base-image',
  'timeout',
  'summary',
] as const;

type InputName = (typeof inputNames)[number];

/** The secrets among the inputs, so that they can be masked before anything else happens. */
export function readSecrets(): string[] {
  return [input('password'), githubToken(environment)].filter((secret) => secret !== '');
}

/** The files of the runner, which are needed even when an input is wrong. */
export function readRunnerFiles(): RunnerFiles {
  return { output: variable('GITHUB_OUTPUT'), summary: variable('GITHUB_STEP_SUMMARY'), temp: variable('RUNNER_TEMP') };
}

/**
 * Node can be told by a variable to trust any certificate; a step whose result gates a deploy must not be.
 *
 * @returns whether it had been told so
 */
export function insistOnCertificates(): boolean {
  const wasOff = variable('NODE_TLS_REJECT_UNAUTHORIZED') === '0';
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  return wasOff;
}

/**
 * Reads and checks all inputs. No other module reads inputs or the environment.
 *
 * @throws ActionError `invalid-input`, or `unsupported` for a digest of an unknown algorithm
 */
export function readInputs(): Inputs {
  checkProxies();
  const images = readImages();
  const timeout = parseDuration('timeout', input('timeout'));
  if (timeout === 0)
    throw invalidInput('timeout', 'a look at a registry takes more than no time', 'Write for example 2m.');
  const gates = {
    expectedDigests: readGate('expected-digest', parseExpectedDigests),
    expectedLabels: readGate('expected-labels', parseExpectedLabels),
    requiredPlatforms: readGate('require-platforms', (text) => parseList(text).map(parsePlatform)),
    verifyBlobs: parseBoolean('verify-blobs', input('verify-blobs')),
  };
  return {
    images,
    platforms: readPlatforms(),
    credentials: credentialSources(environment, new Set(images.map(({ reference }) => reference.registry))),
    authHosts: readAuthHosts(),
    plainHttp: new Set(parseList(input('plain-http')).map((host) => parseRegistryInput('plain-http', host))),
    isProxied: ['https_proxy', 'HTTPS_PROXY'].some((name) => variable(name) !== ''),
    inspect: parseBoolean('inspect', input('inspect')) || gates.expectedLabels.length > 0,
    gates,
    failOnMissing: parseBoolean('fail-on-missing', input('fail-on-missing')),
    waitTimeout: parseDuration('wait-timeout', input('wait-timeout')),
    waitInterval: parseDuration('wait-interval', input('wait-interval')),
    compareWith: readReference('compare-with'),
    baseImage: readReference('base-image'),
    timeout,
    summary: parseBoolean('summary', input('summary')),
  };
}

/** A proxy setting that cannot be read would be passed over in silence, and the proxy with it. */
function checkProxies(): void {
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
    const value = variable(name);
    if (value === '' || isProxy(value)) continue;
    throw new ActionError('invalid-input', `The environment variable ${name} is not a proxy.`, {
      advice: 'Write http://host:port, with special characters of user name and password percent-encoded.',
    });
  }
}

function input(name: InputName): string {
  const given = variable(`INPUT_${name.toUpperCase()}`).trim();
  return given === '' && Object.hasOwn(defaults, name) ? defaults[name as keyof typeof defaults] : given;
}

function variable(name: string): string {
  return process.env[name] ?? '';
}

const environment: Environment = {
  input,
  variable,
  withoutInputs() {
    const others: Record<string, string> = {};
    for (const [name, value] of Object.entries(process.env)) {
      if (value !== undefined && !name.toUpperCase().startsWith('INPUT_')) others[name] = value;
    }
    return others;
  },
};

function readImages(): AskedImage[] {
  const texts = parseLines(input('image'));
  if (texts.length === 0) throw invalidInput('image', 'it is empty', 'Write a reference, as for docker pull.');
  return unique(
    texts.map((text) => ({ text, reference: parseReference(text) })),
    ({ reference }) => formatReference(reference),
  );
}

function readPlatforms(): Inputs['platforms'] {
  const texts = parseList(input('platform'));
  if (texts.length === 0) throw invalidInput('platform', 'it names none', 'Write for example linux/amd64, or all.');
  if (!texts.some((text) => text.toLowerCase() === 'all'))
    return unique(
      named('platform', () => texts.map(parsePlatform)),
      formatPlatform,
    );
  if (texts.length === 1) return 'all';
  throw invalidInput('platform', 'all goes with no other platform', 'Write all, or a list without it.');
}

/** A gate that is there and demands nothing would pass whatever comes: it is refused. */
function readGate<Item>(name: InputName, parse: (text: string) => Item[]): Item[] {
  const text = input(name);
  const items = named(name, () => parse(text));
  if (text !== '' && items.length === 0)
    throw invalidInput(name, 'it names nothing to check', 'Fill it, or leave it out.');
  return items;
}

function readReference(name: 'compare-with' | 'base-image'): Reference | undefined {
  const text = input(name);
  return text === '' ? undefined : named(name, () => parseReference(text));
}

function readAuthHosts(): AuthHosts {
  const pairs = new Map<string, Set<string>>();
  for (const line of parseList(input('auth-hosts'))) {
    const [registry = '', host = '', ...rest] = line.split('=').map((part) => part.trim());
    if (rest.length > 0 || host === '')
      throw invalidInput('auth-hosts', `"${line}" is not a pair`, 'Write REGISTRY=HOST.');
    const key = parseRegistryInput('auth-hosts', registry);
    const hosts = pairs.get(key) ?? new Set();
    const trusted = parseHost(host);
    if (trusted === undefined) throw invalidRegistry('auth-hosts', host);
    pairs.set(key, hosts.add(trusted));
  }
  return pairs;
}

/** Says of what is wrong with a value which input it came by. */
function named<Value>(name: InputName, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    throw error.with({ message: `The input ${name} cannot be used: ${error.message}` });
  }
}

function unique<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) if (!byKey.has(key(item))) byKey.set(key(item), item);
  return [...byKey.values()];
}
