import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attestationSettings } from '../../../src/action/attestation-inputs.ts';
import { inputReader, readGate } from '../../../src/action/input-table.ts';
import { refusal, textOf } from '../../support/refusals.ts';
import { keyPair } from '../../support/sigstore.ts';

/** The settings by some inputs; everything else is as `action.yml` has it. */
function settingsBy(inputs: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
  const env = {
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...more,
  };
  return attestationSettings({ env, input: inputReader(env), gate: (name, parse) => readGate(name, env, parse) });
}
const refused = (inputs: Readonly<Record<string, string>>, more?: Readonly<Record<string, string>>) =>
  textOf(refusal('invalid-input', () => settingsBy(inputs, more)));

const shop = { 'built-from': 'octo-org/shop' };
const commit = '12'.repeat(20);

test('nothing is demanded by default', () => {
  assert.equal(settingsBy({}), undefined);
  assert.equal(
    settingsBy({
      'built-from': 'none',
      'built-by': 'none',
      'signed-by': ' none ',
      'public-key': 'none',
      'trusted-root': 'none',
    }),
    undefined,
  );
});

test('an empty gate does not open', () => {
  for (const name of [
    'built-from',
    'built-by',
    'signed-by',
    'public-key',
    'trusted-root',
    'runners',
    'predicate-type',
    'transparency-log',
    'attested-digest',
  ]) {
    for (const value of ['', ' ', '\n']) assert.match(refused({ [name]: value }), new RegExp(`${name} is empty`), name);
  }
});

test('none stands alone, in lower case', () => {
  refused({ 'built-from': 'octo-org/shop\nnone' });
  refused({ 'built-from': 'None' });
  refused({ 'signed-by': 'none\nnone' });
  refused({ ...shop, 'built-by': 'none\nocto-org/shop/.github/workflows/a.yml' });
});

test('lines of built-from are repositories, with a ref or a commit', () => {
  const sourcesBy = (text: string) => settingsBy({ 'built-from': text })?.builtFrom;
  assert.deepEqual(sourcesBy('octo-org/shop'), [{ repository: 'octo-org/shop', ref: undefined }]);
  assert.deepEqual(sourcesBy(`Octo-Org/.github@${commit}\n\n a/b_c.d-e@refs/tags/v1 `), [
    { repository: 'Octo-Org/.github', ref: { kind: 'commit', digits: commit } },
    { repository: 'a/b_c.d-e', ref: { kind: 'ref', text: 'refs/tags/v1', isPrefix: false } },
  ]);
  for (const [ref, expected] of [
    ['refs/heads/*', { kind: 'ref', text: 'refs/heads/', isPrefix: true }],
    ['refs/tags/v1.*', { kind: 'ref', text: 'refs/tags/v1.', isPrefix: true }],
    ['refs/tags/@scope/pkg@1.0', { kind: 'ref', text: 'refs/tags/@scope/pkg@1.0', isPrefix: false }],
    ['refs/pull/1/merge', { kind: 'ref', text: 'refs/pull/1/merge', isPrefix: false }],
    ['refs/heads/a,b', { kind: 'ref', text: 'refs/heads/a,b', isPrefix: false }],
    ['ab'.repeat(32), { kind: 'commit', digits: 'ab'.repeat(32) }],
  ] as const) {
    assert.deepEqual(sourcesBy(`a/b@${ref}`), [{ repository: 'a/b', ref: expected }], ref);
  }
});

test('what is no line of built-from is refused', () => {
  for (const line of [
    'octo-org',
    'octo-org/',
    '/shop',
    'octo-org/shop/x',
    'https://github.com/octo-org/shop',
    'github.com/octo-org/shop',
    'octo-org/*',
    '*/shop',
    'octo-org/shop, a/b',
    'octo org/shop',
    '-a/b',
    'a/..',
    'a/.',
    'a/b?x',
    'a/b#x',
    'a/b%2f',
    'a\\b',
    'a/b@',
    '\u212aoctocat/shop',
  ]) {
    refused({ 'built-from': line });
  }
  for (const ref of [
    'main',
    'v1',
    'heads/main',
    'refs',
    'refs/',
    'refs/heads',
    'refs/heads/',
    'refs/*',
    '*',
    'refs/heads/*/x',
    'refs/heads/**',
    'refs/pull/*',
    'refs/tags/v1 x',
    commit.slice(1),
    commit.toUpperCase().replace('1', 'A'),
    '12'.repeat(19),
  ]) {
    refused({ 'built-from': `octo-org/shop@${ref}` });
  }
  assert.match(
    refused({ 'built-from': 'octo-org/shop@v1' }),
    /octo-org\/shop@refs\/heads\/v1 .*octo-org\/shop@refs\/tags\/v1/,
  );
});

test('lines of built-by are workflows', () => {
  const workflowsBy = (text: string) => settingsBy({ ...shop, 'built-by': text })?.builtBy;
  assert.deepEqual(workflowsBy('a/b/.github/workflows/c.yml'), [
    { repository: 'a/b', path: '.github/workflows/c.yml', ref: undefined },
  ]);
  assert.deepEqual(workflowsBy('a/b/.github/workflows/c@d.yaml@refs/tags/x@y.yml'), [
    {
      repository: 'a/b',
      path: '.github/workflows/c@d.yaml',
      ref: { kind: 'ref', text: 'refs/tags/x@y.yml', isPrefix: false },
    },
  ]);
  for (const line of [
    'a/b',
    'a/b/c.yml',
    'a/b/.github/workflows/',
    'a/b/.github/workflows/c',
    'a/b/.github/workflows/c.json',
    'a/b/.github/workflows/*.yml',
    'a/b/.github/workflows/x/c.yml',
    '.github/workflows/c.yml',
    'a/b/.github/workflows/c.yml@',
    'a/b/.github/workflows/c.yml@main',
    'a/b/.github/workflows/c.yml.evil',
    'https://github.com/a/b/.github/workflows/c.yml',
  ]) {
    refused({ ...shop, 'built-by': line });
  }
});

test('lines of signed-by are an identity and an issuer', () => {
  const signersBy = (text: string) => settingsBy({ 'signed-by': text })?.signedBy;
  assert.deepEqual(signersBy('a@b.example https://accounts.google.com\nhttps://x/y@refs/tags/*\thttps://i.example'), [
    { identity: 'a@b.example', isPrefix: false, issuer: 'https://accounts.google.com' },
    { identity: 'https://x/y@refs/tags/', isPrefix: true, issuer: 'https://i.example' },
  ]);
  for (const line of [
    'a@b.example',
    'https://i.example',
    'a b c',
    'a http://i.example',
    '* https://i.example',
    'a* https://i.example',
    'https://x/* https://i.example',
    'https://x@refs/tags/*/y https://i.example',
    'https://x@refs/tags/** https://i.example',
    'a https://i.*',
    '.* https://i.example',
    'https://x@refs/* https://i.example',
  ]) {
    refused({ 'signed-by': line });
  }
});

test('a star may end an identity behind the beginning of a tag, too', () => {
  const [signer] = settingsBy({ 'signed-by': 'https://x/y@refs/tags/v1.* https://i.example' })?.signedBy ?? [];
  assert.deepEqual(signer, { identity: 'https://x/y@refs/tags/v1.', isPrefix: true, issuer: 'https://i.example' });
});

test('public keys are PEM or paths', () => {
  const pem = keyPair().publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.deepEqual(settingsBy({ 'public-key': 'cosign.pub\nkeys/a, b.pub' })?.publicKeys, [
    { path: 'cosign.pub' },
    { path: 'keys/a, b.pub' },
  ]);
  assert.equal(settingsBy({ 'public-key': `${pem}\n${pem}` })?.publicKeys?.length, 1);
  refused({ 'public-key': `${pem}\ncosign.pub` });
  refused({ 'public-key': `cosign.pub\n${pem}` });
  refused({ 'public-key': pem.slice(0, 60) });
});

test('several predicate types stand in lines, or between commas', () => {
  assert.deepEqual(settingsBy({ ...shop, 'predicate-type': 'https://a\nhttps://b' })?.predicateTypes, [
    'https://a',
    'https://b',
  ]);
  assert.deepEqual(settingsBy({ ...shop, 'predicate-type': 'https://a, https://b' })?.predicateTypes, [
    'https://a',
    'https://b',
  ]);
  for (const text of [',', ' , ', '\n,\n']) refused({ ...shop, 'predicate-type': text });
});

test('an input that would be ignored is refused', () => {
  refused({ 'built-by': 'a/b/.github/workflows/c.yml' });
  refused({ runners: 'any' });
  refused({ 'predicate-type': 'https://a' });
  refused({ 'transparency-log': 'optional' });
  refused({ 'trusted-root': 'root.json' });
  refused({ 'attested-digest': 'manifest-digest' });
  const signed = { 'signed-by': 'a@b.example https://i.example' };
  refused({ ...signed, 'built-by': 'a/b/.github/workflows/c.yml' });
  refused({ ...signed, runners: 'any' });
  refused({ ...signed, 'predicate-type': 'https://a' });
  refused({ ...signed, 'transparency-log': 'optional' });
  refused({ ...shop, 'transparency-log': 'optional' });
  assert.ok(settingsBy({ ...signed, 'trusted-root': 'root.json', 'attested-digest': 'manifest-digest' }));
  assert.ok(settingsBy({ 'public-key': 'k', 'transparency-log': 'optional' }));
});

test('values are exact', () => {
  for (const [name, values] of Object.entries({
    runners: ['Any', 'self-hosted', 'true', 'any, github-hosted'],
    'transparency-log': ['false', 'none', 'Optional'],
    'attested-digest': ['manifest', 'index-digest', 'Digest'],
  })) {
    for (const value of values) refused({ ...shop, 'public-key': 'k', [name]: value });
  }
});

test('built-from is for github.com', () => {
  const on =
    (server: string, inputs: Readonly<Record<string, string>> = shop) =>
    () =>
      settingsBy(inputs, { GITHUB_SERVER_URL: server });
  assert.ok(on('https://github.com')());
  assert.ok(on('')());
  refusal('invalid-input', on('https://octo.ghe.com'));
  refusal('unsupported', on('https://github.example.com'));
  refusal('unsupported', on('https://github.com.evil.example'));
  refusal('unsupported', on('x'));
  assert.ok(on('https://github.example.com', { 'public-key': 'k' })());
});
