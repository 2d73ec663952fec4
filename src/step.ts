import { fail } from './failure.ts';
import { readRunnerFiles } from './inputs.ts';
import { openLog } from './log.ts';
import { run } from './main.ts';
import { ActionError } from './oci/action-error.ts';
import type { Prepared } from './prepare.ts';

/** Milliseconds for the last lines to be read. */
const longestFlush = 5_000;

/** Runs the step to the end of the process: nothing that happens in between ends it otherwise than failed. */
export async function runStep(prepared: Prepared): Promise<never> {
  // What Node thinks of a library is no news to the author of a workflow, and would reach the log past its one writer.
  process.removeAllListeners('warning');

  const log = openLog();
  let isOver = false;

  /** Ends the process, failed, with the reason as an annotation unless the run has had its say. */
  const abandon = (error: unknown): void => {
    if (!isOver) fail(log, readRunnerFiles(), [{ error, about: '' }]);
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

  const succeeded = await run(prepared, log, {
    limit(milliseconds) {
      const late = () =>
        abandon(new ActionError('timeout', `The run took longer than ${milliseconds / 1000} seconds.`));
      setTimeout(late, milliseconds).unref();
    },
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
  setTimeout(end, longestFlush);
  return new Promise(() => process.stdout.write('', end));
}
