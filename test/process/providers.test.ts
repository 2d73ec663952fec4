import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runAction, type Step } from '../support/action.ts';
import { answering, base64, temporaryFolder, writeAt, writeHelper } from '../support/folder.ts';
import { image } from '../support/images.ts';
import { withoutShell } from '../support/posix.ts';
import { type Answer, type Asked, type Site, type Sites, startSites } from '../support/sites.ts';

// Each registry is played under its real name, as its clients' sources and issues record it: go-containerregistry,
// containers/image, containerd, docker/cli, Renovate, Gitea, and bug reports for the rest.

const published = image('linux/amd64');

/** What the registry behind `name` serves to those who may see it. */
function serve(repository: string, { path }: Asked): Answer | undefined {
  const base = `/v2/${repository}`;
  if (path === `${base}/manifests/1.0` || path === `${base}/manifests/${published.manifest.digest}`) {
    return { headers: { 'content-type': published.manifest.mediaType }, body: published.manifest.bytes };
  }
  return path === `${base}/blobs/${published.config.digest}` ? { body: published.config.bytes } : undefined;
}

function errors(status: number, code: string, message: string, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: { errors: [{ code, message }] } };
}

function challenged(challenge: string | string[], body: Answer['body'] = unauthorized): Answer {
  return { status: 401, headers: { 'www-authenticate': challenge }, body };
}

const unauthorized = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: null }] };

function basic(user: string, password: string): string {
  return `Basic ${base64(`${user}:${password}`)}`;
}

async function internet(t: TestContext, sites: Readonly<Record<string, Site>>): Promise<Sites> {
  const started = await startSites(sites);
  t.after(() => started.close());
  return started;
}

interface Login {
  readonly config?: object;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the action for one image against the sites, with a login as an earlier step leaves it. */
async function pull(t: TestContext, reference: string, net: Sites, login: Login = {}): Promise<Step> {
  const home = await temporaryFolder(t);
  if (login.config !== undefined) await writeAt(join(home, '.docker', 'config.json'), login.config);
  return runAction({ image: reference, ...login.inputs }, { env: { HOME: home, ...net.env, ...login.env } });
}

function assertResolved(step: Step): void {
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['digest'], published.manifest.digest);
}

function assertFailed(step: Step, code: string, ...texts: readonly RegExp[]): void {
  assert.equal(step.status, 1, step.stdout);
  assert.deepEqual(step.outputs, { 'error-code': code }, step.stdout);
  for (const text of texts) assert.match(step.errors[0]?.text ?? '', text);
}

/** The distinct values of `Authorization` that a site was sent, with the paths that they went to left out. */
function authorizations(net: Sites, site: string): (string | undefined)[] {
  return [...new Set(net.seen.filter((asked) => asked.site === site).map(({ headers }) => headers.authorization))];
}

function tokenLines(net: Sites, site: string, path: string): string[] {
  return net.paths(site).filter((line) => line.split(' ')[1]?.split('?')[0] === path);
}

function auths(host: string, user: string, password: string, more: object = {}): { auths: object } {
  return { auths: { [host]: { auth: base64(`${user}:${password}`), ...more } } };
}

/** A registry that wants one bearer token. */
function bearerRegistry(repository: string, token: string, challenge: string | string[], body?: Answer['body']): Site {
  return (asked) => {
    if (asked.headers.authorization !== `Bearer ${token}`) return challenged(challenge, body);
    return serve(repository, asked) ?? errors(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  };
}

// Docker Hub: the realm is on another host, which is known.
const hubChallenge = (repository: string) =>
  `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:${repository}:pull"`;

function hub(wanted: string | undefined, tokenAnswer: Answer): Record<string, Site> {
  return {
    'registry-1.docker.io': bearerRegistry('me/app', 'hub.token', hubChallenge('me/app')),
    'auth.docker.io': ({ headers }) =>
      headers.authorization === wanted
        ? tokenAnswer
        : { status: 401, body: { details: 'incorrect username or password' } },
  };
}

test('Docker Hub: the login of docker login goes to auth.docker.io, and its token to registry-1.docker.io', async (t) => {
  const net = await internet(
    t,
    hub(basic('me', 'dckr_pat_1'), { body: { token: 'hub.token', access_token: 'hub.token', expires_in: 300 } }),
  );
  assertResolved(
    await pull(t, 'me/app:1.0', net, { config: auths('https://index.docker.io/v1/', 'me', 'dckr_pat_1') }),
  );
  assert.deepEqual(tokenLines(net, 'auth.docker.io', '/token'), [
    'GET /token?service=registry.docker.io&scope=repository:me/app:pull',
  ]);
  assert.deepEqual(authorizations(net, 'auth.docker.io'), [basic('me', 'dckr_pat_1')]);
  assert.deepEqual(authorizations(net, 'registry-1.docker.io'), [undefined, 'Bearer hub.token']);
});

test('Docker Hub: a wrong password is unauthorized in its own words, with the place of the login', async (t) => {
  const net = await internet(t, hub(basic('me', 'right'), { body: { token: 'hub.token' } }));
  const step = await pull(t, 'me/app:1.0', net, {
    config: auths('https://index.docker.io/v1/', 'me', 'wrong-password-of-me'),
  });
  assertFailed(
    step,
    'unauthorized',
    /incorrect username or password/,
    /~\/\.docker\/config\.json, key https:\/\/index\.docker\.io\/v1\//,
  );
});

test('Docker Hub: what may not be seen is a 401 with insufficient_scope: denied', async (t) => {
  const challenge = `${hubChallenge('me/app')},error="insufficient_scope"`;
  const denied = [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: [{ Type: 'repository' }] }];
  const net = await internet(t, {
    'registry-1.docker.io': () => challenged(challenge, { errors: denied }),
    'auth.docker.io': () => ({ body: { token: 'hub.token' } }),
  });
  assertFailed(await pull(t, 'me/app:1.0', net), 'denied', /No credentials were found for docker\.io/, /Log in/);
});

test('Docker Hub: the pull limit is rate-limited, with the quota', async (t) => {
  const quota = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600', 'retry-after': '3600' };
  const net = await internet(t, {
    'registry-1.docker.io': (asked) =>
      asked.headers.authorization === undefined
        ? challenged(hubChallenge('library/nginx'))
        : errors(429, 'TOOMANYREQUESTS', 'You have reached your unauthenticated pull rate limit.', quota),
    'auth.docker.io': () => ({ body: { token: 'hub.token' } }),
  });
  assertFailed(await pull(t, 'nginx', net), 'rate-limited', /100;w=21600/, /3600/, /pull rate limit/);
});

// GHCR: the realm is its own; the job's token stands in where nobody logged in.
const ghcrChallenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"';

/** `tokens` by the `Authorization` that they are given for. */
function ghcr(tokens: Readonly<Record<string, string>>, accepted: string): Site {
  const registry = bearerRegistry('me/app', accepted, ghcrChallenge);
  return (asked) => {
    if (asked.path !== '/token') return registry(asked);
    const token = tokens[asked.headers.authorization ?? 'anonymous'];
    return token === undefined
      ? errors(403, 'DENIED', 'requested access to the resource is denied')
      : { body: { token } };
  };
}

test('GHCR: the token of the job pulls a private package without any login', async (t) => {
  const header = basic('x-access-token', 'ghs_of_the_job');
  const net = await internet(t, { 'ghcr.io': ghcr({ [header]: 'ghcr.token' }, 'ghcr.token') });
  assertResolved(await pull(t, 'ghcr.io/me/app:1.0', net, { inputs: { 'github-token': 'ghs_of_the_job' } }));
  assert.deepEqual(tokenLines(net, 'ghcr.io', '/token'), ['GET /token?service=ghcr.io&scope=repository:me/app:pull']);
  assert.deepEqual(authorizations(net, 'ghcr.io').sort(), [header, 'Bearer ghcr.token', undefined].sort());
});

test('GHCR: where the token of the job is rejected, a public package is pulled anonymously', async (t) => {
  const net = await internet(t, { 'ghcr.io': ghcr({ anonymous: 'public.token' }, 'public.token') });
  assertResolved(await pull(t, 'ghcr.io/me/app:1.0', net, { inputs: { 'github-token': 'ghs_of_the_job' } }));
});

test('GHCR: an expression that nobody has evaluated is no token', async (t) => {
  const net = await internet(t, { 'ghcr.io': ghcr({ anonymous: 'public.token' }, 'public.token') });
  const expression = `$${'{{ github.token }}'}`;
  const step = await pull(t, 'ghcr.io/me/app:1.0', net, { inputs: { 'github-token': expression } });
  assertResolved(step);
  assert.deepEqual(authorizations(net, 'ghcr.io').sort(), ['Bearer public.token', undefined]);
  assert.doesNotMatch(step.stdout, /::add-mask::.*github\.token|github-token/);
});

test('GHCR: where the registry rejects what the token of the job gave, it is tried anonymously', async (t) => {
  const header = basic('x-access-token', 'ghs_of_the_job');
  const net = await internet(t, {
    'ghcr.io': ghcr({ [header]: 'no.access', anonymous: 'public.token' }, 'public.token'),
  });
  assertResolved(await pull(t, 'ghcr.io/me/app:1.0', net, { inputs: { 'github-token': 'ghs_of_the_job' } }));
});

test('GHCR: a private package that the job may not read is denied, with packages: read as advice', async (t) => {
  const net = await internet(t, { 'ghcr.io': ghcr({}, 'nobody') });
  const step = await pull(t, 'ghcr.io/me/app:1.0', net, { inputs: { 'github-token': 'ghs_of_the_job' } });
  assertFailed(
    step,
    'denied',
    /requested access to the resource is denied/,
    /the input github-token/,
    /packages: read/,
  );
});

test('GHCR: a login that is rejected fails, and is not dropped for github-token or for none', async (t) => {
  const header = basic('x-access-token', 'ghs_of_the_job');
  const net = await internet(t, { 'ghcr.io': ghcr({ [header]: 'ghcr.token', anonymous: 'ghcr.token' }, 'ghcr.token') });
  const login = { config: auths('ghcr.io', 'me', 'ghp_expired'), inputs: { 'github-token': 'ghs_of_the_job' } };
  assertFailed(await pull(t, 'ghcr.io/me/app:1.0', net, login), 'denied', /~\/\.docker\/config\.json, key ghcr\.io/);
  const sent = authorizations(net, 'ghcr.io');
  assert.ok(!sent.includes(header) && !sent.includes('Bearer ghcr.token'), String(sent));
});

test('GHCR: a package that does not exist is a denial of the token for strangers, never not-found', async (t) => {
  const net = await internet(t, { 'ghcr.io': ghcr({}, 'nobody') });
  const step = await pull(t, 'ghcr.io/me/app:1.0', net, { inputs: { 'fail-on-missing': 'false' } });
  assertFailed(step, 'denied', /No credentials were found for ghcr\.io/);
});

// Amazon ECR: Basic only; the password of a login lasts twelve hours.
const ecrHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

function ecr(accepted: string): Site {
  return (asked) => {
    const { authorization } = asked.headers;
    if (authorization === undefined) {
      return challenged(`Basic realm="https://${ecrHost}/",service="ecr.amazonaws.com"`, 'Not Authorized\n');
    }
    if (authorization !== accepted) {
      return errors(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.');
    }
    return serve('app', asked) ?? errors(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
  };
}

test('ECR: the login of docker-credential-ecr-login is sent as Basic, and no token is asked for', {
  skip: withoutShell,
}, async (t) => {
  const bin = await temporaryFolder(t);
  await writeHelper(bin, 'ecr-login', `test "$(cat)" = ${ecrHost} && ${answering('AWS', 'eyJwYXlsb2FkIjo=')}`);
  const net = await internet(t, { [ecrHost]: ecr(basic('AWS', 'eyJwYXlsb2FkIjo=')) });
  const login = { config: { credHelpers: { [ecrHost]: 'ecr-login' } }, env: { PATH: `${bin}:${process.env['PATH']}` } };
  assertResolved(await pull(t, `${ecrHost}/app:1.0`, net, login));
  assert.deepEqual(authorizations(net, ecrHost), [undefined, basic('AWS', 'eyJwYXlsb2FkIjo=')]);
});

test('ECR: an expired login is a 403 without a challenge: denied, with its words and the place of the login', async (t) => {
  const net = await internet(t, { [ecrHost]: ecr('nobody') });
  const step = await pull(t, `${ecrHost}/app:1.0`, net, { config: auths(ecrHost, 'AWS', 'expired-login') });
  assertFailed(step, 'denied', /Your authorization token has expired/, new RegExp(`config\\.json, key ${ecrHost}`));
});

test('ECR: an image that is not there is not-found, for those who are logged in', async (t) => {
  const net = await internet(t, { [ecrHost]: ecr(basic('AWS', 'login')) });
  const step = await pull(t, `${ecrHost}/app:gone`, net, { config: auths(`https://${ecrHost}`, 'AWS', 'login') });
  assertFailed(step, 'not-found', /Requested image not found/);
});

test('ECR: without a login it is unauthorized, with what to do', async (t) => {
  const net = await internet(t, { [ecrHost]: ecr('nobody') });
  assertFailed(await pull(t, `${ecrHost}/app:1.0`, net), 'unauthorized', /No credentials were found/, /Log in/);
});

// Amazon ECR Public: anonymous tokens; the scope of the challenge is a word of its own.
test('ECR Public: our own pull scope is asked for, not the "aws" of the challenge', async (t) => {
  const challenge = 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"';
  const registry = bearerRegistry(
    'nginx/nginx',
    'public.token',
    challenge,
    errors(401, 'DENIED', 'Not Authorized').body,
  );
  const net = await internet(t, {
    'public.ecr.aws': (asked) => (asked.path === '/token/' ? { body: { token: 'public.token' } } : registry(asked)),
  });
  assertResolved(await pull(t, 'public.ecr.aws/nginx/nginx:1.0', net));
  assert.deepEqual(tokenLines(net, 'public.ecr.aws', '/token/'), [
    'GET /token/?service=public.ecr.aws&scope=repository:nginx/nginx:pull',
  ]);
});

test('ECR Public: a throttled token service is rate-limited, and no stranger is taken for it', async (t) => {
  const challenge = 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"';
  const net = await internet(t, {
    'public.ecr.aws': ({ path }) =>
      path === '/token/'
        ? errors(429, 'TOOMANYREQUESTS', 'Rate exceeded', { 'retry-after': '600' })
        : challenged(challenge),
  });
  assertFailed(await pull(t, 'public.ecr.aws/nginx/nginx:1.0', net), 'rate-limited', /Rate exceeded/);
});

// Google Artifact Registry: a realm of its own; denials come from the token service.
const garHost = 'europe-docker.pkg.dev';
const garChallenge = `Bearer realm="https://${garHost}/v2/token",service="${garHost}",scope="repository:project/repo/app:pull"`;

test('Google Artifact Registry: gcloud as helper gives oauth2accesstoken, which the token service is shown', {
  skip: withoutShell,
}, async (t) => {
  const bin = await temporaryFolder(t);
  await writeHelper(bin, 'gcloud', answering('_dcgcloud_token', 'ya29.token-of-gcloud'));
  const registry = bearerRegistry('project/repo/app', 'gar.token', garChallenge);
  const wanted = basic('_dcgcloud_token', 'ya29.token-of-gcloud');
  const net = await internet(t, {
    [garHost]: (asked) => {
      if (asked.path !== '/v2/token') return registry(asked);
      return asked.headers.authorization === wanted
        ? { body: { token: 'gar.token', expires_in: 3600 } }
        : errors(401, 'UNAUTHORIZED', 'no');
    },
  });
  const login = { config: { credHelpers: { [garHost]: 'gcloud' } }, env: { PATH: `${bin}:${process.env['PATH']}` } };
  assertResolved(await pull(t, `${garHost}/project/repo/app:1.0`, net, login));
});

test('Google Artifact Registry: a service account key of several lines is a password like any other', async (t) => {
  const key = '{\n  "type": "service_account",\n  "private_key": "-----BEGIN PRIVATE KEY-----\\nMIIE\\n"\n}';
  const registry = bearerRegistry('project/repo/app', 'gar.token', garChallenge);
  const net = await internet(t, {
    [garHost]: (asked) => {
      if (asked.path !== '/v2/token') return registry(asked);
      return asked.headers.authorization === basic('_json_key', key)
        ? { body: { token: 'gar.token' } }
        : errors(401, 'UNAUTHORIZED', 'no');
    },
  });
  const inputs = { username: '_json_key', password: key, registry: garHost };
  assertResolved(await pull(t, `${garHost}/project/repo/app:1.0`, net, { inputs }));
});

test('Google Artifact Registry: a token service that denies is denied, in its words', async (t) => {
  const words =
    'Unauthenticated request. Unauthenticated requests do not have permission "artifactregistry.repositories.downloadArtifacts" on resource "projects/project/locations/europe/repositories/repo" (or it may not exist)';
  const net = await internet(t, {
    [garHost]: ({ path }) => (path === '/v2/token' ? errors(403, 'DENIED', words) : challenged(garChallenge)),
  });
  const step = await pull(t, `${garHost}/project/repo/app:1.0`, net, { inputs: { 'fail-on-missing': 'false' } });
  assertFailed(step, 'denied', /downloadArtifacts/, /No credentials were found/);
});

test('Google Artifact Registry: a challenge without service gets a request without one', async (t) => {
  const registry = bearerRegistry('project/repo/app', 'gar.token', `Bearer realm="https://${garHost}/v2/token"`);
  const net = await internet(t, {
    [garHost]: (asked) => (asked.path === '/v2/token' ? { body: { token: 'gar.token' } } : registry(asked)),
  });
  assertResolved(await pull(t, `${garHost}/project/repo/app:1.0`, net));
  assert.deepEqual(tokenLines(net, garHost, '/v2/token'), ['GET /v2/token?scope=repository:project/repo/app:pull']);
});

// Azure Container Registry: identity tokens by POST, and access_token only.
const acrHost = 'team.azurecr.io';
const acrChallenge = `Bearer realm="https://${acrHost}/oauth2/token",service="${acrHost}",scope="repository:app:metadata_read",error="invalid_token"`;

function acr(isKnown: (asked: Asked) => boolean): Site {
  const registry = bearerRegistry('app', 'acr.token', acrChallenge);
  return (asked) => {
    if (asked.path !== '/oauth2/token') return registry(asked);
    return isKnown(asked)
      ? { body: { access_token: 'acr.token' } }
      : errors(401, 'UNAUTHORIZED', 'authentication required');
  };
}

const acrIdentity = auths(acrHost, '00000000-0000-0000-0000-000000000000', '', {
  identitytoken: 'acr.refresh+token/=',
});

test('ACR: the identity token of az acr login is posted, and access_token alone is a token', async (t) => {
  const net = await internet(t, {
    [acrHost]: acr(
      ({ method, body }) =>
        method === 'POST' && new URLSearchParams(body).get('refresh_token') === 'acr.refresh+token/=',
    ),
  });
  assertResolved(await pull(t, `${acrHost}/app:1.0`, net, { config: acrIdentity }));
  const [posted, ...more] = net.seen.filter(({ path }) => path === '/oauth2/token');
  assert.deepEqual(more, []);
  assert.equal(posted?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(posted?.headers.authorization, undefined);
  assert.deepEqual([...(posted?.query ?? [])], []);
  const { client_id: client, ...form } = Object.fromEntries(new URLSearchParams(posted?.body));
  assert.notEqual(client ?? '', '');
  assert.deepEqual(form, {
    grant_type: 'refresh_token',
    service: acrHost,
    scope: 'repository:app:pull',
    refresh_token: 'acr.refresh+token/=',
  });
});

test('ACR: a helper that answers <token> gives an identity token', { skip: withoutShell }, async (t) => {
  const bin = await temporaryFolder(t);
  await writeHelper(bin, 'acr-env', answering('<token>', 'acr.refresh'));
  const net = await internet(t, {
    [acrHost]: acr(({ body }) => new URLSearchParams(body).get('refresh_token') === 'acr.refresh'),
  });
  const login = { config: { credsStore: 'acr-env' }, env: { PATH: `${bin}:${process.env['PATH']}` } };
  assertResolved(await pull(t, `${acrHost}/app:1.0`, net, login));
});

test('ACR: a service principal is sent as Basic by GET', async (t) => {
  const net = await internet(t, {
    [acrHost]: acr(({ method, headers }) => method === 'GET' && headers.authorization === basic('principal', 'secret')),
  });
  assertResolved(await pull(t, `${acrHost}/app:1.0`, net, { inputs: { username: 'principal', password: 'secret' } }));
});

test('ACR: an expired identity token is unauthorized, with the place of the login', async (t) => {
  const net = await internet(t, { [acrHost]: acr(() => false) });
  const step = await pull(t, `${acrHost}/app:1.0`, net, { config: acrIdentity });
  assertFailed(step, 'unauthorized', /authentication required/, /config\.json, key team\.azurecr\.io/);
});

// Quay: robots, namespaces of podman's auth.json, Basic and Bearer in one header.
const quayChallenge =
  'Basic realm="quay.io", Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:org/app:pull"';

function quay(accepted: string | undefined): Site {
  const registry = bearerRegistry(
    'org/app',
    'quay.token',
    quayChallenge,
    errors(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized').body,
  );
  return (asked) => {
    if (asked.path !== '/v2/auth') return registry(asked);
    if (asked.headers.authorization === accepted) return { body: { token: 'quay.token' } };
    return { status: 401, body: { error: 'Invalid Username or Password' } };
  };
}

test("Quay: of two challenges in one header Bearer is answered, with the robot of podman's namespace", async (t) => {
  const folder = await temporaryFolder(t);
  const content = {
    auths: { 'quay.io': { auth: base64('other:wrong') }, 'quay.io/org': { auth: base64('org+robot:secret') } },
  };
  const file = await writeAt(join(folder, 'auth.json'), content);
  const net = await internet(t, { 'quay.io': quay(basic('org+robot', 'secret')) });
  assertResolved(await pull(t, 'quay.io/org/app:1.0', net, { env: { REGISTRY_AUTH_FILE: file } }));
  assert.ok(!authorizations(net, 'quay.io').includes(basic('other', 'wrong')));
  assert.deepEqual(tokenLines(net, 'quay.io', '/v2/auth'), [
    'GET /v2/auth?service=quay.io&scope=repository:org/app:pull',
  ]);
});

test('Quay: a wrong robot token is unauthorized, with the words of the token service', async (t) => {
  const net = await internet(t, { 'quay.io': quay('nobody') });
  const step = await pull(t, 'quay.io/org/app:1.0', net, { inputs: { username: 'org+robot', password: 'wrong' } });
  assertFailed(step, 'unauthorized', /Invalid Username or Password/, /the inputs username and password/);
});

test('Quay: what strangers may not see is a 401 although they have a token', async (t) => {
  const net = await internet(t, {
    'quay.io': ({ path }) => (path === '/v2/auth' ? { body: { token: 'stranger' } } : challenged(quayChallenge)),
  });
  assertFailed(await pull(t, 'quay.io/org/app:1.0', net), 'unauthorized', /No credentials were found for quay\.io/);
});

// GitLab: the token service is on gitlab.com; on other hosts it is wherever the operator put it.
const gitlabChallenge = (realm: string) =>
  `Bearer realm="${realm}",service="container_registry",scope="repository:group/app:pull"`;

function gitlab(registry: string, service: string): Record<string, Site> {
  return {
    [registry]: bearerRegistry(
      'group/app',
      'gitlab.token',
      `${gitlabChallenge(`https://${service}/jwt/auth`)},error="invalid_token"`,
    ),
    [service]: ({ headers }) =>
      headers.authorization === basic('gitlab-ci-token', 'glcbt-64')
        ? { body: { token: 'gitlab.token' } }
        : errors(403, 'DENIED', 'access forbidden'),
  };
}

test('GitLab: the login for registry.gitlab.com goes to gitlab.com, by GET', async (t) => {
  const net = await internet(t, gitlab('registry.gitlab.com', 'gitlab.com'));
  const variable = JSON.stringify(auths('registry.gitlab.com', 'gitlab-ci-token', 'glcbt-64'));
  assertResolved(await pull(t, 'registry.gitlab.com/group/app:1.0', net, { env: { DOCKER_AUTH_CONFIG: variable } }));
  assert.deepEqual(net.paths('gitlab.com'), [
    'GET /jwt/auth?service=container_registry&scope=repository:group/app:pull',
  ]);
});

test('GitLab: a rejected login is denied, naming DOCKER_AUTH_CONFIG', async (t) => {
  const net = await internet(t, gitlab('registry.gitlab.com', 'gitlab.com'));
  const variable = JSON.stringify(auths('registry.gitlab.com', 'gitlab-ci-token', 'expired'));
  const step = await pull(t, 'registry.gitlab.com/group/app:1.0', net, { env: { DOCKER_AUTH_CONFIG: variable } });
  assertFailed(step, 'denied', /access forbidden/, /DOCKER_AUTH_CONFIG, key registry\.gitlab\.com/);
});

test("GitLab of one's own: its token host sees no login before an auth-hosts line allows it", async (t) => {
  const inputs = { username: 'gitlab-ci-token', password: 'glcbt-64' };
  const reference = 'registry.corp.example/group/app:1.0';
  const net = await internet(t, gitlab('registry.corp.example', 'git.corp.example'));
  const refused = await pull(t, reference, net, { inputs });
  assertFailed(refused, 'untrusted-host', /registry\.corp\.example=git\.corp\.example/);
  assert.deepEqual(net.paths('git.corp.example'), []);
  const allowed = { ...inputs, 'auth-hosts': 'registry.corp.example=git.corp.example' };
  assertResolved(await pull(t, reference, net, { inputs: allowed }));
});

// Harbor: cookies, robots with a dollar sign, an empty access_token beside the token.
function harbor(accepted: string | undefined): Site {
  const words =
    'unauthorized to access repository: library/app, action: pull: unauthorized to access repository: library/app, action: pull';
  const registry = bearerRegistry(
    'library/app',
    'harbor.token',
    'Bearer realm="https://harbor.example.com/service/token",service="harbor-registry",scope="repository:library/app:pull"',
    errors(401, 'UNAUTHORIZED', words).body,
  );
  return (asked) => {
    const cookie = { 'set-cookie': 'sid=3ed976b856e69dbd; Path=/; HttpOnly' };
    if (asked.path !== '/service/token') return { ...registry(asked) };
    const token = asked.headers.authorization === accepted ? 'harbor.token' : 'stranger';
    return { headers: cookie, body: { token, access_token: '', expires_in: 1800, issued_at: '2026-01-01T00:00:00Z' } };
  };
}

test('Harbor: a robot with a dollar sign in its name logs in; no cookie is kept', async (t) => {
  const net = await internet(t, { 'harbor.example.com': harbor(basic('robot$library+ci', 'robot-secret')) });
  const config = auths('harbor.example.com', 'robot$library+ci', 'robot-secret');
  assertResolved(await pull(t, 'harbor.example.com/library/app:1.0', net, { config }));
  assert.ok(net.seen.every(({ headers }) => headers.cookie === undefined));
});

test('Harbor: a token that does not suffice is a 401: unauthorized, in its words', async (t) => {
  const net = await internet(t, { 'harbor.example.com': harbor('nobody') });
  const step = await pull(t, 'harbor.example.com/library/app:1.0', net, { inputs: { 'fail-on-missing': 'false' } });
  assertFailed(step, 'unauthorized', /unauthorized to access repository/);
});

// Gitea and Forgejo: scope="*", two headers, an empty message.
const giteaChallenges = [
  'Bearer realm="https://gitea.example.com/v2/token",service="container_registry",scope="*"',
  'Basic realm="Gitea Container Registry"',
];

for (const [title, challenges] of [
  ['one header', giteaChallenges.slice(0, 1)],
  ['two headers', giteaChallenges],
  ['two headers, Basic first', giteaChallenges.toReversed()],
] as const) {
  test(`Gitea: the scope * is passed through (${title})`, async (t) => {
    const registry = bearerRegistry('me/app', 'gitea.token', [...challenges], errors(401, 'UNAUTHORIZED', '').body);
    const net = await internet(t, {
      'gitea.example.com': (asked) => {
        if (asked.path !== '/v2/token') return registry(asked);
        return asked.headers.authorization === basic('me', 'secret')
          ? { body: { token: 'gitea.token' } }
          : errors(401, 'UNAUTHORIZED', '');
      },
    });
    const inputs = { username: 'me', password: 'secret', registry: 'gitea.example.com' };
    assertResolved(await pull(t, 'gitea.example.com/me/app:1.0', net, { inputs }));
    assert.deepEqual(tokenLines(net, 'gitea.example.com', '/v2/token'), [
      'GET /v2/token?service=container_registry&scope=*',
    ]);
  });
}

test('Gitea: a wrong password is unauthorized although its words are empty', async (t) => {
  const net = await internet(t, {
    'gitea.example.com': ({ path }) =>
      path === '/v2/token' ? errors(401, 'UNAUTHORIZED', '') : challenged(giteaChallenges),
  });
  const step = await pull(t, 'gitea.example.com/me/app:1.0', net, { inputs: { username: 'me', password: 'wrong' } });
  assertFailed(step, 'unauthorized', /the inputs username and password/);
});

// Artifactory: Basic only, or a realm that spells out its port; by sub-domain it is on another host.
test('Artifactory: Basic only, as with a repository path', async (t) => {
  const net = await internet(t, {
    'corp.jfrog.io': (asked) => {
      if (asked.headers.authorization !== basic('ci', 'cmVmdGtu')) {
        const body = { errors: [{ status: 401, message: 'Authentication is required' }] };
        return challenged('Basic realm="Artifactory Realm"', body);
      }
      return (
        serve('docker/app', asked) ??
        errors(404, 'MANIFEST_UNKNOWN', 'The named manifest is not known to the registry.')
      );
    },
  });
  assertResolved(
    await pull(t, 'corp.jfrog.io/docker/app:1.0', net, { config: auths('corp.jfrog.io', 'ci', 'cmVmdGtu') }),
  );
  const step = await pull(t, 'corp.jfrog.io/docker/app:1.0', net, { config: auths('corp.jfrog.io', 'ci', 'wrong') });
  assertFailed(step, 'unauthorized', /Authentication is required/, /key corp\.jfrog\.io/);
});

const artifactory = (host: string): Site =>
  bearerRegistry(
    'node',
    'artifactory.token',
    `Bearer realm="https://artifactory.corp.example:443/artifactory/api/docker/docker-hub/v2/token",service="artifactory.corp.example:443",scope="repository:node:pull"`,
    errors(401, 'UNAUTHORIZED', `authentication required for ${host}`).body,
  );

const artifactoryToken: Site = ({ headers }) =>
  headers.authorization === basic('ci', 'secret')
    ? { body: { token: 'artifactory.token', expires_in: 3600 } }
    : { status: 401, body: { errors: [{ status: 401, message: 'Bad credentials' }] } };

test('Artifactory: a realm that spells out port 443 is the registry itself', async (t) => {
  const host = 'artifactory.corp.example';
  const registry = artifactory(host);
  const net = await internet(t, {
    [host]: (asked) => (asked.path.endsWith('/v2/token') ? artifactoryToken(asked) : registry(asked)),
  });
  assertResolved(await pull(t, `${host}/node:1.0`, net, { config: auths(host, 'ci', 'secret') }));
  assert.deepEqual(tokenLines(net, host, '/artifactory/api/docker/docker-hub/v2/token'), [
    'GET /artifactory/api/docker/docker-hub/v2/token?service=artifactory.corp.example:443&scope=repository:node:pull',
  ]);
});

test('Artifactory by sub-domain: the advice is the auth-hosts line that works', async (t) => {
  const host = 'docker-hub.artifactory.corp.example';
  const net = await internet(t, { [host]: artifactory(host), 'artifactory.corp.example': artifactoryToken });
  const config = auths(host, 'ci', 'secret');
  const refused = await pull(t, `${host}/node:1.0`, net, { config });
  assertFailed(refused, 'untrusted-host');
  assert.deepEqual(net.paths('artifactory.corp.example'), []);
  const line = /auth-hosts: (\S+=\S+)/.exec(refused.errors[0]?.text ?? '')?.[1] ?? '';
  assertResolved(await pull(t, `${host}/node:1.0`, net, { config, inputs: { 'auth-hosts': line } }));
});

test('Artifactory: a token service that answers 406 is registry-error', async (t) => {
  const host = 'artifactory.corp.example';
  const registry = artifactory(host);
  const net = await internet(t, {
    [host]: (asked) =>
      asked.path.endsWith('/v2/token')
        ? { status: 406, body: { errors: [{ status: 406, message: 'Not Acceptable' }] } }
        : registry(asked),
  });
  const step = await pull(t, `${host}/node:1.0`, net, { inputs: { 'fail-on-missing': 'false' } });
  assertFailed(step, 'registry-error', /Not Acceptable/);
});

test('a proxy that speaks TLS has its certificate checked against its own name', async (t) => {
  const net = await startSites({ 'registry.example': (asked) => serve('o/app', asked) ?? { status: 404 } }, true);
  t.after(() => net.close());
  assertResolved(await pull(t, 'registry.example/o/app:1.0', net));
  assert.deepEqual(new Set(net.proxied.map(({ line }) => line)), new Set(['CONNECT registry.example:443']));
});
