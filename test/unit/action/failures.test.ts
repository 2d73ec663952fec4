import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeFailure, fail } from '../../../src/action/failures.ts';
import type { Log } from '../../../src/action/log.ts';
import { ActionError, errorCodes } from '../../../src/error.ts';
import { fakeLog } from '../../support/fake-log.ts';
import { temporaryFolder } from '../../support/folder.ts';

const plain: Pick<Log, 'quote'> = { quote: (text) => text.trim() };

test('a failure has what happened, what the registry said, and what to do', () => {
  const error = new ActionError('denied', 'It may not be pulled.', { remoteMessage: 'DENIED: no', advice: 'Log in.' });
  assert.deepEqual(describeFailure({ error, about: 'o/i:v1' }, plain), {
    code: 'denied',
    parts: ['o/i:v1: It may not be pulled.', 'It said: DENIED: no', 'What to do: Log in.'],
  });
});

test('a failure that is about no image is told without one, and silence of the registry is not quoted', () => {
  const error = new ActionError('registry-error', 'It failed.', { remoteMessage: ' \n', advice: 'Wait.' });
  assert.deepEqual(describeFailure({ error, about: '' }, plain).parts, ['It failed.', 'What to do: Wait.']);
});

test('a failure without advice of its own has that of its code', () => {
  for (const code of errorCodes) {
    const { parts } = describeFailure({ error: new ActionError(code, 'x'), about: '' }, plain);
    assert.match(parts.at(-1) ?? '', /^What to do: \w.*\.$/, code);
  }
});

test('a defect is internal, and asks to be reported', () => {
  const { code, parts } = describeFailure({ error: new TypeError('x is not a function'), about: '' }, plain);
  assert.equal(code, 'internal');
  assert.match(parts.join('\n'), /TypeError: x is not a function[\s\S]*report/);
  assert.match(describeFailure({ error: 'words', about: '' }, plain).parts[0] ?? '', /words/);
});

test('each failure is an annotation, and error-code is that of the first', async (t) => {
  const output = join(await temporaryFolder(t), 'output');
  const log = fakeLog();
  const failures = (['denied', 'timeout'] as const).map((code) => ({
    error: new ActionError(code, code),
    about: code,
  }));
  assert.equal(fail(log, output, failures), false);
  assert.deepEqual(
    log.errors.map(({ code }) => code),
    ['denied', 'timeout'],
  );
  assert.match(await readFile(output, 'utf8'), /^error-code<<(\S+)\ndenied\n\1\n$/);
});

test('more failures than a step may annotate are counted in the last annotation', async (t) => {
  const output = join(await temporaryFolder(t), 'output');
  const log = fakeLog(3);
  const failures = Array.from({ length: 5 }, (_, at) => ({ error: new ActionError('denied', `no ${at}`), about: '' }));
  fail(log, output, failures);
  assert.equal(log.errors.length, 3);
  assert.deepEqual(log.errors[2]?.lines, ['3 more images failed: see the log of this step.']);
});

test('an error-code that cannot be set is told in the log, and the failure all the same', () => {
  const log = fakeLog();
  assert.equal(fail(log, '', [{ error: new ActionError('denied', 'no'), about: '' }]), false);
  assert.equal(log.errors.length, 1);
  assert.match(log.lines.join('\n'), /error-code could not be set: GITHUB_OUTPUT/);
});
