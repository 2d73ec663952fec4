import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../support/expressions.ts';
import { image } from '../support/images.ts';
import type { HostOptions } from '../support/internet.ts';
import { assertPassed, publish, recipesOf } from '../support/recipe.ts';

const recipe = recipesOf('logins');

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
    const ended = await run({ ...(context ? { context } : {}), environment: { DOCKER_CONFIG: folder } });
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
  async ({ internet, snippet, run }) => {
    for (const host of ['registry.example.com', 'registry.internal:5000']) {
      publish(internet.at(host), 'shop', '1.4.2', [image('linux/amd64')]);
    }
    assert.match(snippet.text, /env:\n +NODE_EXTRA_CA_CERTS: /);
    const ended = await run({ context: { vars: { REGISTRY_USER: 'octo' }, secrets: { REGISTRY_PASSWORD: password } } });
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
