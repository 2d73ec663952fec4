import { randomUUID } from 'node:crypto';
import { ActionError, type ErrorCode, messageOf } from '../error.ts';
import type { MissingImage, ResolvedImage } from '../image/resolved-image.ts';
import { inertJson, outputsTooLarge } from './inert-json.ts';
import type { Result } from './results.ts';
import { appendToRunnerFile } from './runner-file.ts';
import type { SavedFiles } from './saved-files.ts';

/** Every output, as `action.yml` lists them. */
export const outputNames = [
  'exists',
  'digest',
  'index-digest',
  'manifest-digest',
  'config-digest',
  'layer-digests',
  'layers',
  'diff-ids',
  'name',
  'reference',
  'media-type',
  'platform',
  'platforms',
  'size',
  'created',
  'labels',
  'annotations',
  'index-path',
  'manifest-path',
  'config-path',
  'changed',
  'needs-updating',
  'verified',
  'source-ref',
  'source-commit',
  'signer',
  'referrers',
  'layout-path',
  'layout-name',
  'results-path',
  'results',
  'error-code',
] as const;

/** The outputs that a run sets, by name. */
export type Outputs = Partial<Record<(typeof outputNames)[number], string>>;

/** Bytes that all outputs together may have. */
const maxOutputsBytes = 16 * 1024 * 1024;

/** What decides which outputs there are. */
export interface OutputSettings {
  /** Whether exactly one platform was requested by name. */
  readonly isOnePlatform: boolean;
  /** The folder that was exported; empty when there is none. */
  readonly layoutPath: string;
}

/** What a scalar output may hold of a name, so that it is harmless in a script. */
const inertName = /^[A-Za-z0-9_.:/@+-]*$/;

/**
 * The outputs of a run. Those that describe one manifest are set only when one image and one platform were requested,
 * so that none is read by mistake.
 *
 * @param results those of each image, in the same order
 * @throws ActionError `too-large`
 */
export function outputsOf(
  images: readonly (ResolvedImage | MissingImage)[],
  results: readonly (readonly Result[])[],
  files: SavedFiles,
  { isOnePlatform, layoutPath }: OutputSettings,
): Outputs {
  const outputs = allOutputs(images, results, files, isOnePlatform);
  if (layoutPath !== '') outputs['layout-path'] = layoutPath;
  const bytes = Object.values(outputs).reduce((sum, value) => sum + value.length, 0);
  if (bytes > maxOutputsBytes) throw outputsTooLarge('All outputs together', maxOutputsBytes);
  return outputs;
}

function allOutputs(
  images: readonly (ResolvedImage | MissingImage)[],
  results: readonly (readonly Result[])[],
  files: SavedFiles,
  isOnePlatform: boolean,
): Outputs {
  const common = {
    exists: String(images.every(({ exists }) => exists)),
    ...(images.length > 0 && images.every((image) => image.exists && image.verified.length > 0)
      ? { verified: 'true' }
      : {}),
    results: inertJson(results.flat()),
  };
  const [image] = images;
  const [result] = results.flat();
  if (images.length !== 1 || !image?.exists || result === undefined) return common;
  const referrers = image.referrers === undefined ? {} : { referrers: inertJson(image.referrers) };
  const withImage = { ...common, ...imageOutputs(result), ...referrers };
  return isOnePlatform ? { ...withImage, ...manifestOutputs(image, result, files), ...proofOutputs(image) } : withImage;
}

/**
 * Writes all outputs at once.
 *
 * @param path `GITHUB_OUTPUT`
 * @throws ActionError `runner-error`; nothing has been set then
 */
export function writeOutputs(path: string, outputs: Outputs): void {
  const texts = outputNames.flatMap((name) => {
    const value = outputs[name];
    if (value === undefined) return [];
    const delimiter = `ghadelimiter_${randomUUID()}`;
    return [`${name}<<${delimiter}\n${value}\n${delimiter}\n`];
  });
  try {
    if (path === '') throw new Error('it is not set');
    appendToRunnerFile(path, texts);
  } catch (error) {
    throw new ActionError('runner-error', `GITHUB_OUTPUT cannot be written: ${messageOf(error)}`, {
      advice: 'The runner sets GITHUB_OUTPUT to a file for each step; check the runner and its disk.',
    });
  }
}

/** The one output of a step that has failed. */
export function failureOutputs(code: ErrorCode): Outputs {
  return { 'error-code': code };
}

function imageOutputs(result: Result): Outputs {
  return {
    digest: result.digest ?? '',
    'index-digest': result.indexDigest ?? '',
    ...(result.name === undefined ? {} : { name: result.name, reference: result.reference ?? '' }),
    'media-type': result.mediaType ?? '',
    platforms: inertJson(result.platforms),
  };
}

/** By the certificate that built-from accepted for its first predicate type, else by that of signed-by. */
function proofOutputs({ verified }: ResolvedImage): Outputs {
  const proof = verified.find(({ gate }) => gate === 'built-from') ?? verified.find(({ gate }) => gate === 'signed-by');
  const inert = (name: keyof Outputs, text: string | undefined): Outputs =>
    text !== undefined && inertName.test(text) ? { [name]: text } : {};
  return {
    ...inert('source-ref', proof?.sourceRef),
    ...inert('source-commit', proof?.sourceCommit),
    ...inert('signer', proof?.identity),
  };
}

function manifestOutputs(image: ResolvedImage, result: Result, files: SavedFiles): Outputs {
  const { layers = [], configDigest, changed, needsUpdating, layoutName } = result;
  const hasConfig = result.labels !== undefined && configDigest !== undefined;
  return {
    'manifest-digest': result.manifestDigest ?? '',
    'config-digest': configDigest ?? '',
    'layer-digests': inertJson(layers.map(({ digest }) => digest)),
    layers: inertJson(layers),
    platform: result.platform ?? '',
    size: String(result.size),
    annotations: inertJson(result.annotations),
    'index-path': image.isIndex ? files.pathOf(image.digest) : '',
    'manifest-path': result.manifestPath ?? '',
    ...(hasConfig
      ? {
          created: result.created ?? '',
          labels: inertJson(result.labels),
          'diff-ids': inertJson(result.diffIds),
          'config-path': files.pathOf(configDigest),
        }
      : {}),
    ...(changed === undefined ? {} : { changed: String(changed) }),
    ...(needsUpdating === undefined ? {} : { 'needs-updating': String(needsUpdating) }),
    ...(layoutName !== undefined && inertName.test(layoutName) ? { 'layout-name': layoutName } : {}),
  };
}
