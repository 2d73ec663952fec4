import { randomUUID } from 'node:crypto';
import { inertJson } from './inert-json.ts';
import { ActionError, type ErrorCode, messageOf } from './oci/action-error.ts';
import type { Outcome, Result } from './results.ts';
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
  'results',
  'error-code',
] as const;

/** The outputs that a run sets, by name. */
export type Outputs = Partial<Record<(typeof outputNames)[number], string>>;

/**
 * The outputs of a run. Those that describe one manifest are set only when one image and one platform were asked for,
 * so that none is read by mistake.
 *
 * @param results those of each outcome, in the same order
 * @param isOnePlatform whether exactly one platform was asked for by name
 */
export function outputsOf(
  outcomes: readonly Outcome[],
  results: readonly (readonly Result[])[],
  files: SavedFiles,
  isOnePlatform: boolean,
): Outputs {
  const common = {
    exists: String(outcomes.every(({ found }) => found !== undefined)),
    results: inertJson(results.flat()),
  };
  const [outcome] = outcomes;
  const [result] = results.flat();
  if (outcomes.length !== 1 || outcome?.found === undefined || result === undefined) return common;
  const ofImage = { ...common, ...imageOutputs(result) };
  return isOnePlatform ? { ...ofImage, ...manifestOutputs(outcome, result, files) } : ofImage;
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
  } catch (cause) {
    const why = messageOf(cause);
    throw new ActionError('runner-error', `GITHUB_OUTPUT cannot be written: ${why}`, {
      advice: 'The runner sets GITHUB_OUTPUT to a file for each step; look at the runner and its disk.',
      cause,
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
    name: result.name,
    reference: result.reference ?? '',
    'media-type': result.mediaType ?? '',
    platforms: inertJson(result.platforms),
  };
}

function manifestOutputs({ found }: Outcome, result: Result, files: SavedFiles): Outputs {
  const { layers = [], configDigest, changed, needsUpdating } = result;
  const hasConfig = result.labels !== undefined && configDigest !== undefined;
  return {
    'manifest-digest': result.manifestDigest ?? '',
    'config-digest': configDigest ?? '',
    'layer-digests': inertJson(layers.map(({ digest }) => digest)),
    layers: inertJson(layers),
    platform: result.platform ?? '',
    size: String(result.size),
    annotations: inertJson(result.annotations),
    'index-path': found?.image.entries === undefined ? '' : files.pathOf(found.image.digest),
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
  };
}
