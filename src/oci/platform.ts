import { ActionError } from '../error.ts';

/** A platform. Empty parts are absent. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  readonly osVersion: string;
  readonly osFeatures: readonly string[];
}

const architectures: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64' },
  i386: { architecture: '386' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};

/** The level of an architecture's variants when none is written, and the lowest that is fallen back to. */
const levels: Readonly<Record<string, { baseline: number; lowest: number }>> = {
  amd64: { baseline: 1, lowest: 1 },
  arm: { baseline: 7, lowest: 5 },
  arm64: { baseline: 8, lowest: 8 },
};

const partPattern = /^[a-z0-9_-]+$/;
const variantPattern = /^[a-z0-9_.-]+$/;
const osPattern = /^([a-z0-9_-]+)(?:\(([0-9.]*)((?:\+[a-z0-9_.-]+)*)\))?$/;
const osVersionPattern = /^[0-9]{1,9}(?:\.[0-9]{1,9}){2,3}$/;

/** Characters; platforms are short. */
const maxPlatformLength = 200;

/**
 * Reads what a person asks for: `os/arch[/variant]`, `windows(10.0.20348)/amd64` or `windows/amd64:10.0.20348.1850`.
 *
 * @returns the normalised platform
 * @throws ActionError `invalid-input`
 * @see https://github.com/containerd/platforms/blob/v1.0.0/platforms.go
 */
export function parsePlatform(input: string): Platform {
  const [text = '', suffix, ...more] = input.toLowerCase().split(':');
  const [osPart = '', architecture = '', variant = '', ...rest] = text.split('/');
  const [, os = '', inParentheses = '', features = ''] = osPattern.exec(osPart) ?? [];
  const wellFormed =
    input.length <= maxPlatformLength &&
    rest.length + more.length === 0 &&
    os !== '' &&
    partPattern.test(architecture) &&
    (variant === '' ? text.split('/').length === 2 : variantPattern.test(variant)) &&
    (suffix === undefined || (suffix !== '' && inParentheses === ''));
  if (!wellFormed) throw invalid(input, 'it is not os/arch or os/arch/variant');
  const osVersion = suffix ?? inParentheses;
  const platform = normalise({ os, architecture, variant, osVersion, osFeatures: features.split('+').slice(1) });
  checkOsVersion(platform, input);
  return platform;
}

/** The one spelling of a platform: lower case, aliases resolved, default variants dropped or added. */
export function normalise(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const written = platform.architecture.toLowerCase();
  const alias = Object.hasOwn(architectures, written) ? architectures[written] : undefined;
  const architecture = alias?.architecture ?? written;
  return {
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    variant: normaliseVariant(architecture, alias?.variant ?? platform.variant.toLowerCase()),
    osVersion: platform.osVersion,
    osFeatures: platform.osFeatures.map((feature) => feature.toLowerCase()),
  };
}

/** Writes a platform as containerd does, as it is: `linux/arm64/v8`, `windows(10.0.20348.1850)/amd64`. */
export function formatPlatform({ os, osVersion, osFeatures, architecture, variant }: Platform): string {
  const features = osFeatures.map((feature) => `+${feature}`).join('');
  const detail = osVersion === '' && features === '' ? '' : `(${osVersion}${features})`;
  return [`${os}${detail}`, architecture, variant].filter((part, at) => at < 2 || part !== '').join('/');
}

/**
 * Picks the item for `requested`: exact before lower variants of the same os and architecture, for Windows the
 * highest version, and the first among equals. Never another architecture.
 */
export function choosePlatform<Item>(
  items: readonly Item[],
  requested: Platform,
  platformOf: (item: Item) => Platform | undefined,
): Item | undefined {
  let best: { item: Item; platform: Platform } | undefined;
  for (const item of items) {
    const written = platformOf(item);
    const platform = written && normalise(written);
    if (platform === undefined || !fits(platform, requested)) continue;
    if (best === undefined || isBetter(platform, best.platform, requested)) best = { item, platform };
  }
  return best?.item;
}

/**
 * The platform with its `os.version` for Windows alone: of another os it may be any words, as "Ubuntu 22.04.5" in all
 * Homebrew bottles, and says nothing about what can run.
 */
export function withUsedOsVersion(platform: Platform): Platform {
  return normalise(platform).os === 'windows' ? platform : { ...platform, osVersion: '' };
}

/** Whether this is `unknown/unknown`, which attestations have. */
export function isUnknownPlatform(platform: Platform): boolean {
  const { os, architecture } = normalise(platform);
  return os === 'unknown' && architecture === 'unknown';
}

/** Whether `offered` is the platform `requested`, without falling back to a lower variant. */
export function isSamePlatform(offered: Platform, requested: Platform): boolean {
  const platform = normalise(offered);
  return fits(platform, requested) && platform.variant === requested.variant;
}

function normaliseVariant(architecture: string, variant: string): string {
  if (architecture === 'arm') return variant === '' ? 'v7' : /^[5-8]$/.test(variant) ? `v${variant}` : variant;
  if (architecture === 'arm64' && (variant === 'v8' || variant === '8')) return '';
  if (architecture === 'amd64' && variant === 'v1') return '';
  return variant;
}

function checkOsVersion({ os, osVersion }: Platform, input: string): void {
  if (osVersion === '') return;
  if (os !== 'windows') throw invalid(input, 'only windows has an OS version');
  if (!osVersionPattern.test(osVersion)) throw invalid(input, 'an OS version has three or four numbers');
}

function fits(offered: Platform, requested: Platform): boolean {
  return (
    offered.os === requested.os &&
    offered.architecture === requested.architecture &&
    variantFits(offered, requested) &&
    (requested.osVersion === '' || build(offered) === build(requested)) &&
    requested.osFeatures.every((feature) => offered.osFeatures.includes(feature))
  );
}

function variantFits(offered: Platform, requested: Platform): boolean {
  if (offered.variant === requested.variant) return true;
  const level = variantLevel(offered);
  const highest = variantLevel(requested);
  return level !== undefined && highest !== undefined && level < highest;
}

/** `v8.2` of arm64 as 8.002, so that levels compare; undefined where variants have no order. */
function variantLevel({ architecture, variant }: Platform): number | undefined {
  const range = Object.hasOwn(levels, architecture) ? levels[architecture] : undefined;
  if (range === undefined || variant === '') return range?.baseline;
  const [, major, minor = '0'] = /^v([0-9]{1,3})(?:\.([0-9]{1,3}))?$/.exec(variant) ?? [];
  if (major === undefined || Number(major) < range.lowest) return undefined;
  return Number(major) + Number(minor) / 1000;
}

function isBetter(one: Platform, other: Platform, requested: Platform): boolean {
  if (one.variant !== other.variant) {
    if (one.variant === requested.variant || other.variant === requested.variant)
      return one.variant === requested.variant;
    return (variantLevel(one) ?? 0) > (variantLevel(other) ?? 0);
  }
  if (requested.os !== 'windows' || one.osVersion === other.osVersion) return false;
  if (requested.osVersion === '' || ![one.osVersion, other.osVersion].includes(requested.osVersion)) {
    return isHigherVersion(one.osVersion, other.osVersion);
  }
  return one.osVersion === requested.osVersion;
}

function isHigherVersion(one: string, other: string): boolean {
  const [left, right] = [versionParts(one), versionParts(other)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) > (right[at] ?? 0);
}

function versionParts(version: string): number[] {
  const parts = version.split('.', 4).map((part) => (/^[0-9]{1,9}$/.test(part) ? Number(part) : -1));
  return [...parts, -1, -1, -1, -1].slice(0, 4);
}

/** The first three parts of a Windows version, which say which containers a host can run. */
function build({ osVersion }: Platform): string {
  return osVersion.split('.', 3).join('.');
}

function invalid(input: string, why: string): ActionError {
  return new ActionError('invalid-input', `"${input}" is not a platform: ${why}.`, {
    advice: 'Write for example linux/amd64, linux/arm/v7 or windows(10.0.20348)/amd64.',
  });
}
