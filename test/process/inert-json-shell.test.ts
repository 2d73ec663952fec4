import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { inertJson } from '../../src/action/inert-json.ts';

// Apart from the other tests of inert JSON, as it asks a real shell.

test('a label cannot break out of a script that the output is pasted into', {
  skip: process.platform === 'win32' && 'there is no POSIX shell on Windows',
}, () => {
  const hostile = `x touch y'"\`$(echo pwned >&2)\n; echo pwned >&2 & ! # \\`;
  const json = inertJson({ [hostile]: hostile });
  for (const script of [`L="${json}"; :`, `L=${json}; :`, `L='${json}'; :`]) {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' }, script);
  }
});
