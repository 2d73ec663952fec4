import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import type { Credential } from '../../../../src/registry/credentials/credential.ts';
import { type CredentialSources, openCredentials } from '../../../../src/registry/credentials/store.ts';
import { answering, base64, temporaryFolder, writeAt, writeHelper } from '../../../support/folder.ts';
import { withoutShell } from '../../../support/posix.ts';

/** What a test puts into each place where credentials may be. */
interface Places {
  readonly input?: { readonly registry: string; readonly username: string; readonly password: string };
  readonly variable?: object | string;
  /** Configs by the name of their file, in the order in which they are read. */
  readonly files?: Readonly<Record<string, object | string>>;
  /** Scripts by the name of their helper. */
  readonly helpers?: Readonly<Record<string, string>>;
  readonly githubToken?: string;
  readonly githubRegistries?: readonly string[];
}

interface Store {
  find(image: string, again?: boolean): Promise<Credential | undefined>;
  readonly secrets: string[];
  readonly warnings: string[];
  /** The calls of helpers: the name of each, and the server. */
  calls(): Promise<string[]>;
}

async function open(t: TestContext, places: Places, images: readonly string[] = ['another.example/a']): Promise<Store> {
  const folder = await temporaryFolder(t);
  const log = await writeAt(join(folder, 'calls'), '');
  for (const [name, script] of Object.entries(places.helpers ?? {})) {
    await writeHelper(folder, name, `echo "${name} $(cat)" >> ${log}; ${script}`);
  }
  const files = Object.entries(places.files ?? {}).map(async ([name, content]) => ({
    path: await writeAt(join(folder, 'files', encodeURIComponent(name)), content),
    name,
  }));
  const sources: CredentialSources = {
    input: places.input,
    dockerAuthConfig: typeof places.variable === 'object' ? JSON.stringify(places.variable) : (places.variable ?? ''),
    files: await Promise.all(files),
    helpers: {
      path: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
      workspace: '',
      folder,
      environment: {},
      timeoutMs: 10_000,
    },
    githubToken: { token: places.githubToken ?? '', registries: places.githubRegistries ?? ['ghcr.io'] },
  };
  const [secrets, warnings]: [string[], string[]] = [[], []];
  const store = await openCredentials(sources, images.map(repository), {
    keepSecret: (secret) => secrets.push(secret),
    warn: (message, remoteMessage) => warnings.push(`${message} ${remoteMessage}`),
  });
  return {
    find: (image, again) => store(repository(image), again),
    secrets,
    warnings,
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}

function repository(image: string): { registry: string; path: string } {
  const slash = image.indexOf('/');
  return { registry: image.slice(0, slash), path: image.slice(slash + 1) };
}

/** A config whose `auths` has one user per host. */
function users(byHost: Readonly<Record<string, string>>): { auths: object } {
  const entries = Object.entries(byHost).map(([host, user]) => [host, { auth: base64(`${user}:password of ${user}`) }]);
  return { auths: Object.fromEntries(entries) };
}

async function userFor(store: Store, image: string): Promise<string | undefined> {
  const credential = await store.find(image);
  return credential?.kind === 'basic' ? credential.username : credential?.kind;
}

async function refusalOf(run: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await run.catch((thrown) => thrown);
  assert.ok(error instanceof ActionError, 'Nothing was refused.');
  return error;
}

const none = 'echo credentials not found in native keychain; exit 1';
const host = 'r.example';
const image = `${host}/org/app`;

const order: readonly (readonly [name: string, places: Places])[] = [
  ['input', { input: { registry: 'ghcr.io', username: 'input', password: 'p' } }],
  ['variable', { variable: users({ 'ghcr.io': 'variable' }) }],
  ['first', { files: { first: users({ 'ghcr.io': 'first' }) } }],
  ['second', { files: { second: users({ 'ghcr.io': 'second' }) } }],
  ['x-access-token', { githubToken: 'the token of the job' }],
];

for (const [at, [name]] of order.entries()) {
  test(`${name} is asked before ${
    order
      .slice(at + 1)
      .map(([later]) => later)
      .join(', ') || 'nothing else'
  }`, async (t) => {
    const places = order.slice(at).map(([, place]) => place);
    const files = Object.assign({}, ...places.map((place) => place.files ?? {}));
    const store = await open(t, Object.assign({}, ...places, { files }));
    assert.equal(await userFor(store, 'ghcr.io/org/app'), name);
  });
}

test('where nothing has credentials there are none', async (t) => {
  const store = await open(t, { variable: users({ 'other.example': 'u' }), files: { file: {} }, githubToken: 't' });
  assert.equal(await store.find(image), undefined);
});

test('a source for other hosts only leaves the word to the next', async (t) => {
  const store = await open(t, {
    input: { registry: 'other.example', username: 'input', password: 'p' },
    variable: users({ 'other.example': 'variable' }),
    files: { first: { auths: { [host]: {} } }, second: users({ [host]: 'second' }) },
  });
  assert.equal(await userFor(store, image), 'second');
});

test('the inputs belong to their one registry, port included', async (t) => {
  const input = { registry: 'r.example:5000', username: 'input', password: 'p' };
  const store = await open(t, { input });
  for (const other of ['r.example/a', 'r.example:5001/a', 'sub.r.example:5000/a', 'docker.io/r.example/a']) {
    assert.equal(await store.find(other), undefined, other);
  }
  assert.equal(await userFor(store, 'r.example:5000/a'), 'input');
});

test('github-token goes to the registries of GitHub and nowhere else', async (t) => {
  const store = await open(t, { githubToken: 't', githubRegistries: ['ghcr.io', 'containers.ghes.example'] });
  for (const other of [
    'docker.io',
    'pkg.ghcr.io',
    'ghcr.io.evil.example',
    'ghcr.io:8443',
    'ghes.example',
    'xghcr.io',
  ]) {
    assert.equal(await store.find(`${other}/org/app`), undefined, other);
  }
  for (const own of ['ghcr.io', 'containers.ghes.example']) {
    const credential = await store.find(`${own}/org/app`);
    assert.deepEqual(
      [credential?.kind, credential?.isOptional, credential?.source],
      ['basic', true, 'the input github-token'],
    );
  }
});

test('inside a file, credHelpers come before credsStore, and that before auths', { skip: withoutShell }, async (t) => {
  const helpers = { mine: answering('of the helper', 'p'), store: answering('of the store', 'p') };
  const all = { credHelpers: { [host]: 'mine' }, credsStore: 'store', ...users({ [host]: 'of auths' }) };
  const store = await open(t, { files: { file: all }, helpers });
  assert.equal(await userFor(store, image), 'of the helper');
  assert.deepEqual(await store.calls(), ['mine r.example']);

  const { credHelpers: _, ...rest } = all;
  assert.equal(await userFor(await open(t, { files: { file: rest }, helpers }), image), 'of the store');
  assert.equal(
    await userFor(await open(t, { files: { file: users({ [host]: 'of auths' }) }, helpers }), image),
    'of auths',
  );
});

test('a helper that has none leaves the word to the store, that to auths, and those to the next file', {
  skip: withoutShell,
}, async (t) => {
  const helpers = { mine: none, store: none, other: answering('of the next file', 'p') };
  const first = { credHelpers: { [host]: 'mine' }, credsStore: 'store', auths: { [host]: {} } };
  const store = await open(t, { files: { first, second: { credsStore: 'other' } }, helpers });
  assert.equal(await userFor(store, image), 'of the next file');
  assert.deepEqual(await store.calls(), ['mine r.example', 'store r.example', 'other r.example']);
  assert.deepEqual(store.warnings, []);
});

test('helpers are asked for the Hub by the key that docker login uses', { skip: withoutShell }, async (t) => {
  const helpers = { mine: answering('u', 'p'), store: answering('u', 'p') };
  const byHelper = await open(t, { files: { file: { credHelpers: { 'docker.io': 'mine' } } }, helpers });
  const byStore = await open(t, { files: { file: { credsStore: 'store' } }, helpers });
  await byHelper.find('docker.io/library/nginx');
  await byStore.find('docker.io/library/nginx');
  assert.deepEqual(await byHelper.calls(), ['mine https://index.docker.io/v1/']);
  assert.deepEqual(await byStore.calls(), ['store https://index.docker.io/v1/']);
});

test('helpers of DOCKER_AUTH_CONFIG are asked too', { skip: withoutShell }, async (t) => {
  const store = await open(t, {
    variable: { credHelpers: { [host]: 'mine' } },
    helpers: { mine: answering('u', 'p') },
  });
  assert.equal(await userFor(store, image), 'u');
});

for (const [title, value, helpers] of [
  ['is missing', 'missing', {}],
  ['is badly named', '../evil', {}],
  ['has an empty name', '', {}],
  ['is named by a number', 7, {}],
  ['fails', 'mine', { mine: 'echo the vault is locked; exit 2' }],
  ['answers with rubbish', 'mine', { mine: 'echo rubbish' }],
] as const) {
  test(`CVE-2021-41092: a helper for the very host that ${title} lets no other credentials through`, {
    skip: Object.keys(helpers).length > 0 && withoutShell,
  }, async (t) => {
    const store = await open(t, {
      files: {
        first: { credHelpers: { [host]: value }, credsStore: 'store', ...users({ [host]: 'of auths' }) },
        second: users({ [host]: 'of the next file' }),
      },
      helpers: { store: answering('of the store', 'p'), ...helpers },
    });
    const error = await refusalOf(store.find(image));
    assert.equal(error.code, 'unauthorized');
    assert.match(error.message, /^first, credHelpers names /);
    assert.deepEqual(store.secrets, []);
    assert.deepEqual(
      (await store.calls()).filter((line) => line.startsWith('store')),
      [],
    );
    assert.equal((await refusalOf(store.find(image))).code, 'unauthorized', 'the second time');
  });
}

test('CVE-2021-41092: github-token does not stand in for a helper that fails', async (t) => {
  const store = await open(t, {
    files: { file: { credHelpers: { 'ghcr.io': 'mine' } } },
    helpers: { mine: 'exit 1' },
    githubToken: 'the token of the job',
  });
  assert.equal((await refusalOf(store.find('ghcr.io/org/app'))).code, 'unauthorized');
});

test('a broken helper for another host does not matter', async (t) => {
  const store = await open(t, {
    files: { file: { credHelpers: { 'other.example': '../evil' }, ...users({ [host]: 'u' }) } },
  });
  assert.equal(await userFor(store, image), 'u');
});

for (const [title, value, helpers] of [
  ['is missing', 'missing', {}],
  ['is badly named', '../evil', {}],
  ['is named by a number', 7, {}],
  ['fails', 'store', { store: 'echo the vault is locked; exit 2' }],
  ['answers with rubbish', 'store', { store: 'echo rubbish' }],
] as const) {
  test(`a credsStore that ${title} is a warning, and auths is asked`, {
    skip: Object.keys(helpers).length > 0 && withoutShell,
  }, async (t) => {
    const files = { file: { credsStore: value, ...users({ [host]: 'of auths' }) } };
    const store = await open(t, { files, helpers });
    assert.equal(await userFor(store, image), 'of auths');
    assert.equal(store.warnings.length, 1);
    assert.match(store.warnings[0] ?? '', /^file, credsStore names /);
    assert.match(store.warnings[0] ?? '', title === 'fails' ? /the vault is locked/ : /./);
  });
}

test('a credsStore that prints a secret and fails does not put it into the warning', {
  skip: withoutShell,
}, async (t) => {
  const canary = 'canary-secret-of-the-store';
  const helpers = { store: `${answering('u', canary)}; exit 1` };
  const store = await open(t, { files: { file: { credsStore: 'store' } }, helpers });
  await store.find(image);
  assert.equal(store.warnings.length, 1);
  assert.ok(!store.warnings[0]?.includes(canary), store.warnings[0]);
});

test('an empty credsStore is none', async (t) => {
  for (const value of ['', null]) {
    const store = await open(t, { files: { file: { credsStore: value, ...users({ [host]: 'u' }) } } });
    assert.equal(await userFor(store, image), 'u');
    assert.deepEqual(store.warnings, []);
  }
});

test('a helper is asked once for a repository, by however many requests, and not before', {
  skip: withoutShell,
}, async (t) => {
  const store = await open(t, { files: { file: { credsStore: 'store' } }, helpers: { store: answering('u', 'p') } }, [
    image,
  ]);
  assert.deepEqual(await store.calls(), []);
  await Promise.all([store.find(image), store.find(image)]);
  await store.find(image);
  assert.deepEqual(await store.calls(), ['store r.example']);
});

test('every secret is told before it is given out: the password, and how a Basic header carries it', {
  skip: withoutShell,
}, async (t) => {
  const store = await open(t, {
    variable: users({ [host]: 'ann' }),
    files: {
      file: {
        auths: {
          'i.example': { identitytoken: 'the refresh token' },
          'b.example': { registrytoken: 'the-bearer-token' },
        },
        credHelpers: { 'h.example': 'mine' },
      },
    },
    helpers: { mine: answering('bob', 'secret of the helper') },
    githubToken: 'the token of the job',
  });
  for (const [reference, ...secrets] of [
    [image, 'password of ann', base64('ann:password of ann')],
    ['i.example/a', 'the refresh token'],
    ['b.example/a', 'the-bearer-token'],
    ['h.example/a', 'secret of the helper', base64('bob:secret of the helper')],
    ['ghcr.io/a', 'the token of the job', base64('x-access-token:the token of the job')],
  ] as const) {
    store.secrets.length = 0;
    await store.find(reference);
    assert.deepEqual(store.secrets, secrets);
  }
});

test('no user name is ever told as a secret', async (t) => {
  const username = 'a-user-name-of-more-than-16-characters';
  const store = await open(t, { input: { registry: host, username, password: 'p' } });
  await store.find(image);
  assert.ok(!store.secrets.includes(username));
});

test('a malformed DOCKER_AUTH_CONFIG is invalid-input naming it, never its content', async (t) => {
  for (const variable of ['canary', '{"auths": "canary"}', '["canary"]', '{canary']) {
    const error = await refusalOf(open(t, { variable }, [image]));
    assert.equal(error.code, 'invalid-input');
    assert.match(error.message, /^DOCKER_AUTH_CONFIG cannot be used/);
    assert.ok(!JSON.stringify([error.message, error.remoteMessage, error.advice]).includes('canary'));
  }
});

test('a malformed file is invalid-input although an earlier source has credentials', async (t) => {
  const places = { variable: users({ [host]: 'u' }), files: { '~/.docker/config.json': '{canary' } };
  const error = await refusalOf(open(t, places, [image]));
  assert.equal(error.code, 'invalid-input');
  assert.match(error.message, /^~\/\.docker\/config\.json cannot be used/);
});

test('a bad entry for an image is invalid-input before anything is asked for', async (t) => {
  const files = { file: { auths: { [host]: { auth: 'canary without base64!' } } } };
  const error = await refusalOf(open(t, { files }, [image]));
  assert.equal(error.code, 'invalid-input');
  assert.match(error.message, /^file, key r\.example cannot be used/);
  assert.ok(!error.message.includes('canary'));
});

test('a bad entry does not matter where an earlier source has credentials', async (t) => {
  const bad = { auths: { [host]: { auth: '!' } } };
  const byVariable = await open(t, { variable: users({ [host]: 'u' }), files: { bad } }, [image]);
  assert.equal(await userFor(byVariable, image), 'u');
  const input = { registry: host, username: 'u', password: 'p' };
  assert.equal(await userFor(await open(t, { input, files: { bad } }, [image]), image), 'u');
});

test('a bad entry for a host that no image is on does not matter', async (t) => {
  const files = { file: { auths: { 'other.example': { auth: '!' }, ...users({ [host]: 'u' }).auths } } };
  assert.equal(await userFor(await open(t, { files }, [image]), image), 'u');
});

test('HttpHeaders and proxies of a config are no credentials', async (t) => {
  const file = { HttpHeaders: { Authorization: 'Basic canary' }, proxies: { default: { httpProxy: 'http://u:p@h' } } };
  const store = await open(t, { files: { file } }, [image]);
  assert.equal(await store.find(image), undefined);
  assert.deepEqual(store.secrets, []);
});

test('a credsStore that fails is told of once, however many repositories ask it', { skip: withoutShell }, async (t) => {
  const files = { file: { credsStore: 'store', ...users({ [host]: 'of auths' }) } };
  const store = await open(t, { files, helpers: { store: 'echo locked; exit 2' } });
  for (const name of ['one', 'two', 'three']) assert.equal(await userFor(store, `${host}/${name}`), 'of auths');
  assert.equal(store.warnings.length, 1);
});

test('a helper that is asked again runs again, and what it gave then is what others get from there on', {
  skip: withoutShell,
}, async (t) => {
  const store = await open(t, { files: { file: { credsStore: 'store' } }, helpers: { store: answering('u', 'p') } });
  await store.find(image);
  await store.find(image, true);
  await store.find(image);
  assert.deepEqual(await store.calls(), ['store r.example', 'store r.example']);
});

test('what no helper gave is the same when it is asked for again', async (t) => {
  const store = await open(t, { variable: users({ [host]: 'u' }) });
  assert.deepEqual(await store.find(image, true), await store.find(image));
});

test('where the inputs cover every image, no config is read', async (t) => {
  const input = { registry: host, username: 'u', password: 'p' };
  const store = await open(t, { input, variable: '{broken', files: { file: '{broken' } }, [image]);
  assert.equal(await userFor(store, image), 'u');
});

test('an answer of a helper that is empty leaves the word to the next source', { skip: withoutShell }, async (t) => {
  const store = await open(t, {
    files: { file: { credHelpers: { [host]: 'mine' }, ...users({ [host]: 'of auths' }) } },
    helpers: { mine: answering('', '') },
  });
  assert.equal(await userFor(store, image), 'of auths');
  assert.deepEqual(store.warnings, []);
});
