import { fail } from './action/failures.ts';
import { runnerFiles } from './action/publish.ts';
import { ActionError } from './error.ts';
import { run, stepContext } from './run.ts';

/** Milliseconds for the last lines of the log to be read. */
const maxFlushMs = 5_000;

/** Milliseconds that a timer can count: four times as long as a job may take. */
const maxTimerMs = 2 ** 31 - 1;

/** Runs the step to the end of the process. Whatever ends it early, a signal, a defect or the deadline, fails it. */
export async function runGuarded(): Promise<never> {
  // Node's warnings about a library would reach the log past its one writer.
  process.removeAllListeners('warning');

  const context = stepContext();
  const { env, log } = context;
  let isOver = false;
  let watchdog: NodeJS.Timeout | undefined;
  const undos: (() => void)[] = [];

  /** Ends the process, failed, with an annotation unless the run has written one. */
  const abandon = (error: unknown): void => {
    if (!isOver) for (const undo of undos) undo();
    if (!isOver) fail(log, runnerFiles(env).output, [{ error, about: '' }]);
    isOver = true;
    void endProcess(1);
  };

  process.on('uncaughtException', abandon);
  process.on('unhandledRejection', abandon);
  process.on('beforeExit', () => {
    abandon(new ActionError('internal', 'The run came to an end without a result.'));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      abandon(new ActionError('timeout', `The step was ended by ${signal} before it was done; no output is set.`));
    });
  }

  const succeeded = await run({
    ...context,
    limit(milliseconds) {
      clearTimeout(watchdog);
      const late = () =>
        abandon(new ActionError('timeout', `The run took longer than ${milliseconds / 1000} seconds.`));
      watchdog = setTimeout(late, Math.min(milliseconds, maxTimerMs)).unref();
    },
    undoOnEnd: (undo) => undos.push(undo),
    isOver: () => isOver,
  });
  isOver = true;

  return endProcess(succeeded ? 0 : 1);
}

/**
 * Ends the process when what was printed has been read, or nobody reads it. Whatever is still open belongs to no output:
 * a proxy that hangs must not hold up the job.
 */
function endProcess(code: 0 | 1): Promise<never> {
  const end = () => process.exit(code);
  setTimeout(end, maxFlushMs);
  return new Promise(() => process.stdout.write('', end));
}
