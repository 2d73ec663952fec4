import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runAction, type Step } from '../support/action.ts';
import { answering, base64, temporaryFolder, writeAt, writeHelper } from '../support/folder.ts';
import { image } from '../support/images.ts';
import { withoutShell } from '../support/posix.ts';
import { type Answer, type Asked, lineOf, type Site, type Sites, startSite, startSites } from '../support/sites.ts';

// Canaries: secrets that are searched for in everything that a run sends and leaves. Each has characters that
// base64, queries and forms write differently.
const canaries = {
  input: 'canary/input+secret=1~!*(x)',
  variable: 'canary/variable+secret=2',
  docker: 'canary/docker+secret=3',
  podman: 'canary/podman+secret=4',
  helper: 'canary/helper+secret=5',
  identity: 'canary/identity+secret=6',
  bearer: 'canary-bearer-secret-7',
  github: 'ghs_canary_of_the_job_0000000000000008',
  proxy: 'canary-proxy-secret-9',
  short: 'cnry+10/=',
} as const;
type Canary = keyof typeof canaries;

const published = image('linux/amd64');

/** The ways in which a secret may be written, with the parts of base64 that do not depend on what stands before it. */
function formsOf(secret: string): string[] {
  const shifted = [0, 1, 2].map((shift) => base64('x'.repeat(shift) + secret).slice(shift === 0 ? 0 : 4, -4));
  const encoded = encodeURIComponent(secret);
  const form = new URLSearchParams({ x: secret }).toString().slice(2);
  return [secret, encoded, encoded.toLowerCase(), form, encodeURIComponent(base64(secret)), base64(secret), ...shifted];
}

function holds(text: string, canary: Canary): boolean {
  return formsOf(canaries[canary]).some((form) => text.includes(form));
}

/** Which canaries a text holds, in whatever form. */
function canariesIn(text: string): Canary[] {
  return (Object.keys(canaries) as Canary[]).filter((canary) => holds(text, canary));
}

/** Everything that a site was sent, as one text. */
function sentTo(seen: readonly Asked[], site: string): string {
  return seen
    .filter((asked) => asked.site === site)
    .map((asked) => [lineOf(asked), asked.query.toString(), JSON.stringify(asked.headers), asked.body].join('\n'))
    .join('\n');
}

/** A registry that throws back at its clients whatever they show it, in every way that it can. */
function echo(status: number): Site {
  return ({ headers, body, path }) => {
    const shown = headers.authorization ?? '';
    const decoded = Buffer.from(shown.replace(/^Basic /, ''), 'base64').toString();
    const encoded = [encodeURIComponent(decoded), encodeURIComponent(shown)];
    const words = `you sent ${shown} (${decoded}) ${encoded.join(' ')} ${body} to ${path}`;
    return {
      status,
      headers: { 'x-echo': shown, 'www-authenticate': `Basic realm="${decoded.replace(/[^ -~]|"/g, '')}"` },
      body: { errors: [{ code: 'DENIED', message: words, detail: words }] },
    };
  };
}

/** Wants a login by `challenge`, and throws it back when it comes. */
function echoing(challenge: string, status = 403): Site {
  const thrown = echo(status);
  return (asked) => {
    if (asked.headers.authorization !== undefined || asked.method === 'POST') return thrown(asked);
    return {
      status: 401,
      headers: { 'www-authenticate': challenge },
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'login' }] },
    };
  };
}

interface Leavings {
  readonly step: Step;
  readonly net: Sites;
  /** Everything that the run left but its mask commands: streams, outputs, summary and files. */
  readonly left: string;
  /** The values of `::add-mask::`. */
  readonly masks: readonly string[];
}

interface Scene {
  readonly image: string;
  readonly sites: Readonly<Record<string, Site>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly docker?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly helpers?: Readonly<Record<string, string>>;
}

/** Plays a scene in which every source holds a canary for the host `HOST` that it is named after. */
async function play(t: TestContext, scene: Scene): Promise<Leavings> {
  const folder = await temporaryFolder(t);
  const net = await startSites(scene.sites);
  t.after(() => net.close());
  const [home, bin, runtime] = [join(folder, 'home'), join(folder, 'bin'), join(folder, 'runtime')];
  await writeAt(join(home, '.docker', 'config.json'), scene.docker ?? dockerConfig);
  await writeAt(join(runtime, 'containers', 'auth.json'), login('podman.example', canaries.podman));
  const helpers = scene.helpers ?? { canary: answering('helper-user', canaries.helper) };
  for (const [name, script] of Object.entries(helpers)) await writeHelper(bin, name, script);
  const env = {
    HOME: home,
    PATH: `${bin}:${process.env['PATH']}`,
    XDG_RUNTIME_DIR: runtime,
    DOCKER_AUTH_CONFIG: JSON.stringify(login('variable.example', canaries.variable)),
    RUNNER_DEBUG: '1',
    ACTIONS_STEP_DEBUG: 'true',
    GITHUB_ENV: await writeAt(join(folder, 'env'), ''),
    GITHUB_PATH: await writeAt(join(folder, 'path'), ''),
    GITHUB_STATE: await writeAt(join(folder, 'state'), ''),
    ...net.env,
    ...scene.env,
  };
  const inputs = { registry: 'input.example', username: 'input-user', password: canaries.input };
  const step = await runAction(
    { image: scene.image, 'github-token': canaries.github, ...inputs, ...scene.inputs },
    { env },
  );
  const masks = [...step.stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, mask = '']) => decodeURIComponent(mask));
  const stdout = step.stdout.replace(/^::add-mask::.*$/gm, '');
  const files = await Promise.all([
    contentOf(step.temp),
    contentOf(env.GITHUB_ENV),
    contentOf(env.GITHUB_PATH),
    contentOf(env.GITHUB_STATE),
  ]);
  // Workflow commands escape the percent sign; the runner shows it as it was.
  const shown = stdout.replaceAll('%25', '%');
  const left = [stdout, shown, step.stderr, JSON.stringify(step.outputs), step.summary, ...step.files, ...files];
  return { step, net, left: left.join('\n'), masks };
}

function login(host: string, password: string): { auths: object } {
  return { auths: { [host]: { auth: base64(`${host.split('.')[0]}-user:${password}`) } } };
}

const dockerConfig = {
  HttpHeaders: { 'X-Meta': canaries.short },
  auths: {
    ...login('docker.example', canaries.docker).auths,
    'identity.example': { identitytoken: canaries.identity },
    'bearer.example': { registrytoken: canaries.bearer },
  },
  credHelpers: { 'helper.example': 'canary' },
};

async function contentOf(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return readFile(path, 'latin1');
  const parts = (await readdir(path)).map((name) => contentOf(join(path, name)));
  return (await Promise.all(parts)).join('\n');
}

/** Nothing that the run left holds a canary, and of the sites only those that are named have seen theirs. */
function assertKept({ net, left, step }: Leavings, meant: Readonly<Record<string, readonly Canary[]>>): void {
  assert.deepEqual(canariesIn(left), [], `the run left a secret:\n${left}`);
  assert.match(step.stdout, /./);
  for (const site of new Set([...net.seen.map((asked) => asked.site), ...Object.keys(meant)])) {
    assert.deepEqual(canariesIn(sentTo(net.seen, site)), meant[site] ?? [], `what ${site} was sent`);
  }
  assert.deepEqual(canariesIn(JSON.stringify(net.proxied)), [], 'what the proxy was sent');
}

const owners: readonly Canary[] = ['input', 'variable', 'docker', 'podman', 'helper'];

for (const owner of owners) {
  for (const status of [401, 403, 400, 404, 500]) {
    if (status !== 403 && owner !== 'input') continue;
    test(`${owner}: a registry with Basic that throws the login back with ${status} is the only one that saw it`, {
      skip: owner === 'helper' && withoutShell,
    }, async (t) => {
      const host = `${owner}.example`;
      // The file and its neighbours hold the logins of the other hosts: none of them is to be sent here.
      const left = await play(t, {
        image: `${host}/org/app`,
        sites: { [host]: echoing('Basic realm="x"', status) },
        inputs: { timeout: '3s' },
      });
      assert.equal(left.step.status, 1);
      assertKept(left, { [host]: [owner] });
    });
  }
}

for (const owner of [...owners, 'identity'] as const) {
  test(`${owner}: a token service of the registry that throws the login back is the only one that saw it`, {
    skip: owner === 'helper' && withoutShell,
  }, async (t) => {
    const host = `${owner}.example`;
    const challenge = `Bearer realm="https://${host}/token",service="${host}"`;
    const left = await play(t, {
      image: `${host}/org/app`,
      sites: { [host]: (asked) => (asked.path === '/token' ? echo(401)(asked) : echoing(challenge)(asked)) },
    });
    assert.equal(left.step.outputs['error-code'], 'unauthorized');
    assertKept(left, { [host]: [owner] });
  });
}

test('bearer: a registry token goes to its registry as it is, and is not shown when it comes back', async (t) => {
  const left = await play(t, {
    image: 'bearer.example/org/app',
    sites: { 'bearer.example': echoing('Bearer realm="https://bearer.example/token"') },
  });
  assert.equal(left.step.outputs['error-code'], 'denied');
  assertKept(left, { 'bearer.example': ['bearer'] });
});

for (const owner of [...owners, 'identity'] as const) {
  const realms = [
    'https://evil.example/token',
    'https://auth.docker.io/token',
    `https://${owner}.example:8443/token`,
    `https://${owner}.example.evil.example/token`,
    `https://${owner}.example@evil.example/token`,
  ];
  for (const realm of owner === 'input' ? realms : realms.slice(0, 1)) {
    test(`${owner}: the realm ${realm} sees no login`, { skip: owner === 'helper' && withoutShell }, async (t) => {
      const host = `${owner}.example`;
      const left = await play(t, {
        image: `${host}/org/app`,
        sites: { [host]: echoing(`Bearer realm="${realm}",service="x"`), [new URL(realm).host]: echo(401) },
      });
      assert.equal(left.step.outputs['error-code'], 'untrusted-host');
      assertKept(left, {});
    });
  }
}

test('a registry with Basic is not shown an identity token, and the text says what there is', async (t) => {
  const left = await play(t, {
    image: 'identity.example/org/app',
    sites: { 'identity.example': echoing('Basic realm="x"') },
  });
  assert.equal(left.step.outputs['error-code'], 'unauthorized');
  assert.match(left.step.errors[0]?.text ?? '', /config\.json, key identity\.example/);
  assertKept(left, {});
});

test('a login that a registry puts into the target of a redirect is not shown', async (t) => {
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: {
      'input.example': (asked) => {
        const { authorization } = asked.headers;
        if (authorization === undefined) return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
        const shown = encodeURIComponent(Buffer.from(authorization.slice(6), 'base64').toString());
        const base = `https://${shown.includes('%40') ? '' : 'gone.example'}`;
        return {
          status: 307,
          headers: { location: `${base}/${shown}/${encodeURIComponent(authorization)}?x=${shown}#${shown}` },
        };
      },
    },
    inputs: { timeout: '2s' },
  });
  assert.equal(left.step.status, 1);
  assert.deepEqual(canariesIn(left.left), [], left.left);
});

test('an image on another host learns nothing of any login, although it asks for one', async (t) => {
  for (const challenge of [
    'Basic realm="input.example"',
    'Bearer realm="https://evil.example/token",service="input.example",scope="repository:org/app:pull"',
  ]) {
    const token = { body: { token: 'a-token-for-strangers' } };
    const left = await play(t, {
      image: 'evil.example/input.example/org/app',
      sites: { 'evil.example': (asked) => (asked.path === '/token' ? token : echoing(challenge, 401)(asked)) },
    });
    assert.equal(left.step.status, 1);
    assertKept(left, {});
  }
});

test('github-token goes to ghcr.io only, and is not shown when it comes back from either of its ends', async (t) => {
  const bearer = 'Bearer realm="https://ghcr.io/token",service="ghcr.io"';
  const left = await play(t, {
    image: 'ghcr.io/org/app\nevil.example/org/app\npkg.ghcr.io/org/app',
    sites: {
      'ghcr.io': (asked) => (asked.path === '/token' ? echo(403)(asked) : echoing(bearer)(asked)),
      'evil.example': echoing(bearer.replaceAll('ghcr.io/', 'evil.example/')),
      'pkg.ghcr.io': echoing('Basic realm="GitHub"'),
    },
  });
  assert.equal(left.step.status, 1);
  assertKept(left, { 'ghcr.io': ['github'] });
});

test('github-token goes to the registry of the Enterprise Server, and to no other', async (t) => {
  const left = await play(t, {
    image: 'containers.ghes.example/org/app\nghes.example/org/app\ncontainers.other.example/org/app',
    sites: {
      'containers.ghes.example': echoing('Basic realm="x"'),
      'ghes.example': echoing('Basic realm="x"'),
      'containers.other.example': echoing('Basic realm="x"'),
    },
    env: { GITHUB_SERVER_URL: 'https://ghes.example' },
  });
  assertKept(left, { 'containers.ghes.example': ['github'] });
});

/** Serves the image to those who log in by Basic, the blobs by a redirect to storage. */
function redirecting(storage: string): Site {
  return ({ headers, path }) => {
    if (!headers.authorization?.startsWith('Basic '))
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
    if (path.includes('/manifests/')) return manifest;
    return { status: 307, headers: { location: `${storage}${path}?X-Amz-Signature=abc` } };
  };
}

const manifest: Answer = { headers: { 'content-type': published.manifest.mediaType }, body: published.manifest.bytes };

test('a redirect target is not shown the login, and the run that it serves leaves no secret', async (t) => {
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: {
      'input.example': redirecting('https://storage.example'),
      'storage.example': () => ({ body: published.config.bytes }),
    },
    inputs: { inspect: 'true' },
  });
  assert.equal(left.step.status, 0, left.step.stdout);
  assert.match(left.step.summary, /input\.example/);
  assertKept(left, { 'input.example': ['input'] });
});

test('a redirect target that sends the request back does not get the login sent again by a stranger', async (t) => {
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: {
      'input.example': redirecting('https://storage.example'),
      'storage.example': ({ path }) => ({ status: 302, headers: { location: `https://input.example/v2/back${path}` } }),
    },
  });
  assert.equal(left.step.status, 1);
  assertKept(left, { 'input.example': ['input'] });
  const back = left.net.seen.filter(({ path }) => path.startsWith('/v2/back'));
  assert.ok(back.length > 0);
  assert.ok(back.every(({ headers }) => headers.authorization === undefined));
});

test('a redirect target that asks for a login gets none', async (t) => {
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: { 'input.example': redirecting('https://storage.example'), 'storage.example': echoing('Basic realm="x"') },
  });
  assert.equal(left.step.status, 1);
  assertKept(left, { 'input.example': ['input'] });
});

test('a token service that redirects is not followed', async (t) => {
  const left = await play(t, {
    image: 'identity.example/org/app',
    sites: {
      'identity.example': (asked) =>
        asked.path === '/token'
          ? { status: 307, headers: { location: 'https://evil.example/token' } }
          : echoing('Bearer realm="https://identity.example/token"')(asked),
      'evil.example': echo(401),
    },
  });
  assert.equal(left.step.outputs['error-code'], 'untrusted-host');
  assertKept(left, { 'identity.example': ['identity'] });
});

test('a realm that changes in mid-run sees no login', async (t) => {
  let asked = 0;
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: {
      'input.example': ({ path }) => {
        if (path === '/token') return { body: { token: 'the-first-token-of-all' } };
        asked += 1;
        if (asked === 2) return manifest;
        const realm = asked === 1 ? 'https://input.example/token' : 'https://evil.example/token';
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } };
      },
      'evil.example': echo(401),
    },
  });
  assert.equal(left.step.outputs['error-code'], 'untrusted-host');
  assertKept(left, { 'input.example': ['input'] });
});

test('the token that a login gave goes to its registry only, is shown nowhere, and is never masked', async (t) => {
  const token = 'token/of+input.example=';
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: {
      'input.example': (asked) =>
        asked.path === '/token' ? { body: { token } } : echoing('Bearer realm="https://input.example/token"')(asked),
    },
  });
  assert.equal(left.step.outputs['error-code'], 'denied');
  assertKept(left, { 'input.example': ['input'] });
  for (const form of formsOf(token)) assert.ok(!left.left.includes(form), left.left);
  assert.ok(!left.masks.some((mask) => mask.includes(token)));
});

for (const body of [
  { token: canaries.bearer.replaceAll('-', ' ') },
  { token: '', refresh_token: canaries.bearer },
  canaries.bearer,
  `{"token": "${canaries.bearer}`,
]) {
  test(`an answer of a token service without a usable token is not shown: ${JSON.stringify(body).slice(0, 40)}`, async (t) => {
    const left = await play(t, {
      image: 'input.example/org/app',
      sites: {
        'input.example': (asked) =>
          asked.path === '/token' ? { body } : echoing('Bearer realm="https://input.example/token"')(asked),
      },
    });
    assert.equal(left.step.outputs['error-code'], 'registry-error');
    assertKept(left, { 'input.example': ['input'] });
    assert.ok(!left.left.includes('canary bearer'));
  });
}

test('a token of one registry does not go to another that names the same token service', {
  skip: withoutShell,
}, async (t) => {
  const challenge = 'Bearer realm="https://auth.example/token",service="shared"';
  const left = await play(t, {
    image: 'docker.example/org/app\nother.example/org/app',
    docker: { credsStore: 'perhost' },
    helpers: {
      perhost: `case "$(cat)" in docker.example) ${answering('docker-user', canaries.docker)};; *) ${answering('other-user', canaries.helper)};; esac`,
    },
    inputs: { 'auth-hosts': 'docker.example=auth.example\nother.example=auth.example' },
    sites: {
      'docker.example': echoing(challenge),
      'other.example': echoing(challenge),
      'auth.example': ({ headers }) => ({
        body: { token: `token-for-${headers.authorization?.replace('Basic ', '')}` },
      }),
    },
  });
  assertKept(left, { 'docker.example': ['docker'], 'other.example': ['helper'], 'auth.example': ['docker', 'helper'] });
});

test('with an identity token no scope but ours is asked for, in the query of the realm neither', async (t) => {
  const realm = 'https://identity.example/token?scope=repository:victim/secrets:pull,push&tenant=1';
  const left = await play(t, {
    image: 'identity.example/org/app',
    sites: {
      'identity.example': (asked) =>
        asked.path === '/token' ? echo(401)(asked) : echoing(`Bearer realm="${realm}"`)(asked),
    },
  });
  const posted = left.net.seen.find(({ method }) => method === 'POST');
  assert.equal(posted?.query.get('tenant'), '1');
  assert.deepEqual(
    [...(posted?.query.getAll('scope') ?? []), new URLSearchParams(posted?.body).get('scope')].filter(
      (scope) => scope !== 'repository:org/app:pull',
    ),
    [],
  );
});

for (const [title, script, code] of [
  ['fails', `${answering('helper-user', canaries.helper)}; exit 1`, 'unauthorized'],
  ['fails on stderr', `${answering('helper-user', canaries.helper)} >&2; exit 1`, 'unauthorized'],
  [
    'prints too much',
    `${answering('helper-user', canaries.helper)}; head -c 70000 /dev/zero | tr '\\0' ' '`,
    'unauthorized',
  ],
  ['breaks its JSON', `printf '%s' '{"Username":"u","Secret":"${canaries.helper}'`, 'unauthorized'],
] as const) {
  test(`a helper that prints its secret and ${title} does not get it into the log`, {
    skip: withoutShell,
  }, async (t) => {
    for (const docker of [{ credHelpers: { 'helper.example': 'canary' } }, { credsStore: 'canary' }]) {
      const left = await play(t, {
        image: 'helper.example/org/app',
        docker,
        helpers: { canary: script },
        sites: { 'helper.example': echoing('Basic realm="x"') },
      });
      assert.equal(left.step.outputs['error-code'], code);
      assertKept(left, {});
    }
  });
}

test('a helper is told the server and no secret of the inputs', { skip: withoutShell }, async (t) => {
  const folder = await temporaryFolder(t);
  const left = await play(t, {
    image: 'helper.example/org/app',
    helpers: { canary: `{ env; cat; } > ${folder}/told; ${answering('helper-user', canaries.helper)}` },
    sites: { 'helper.example': echoing('Basic realm="x"') },
  });
  assertKept(left, { 'helper.example': ['helper'] });
  const told = await readFile(join(folder, 'told'), 'utf8');
  assert.match(told, /helper\.example$/m);
  assert.deepEqual(
    canariesIn(told).filter((canary) => canary === 'input' || canary === 'github'),
    [],
  );
});

for (const [title, scene] of [
  ['config.json', { docker: { auths: { 'docker.example': { auth: canaries.docker } } } }],
  ['config.json that is text', { docker: [canaries.docker] }],
  ['DOCKER_AUTH_CONFIG', { env: { DOCKER_AUTH_CONFIG: `{"auths":{"docker.example":{"auth":"${canaries.docker}` } }],
  ['DOCKER_AUTH_CONFIG that is the password', { env: { DOCKER_AUTH_CONFIG: canaries.docker } }],
  [
    'DOCKER_AUTH_CONFIG that is base64',
    { env: { DOCKER_AUTH_CONFIG: base64(JSON.stringify(login('docker.example', canaries.docker))) } },
  ],
] as const) {
  test(`a malformed ${title} is named, never shown, and nothing is sent`, async (t) => {
    const left = await play(t, { image: 'docker.example/org/app', sites: { 'docker.example': echo(401) }, ...scene });
    assert.equal(left.step.outputs['error-code'], 'invalid-input');
    assert.match(left.step.errors[0]?.text ?? '', /^(?:~\/\.docker\/config\.json|DOCKER_AUTH_CONFIG)/);
    assert.deepEqual(left.net.proxied, []);
    assertKept(left, {});
  });
}

for (const inputs of [
  { image: `user:${canaries.input}@input.example/org/app` },
  { image: `https://user:${canaries.input}@input.example/org/app` },
  { registry: `https://user:${canaries.input}@input.example` },
  { 'auth-hosts': `input.example=user:${canaries.input}@auth.example` },
  { 'plain-http': `user:${canaries.input}@input.example` },
  { 'compare-with': `user:${canaries.input}@input.example/org/app` },
  { username: '' },
  { username: 'user:name' },
]) {
  test(`a bad input does not show the password: ${Object.keys(inputs).join()} ${'username' in inputs ? inputs.username : ''}`, async (t) => {
    const left = await play(t, { image: 'input.example/org/app', sites: {}, inputs });
    assert.equal(left.step.outputs['error-code'], 'invalid-input', left.step.stdout);
    assert.deepEqual(left.net.proxied, []);
    assertKept(left, {});
  });
}

test('secrets are masked by line of 16 characters and more; shorter ones and user names never are', async (t) => {
  const lines = ['a line of more than 16', 'exactly 16 chars', 'only 15 charact', ''];
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: { 'input.example': echoing('Basic realm="x"') },
    inputs: { username: 'a-user-name-of-more-than-16-characters', password: lines.join('\r\n') },
  });
  const header = base64(`a-user-name-of-more-than-16-characters:${lines.slice(0, 3).join('\r\n')}`);
  assert.deepEqual([...new Set(left.masks)].sort(), [canaries.github, lines[0], lines[1], header].sort());
  for (const line of lines.slice(0, 3)) assert.ok(!left.left.includes(line ?? ''), left.left);
  assert.match(left.left, /a-user-name-of-more-than-16-characters/);
});

test('a secret that is too short to mask is cut out of what a registry throws back', async (t) => {
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: { 'input.example': echoing('Basic realm="x"') },
    inputs: { username: 'u', password: canaries.short },
  });
  assertKept(left, { 'input.example': ['short'] });
  assert.ok(!left.masks.includes(canaries.short));
});

test('a secret that comes back percent-encoded in lower case is cut out', async (t) => {
  const left = await play(t, {
    image: 'input.example/org/app',
    sites: {
      'input.example': ({ headers: { authorization } }) => {
        if (authorization === undefined) return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
        return { status: 403, body: encodeURIComponent(canaries.input).toLowerCase() };
      },
    },
  });
  assert.equal(left.step.outputs['error-code'], 'denied');
  assertKept(left, { 'input.example': ['input'] });
});

test('a short secret that a long one begins with does not leave the rest of the long one in the log', async (t) => {
  const [short, rest] = [canaries.docker.slice(0, 13), canaries.docker.slice(13)];
  const left = await play(t, {
    image: 'input.example/org/app\ndocker.example/org/app',
    sites: { 'input.example': echoing('Basic realm="x"'), 'docker.example': echoing('Basic realm="x"') },
    inputs: { username: 'u', password: short },
  });
  assertKept(left, { 'docker.example': ['docker'] });
  assert.ok(!left.left.includes(rest), left.left);
});

test('a secret at the end of what is shown of a registry is cut out, not cut in two', async (t) => {
  const thrown =
    (padding: number): Site =>
    (asked) => {
      const { authorization } = asked.headers;
      if (authorization === undefined) return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
      return {
        status: 403,
        body: { errors: [{ code: 'DENIED', message: `${'-'.repeat(padding)}${canaries.input}` }] },
      };
    };
  const start = canaries.input.slice(0, 10);
  for (const shown of [12, 20]) {
    const padding = 512 - 'DENIED: '.length - shown;
    const left = await play(t, { image: 'input.example/org/app', sites: { 'input.example': thrown(padding) } });
    assert.equal(left.step.outputs['error-code'], 'denied');
    assert.ok(!left.left.includes(start), `${shown} characters of the password are shown`);
  }
});

test('a hostile token service that gives out a word as its token masks nothing and hides no digest', async (t) => {
  const site: Site = (asked) => {
    if (asked.path === '/token') return { body: { token: 'sha256' } };
    if (asked.headers.authorization !== 'Bearer sha256') {
      return { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://evil.example/token"' } };
    }
    return asked.path.includes('/manifests/') ? manifest : { body: published.config.bytes };
  };
  const left = await play(t, { image: 'evil.example/org/app', sites: { 'evil.example': site } });
  assert.equal(left.step.outputs['digest'], published.manifest.digest);
  assert.ok(
    left.step.stdout.includes(published.manifest.digest) && left.step.summary.includes(published.manifest.digest),
  );
  assert.ok(!left.masks.includes('sha256'));
});

test('the password of a proxy goes to the proxy only, and is not shown when it is refused', async (t) => {
  const proxy = await startSite(() => ({ status: 405 }));
  t.after(() => proxy.close());
  for (const address of [
    `http://me:${canaries.proxy}@${proxy.host}`,
    `http://me:${canaries.proxy}@127.0.0.1:1`,
    `http://me:${canaries.proxy}@:bad:`,
    `me:${canaries.proxy}@${proxy.host}`,
  ]) {
    const left = await play(t, {
      image: 'variable.example/org/app',
      sites: {},
      env: { https_proxy: address, http_proxy: address },
      inputs: { timeout: '2s' },
    });
    assert.equal(left.step.status, 1);
    assertKept(left, {});
  }
});

test('over plain HTTP on loopback a login is sent when it is asked for and not before', async (t) => {
  const site = await startSite(echoing('Basic realm="x"'));
  t.after(() => site.close());
  const left = await play(t, { image: `${site.host}/org/app`, sites: {}, inputs: { registry: site.host } });
  assertKept(left, {});
  assert.equal(site.seen[0]?.headers.authorization, undefined);
  assert.deepEqual(canariesIn(sentTo(site.seen, site.host)), ['input']);
});
