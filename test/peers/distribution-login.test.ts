import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runAction, type Step } from '../support/action.ts';
import { image } from '../support/images.ts';
import { linePrinted, runPeer, skipWithout } from '../support/peers.ts';
import { withoutShell } from '../support/posix.ts';
import { makeAuthority, realShelf, startRealRegistry } from '../support/real-registry.ts';
import { startRegistry } from '../support/registry.ts';
import { startTokenService, type TokenService } from '../support/token-service.ts';

/** With a colon, a space and a letter of two bytes, as each of them is a stumbling block of some client. */
const user = 'alice';
const password = 'corréct:horse battery';

/** The password by bcrypt at its lowest cost: the only hash that the registry takes. */
const htpasswd = `${user}:$2b$04$abcdefghijklmnopqrstuuLNipgpiUZKM/uf8myPdte1zoXPWFNPi\n`;

const refreshToken = 'a-refresh-token-of-some-length';

/** What only those who log in may pull, and what everybody may. */
const [closed, open] = ['closed/team/app', 'open/app'];
const made = image('linux/amd64', { layers: ['behind a login'] });

/** A registry that wants a login. */
interface Gate {
  readonly host: string;
  /** Inputs that every run for it needs. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What a stranger is told. */
  readonly forStrangers: 'unauthorized' | 'denied';
  close(): Promise<void>;
}

let scratch = '';
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'image-digests-login-'));
});
after(() => rm(scratch, { recursive: true, force: true }));

describe('a login with a password, on the registry in memory', { concurrency: 2 }, () => {
  loginTests(() => memoryGate('basic'));
});

describe('a login for tokens, on the registry in memory', { concurrency: 2 }, () => {
  loginTests(() => memoryGate('bearer'));
});

const skipReal = skipWithout(['docker-registry', 'openssl'], 'logins at a real registry, and its TLS');

describe('a login with a password, on a real registry', { skip: skipReal, concurrency: 2 }, () => {
  loginTests(async () => {
    const file = join(scratch, 'htpasswd');
    await writeFile(file, htpasswd);
    const auth = { htpasswd: { realm: 'of the test', path: file } };
    const registry = await startRealRegistry({ storage: await storageWithImages(), auth });
    return { host: registry.host, inputs: {}, forStrangers: 'unauthorized', close: registry.close };
  });
});

describe('a login for signed tokens, on a real registry', { skip: skipReal, concurrency: 2 }, () => {
  let service: TokenService | undefined;
  const gate = loginTests(async () => {
    const signer = await makeAuthority(await mkdtemp(join(scratch, 'signer-')));
    const tokens = await startTokenService({ signer, users: { [user]: password }, refreshToken, open: [open] });
    service = tokens;
    const registry = await startRealRegistry({ storage: await storageWithImages(), auth: tokens.auth });
    const close = async () => {
      await Promise.all([registry.close(), tokens.close()]);
    };
    const inputs = { 'auth-hosts': `${registry.host}=${tokens.host}` };
    return { host: registry.host, inputs, forStrangers: 'denied', close };
  });
  tokenTests(gate, () => {
    assert.ok(service, 'the token service has started');
    return service;
  });
});

describe('TLS of a real registry', { skip: skipReal, concurrency: 2 }, tlsTests);

/** What holds wherever a login is wanted. */
function loginTests(start: () => Promise<Gate>): () => Gate {
  let started: Gate | undefined;
  const gate = () => {
    assert.ok(started, 'the registry has started');
    return started;
  };
  before(async () => {
    started = await start();
  });
  after(() => started?.close());
  const imageOf = (repository = closed) => ({ image: `${gate().host}/${repository}:v1`, ...gate().inputs });

  test('the inputs username and password open the image', async () => {
    checkImage(await passed({ ...imageOf(), username: user, password }));
  });

  test('a wrong password in the inputs is unauthorized, naming them', async () => {
    const wrong = `${password} no more`;
    const text = await failed('unauthorized', { ...imageOf(), username: user, password: wrong });
    assert.match(text, /the inputs username and password/);
  });

  test('a stranger is refused, and is told that no credentials were found', async () => {
    const text = await failed(gate().forStrangers, imageOf());
    assert.match(text, /No credentials were found/);
  });

  test('what does not exist is not-found to who is logged in', async () => {
    await failed('not-found', { ...imageOf('closed/nothing'), username: user, password });
  });

  const skipSkopeo = skipWithout(['skopeo'], 'logins written by skopeo');
  for (const [name, place] of [
    ['the file of $REGISTRY_AUTH_FILE', (home) => ({ file: join(home, 'a.json'), variable: 'REGISTRY_AUTH_FILE' })],
    ['~/.config/containers/auth.json', (home) => ({ file: join(home, '.config', 'containers', 'auth.json') })],
    [
      '$XDG_RUNTIME_DIR/containers/auth.json',
      (home) => ({ file: join(home, 'run', 'containers', 'auth.json'), variable: 'XDG_RUNTIME_DIR', value: 'run' }),
    ],
  ] as [string, (home: string) => { file: string; variable?: string; value?: string }][]) {
    test(`a login that skopeo wrote to ${name} opens the image`, { skip: skipSkopeo }, async () => {
      const home = await newHome();
      const { file, variable, value } = place(home);
      await skopeoLogin(gate().host, ['--authfile', file]);
      const env = variable === undefined ? {} : { [variable]: value === undefined ? file : join(home, value) };
      checkImage(await passed(imageOf(), { HOME: home, ...env }));
    });
  }

  test('a login that skopeo wrote for a namespace opens the images below it and no others', {
    skip: skipSkopeo,
  }, async () => {
    const env = { REGISTRY_AUTH_FILE: join(await newHome(), 'auth.json') };
    await skopeoLogin(`${gate().host}/closed/team`, ['--authfile', env.REGISTRY_AUTH_FILE]);
    checkImage(await passed(imageOf(), env));
    const text = await failed(gate().forStrangers, imageOf('closed/teammate/app'), env);
    assert.match(text, /No credentials were found/);
  });

  test("a login that skopeo wrote to docker's own file opens the image", { skip: skipSkopeo }, async () => {
    const home = await newHome();
    // Older ones write both formats by the same flag.
    const isNew = (await linePrinted('skopeo', ['login', '--help'])).includes('--compat-auth-file');
    const flag = isNew ? '--compat-auth-file' : '--authfile';
    await mkdir(join(home, '.docker'));
    await skopeoLogin(gate().host, [flag, join(home, '.docker', 'config.json')]);
    checkImage(await passed(imageOf(), { HOME: home }));
  });

  const skipCrane = skipWithout(['crane'], 'logins written by crane');
  for (const variable of ['HOME', 'DOCKER_CONFIG']) {
    test(`a login that crane wrote below $${variable} opens the image`, { skip: skipCrane }, async () => {
      const env = { [variable]: await newHome() };
      await craneLogin(gate().host, password, env);
      checkImage(await passed(imageOf(), env));
    });
  }

  test('a wrong password that crane wrote is unauthorized, naming the file and the key', {
    skip: skipCrane,
  }, async () => {
    const env = { HOME: await newHome() };
    await craneLogin(gate().host, `wrong ${password}`, env);
    const text = await failed('unauthorized', imageOf(), env);
    assert.ok(text.includes(`~/.docker/config.json, key ${gate().host}`), text);
  });

  test('a login as DOCKER_AUTH_CONFIG opens the image', { skip: skipCrane }, async () => {
    const home = await newHome();
    await craneLogin(gate().host, password, { HOME: home });
    const config = await readFile(join(home, '.docker', 'config.json'), 'utf8');
    checkImage(await passed(imageOf(), { DOCKER_AUTH_CONFIG: config }));
  });

  test('a login that oras wrote opens the image', {
    skip: skipWithout(['oras'], 'logins written by oras'),
  }, async () => {
    const home = await newHome();
    const file = join(home, '.docker', 'config.json');
    const login = ['login', '--plain-http', '--registry-config', file, '-u', user, '--password-stdin', gate().host];
    await runPeer('oras', login, { env: { HOME: home }, input: password });
    checkImage(await passed(imageOf(), { HOME: home }));
  });

  test('a credential helper, spawned as docker does, opens the image', { skip: withoutShell }, async () => {
    const home = await newHome();
    const program = join(home, 'bin', 'docker-credential-of-test');
    const answer = JSON.stringify({ ServerURL: gate().host, Username: user, Secret: password });
    const script = `#!/bin/sh\nread -r server\n[ "$1 $server" = "get ${gate().host}" ] && printf '%s' '${answer}'\n`;
    await writeWithFolder(program, script);
    await chmod(program, 0o755);
    const config = JSON.stringify({ credHelpers: { [gate().host]: 'of-test' } });
    await writeWithFolder(join(home, '.docker', 'config.json'), config);
    const path = `${join(home, 'bin')}:${process.env['PATH']}`;
    checkImage(await passed(imageOf(), { HOME: home, PATH: path }));
  });

  return gate;
}

/** What tokens bring with them: strangers, other hosts, other kinds of login. */
function tokenTests(gate: () => Gate, service: () => TokenService): void {
  const imageOf = (repository: string) => ({ image: `${gate().host}/${repository}:v1` });
  const callsFor = (repository: string) =>
    service().seen.filter(({ parameters }) => parameters.get('scope')?.includes(`:${repository}:`));

  test('everybody gets a token for an open repository, for pulling it and nothing else', async () => {
    checkImage(await passed(imageOf(open)));
    const [call] = callsFor(open);
    assert.equal(call?.authorization, undefined);
    assert.deepEqual(call?.parameters.getAll('scope'), [`repository:${open}:pull`]);
    assert.deepEqual(call?.parameters.getAll('service'), ['test registry & more']);
    assert.equal(call?.parameters.get('account'), 'kept');
  });

  test('credentials do not go to a token service on another port without an auth-hosts line, and the text gives it', async () => {
    const repository = 'closed/team/unsent';
    const text = await failed('untrusted-host', { ...imageOf(repository), username: user, password });
    assert.ok(text.includes(`${gate().host}=${service().host}`), text);
    assert.deepEqual(callsFor(repository), []);
  });

  test('an identity token is exchanged by POST', async () => {
    const home = await newHome();
    const entry = {
      auth: Buffer.from('00000000-0000-0000-0000-000000000000:').toString('base64'),
      identitytoken: refreshToken,
    };
    await writeWithFolder(join(home, '.docker', 'config.json'), JSON.stringify({ auths: { [gate().host]: entry } }));
    const repository = 'closed/team/refresh';
    checkImage(await passed({ ...imageOf(repository), ...gate().inputs }, { HOME: home }));
    assert.deepEqual(
      callsFor(repository).map(({ method }) => method),
      ['POST'],
    );
  });

  test('a registry token from a config is sent as it is', async () => {
    const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    const query = new URLSearchParams({ service: 'test registry & more', scope: 'repository:closed/team/ready:pull' });
    const answer = await fetch(`http://${service().host}/token?${query}`, { headers });
    const { token } = (await answer.json()) as { token: string };
    const config = JSON.stringify({ auths: { [gate().host]: { registrytoken: token } } });
    const before = callsFor('closed/team/ready').length;
    checkImage(await passed(imageOf('closed/team/ready'), { DOCKER_AUTH_CONFIG: config }));
    assert.equal(callsFor('closed/team/ready').length, before);
  });

  test('images that want different logins are resolved in one step', async () => {
    const other = await memoryGate('basic');
    try {
      const auth = Buffer.from(`${user}:${password}`).toString('base64');
      const config = JSON.stringify({ auths: { [other.host]: { auth } } });
      const images = [`${gate().host}/${closed}:v1`, `${gate().host}/${open}:v1`, `${other.host}/${closed}:v1`];
      const inputs = { image: images.join('\n'), ...gate().inputs, registry: gate().host, username: user, password };
      const step = await passed(inputs, { DOCKER_AUTH_CONFIG: config });
      const results = JSON.parse(step.outputs['results'] ?? '') as { image: string; digest: string }[];
      assert.deepEqual(
        results.map((result) => result.image),
        images,
      );
      for (const { digest } of results) assert.equal(digest, made.manifest.digest);
    } finally {
      await other.close();
    }
  });

  test('a token that the registry does not believe is unauthorized', async () => {
    const [signer, believed] = (await Promise.all([1, 2].map(async () => makeAuthority(await newHome())))) as [
      Awaited<ReturnType<typeof makeAuthority>>,
      Awaited<ReturnType<typeof makeAuthority>>,
    ];
    const trusted = believed.certificate;
    const forger = await startTokenService({ signer, trusted, users: {}, open: [open] });
    const registry = await startRealRegistry({ storage: await storageWithImages(), auth: forger.auth });
    try {
      await failed('unauthorized', { image: `${registry.host}/${open}:v1` });
    } finally {
      await Promise.all([registry.close(), forger.close()]);
    }
  });
}

function tlsTests(): void {
  let authority = '';
  const hosts = { tls: '', basic: '', token: '', service: '' };
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    const tls = await makeAuthority(await newHome());
    authority = tls.authority;
    const storage = await storageWithImages();
    const certificate = { certificate: tls.certificate, key: tls.key };
    const file = join(await newHome(), 'htpasswd');
    await writeFile(file, htpasswd);
    const service = await startTokenService({ signer: tls, users: { [user]: password }, open: [open], tls });
    closers.push(service.close);
    const auths = { tls: undefined, basic: { htpasswd: { realm: 'tls', path: file } }, token: service.auth };
    for (const [name, auth] of Object.entries(auths)) {
      const registry = await startRealRegistry({ storage, tls: certificate, ...(auth === undefined ? {} : { auth }) });
      closers.push(registry.close);
      hosts[name as 'tls' | 'basic' | 'token'] = registry.host;
    }
    hosts.service = service.host;
  });
  after(async () => {
    await Promise.all(closers.map((close) => close()));
  });

  test('its images are resolved when NODE_EXTRA_CA_CERTS names its authority', async () => {
    checkImage(await passed({ image: `${hosts.tls}/${open}:v1` }, { NODE_EXTRA_CA_CERTS: authority }));
  });

  test('an authority that is not known is tls, even where Node was told to believe everybody', async () => {
    for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
      await failed('tls', { image: `${hosts.tls}/${open}:v1` }, env);
    }
  });

  test('a certificate for another name is tls', async () => {
    const image = `${hosts.tls.replace('127.0.0.1', 'localhost')}/${open}:v1`;
    await failed('tls', { image }, { NODE_EXTRA_CA_CERTS: authority });
  });

  test('a password is good over TLS, and a wrong one is unauthorized', async () => {
    const inputs = { image: `${hosts.basic}/${closed}:v1`, username: user };
    checkImage(await passed({ ...inputs, password }, { NODE_EXTRA_CA_CERTS: authority }));
    await failed('unauthorized', { ...inputs, password: 'wrong' }, { NODE_EXTRA_CA_CERTS: authority });
  });

  test('signed tokens come from a token service with TLS, for strangers and for those who log in', async () => {
    const env = { NODE_EXTRA_CA_CERTS: authority };
    checkImage(await passed({ image: `${hosts.token}/${open}:v1` }, env));
    const inputs = { image: `${hosts.token}/${closed}:v1`, 'auth-hosts': `${hosts.token}=${hosts.service}` };
    checkImage(await passed({ ...inputs, username: user, password }, env));
    await failed('denied', inputs, env);
  });

  const skip = skipWithout(['skopeo', 'crane'], 'logins over TLS');
  test('crane, with the login that skopeo wrote, sees the same digest over TLS', { skip }, async () => {
    const home = await newHome();
    const file = join(home, '.docker', 'config.json');
    await mkdir(dirname(file));
    await skopeoLogin(hosts.basic, ['--authfile', file], { SSL_CERT_FILE: authority });
    const reference = `${hosts.basic}/${closed}:v1`;
    const step = await passed({ image: reference }, { HOME: home, NODE_EXTRA_CA_CERTS: authority });
    const env = { HOME: home, SSL_CERT_FILE: authority };
    assert.equal(step.outputs['digest'], await linePrinted('crane', ['digest', reference], { env }));
  });
}

async function memoryGate(auth: 'basic' | 'bearer'): Promise<Gate> {
  const registry = await startRegistry({ auth, users: { [user]: password } });
  registry.putImage(closed, made, 'v1');
  return { host: registry.host, inputs: {}, forStrangers: 'unauthorized', close: registry.close };
}

let storage: Promise<string> | undefined;

/** A folder that a registry without a login was filled by, for those with one to serve. */
function storageWithImages(): Promise<string> {
  const fill = async () => {
    const folder = join(scratch, 'storage');
    const shelf = await realShelf(folder);
    const more = ['closed/team/unsent', 'closed/team/refresh', 'closed/team/ready', 'closed/teammate/app'];
    for (const repository of [closed, open, ...more]) await shelf.putImage(repository, made, 'v1');
    await shelf.close();
    return folder;
  };
  storage ??= fill();
  return storage;
}

async function newHome(): Promise<string> {
  return mkdtemp(join(scratch, 'home-'));
}

async function writeWithFolder(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function skopeoLogin(server: string, flags: readonly string[], env?: Record<string, string>): Promise<void> {
  const insecure = env === undefined ? ['--tls-verify=false'] : [];
  const login = ['login', ...insecure, ...flags, '-u', user, '--password-stdin', server];
  await runPeer('skopeo', login, { input: password, env: { HOME: scratch, ...env } });
}

async function craneLogin(server: string, secret: string, env: Record<string, string>): Promise<void> {
  const login = ['auth', 'login', server, '-u', user, '--password-stdin'];
  await runPeer('crane', login, { input: secret, env });
}

function checkImage(step: Step): void {
  assert.equal(step.outputs['digest'], made.manifest.digest);
  assert.equal(step.outputs['config-digest'], made.config.digest);
}

async function passed(inputs: Readonly<Record<string, string>>, env: Record<string, string> = {}): Promise<Step> {
  const step = await runAction({ image: '', ...inputs }, { env });
  assert.equal(step.status, 0, step.stdout + step.stderr);
  checkSecrets(step);
  return step;
}

/** Runs the action, which must fail with this code and no output but it; gives the text of the annotation. */
async function failed(
  code: string,
  inputs: Readonly<Record<string, string>>,
  env: Record<string, string> = {},
): Promise<string> {
  const step = await runAction(inputs, { env });
  const titles = step.errors.map(({ title }) => title);
  assert.deepEqual(titles, [`Image Digests: ${code}`], step.stdout + step.stderr);
  assert.equal(step.status, 1);
  assert.deepEqual(step.outputs, { 'error-code': code });
  checkSecrets(step);
  return step.errors[0]?.text ?? '';
}

/** Secrets stand in the commands that mask them, and nowhere else. */
function checkSecrets(step: Step): void {
  const log = step.stdout.replace(/^::add-mask::.*$/gm, '');
  const shown = [log, step.stderr, step.summary, JSON.stringify(step.outputs)].join('\n');
  const secrets = [password, encodeURIComponent(password), refreshToken];
  const encoded = Buffer.from(`${user}:${password}`).toString('base64');
  for (const secret of [...secrets, encoded]) assert.ok(!shown.includes(secret), shown);
}
