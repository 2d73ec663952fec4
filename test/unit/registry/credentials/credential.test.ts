import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBasic, secretsOf } from '../../../../src/registry/credentials/credential.ts';

test('the secrets of a login are its password, and what a Basic header carries', () => {
  const credential = { kind: 'basic', username: 'jürgen', password: 'p:w', source: 'a test' } as const;
  const header = Buffer.from('jürgen:p:w').toString('base64');
  assert.deepEqual(secretsOf(credential), ['p:w', header]);
  assert.equal(encodeBasic('jürgen', 'p:w'), header);
});

test('the secret of a token is the token', () => {
  for (const kind of ['identity', 'bearer'] as const) {
    assert.deepEqual(secretsOf({ kind, token: 'secret', source: 'a test' }), ['secret']);
  }
});
