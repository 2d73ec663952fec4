import { ActionError } from '../error.ts';
import type { GateSettings } from '../image/gates/gates.ts';
import { fullReference } from '../image/layout-names.ts';
import type { ImageRequest } from '../image/resolved-image.ts';
import { parseHost } from '../oci/host.ts';
import { formatPlatform, type Platform, parsePlatform } from '../oci/platform.ts';
import { isRepositoryPath, withoutUserinfo } from '../oci/reference.ts';
import { formatSource, type ImageSource, parseSource } from '../oci/source.ts';
import type { CredentialSources } from '../registry/credentials/store.ts';
import type { Mirror, Mirrors } from '../registry/endpoints.ts';
import type { AuthHosts } from '../registry/trust/trust.ts';
import { attestationSettings } from './attestation-inputs.ts';
import { credentialSources } from './credential-inputs.ts';
import {
  aboutInput,
  type Environment,
  type InputName,
  type InputReader,
  inputReader,
  type Machine,
  readGate,
} from './input-table.ts';
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
} from './input-values.ts';

/** Everything that a run is to do: checked and normalised. Durations are in milliseconds. */
export interface Inputs {
  /** One for each line, also for lines that repeat others. */
  readonly images: readonly ImageRequest[];
  readonly platforms: 'all' | readonly Platform[];
  readonly credentials: CredentialSources;
  readonly authHosts: AuthHosts;
  readonly plainHttp: ReadonlySet<string>;
  /** Whether outputs from the image config are wanted. */
  readonly inspect: boolean;
  readonly gates: GateSettings;
  readonly failOnMissing: boolean;
  readonly waitTimeoutMs: number;
  readonly waitIntervalMs: number;
  /** The folder that becomes a layout; empty when nothing is exported. */
  readonly exportTo: string;
  readonly compareWith: ImageSource | undefined;
  /** `auto` for the one that each image names itself. */
  readonly baseImage: ImageSource | 'auto' | undefined;
  /** Whether what refers to the images is listed. */
  readonly referrers: boolean;
  readonly mirrors: Mirrors;
  readonly timeoutMs: number;
  readonly summary: boolean;
}

/**
 * Reads and checks all inputs.
 *
 * @throws ActionError `invalid-input`, or `unsupported` for a digest of an unknown algorithm
 */
export function readInputs(env: Environment, machine: Machine): Inputs {
  checkProxies(env);
  const input = inputReader(env);
  const parse = (text: string) => parseSource(text, machine.platform === 'win32');
  const images = readImages(input, parse);
  const timeoutMs = parseDuration('timeout', input('timeout'));
  if (timeoutMs === 0) throw invalidInput('timeout', 'nothing can be resolved in no time', 'Write for example 2m.');
  const gates = readGates(env, input);
  const referrers = parseBoolean('referrers', input('referrers'));
  if (referrers) refuseLayouts('referrers', images);
  if (gates.requiredReferrers !== undefined) refuseLayouts('require-referrers', images);
  const { builtFrom, signedBy } = gates.attestation ?? {};
  if (gates.attestation) refuseLayouts(builtFrom ? 'built-from' : signedBy ? 'signed-by' : 'public-key', images);
  const exportTo = input('export-to');
  if (exportTo !== '') refuseSameNames(images);
  const waitTimeoutMs = parseDuration('wait-timeout', input('wait-timeout'));
  if (waitTimeoutMs > 0 && images.every(({ source }) => source.kind === 'layout')) throw nothingToWaitFor();
  return {
    images,
    platforms: readPlatforms(input),
    credentials: credentialSources({ env, input, machine, timeoutMs }, registriesOf(images)),
    authHosts: readAuthHosts(input),
    plainHttp: new Set(parseList(input('plain-http')).map((host) => parseRegistryInput('plain-http', host))),
    inspect: parseBoolean('inspect', input('inspect')) || gates.expectedLabels !== undefined,
    gates,
    failOnMissing: parseBoolean('fail-on-missing', input('fail-on-missing')),
    waitTimeoutMs,
    waitIntervalMs: parseDuration('wait-interval', input('wait-interval')),
    exportTo,
    compareWith: readSource('compare-with', input, parse),
    baseImage: input('base-image') === 'auto' ? 'auto' : readSource('base-image', input, parse),
    referrers,
    mirrors: readMirrors(input),
    timeoutMs,
    summary: parseBoolean('summary', input('summary')),
  };
}

/** A proxy setting that cannot be read would be ignored in silence, and the proxy with it. */
function checkProxies(env: Environment): void {
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
    const value = env[name] ?? '';
    if (value === '' || isProxy(value)) continue;
    throw new ActionError('invalid-input', `The environment variable ${name} is not a proxy.`, {
      advice: 'Write http://host:port, with special characters of user name and password percent-encoded.',
    });
  }
}

type ParseSource = (text: string) => ImageSource;

function readImages(input: InputReader, parse: ParseSource): ImageRequest[] {
  const texts = parseLines(input('image'));
  if (texts.length === 0) throw invalidInput('image', 'it is empty', 'Write a reference, as for docker pull.');
  return texts.map((text) => ({ text, source: parse(text) }));
}

/** Two images of one name in a layout could not be told apart. */
function refuseSameNames(images: readonly ImageRequest[]): void {
  const names = new Set<string>();
  for (const { text, source } of images) {
    const own = source.kind === 'layout' ? [formatSource(source), source.name] : [fullReference(source)];
    for (const name of own.filter((name) => name !== '')) {
      if (names.has(name)) {
        const why = `"${text}" has the name of another line, and export-to needs one name for each`;
        throw invalidInput('image', why, 'Remove one, or export it in another step.');
      }
    }
    for (const name of own) names.add(name);
  }
}

/** What refers to an image is for a registry to say. */
function refuseLayouts(name: InputName, images: readonly ImageRequest[]): void {
  const layout = images.find(({ source }) => source.kind === 'layout');
  if (layout === undefined) return;
  throw invalidInput(name, `"${layout.text}" is a local layout`, 'It is for images on registries only.');
}

function nothingToWaitFor(): ActionError {
  return invalidInput('wait-timeout', 'only images on registries are waited for', 'Leave it out for local layouts.');
}

function registriesOf(images: readonly ImageRequest[]): Set<string> {
  return new Set(images.flatMap(({ source }) => (source.kind === 'registry' ? [source.reference.registry] : [])));
}

function readSource(
  name: 'compare-with' | 'base-image',
  input: InputReader,
  parse: ParseSource,
): ImageSource | undefined {
  const text = input(name);
  return text === '' ? undefined : aboutInput(name, () => parse(text));
}

function readPlatforms(input: InputReader): Inputs['platforms'] {
  const texts = parseList(input('platform'));
  if (texts.length === 0) throw invalidInput('platform', 'it names none', 'Write for example linux/amd64, or all.');
  if (!texts.some((text) => text.toLowerCase() === 'all')) {
    const platforms = aboutInput('platform', () => texts.map(parsePlatform));
    return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
  }
  if (texts.length === 1) return 'all';
  throw invalidInput('platform', 'all goes with no other platform', 'Write all, or a list without it.');
}

function readGates(env: Environment, input: InputReader): GateSettings {
  return {
    expectedDigests: readGate('expected-digest', env, parseExpectedDigests),
    expectedLabels: readGate('expected-labels', env, parseExpectedLabels),
    requiredPlatforms: readGate('require-platforms', env, (text) => parseList(text).map(parsePlatform)),
    verifyBlobs: parseBoolean('verify-blobs', input('verify-blobs')),
    requiredReferrers: readGate('require-referrers', env, parseList),
    attestation: attestationSettings({ env, input, gate: (name, parse) => readGate(name, env, parse) }),
  };
}

function readAuthHosts(input: InputReader): AuthHosts {
  const pairs = new Map<string, Set<string>>();
  for (const line of parseList(input('auth-hosts'))) {
    const [registry = '', host = '', ...rest] = line.split('=').map((part) => part.trim());
    if (rest.length > 0 || host === '') {
      throw invalidInput('auth-hosts', `"${line}" is not a pair`, 'Write REGISTRY=HOST.');
    }
    const key = parseRegistryInput('auth-hosts', registry);
    const hosts = pairs.get(key) ?? new Set();
    const tokenHost = parseHost(host);
    if (tokenHost === undefined) throw invalidRegistry('auth-hosts', host);
    pairs.set(key, hosts.add(tokenHost));
  }
  return pairs;
}

function readMirrors(input: InputReader): Mirrors {
  const mirrors = new Map<string, Mirror[]>();
  for (const line of parseList(input('mirrors'))) {
    const [registry = '', place = '', ...rest] = line.split('=').map((part) => part.trim());
    const [, host = '', prefix = ''] = /^([^/]+)(?:\/(.+?))?\/?$/.exec(place) ?? [];
    if (rest.length > 0 || host === '' || (prefix !== '' && !isRepositoryPath(prefix))) {
      const shown = withoutUserinfo(line);
      throw invalidInput('mirrors', `"${shown}" is not a mirror`, 'Write REGISTRY=HOST or REGISTRY=HOST:PORT/PREFIX.');
    }
    const key = parseRegistryInput('mirrors', registry);
    const mirror = { host: parseRegistryInput('mirrors', host), prefix };
    mirrors.set(key, [...(mirrors.get(key) ?? []), mirror]);
  }
  return mirrors;
}
