import { exportListener, exportOperation } from './action/export-report.ts';
import { type Failure, fail } from './action/failures.ts';
import type { Environment } from './action/input-table.ts';
import { type Inputs, readInputs } from './action/inputs.ts';
import { type Log, openLog } from './action/log.ts';
import { keepSecrets, requireCertificates, thisMachine } from './action/machine.ts';
import { publish, type RunnerFiles, runnerFiles } from './action/publish.ts';
import { version } from './action/version.ts';
import { documentBudget } from './content/budget.ts';
import { contentCache } from './content/cache.ts';
import { exportImages } from './image/export.ts';
import type { OpenStore } from './image/resolve-image.ts';
import type { MissingImage, ResolvedImage } from './image/resolved-image.ts';
import { openLayouts } from './layout/open.ts';
import { checkLayoutTarget, type LayoutWriter, openLayoutWriter } from './layout/writer.ts';
import type { Repository } from './oci/reference.ts';
import { openCredentials, type StoreListener } from './registry/credentials/store.ts';
import { mirroredRepository } from './registry/endpoints.ts';
import { openSockets } from './registry/http/sockets.ts';
import { openRegistries } from './registry/open.ts';
import { maxResolveMs, resolveImages, type Stores } from './resolve-images.ts';

/** Milliseconds that a run may take besides waiting and resolving: helpers, files, and the end of both. */
const slackMs = 30_000;

/** What a run reads and where it prints. */
export interface StepContext {
  readonly env: Environment;
  readonly log: Log;
}

/** The same, with what watches over the run. */
export interface RunContext extends StepContext {
  /** Told how many milliseconds the run may take from now on. */
  limit(milliseconds: number): void;
  /** Told what to undo when the run is given up. */
  undoOnEnd(undo: () => void): void;
  /** Whether the run was given up, and has failed: it sets no output any more. */
  isOver(): boolean;
}

/**
 * Runs the step: inputs, stores, images, gates, outputs. Prints every failure, and sets the exit code.
 *
 * @returns whether every requested output came from verified bytes and has been written
 */
export async function run(context: RunContext = unguarded()): Promise<boolean> {
  const { env, log } = context;
  const files = runnerFiles(env);
  const failed = (failures: readonly Failure[]) => !context.isOver() && fail(log, files.output, failures);
  try {
    keepSecrets(env, log);
    const inputs = readInputs(env, thisMachine());
    requireCertificates(env, log);
    context.limit(inputs.waitTimeoutMs + maxResolveMs(inputs) + slackMs);
    const target = inputs.exportTo === '' ? undefined : await checkExport(inputs, env);
    const stores = openStores(inputs, context);
    try {
      const { images, failures } = await resolveImages(inputs, stores, log);
      if (context.isOver()) return false;
      if (failures.length > 0) return failed(failures);
      return await finish(images, { inputs, target, files, open: stores.open }, context);
    } finally {
      await stores.close();
    }
  } catch (error) {
    return failed([{ error, about: '' }]);
  }
}

/** The environment and the log of this process. */
export function stepContext(): StepContext {
  return { env: process.env, log: openLog() };
}

/** For those who call `run()` as it is: nothing watches over it. */
function unguarded(): RunContext {
  process.exitCode = 1;
  return { ...stepContext(), limit: () => undefined, undoOnEnd: () => undefined, isOver: () => false };
}

/** The stores of a run, until they are closed. */
interface OpenStores extends Stores {
  close(): Promise<void>;
}

function openStores(inputs: Inputs, { env, log }: StepContext): OpenStores {
  const { compareWith, baseImage, authHosts, plainHttp, mirrors } = inputs;
  const repositories = repositoriesOf(inputs);
  const { registry } = inputs.credentials.input ?? {};
  const isUsed = baseImage === 'auto' || repositories.some((repository) => repository.registry === registry);
  if (registry !== undefined && !isUsed) {
    log.warning(`username and password are for ${registry || 'a registry'}, which no image is on: they are not used.`);
  }
  const listener: StoreListener = {
    keepSecret: log.keepSecret,
    warn: (message, remoteMessage) =>
      log.warning(remoteMessage === undefined ? message : `${message} It said: ${log.quote(remoteMessage)}`),
  };
  const shared = { budget: documentBudget(), cache: contentCache() };
  const sockets = openSockets(`image-digests/${version}`);
  const isWaiting = inputs.waitTimeoutMs > 0 || compareWith !== undefined || baseImage !== undefined;
  const registries = openRegistries({
    ...shared,
    send: sockets.send,
    credentials: openCredentials(inputs.credentials, repositories, listener),
    authHosts,
    plainHttp,
    mirrors,
    tagsFromRegistry: isWaiting,
    keepToken: log.keepToken,
  });
  const layouts = openLayouts({ ...shared, workspace: env['GITHUB_WORKSPACE'] ?? '', warn: log.warning });
  return {
    open: (source, operation) =>
      source.kind === 'layout' ? layouts.open(source, operation) : registries.open(source.reference, operation),
    openNamed(source, from, operation) {
      const reference = from.kind === 'layout' ? undefined : from.reference;
      return source.kind === 'layout'
        ? layouts.open(source, operation)
        : registries.openNamed(source.reference, reference, operation);
    },
    sendApi: registries.send,
    async close() {
      sockets.close();
      await layouts.close();
    },
  };
}

/** Every repository that may be contacted, as far as the inputs tell. */
function repositoriesOf({ images, compareWith, baseImage, mirrors }: Inputs): Repository[] {
  const sources = [...images.map(({ source }) => source), compareWith, baseImage === 'auto' ? undefined : baseImage];
  const own = sources.flatMap((source) => (source?.kind === 'registry' ? [source.reference] : []));
  const mirrored = own.flatMap(({ registry, path }) =>
    (mirrors.get(registry) ?? []).map(({ host, prefix }) => mirroredRepository(path, host, prefix)),
  );
  return [...own, ...mirrored];
}

function checkExport({ exportTo }: Inputs, env: Environment): Promise<string> {
  const workspace = env['GITHUB_WORKSPACE'] ?? '';
  return checkLayoutTarget({ path: exportTo, workspace, temp: env['RUNNER_TEMP'] ?? '' });
}

/** What the end of a run works with. */
interface Ending {
  readonly inputs: Inputs;
  /** The folder that becomes a layout; undefined when nothing is exported. */
  readonly target: string | undefined;
  readonly files: RunnerFiles;
  readonly open: OpenStore;
}

/** Exports the images, and publishes what was found. Without both there is neither a layout nor an output. */
async function finish(
  images: readonly (ResolvedImage | MissingImage)[],
  ending: Ending,
  context: RunContext,
): Promise<boolean> {
  const existing = images.filter((image) => image.exists);
  const writer =
    ending.target === undefined || existing.length === 0 ? undefined : await openLayoutWriter(ending.target);
  const undo = () => writer?.discard();
  context.undoOnEnd(undo);
  try {
    const named = writer === undefined ? existing : await exported(existing, writer, ending, context);
    if (context.isOver()) return false;
    const byRequest = new Map(named.map((image) => [image.request, image]));
    const all = images.map((image) => byRequest.get(image.request) ?? image);
    publish(ending.inputs, { images: all, layoutPath: writer?.path ?? '' }, ending.files, context.log);
    process.exitCode = 0;
    return true;
  } catch (error) {
    undo();
    throw error;
  }
}

function exported(
  images: readonly ResolvedImage[],
  writer: LayoutWriter,
  { inputs, open }: Ending,
  context: RunContext,
): Promise<ResolvedImage[]> {
  return exportImages(images, {
    platforms: inputs.platforms,
    open,
    target: writer,
    listener: exportListener(writer.path, context),
    operation: exportOperation(context.log),
  });
}
