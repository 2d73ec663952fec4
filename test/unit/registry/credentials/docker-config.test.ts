import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import type { Repository } from '../../../../src/oci/reference.ts';
import {
  credHelperFor,
  findAuth,
  parseDockerConfig,
  serverKey,
} from '../../../../src/registry/credentials/docker-config.ts';
import { base64 } from '../../../support/folder.ts';

const name = '~/.docker/config.json';
const canary = 'canary-of-the-config';

function config(content: object) {
  return parseDockerConfig(JSON.stringify(content), name);
}

function repository(text: string): Repository {
  const slash = text.indexOf('/');
  return { registry: text.slice(0, slash), path: text.slice(slash + 1) };
}

/** The user name that `auths` with these keys gives for a repository; each key has itself as its user name. */
function keyFor(keys: readonly string[], of: string): string | undefined {
  const auths = Object.fromEntries(keys.map((key) => [key, { username: key, password: 'p' }]));
  const credential = findAuth(config({ auths }), repository(of));
  return credential?.kind === 'basic' ? credential.username : undefined;
}

function entry(fields: unknown) {
  return findAuth(config({ auths: { 'r.example': fields } }), repository('r.example/a'));
}

function refusal(run: () => unknown): ActionError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ActionError);
    return error;
  }
  return assert.fail('Nothing was refused.');
}

const keyCases: readonly (readonly [title: string, keys: readonly string[], of: string, chosen: string | undefined])[] =
  [
    ['an exact host', ['r.example'], 'r.example/a/b', 'r.example'],
    ['an exact host and port', ['r.example', 'r.example:5000'], 'r.example:5000/a', 'r.example:5000'],
    ['no host with another port', ['r.example:5000', 'https://r.example:5000'], 'r.example/a', undefined],
    ['no host without the port', ['r.example', 'https://r.example'], 'r.example:5000/a', undefined],
    ['a key with https, stripped', ['https://r.example'], 'r.example/a', 'https://r.example'],
    ['a key with http, stripped', ['http://r.example:5000'], 'r.example:5000/a', 'http://r.example:5000'],
    ['a key with scheme and path, stripped', ['https://r.example/v2/'], 'r.example/a', 'https://r.example/v2/'],
    ['an exact host before a key with a scheme', ['https://r.example', 'r.example'], 'r.example/a', 'r.example'],
    ['no key with another scheme', ['ftp://r.example', 'oci://r.example'], 'r.example/a', undefined],
    ['no longer host', ['r.example.evil.example', 'https://r.example.evil.example'], 'r.example/a', undefined],
    ['no shorter host', ['example', 'ample', 'https://example'], 'r.example/a', undefined],
    ['no host that only ends the same', ['notr.example', 'my-r.example'], 'r.example/a', undefined],
    [
      'no host with userinfo before it',
      ['https://x@r.example', 'https://r.example@evil.example'],
      'r.example/a',
      undefined,
    ],
    [
      'no host in the path of another',
      ['https://evil.example/r.example', 'evil.example/r.example'],
      'r.example/a',
      undefined,
    ],
    ['the repository itself', ['quay.io', 'quay.io/org', 'quay.io/org/app'], 'quay.io/org/app', 'quay.io/org/app'],
    [
      'the longest namespace',
      ['quay.io/org', 'quay.io/org/team', 'quay.io'],
      'quay.io/org/team/app',
      'quay.io/org/team',
    ],
    ['the namespace for a repository deep below', ['quay.io/org'], 'quay.io/org/a/b/c', 'quay.io/org'],
    ['the host for another namespace', ['quay.io/org', 'quay.io'], 'quay.io/other/app', 'quay.io'],
    ['no namespace that only begins the same', ['quay.io/org'], 'quay.io/organisation/app', undefined],
    ['no namespace below the repository', ['quay.io/org/app/more'], 'quay.io/org/app', undefined],
    ['no namespace of the same name elsewhere', ['quay.io/org'], 'ghcr.io/org/app', undefined],
    ['a namespace on a port', ['r.example:5000/org'], 'r.example:5000/org/app', 'r.example:5000/org'],
    [
      'the Hub as docker login writes it',
      ['https://index.docker.io/v1/'],
      'docker.io/library/a',
      'https://index.docker.io/v1/',
    ],
    ['the Hub by its short name', ['docker.io'], 'docker.io/library/a', 'docker.io'],
    ['the Hub by its index', ['index.docker.io'], 'docker.io/library/a', 'index.docker.io'],
    ['the Hub by its registry', ['registry-1.docker.io'], 'docker.io/library/a', 'registry-1.docker.io'],
    [
      'the Hub by its registry with a scheme',
      ['https://registry-1.docker.io/v2/'],
      'docker.io/o/a',
      'https://registry-1.docker.io/v2/',
    ],
    ['a namespace of the Hub', ['docker.io', 'docker.io/org'], 'docker.io/org/app', 'docker.io/org'],
    [
      'no other host of docker.io',
      ['hub.docker.io', 'auth.docker.io', 'docker.io.evil.example'],
      'docker.io/o/a',
      undefined,
    ],
    ['nothing of the Hub elsewhere', ['https://index.docker.io/v1/', 'docker.io'], 'ghcr.io/o/a', undefined],
    [
      'the Hub past the three keys of a login by browser',
      [
        'https://index.docker.io/v1/access-token',
        'https://index.docker.io/v1/refresh-token',
        'https://index.docker.io/v1/',
      ],
      'docker.io/o/a',
      'https://index.docker.io/v1/',
    ],
    [
      'nothing of the tokens of a login by browser, which no registry takes',
      ['https://index.docker.io/v1/access-token', 'https://index.docker.io/v1/refresh-token'],
      'docker.io/o/a',
      undefined,
    ],
    ['an IPv6 address', ['[::1]:5000'], '[::1]:5000/a', '[::1]:5000'],
  ];

for (const [title, keys, of, chosen] of keyCases) {
  test(`auths gives ${title} (${of})`, () => {
    assert.equal(keyFor(keys, of), chosen);
  });
}

test('an entry without credentials leaves the word to the next key', () => {
  const auths = { 'quay.io/org': {}, 'quay.io': { username: 'u', password: 'p' } };
  const credential = findAuth(config({ auths }), repository('quay.io/org/app'));
  assert.deepEqual(credential, { kind: 'basic', username: 'u', password: 'p', source: `${name}, key quay.io` });
});

for (const [title, fields, expected] of [
  ['auth as user:password', { auth: base64('u:p') }, { kind: 'basic', username: 'u', password: 'p' }],
  ['auth split at the first colon', { auth: base64('u:p:q:') }, { kind: 'basic', username: 'u', password: 'p:q:' }],
  ['auth in UTF-8', { auth: base64('jürgen:пароль') }, { kind: 'basic', username: 'jürgen', password: 'пароль' }],
  ['auth without trailing NULs', { auth: base64('u:p\0\0\0') }, { kind: 'basic', username: 'u', password: 'p' }],
  ['auth with NULs within', { auth: base64('u:p\0q') }, { kind: 'basic', username: 'u', password: 'p\0q' }],
  [
    'auth of several lines',
    { auth: base64('_json_key:{\n"k": 1\n}') },
    { kind: 'basic', username: '_json_key', password: '{\n"k": 1\n}' },
  ],
  [
    'auth before username and password',
    { auth: base64('u:p'), username: 'x', password: 'y' },
    { kind: 'basic', username: 'u', password: 'p' },
  ],
  ['username and password', { username: 'u', password: 'p' }, { kind: 'basic', username: 'u', password: 'p' }],
  ['an identity token', { identitytoken: 'refresh' }, { kind: 'identity', token: 'refresh' }],
  [
    'an identity token as Azure writes it',
    { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
    { kind: 'identity', token: 'refresh' },
  ],
  ['a registry token', { registrytoken: 'bearer' }, { kind: 'bearer', token: 'bearer' }],
  [
    'an email that old logins have',
    { auth: base64('u:p'), email: 'me@example.com' },
    { kind: 'basic', username: 'u', password: 'p' },
  ],
] as const) {
  test(`an entry with ${title} is read`, () => {
    assert.deepEqual(entry(fields), { ...expected, source: `${name}, key r.example` });
  });
}

for (const fields of [
  {},
  { auth: '' },
  { auth: '', email: '' },
  { identitytoken: '', registrytoken: '' },
  { username: '', password: '' },
]) {
  test(`an entry ${JSON.stringify(fields)} is no credential`, () => {
    assert.equal(entry(fields), undefined);
  });
}

for (const [title, fields] of [
  ['auth that is not base64', { auth: `%${canary}%` }],
  ['auth without a colon', { auth: base64(canary) }],
  ['auth without a user name', { auth: base64(`:${canary}`) }],
  ['auth that is not UTF-8', { auth: base64(Buffer.concat([Buffer.from(`u:${canary}`), Buffer.of(0xff)])) }],
  ['auth that is a number', { auth: 7, password: canary }],
  ['a password that is an object', { username: 'u', password: { canary } }],
  ['an identity token that is a list', { identitytoken: [canary] }],
] as const) {
  test(`${title} is invalid-input that names the key, never its content`, () => {
    const error = refusal(() => entry(fields));
    assert.equal(error.code, 'invalid-input');
    assert.match(error.message, /^~\/\.docker\/config\.json, key r\.example cannot be used/);
    const shown = JSON.stringify([error.message, error.remoteMessage, error.advice]);
    assert.ok(!shown.includes(canary) && !shown.includes(base64(canary)), shown);
  });
}

for (const entryText of [canary, [canary], 5, true]) {
  test(`an entry that is ${JSON.stringify(entryText)} is invalid-input`, () => {
    const error = refusal(() => entry(entryText));
    assert.equal(error.code, 'invalid-input');
    assert.ok(!error.message.includes(canary));
  });
}

test('a bad entry does not matter when another is used', () => {
  const auths = { 'bad.example': { auth: '%' }, 'r.example': { auth: base64('u:p') }, 'r.example.org': 7 };
  const credential = findAuth(config({ auths }), repository('r.example/a'));
  assert.equal(credential?.kind === 'basic' && credential.username, 'u');
});

for (const text of [
  '{',
  `{"auths": ${canary}}`,
  '[]',
  '"text"',
  '7',
  `${canary}`,
  '{"auths": []}',
  '{"auths": 7}',
  '{"credHelpers": "x"}',
  '{"credHelpers": []}',
  '{"auths": {}} trailing',
]) {
  test(`a config that is ${text.slice(0, 30)} is invalid-input that names it, never its content`, () => {
    const error = refusal(() => parseDockerConfig(text, name));
    assert.equal(error.code, 'invalid-input');
    assert.match(error.message, /^~\/\.docker\/config\.json cannot be used: /);
    assert.ok(
      !JSON.stringify([error.message, error.remoteMessage, error.advice, String(error.cause)]).includes(canary),
    );
  });
}

test('a config with a byte order mark, as PowerShell writes it, is read', () => {
  const text = `\uFEFF${JSON.stringify({ auths: { 'r.example': { username: 'u', password: 'p' } } })}`;
  assert.notEqual(findAuth(parseDockerConfig(text, name), repository('r.example/a')), undefined);
});

test('a config without auths, or with null in their place, has none', () => {
  for (const content of [{}, { auths: null, credHelpers: null }, { HttpHeaders: { Authorization: canary } }]) {
    assert.equal(findAuth(config(content), repository('r.example/a')), undefined);
    assert.equal(credHelperFor(config(content), 'r.example'), undefined);
  }
});

test('keys that objects inherit are data', () => {
  const text = '{"auths": {"__proto__": {"username": "u", "password": "p"}}, "credHelpers": {"__proto__": "evil"}}';
  const parsed = parseDockerConfig(text, name);
  for (const registry of ['r.example', 'constructor', 'toString', 'username']) {
    assert.equal(findAuth(parsed, { registry, path: 'a' }), undefined);
    assert.equal(credHelperFor(parsed, registry), undefined);
  }
});

test('credHelpers holds for the very host only', () => {
  const parsed = config({ credHelpers: { 'r.example': 'mine', 'r.example:5000': 'port' } });
  assert.equal(credHelperFor(parsed, 'r.example'), 'mine');
  assert.equal(credHelperFor(parsed, 'r.example:5000'), 'port');
  for (const registry of ['sub.r.example', 'example', 'r.example:5001', 'xr.example', 'r.example.org']) {
    assert.equal(credHelperFor(parsed, registry), undefined);
  }
});

test('credHelpers knows the Hub under each of its names', () => {
  for (const key of ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'https://index.docker.io/v1/']) {
    assert.equal(credHelperFor(config({ credHelpers: { [key]: 'hub' } }), 'docker.io'), 'hub');
  }
});

test('helpers know the Hub by the key that docker login uses, others by their host', () => {
  assert.equal(serverKey('docker.io'), 'https://index.docker.io/v1/');
  assert.equal(serverKey('ghcr.io'), 'ghcr.io');
  assert.equal(serverKey('r.example:5000'), 'r.example:5000');
});
