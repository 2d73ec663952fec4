import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { inertJson } from '../src/inert-json.ts';

test('everything but letters, digits and harmless punctuation is escaped, the space included', () => {
  assert.equal(inertJson({ a: 'x touch y' }), '{"a":"x\\u0020touch\\u0020y"}');
  assert.equal(inertJson('AZaz09_./:@+=,-'), '"AZaz09_./:@+=,-"');
  assert.equal(
    inertJson('$(x)`"\'\\\n🦆'),
    '"\\u0024\\u0028x\\u0029\\u0060\\u0022\\u0027\\u005c\\u000a\\ud83e\\udd86"',
  );
  assert.equal(inertJson([1, true, null, { gone: undefined }]), '[1,true,null,{}]');
});

test('JSON.parse gives back what was written, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = inertJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.match(text, /^[A-Za-z0-9_./:@+=,\-\\{}[\]"]*$/);
    }),
  );
});

test('__proto__ is a key like any other', () => {
  assert.equal(inertJson(JSON.parse('{"__proto__":"x"}')), '{"__proto__":"x"}');
});

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
