import type { Operation } from '../async/operation.ts';
import type { ExportListener } from '../image/export.ts';
import type { Log } from './log.ts';
import { humanSize } from './progress.ts';

/** Milliseconds that an attempt of a download may take until its first byte. */
const attemptMs = 30_000;

/** Bytes that a download gets at least in a minute, or it ends. */
const minBytesPerMinute = 1024 * 1024;

/** Milliseconds that an export may take besides downloading. */
const slackMs = 10 * 60_000;

/** Tells the log how an export goes, and what watches over the run how long it may take. */
export function exportListener(
  path: string,
  { log, limit }: { readonly log: Log; limit(milliseconds: number): void },
): ExportListener {
  return {
    onStart(blobs, bytes, freeBytes) {
      limit(Math.ceil(bytes / minBytesPerMinute) * 60_000 + slackMs);
      log.line(`Exporting ${blobs} blobs, ${humanSize(bytes)}, to ${path} (${humanSize(freeBytes)} free)`);
    },
    onProgress: (doneBytes, bytes) => log.line(`${humanSize(doneBytes)} of ${humanSize(bytes)}`),
    onEnd(blobs, bytes, milliseconds) {
      const seconds = Math.max(milliseconds, 1) / 1000;
      const speed = humanSize(Math.round(bytes / seconds));
      log.line(
        `Exported ${blobs} blobs, ${humanSize(bytes)} in ${seconds.toFixed(1)} s (${speed}/s), every byte verified`,
      );
    },
    warn: log.warning,
  };
}

/** An operation without a deadline: downloads have limits of their own. Only what is urgent is printed. */
export function exportOperation(log: Log): Operation {
  return {
    signal: new AbortController().signal,
    deadline: Number.POSITIVE_INFINITY,
    attemptMs,
    trace(_, line, urgent) {
      if (urgent) log.line(line);
    },
  };
}
