import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { holds } from '../support/expressions.ts';
import { image, index } from '../support/images.ts';
import { deploysNothingElse, deploysWhatIsProven, proofHosts } from '../support/proof-recipe.ts';
import { pages, snippetsOf, textOf } from '../support/readme.ts';
import {
  assertFailed,
  assertPassed,
  ghcr,
  githubToken,
  hasShell,
  hub,
  publish,
  recipePages,
  recipesOf,
  usesAction,
} from '../support/recipe.ts';
import { scanRecipe } from '../support/scan-recipe.ts';

const recipe = recipesOf('recipes');
const snippets = pages.flatMap((page) => snippetsOf(textOf(page)));

recipe('Image Digests', 'prints the digest of the platform', hub, async ({ internet, run }) => {
  const amd64 = image('linux/amd64');
  publish(internet.at('registry-1.docker.io'), 'library/nginx', '1.27', [image('linux/arm64'), amd64]);
  const ended = await run();
  assertPassed(ended);
  assert.equal(ended.others[0]?.run, `echo "linux/amd64 is ${amd64.manifest.digest}"`);
});

const deploy = 'Deploy exactly this digest';
recipe(deploy, 'deploys what was approved, by its digest', ghcr, async ({ internet, run }) => {
  const both = publish(internet.at('ghcr.io'), 'octo-org/shop', 'production', [image('linux/amd64')]);
  const ended = await run({ context: { inputs: { digest: both.digest } } });
  assertPassed(ended);
  assert.deepEqual(ended.others[0]?.env, { IMAGE: `ghcr.io/octo-org/shop@${both.digest}` });
});
recipe(deploy, 'deploys nothing when the tag has moved on', ghcr, async ({ internet, run }) => {
  const before = publish(internet.at('ghcr.io'), 'octo-org/shop', 'production', [image('linux/amd64')]);
  publish(internet.at('ghcr.io'), 'octo-org/shop', 'production', [image('linux/amd64', { layers: ['other'] })]);
  assertFailed(await run({ context: { inputs: { digest: before.digest } } }), 'gate-failed');
});

const build = 'Do not rebuild what exists';
recipe(build, 'builds what does not exist', ghcr, async ({ run }) => {
  const ended = await run();
  assertPassed(ended);
  assert.equal(ended.steps[0]?.outputs['exists'], 'false');
  assert.deepEqual(
    ended.others.map(({ uses, env }) => [uses, env['IMAGE']]),
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
  assert.deepEqual(ended.others, []);
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
    const ended = await run({ environment: { 'INPUT_WAIT-INTERVAL': '1s' } });
    assertPassed(ended);
    assert.match(ended.steps[0]?.stdout ?? '', /revision for linux\/amd64 is "1a2b3c".*"9f8e7d6c5b4a"/);
    assert.deepEqual(ended.others[0]?.env, { IMAGE: `ghcr.io/octo-org/shop@${published}` });
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

recipe('Deploy only what your workflow built', 'deploys what is proven', proofHosts, async (scene) => {
  await deploysWhatIsProven(scene, 'production', { ref: 'refs/tags/v1.4.2' });
});
recipe('Deploy only what your workflow built', 'deploys nothing else', proofHosts, async (scene) => {
  await deploysNothingElse(scene, 'production', { ref: 'refs/heads/main' });
});

scanRecipe(recipe, 'Take the image along');

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
      ended.others.map(({ env }) => env),
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
      ended.others.map(({ env }) => env),
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
    const ended = await run({ context: mirrorLogin });
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
    ended.others.map(({ env }) => env['IMAGE']),
    ['shop', 'worker'].flatMap((name) => images.map(({ manifest }) => `ghcr.io/octo-org/${name}@${manifest.digest}`)),
  );
});

recipe('A lock file of pinned references', 'has a line an image', { ...ghcr, ...hub }, async (scene) => {
  const { internet, workspace, run } = scene;
  const images: [string, string, string, string][] = [
    ['registry-1.docker.io', 'library/nginx', '1.27', 'nginx:1.27 docker.io/library/nginx'],
    ['registry-1.docker.io', 'library/postgres', '17', 'postgres:17 docker.io/library/postgres'],
    ['ghcr.io', 'octo-org/shop', '1.4.2', 'ghcr.io/octo-org/shop:1.4.2 ghcr.io/octo-org/shop'],
  ];
  const lines = images.map(([host, repository, tag, line]) => {
    const one = image('linux/amd64', { labels: { of: repository } });
    return `${line}@${publish(internet.at(host), repository, tag, [one]).digest}\n`;
  });
  const ended = await run(hasShell ? { programs: { git: '' } } : {});
  assertPassed(ended);
  const { env = {} } = ended.others.find((step) => step.env['RESULTS_PATH'] !== undefined) ?? {};
  const rows = JSON.parse(await readFile(env['RESULTS_PATH'] ?? '', 'utf8')) as Record<string, string>[];
  assert.deepEqual(
    rows.map((row) => `${row['image']} ${row['reference']}\n`),
    lines,
  );
  if (!hasShell) return;
  assert.equal(await readFile(join(workspace, 'images.lock'), 'utf8'), lines.join(''));
  // The stand-in says that nothing has changed, so that nothing is pushed.
  assert.deepEqual(ended.calls, ['git add images.lock', 'git diff --cached --quiet']);
});

recipe(
  'Compare the sizes of two tags',
  'tells how many bytes were added',
  ghcr,
  async ({ internet, workspace, run }) => {
    const sizes = ['1.4.1', '1.4.2'].map((tag, at) => {
      const one = image('linux/amd64', { layers: ['base', 'x'.repeat(1000 * (at + 1))] });
      publish(internet.at('ghcr.io'), 'octo-org/shop', tag, [one]);
      return [one.config, ...one.layers].reduce((sum, { bytes }) => sum + bytes.length, 0);
    });
    const ended = await run(hasShell ? { programs: {} } : {});
    assertPassed(ended);
    assert.deepEqual(ended.others[0]?.env, { BEFORE: String(sizes[0]), AFTER: String(sizes[1]) });
    if (!hasShell) return;
    const summary = await readFile(join(workspace, '..', 'summary'), 'utf8');
    assert.match(summary, /^shop grew by 1000 bytes, to [0-9]+\n$/);
  },
);

recipe('Digests, not references, go between jobs', 'hands over the digest', ghcr, async ({ internet, run }) => {
  const both = publish(internet.at('ghcr.io'), 'octo-org/shop', '1.4.2', [image('linux/amd64')]);
  const ended = await run();
  assertPassed(ended);
  assert.deepEqual(ended.others[0]?.env, { DIGEST: both.digest });
});

/** A recipe is executed whole, so that a page without a test would be words alone. */
test('every page with a snippet that uses the action has a test that runs its snippets', () => {
  const withSnippets = pages.filter((page) => snippetsOf(textOf(page)).some(usesAction));
  assert.deepEqual(Object.values(recipePages).flat().sort(), withSnippets.sort());
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
