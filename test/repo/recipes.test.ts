import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../support/expressions.ts';
import { holds } from '../support/expressions.ts';
import { type Image, image, index } from '../support/images.ts';
import { type HostOptions, type Internet, startInternet } from '../support/internet.ts';
import { pages, snippetsOf, textOf } from '../support/readme.ts';
import type { TestRegistry } from '../support/registry.ts';
import { runSnippet, type WorkflowRun } from '../support/workflow.ts';

const snippets = pages.flatMap((page) => snippetsOf(textOf(page)));
const covered = new Set<string>();

const githubToken = 'ghs_0123456789abcdefghijklmnop';
const ghcr: Record<string, HostOptions> = { 'ghcr.io': { auth: 'bearer', users: { 'x-access-token': githubToken } } };
const hub: Record<string, HostOptions | string> = {
  'registry-1.docker.io': { auth: 'bearer', realm: 'https://auth.docker.io/token' },
  'auth.docker.io': 'registry-1.docker.io',
};

/** What a test of a snippet works with. */
interface Scene {
  readonly internet: Internet;
  /** Runs the snippet, with more context than every workflow has. */
  run(context?: Context, environment?: Readonly<Record<string, string>>): Promise<WorkflowRun>;
}

/** A test that runs the snippet below the heading `title`. */
function recipe(
  title: string,
  behaviour: string,
  hosts: Readonly<Record<string, HostOptions | string>>,
  body: (scene: Scene) => Promise<void>,
): void {
  covered.add(title);
  test(`${title}: ${behaviour}`, async (t) => {
    const snippet = snippets.find((candidate) => candidate.title === title);
    assert.ok(snippet, `the README has no snippet ${title}`);
    const internet = await startInternet(hosts);
    t.after(() => internet.close());
    const github = { token: githubToken, sha: '9f8e7d6c5b4a', event: { release: { tag_name: 'v1.4.2' } } };
    await body({
      internet,
      run: (context = {}, environment = {}) =>
        runSnippet(snippet, {
          context: { github, ...context },
          environment: { ...internet.environment, ...environment },
        }),
    });
  });
}

/** Puts an image for several platforms; gives its index with the images. */
function publish(registry: TestRegistry, repository: string, tag: string, images: readonly Image[]) {
  for (const one of images) registry.putImage(repository, one);
  const both = index(images);
  registry.put(repository, both, tag);
  return both;
}

function assertPassed({ steps }: WorkflowRun): void {
  for (const { status, stdout } of steps) assert.equal(status, 0, stdout);
}

function assertFailed({ steps, done }: WorkflowRun, title: string): void {
  assert.deepEqual(
    steps.flatMap(({ errors }) => errors.map((error) => error.title)),
    [`Image Digests: ${title}`],
  );
  assert.equal(steps.at(-1)?.status, 1);
  assert.deepEqual(done, [], 'a step went on');
}

recipe('Image Digests', 'prints the digest of the platform', hub, async ({ internet, run }) => {
  const amd64 = image('linux/amd64');
  publish(internet.at('registry-1.docker.io'), 'library/nginx', '1.27', [image('linux/arm64'), amd64]);
  const ended = await run();
  assertPassed(ended);
  assert.equal(ended.done[0]?.run, `echo "linux/amd64 is ${amd64.manifest.digest}"`);
});

const deploy = 'Deploy exactly this digest';
recipe(deploy, 'deploys what was approved, by its digest', ghcr, async ({ internet, run }) => {
  const both = publish(internet.at('ghcr.io'), 'octo-org/shop', 'production', [image('linux/amd64')]);
  const ended = await run({ inputs: { digest: both.digest } });
  assertPassed(ended);
  assert.deepEqual(ended.done[0]?.env, { IMAGE: `ghcr.io/octo-org/shop@${both.digest}` });
});
recipe(deploy, 'deploys nothing when the tag has moved on', ghcr, async ({ internet, run }) => {
  const before = publish(internet.at('ghcr.io'), 'octo-org/shop', 'production', [image('linux/amd64')]);
  publish(internet.at('ghcr.io'), 'octo-org/shop', 'production', [image('linux/amd64', { layers: ['other'] })]);
  assertFailed(await run({ inputs: { digest: before.digest } }), 'gate-failed');
});

const build = 'Do not rebuild what exists';
recipe(build, 'builds what does not exist', ghcr, async ({ run }) => {
  const ended = await run();
  assertPassed(ended);
  assert.equal(ended.steps[0]?.outputs['exists'], 'false');
  assert.deepEqual(
    ended.done.map(({ uses, env }) => [uses, env['IMAGE']]),
    [
      ['actions/checkout@v6', 'ghcr.io/octo-org/shop:9f8e7d6c5b4a'],
      ['', 'ghcr.io/octo-org/shop:9f8e7d6c5b4a'],
    ],
  );
});
recipe(build, 'builds nothing that exists', ghcr, async ({ internet, run }) => {
  publish(internet.at('ghcr.io'), 'octo-org/shop', '9f8e7d6c5b4a', [image('linux/amd64')]);
  const ended = await run();
  assertPassed(ended);
  assert.deepEqual(ended.done, []);
});
recipe(build, 'builds nothing when the registry cannot tell', ghcr, async ({ internet, run }) => {
  internet.at('ghcr.io').fault = (request, response) => {
    if (request.url?.startsWith('/token')) return false;
    response.writeHead(418).end();
    return true;
  };
  assertFailed(await run(), 'registry-error');
});

recipe(
  'Wait until the other workflow has published',
  "waits until the tag is this commit's image",
  ghcr,
  async ({ internet, run }) => {
    const registry = internet.at('ghcr.io');
    const revision = (sha: string) => image('linux/amd64', { labels: { 'org.opencontainers.image.revision': sha } });
    publish(registry, 'octo-org/shop', 'edge', [revision('1a2b3c')]);
    let published = '';
    registry.fault = (request) => {
      if (request.method === 'HEAD') {
        published ||= publish(registry, 'octo-org/shop', 'edge', [revision('9f8e7d6c5b4a')]).digest;
      }
      return false;
    };
    const ended = await run({}, { 'INPUT_WAIT-INTERVAL': '1s' });
    assertPassed(ended);
    assert.match(ended.steps[0]?.stdout ?? '', /revision for linux\/amd64 is "1a2b3c".*"9f8e7d6c5b4a"/);
    assert.deepEqual(ended.done[0]?.env, { IMAGE: `ghcr.io/octo-org/shop@${published}` });
  },
);

const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'];
const complete = 'Fail if a platform is missing';
recipe(complete, 'passes when all are there', ghcr, async ({ internet, run }) => {
  publish(
    internet.at('ghcr.io'),
    'octo-org/shop',
    'v1.4.2',
    platforms.map((one) => image(one)),
  );
  assertPassed(await run());
});
recipe(complete, 'fails naming each that is missing', ghcr, async ({ internet, run }) => {
  publish(internet.at('ghcr.io'), 'octo-org/shop', 'v1.4.2', [image('linux/amd64')]);
  const ended = await run();
  assertFailed(ended, 'gate-failed');
  assert.match(ended.steps[0]?.errors[0]?.text ?? '', /linux\/arm64 is missing; linux\/arm\/v7 is missing/);
});

const rebuild = 'Rebuild when the base has moved';
for (const [isOld, behaviour] of [
  [true, 'starts a build when the base has other layers'],
  [false, 'starts none when the image has all its layers'],
] as const) {
  recipe(rebuild, behaviour, { ...ghcr, ...hub }, async ({ internet, run }) => {
    publish(internet.at('ghcr.io'), 'octo-org/shop', 'latest', [image('linux/amd64', { layers: ['a', 'b', 'app'] })]);
    const base = image('linux/amd64', { layers: isOld ? ['a', 'b2'] : ['a', 'b'] });
    publish(internet.at('registry-1.docker.io'), 'library/node', '22-alpine', [base]);
    const ended = await run();
    assertPassed(ended);
    assert.equal(ended.steps[0]?.outputs['needs-updating'], String(isOld));
    assert.deepEqual(
      ended.done.map(({ env }) => env),
      isOld ? [{ GH_TOKEN: githubToken }] : [],
    );
  });
}

const promote = 'Do something only if the image has changed';
for (const [production, isChanged] of [
  ['another image', true],
  ['the same image', false],
  ['nothing yet', true],
] as const) {
  recipe(promote, `${production} in production is ${isChanged}`, ghcr, async ({ internet, run }) => {
    const registry = internet.at('ghcr.io');
    const staged = publish(registry, 'octo-org/shop', 'staging', [image('linux/amd64')]);
    const other = production === 'the same image' ? [] : ['other'];
    const images = [image('linux/amd64', other.length > 0 ? { layers: other } : {}), image('linux/arm64')];
    if (production !== 'nothing yet') publish(registry, 'octo-org/shop', 'production', images);
    const ended = await run();
    assertPassed(ended);
    assert.equal(ended.steps[0]?.outputs['changed'], String(isChanged));
    assert.deepEqual(
      ended.done.map(({ env }) => env),
      isChanged ? [{ TOKEN: githubToken, NAME: 'ghcr.io/octo-org/shop', DIGEST: staged.digest }] : [],
    );
  });
}

const mirror = 'Verify that a registry has all blobs';
const mirrorLogin = { vars: { MIRROR_USER: 'mirror' }, secrets: { MIRROR_PASSWORD: 'a password of the mirror' } };
for (const isWhole of [true, false]) {
  const behaviour = isWhole ? 'passes when all are there' : 'fails when a layer of any platform is missing';
  const hosts = {
    'registry.example.com': { auth: 'bearer', users: { mirror: 'a password of the mirror' } },
  } as const;
  recipe(mirror, behaviour, hosts, async ({ internet, run }) => {
    const registry = internet.at('registry.example.com');
    const [amd64, arm64] = [image('linux/amd64'), image('linux/arm64')] as const;
    publish(registry, 'mirror/shop', '1.4.2', [amd64]);
    registry.put('mirror/shop', arm64.manifest);
    if (isWhole) registry.putImage('mirror/shop', arm64);
    registry.put('mirror/shop', index([amd64, arm64]), '1.4.2');
    const ended = await run(mirrorLogin);
    if (isWhole) return assertPassed(ended);
    assertFailed(ended, 'gate-failed');
    assert.match(ended.steps[0]?.errors[0]?.text ?? '', new RegExp(arm64.config.digest));
  });
}

recipe('A matrix from the results', 'is a job for each image and platform', ghcr, async ({ internet, run }) => {
  const images = ['linux/amd64', 'linux/arm64'].map((one) => image(one));
  for (const name of ['shop', 'worker']) publish(internet.at('ghcr.io'), `octo-org/${name}`, '1.4.2', images);
  const ended = await run();
  assertPassed(ended);
  assert.deepEqual(ended.jobs, [
    'resolve',
    'ghcr.io/octo-org/shop for linux/amd64',
    'ghcr.io/octo-org/shop for linux/arm64',
    'ghcr.io/octo-org/worker for linux/amd64',
    'ghcr.io/octo-org/worker for linux/arm64',
  ]);
  assert.deepEqual(
    ended.done.map(({ env }) => env['IMAGE']),
    ['shop', 'worker'].flatMap((name) => images.map(({ manifest }) => `ghcr.io/octo-org/${name}@${manifest.digest}`)),
  );
});

/** Runs the command of a step in a folder of its own, as the runner does with bash. */
async function inShell({ run, env }: WorkflowRun['done'][number], file: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-recipe-'));
  const path = join(folder, file);
  const options = {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env, GITHUB_STEP_SUMMARY: path },
  } as const;
  const { status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], options);
  assert.equal(status, 0, stderr);
  const text = await readFile(path, 'utf8');
  await rm(folder, { recursive: true });
  return text;
}

const hasShell = spawnSync('bash', ['-c', 'jq --version']).status === 0;

recipe('A lock file of pinned references', 'has a line an image', { ...ghcr, ...hub }, async ({ internet, run }) => {
  const wanted: [string, string, string, string][] = [
    ['registry-1.docker.io', 'library/nginx', '1.27', 'nginx:1.27 docker.io/library/nginx'],
    ['registry-1.docker.io', 'library/postgres', '17', 'postgres:17 docker.io/library/postgres'],
    ['ghcr.io', 'octo-org/shop', '1.4.2', 'ghcr.io/octo-org/shop:1.4.2 ghcr.io/octo-org/shop'],
  ];
  const lines = wanted.map(([host, repository, tag, line]) => {
    const one = image('linux/amd64', { labels: { of: repository } });
    return `${line}@${publish(internet.at(host), repository, tag, [one]).digest}\n`;
  });
  const ended = await run();
  assertPassed(ended);
  const step = ended.done.find(({ env }) => env['RESULTS'] !== undefined);
  assert.ok(step);
  const rows = JSON.parse(step.env['RESULTS'] ?? '') as Record<string, string>[];
  assert.deepEqual(
    rows.map((row) => `${row['image']} ${row['reference']}\n`),
    lines,
  );
  assert.match(step.run, /\\\(\.image\) \\\(\.reference\)/);
  if (hasShell) assert.equal(await inShell(step, 'images.lock'), lines.join(''));
});

recipe('Compare the sizes of two tags', 'tells how many bytes were added', ghcr, async ({ internet, run }) => {
  const sizes = ['1.4.1', '1.4.2'].map((tag, at) => {
    const one = image('linux/amd64', { layers: ['base', 'x'.repeat(1000 * (at + 1))] });
    publish(internet.at('ghcr.io'), 'octo-org/shop', tag, [one]);
    return [one.config, ...one.layers].reduce((sum, { bytes }) => sum + bytes.length, 0);
  });
  const ended = await run();
  assertPassed(ended);
  const [step] = ended.done;
  assert.deepEqual(step?.env, { BEFORE: String(sizes[0]), AFTER: String(sizes[1]) });
  if (step && hasShell) assert.match(await inShell(step, 'summary'), /^shop grew by 1000 bytes, to [0-9]+\n$/);
});

recipe('Digests, not references, go between jobs', 'hands over the digest', ghcr, async ({ internet, run }) => {
  const both = publish(internet.at('ghcr.io'), 'octo-org/shop', '1.4.2', [image('linux/amd64')]);
  const ended = await run();
  assertPassed(ended);
  assert.deepEqual(ended.done[0]?.env, { DIGEST: both.digest });
});

/** Registries behind a login: the heading, the host, the repository, the user, and what else is to be known. */
const password = 'a password for one host';
const logins: readonly {
  readonly title: string;
  readonly host: string;
  readonly repository: string;
  readonly user: string;
  readonly context?: Context;
  readonly hosts?: Readonly<Record<string, HostOptions | string>>;
  /** Whether an earlier step writes the login into the Docker config. */
  readonly isInConfig?: boolean;
}[] = [
  {
    title: 'Docker Hub',
    host: 'registry-1.docker.io',
    repository: 'octo-org/shop',
    user: 'octo',
    context: { vars: { DOCKERHUB_USERNAME: 'octo' }, secrets: { DOCKERHUB_TOKEN: password } },
    hosts: { 'auth.docker.io': 'registry-1.docker.io' },
  },
  {
    title: 'Docker Hub 2',
    host: 'registry-1.docker.io',
    repository: 'octo-org/shop',
    user: 'octo',
    context: { vars: { DOCKERHUB_USERNAME: 'octo' }, secrets: { DOCKERHUB_TOKEN: password } },
    hosts: { 'auth.docker.io': 'registry-1.docker.io' },
    isInConfig: true,
  },
  {
    title: 'Amazon ECR',
    host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    repository: 'shop',
    user: 'AWS',
    isInConfig: true,
  },
  {
    title: 'Google Artifact Registry',
    host: 'europe-west1-docker.pkg.dev',
    repository: 'octo-project/apps/shop',
    user: 'oauth2accesstoken',
    context: { steps: { google: { outputs: { access_token: password } } } },
  },
  {
    title: 'Azure Container Registry',
    host: 'octoregistry.azurecr.io',
    repository: 'shop',
    user: '00000000-0000-0000-0000-000000000000',
    context: {
      vars: { AZURE_CLIENT_ID: 'client', AZURE_TENANT_ID: 'tenant', AZURE_SUBSCRIPTION_ID: 'subscription' },
      steps: { acr: { outputs: { token: password } } },
    },
  },
  {
    title: 'Quay',
    host: 'quay.io',
    repository: 'octo-org/shop',
    user: 'octo-org+ci',
    context: { secrets: { QUAY_TOKEN: password } },
  },
  {
    title: 'GitLab',
    host: 'registry.gitlab.com',
    repository: 'octo-group/shop',
    user: 'gitlab+deploy-token-1',
    context: { vars: { GITLAB_DEPLOY_USER: 'gitlab+deploy-token-1' }, secrets: { GITLAB_DEPLOY_TOKEN: password } },
    hosts: { 'gitlab.com': 'registry.gitlab.com' },
  },
  {
    title: 'GitLab 2',
    host: 'registry.example.com',
    repository: 'octo-group/shop',
    user: 'gitlab+deploy-token-1',
    context: { vars: { GITLAB_DEPLOY_USER: 'gitlab+deploy-token-1' }, secrets: { GITLAB_DEPLOY_TOKEN: password } },
    hosts: { 'gitlab.example.com': 'registry.example.com' },
  },
  {
    title: 'Harbor',
    host: 'harbor.example.com',
    repository: 'octo/shop',
    user: 'robot$octo+ci',
    context: { secrets: { HARBOR_TOKEN: password } },
  },
  {
    title: 'GitHub Packages (ghcr.io)',
    host: 'ghcr.io',
    repository: 'octo-org/shop',
    user: 'x-access-token',
    context: { github: { token: password } },
  },
];

for (const { title, host, repository, user, context, hosts, isInConfig } of logins) {
  const [tokenHost] = Object.keys(hosts ?? {});
  const auth = title === 'Amazon ECR' ? 'basic' : 'bearer';
  const realm = tokenHost === undefined ? {} : { realm: `https://${tokenHost}/token` };
  const all = { [host]: { auth, users: { [user]: password }, ...realm } as const, ...hosts };
  recipe(title, 'logs in to the registry, and to no other', all, async ({ internet, run }) => {
    const registry = internet.at(host);
    const both = publish(registry, repository, '1.4.2', [image('linux/amd64')]);
    const folder = await mkdtemp(join(tmpdir(), 'image-digests-login-'));
    const server = host === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : host;
    const auths = { [server]: { auth: Buffer.from(`${user}:${password}`).toString('base64') } };
    if (isInConfig) await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
    const ended = await run(context, { DOCKER_CONFIG: folder });
    await rm(folder, { recursive: true });
    assertPassed(ended);
    assert.equal(ended.steps[0]?.outputs['digest'], both.digest);
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const withPassword = registry.seen.filter(({ headers }) => headers.authorization === basic);
    const hostsSeen = new Set(withPassword.map(({ headers }) => headers.host));
    assert.deepEqual([...hostsSeen], [tokenHost ?? host]);
  });
}

recipe(
  'A registry of your own',
  'takes the authority, the login of one host, and plain HTTP for the other',
  {
    'registry.example.com': { auth: 'basic', users: { octo: password } },
    'registry.internal:5000': { plain: true },
  },
  async ({ internet, run }) => {
    for (const host of ['registry.example.com', 'registry.internal:5000']) {
      publish(internet.at(host), 'shop', '1.4.2', [image('linux/amd64')]);
    }
    const snippet = snippets.find(({ title }) => title === 'A registry of your own');
    assert.match(snippet?.text ?? '', /env:\n +NODE_EXTRA_CA_CERTS: /);
    const ended = await run({ vars: { REGISTRY_USER: 'octo' }, secrets: { REGISTRY_PASSWORD: password } });
    assertPassed(ended);
    const results = JSON.parse(ended.steps[0]?.outputs['results'] ?? '') as { name: string }[];
    assert.deepEqual(
      results.map(({ name }) => name),
      ['registry.example.com/shop', 'registry.internal:5000/shop'],
    );
    for (const { headers } of internet.at('registry.internal:5000').seen)
      assert.equal(headers.authorization, undefined);
  },
);

test('every snippet of the README that uses the action has been run', () => {
  const titles = snippets.filter(({ text }) => text.includes('image-digests/image-digests@')).map(({ title }) => title);
  assert.deepEqual([...covered].sort(), titles.sort());
});

test('every if: of the README compares an output with a string, so that false does not hold', () => {
  const conditions = snippets.flatMap(({ text }) => [...text.matchAll(/\bif: (.+)$/gm)].map(([, one = '']) => one));
  assert.ok(conditions.length >= 4);
  for (const condition of conditions) {
    const [, id = '', output = '', expected = ''] =
      /^steps\.([a-z]+)\.outputs\.(exists|changed|needs-updating) == '(true|false)'$/.exec(condition) ?? [];
    assert.ok(output, `${condition} is no comparison with 'true' or 'false'`);
    const when = (value: string) => holds(condition, { steps: { [id]: { outputs: { [output]: value } } } });
    assert.deepEqual([when('true'), when('false')], [expected === 'true', expected === 'false']);
  }
});

test('every snippet with an image on ghcr.io has the permission to read packages', () => {
  const onGithub = snippets.filter(({ text }) => /^ *(?:image: |compare-with: )?ghcr\.io\//m.test(text));
  assert.ok(onGithub.length > 8);
  for (const { title, document } of onGithub) {
    const { permissions } = document as { permissions?: { packages?: string } };
    assert.match(permissions?.packages ?? '', /^(?:read|write)$/, title);
  }
});
