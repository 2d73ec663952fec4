import assert from 'node:assert/strict';
import { image } from '../support/images.ts';
import { assertPassed, hub, publish, recipesOf } from '../support/recipe.ts';

const recipe = recipesOf('mirrors');
const names = ['nginx:1.27', 'postgres:17'] as const;

const google = "Docker Hub by Google's mirror";
const googleHosts = { ...hub, 'mirror.gcr.io': {} };
const rowsOf = (text: string | undefined) => JSON.parse(text ?? '') as Record<string, string>[];

recipe(google, 'is served by the mirror, under the name of the registry', googleHosts, async ({ internet, run }) => {
  for (const name of names) {
    const [repository = '', tag = ''] = name.split(':');
    publish(internet.at('mirror.gcr.io'), `library/${repository}`, tag, [image('linux/amd64', { labels: { name } })]);
  }
  const ended = await run();
  assertPassed(ended);
  assert.deepEqual(
    rowsOf(ended.steps[0]?.outputs['results']).map(({ name, servedBy }) => [name, servedBy]),
    [
      ['docker.io/library/nginx', 'mirror.gcr.io'],
      ['docker.io/library/postgres', 'mirror.gcr.io'],
    ],
  );
  assert.deepEqual(internet.at('registry-1.docker.io').seen, []);
});

recipe(google, 'is served by the registry where the mirror has nothing', googleHosts, async ({ internet, run }) => {
  for (const name of names) {
    const [repository = '', tag = ''] = name.split(':');
    publish(internet.at('registry-1.docker.io'), `library/${repository}`, tag, [image('linux/amd64')]);
  }
  const ended = await run();
  assertPassed(ended);
  assert.ok(internet.at('mirror.gcr.io').seen.length > 0);
});

recipe(google, 'fails where neither has it', googleHosts, async ({ run }) => {
  const { steps } = await run();
  assert.deepEqual(
    steps[0]?.errors.map(({ title }) => title),
    ['Image Digests: not-found', 'Image Digests: not-found'],
  );
});

const company = "A company's pull-through cache";
const password = 'a password of the cache';
const cache = { auth: 'bearer', users: { cache: password } } as const;
const login = { context: { vars: { CACHE_USER: 'cache' }, secrets: { CACHE_PASSWORD: password } } };

recipe(company, 'logs in to the cache, and to nothing else', { ...hub, 'cache.example.com': cache }, async (scene) => {
  const { internet, run } = scene;
  const both = publish(internet.at('cache.example.com'), 'hub/library/nginx', '1.27', [image('linux/amd64')]);
  const ended = await run(login);
  assertPassed(ended);
  assert.equal(ended.steps[0]?.outputs['reference'], `docker.io/library/nginx@${both.digest}`);
  assert.deepEqual(internet.at('registry-1.docker.io').seen, []);
});

recipe(company, 'keeps the login from the registry', { ...hub, 'cache.example.com': cache }, async (scene) => {
  const { internet, run } = scene;
  publish(internet.at('registry-1.docker.io'), 'library/nginx', '1.27', [image('linux/amd64')]);
  assertPassed(await run(login));
  const basic = `Basic ${Buffer.from(`cache:${password}`).toString('base64')}`;
  const tokenRequests = internet.at('registry-1.docker.io').seen;
  assert.ok(tokenRequests.length > 0);
  for (const { headers } of tokenRequests) assert.notEqual(headers.authorization, basic);
});
