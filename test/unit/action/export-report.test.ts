import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportListener, exportOperation } from '../../../src/action/export-report.ts';
import { fakeLog } from '../../support/fake-log.ts';

const minuteMs = 60_000;

test('the log tells what is exported, where to, how far it is, and how fast it was', () => {
  const log = fakeLog();
  const listener = exportListener('/work/out', { log, limit: () => undefined });
  listener.onStart(13, 629_300_000, 81_200_000_000);
  listener.onProgress(100_000_000, 629_300_000);
  listener.onEnd(13, 629_300_000, 4100);
  assert.deepEqual(log.lines, [
    'Exporting 13 blobs, 629.3 MB, to /work/out (81.2 GB free)',
    '100.0 MB of 629.3 MB',
    'Exported 13 blobs, 629.3 MB in 4.1 s (153.5 MB/s), every byte verified',
  ]);
});

test('what takes no time at all has a speed all the same', () => {
  const log = fakeLog();
  exportListener('/work/out', { log, limit: () => undefined }).onEnd(1, 5, 0);
  assert.doesNotMatch(log.lines[0] ?? '', /NaN|Infinity/);
});

test('what watches over the run allows a minute for each MiB, and some more', () => {
  const limits: number[] = [];
  const listener = exportListener('/work/out', { log: fakeLog(), limit: (ms) => void limits.push(ms) });
  listener.onStart(1, 0, 1);
  listener.onStart(1, 100 * 1024 * 1024, 1);
  const [least = 0, more = 0] = limits;
  assert.ok(least > minuteMs);
  assert.equal(more - least, 100 * minuteMs);
});

test('warnings are annotations', () => {
  const log = fakeLog();
  exportListener('/work/out', { log, limit: () => undefined }).warn('A layer is left out.');
  assert.deepEqual(log.warnings, ['A layer is left out.']);
});

test('an export has no deadline, gives each attempt 30 seconds, and prints only what is urgent', () => {
  const log = fakeLog();
  const operation = exportOperation(log);
  assert.equal(operation.deadline, Number.POSITIVE_INFINITY);
  assert.equal(operation.attemptMs, 30_000);
  assert.equal(operation.signal.aborted, false);
  operation.trace('manifest', 'a request');
  operation.trace('manifest', 'a break', 'urgent');
  assert.deepEqual(log.lines, ['a break']);
});
