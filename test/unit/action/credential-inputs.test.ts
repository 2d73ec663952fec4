import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { credentialSources } from '../../../src/action/credential-inputs.ts';
import { inputReader, type Machine } from '../../../src/action/input-table.ts';
import { failsWith } from '../../support/transport.ts';

const machine: Machine = { platform: 'linux', homeFolder: '/home/passwd', userId: 1001 };

interface Step {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly machine?: Partial<Machine>;
  readonly registries?: readonly string[];
  readonly timeoutMs?: number;
}

function sources(step: Step = {}) {
  const inputs = Object.entries(step.inputs ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = { ...Object.fromEntries(inputs), ...step.env };
  return credentialSources(
    { env, input: inputReader(env), machine: { ...machine, ...step.machine }, timeoutMs: step.timeoutMs ?? 120_000 },
    new Set(step.registries ?? ['r.example']),
  );
}

describe('username and password', () => {
  const login = { username: 'u', password: 'p' };

  test('belong to the one registry that the images are on, or that is named', () => {
    assert.deepEqual(sources({ inputs: login }).input, { registry: 'r.example', ...login });
    const named = { ...login, registry: 'Index.docker.io' };
    assert.deepEqual(sources({ inputs: named, registries: ['a', 'b'] }).input, { registry: 'docker.io', ...login });
  });

  test('need a registry where images are on several', () => {
    assert.throws(
      () => sources({ inputs: login, registries: ['a.example', 'b.example'] }),
      failsWith('invalid-input', 'registry', 'several hosts', 'Set registry to the host that the password is for'),
    );
  });

  test('go together: one without the other is a secret that does not exist here', () => {
    assert.throws(() => sources({ inputs: { username: 'u' } }), failsWith('invalid-input', 'password', 'it is empty'));
    assert.throws(() => sources({ inputs: { password: 'p' } }), failsWith('invalid-input', 'username', 'it is empty'));
    assert.equal(sources({ inputs: { registry: 'r.example' } }).input, undefined);
  });

  test('that no registry can take, and a registry that is none, are refused', () => {
    assert.throws(() => sources({ inputs: { username: 'a:b', password: 'p' } }), failsWith('invalid-input', 'colon'));
    assert.throws(
      () => sources({ inputs: { ...login, registry: 'https://user:secret@r.example/x' } }),
      (error: unknown) => {
        failsWith('invalid-input', 'registry')(error);
        assert.doesNotMatch((error as Error).message, /secret/);
        return true;
      },
    );
  });
});

describe('config files', () => {
  const names = (step: Step) => sources(step).files.map(({ name, path }) => `${name} = ${path}`);
  const home = { HOME: '/home/runner' };

  test('are looked for where docker and podman keep them, in this order', () => {
    assert.deepEqual(names({ env: home }), [
      `~/.docker/config.json = ${join('/home/runner', '.docker', 'config.json')}`,
      '/run/containers/1001/auth.json = /run/containers/1001/auth.json',
      `~/.config/containers/auth.json = ${join('/home/runner', '.config', 'containers', 'auth.json')}`,
    ]);
  });

  test('are named by variables, and the path is shown, too', () => {
    const env = { ...home, DOCKER_CONFIG: '/d', REGISTRY_AUTH_FILE: '/a.json', XDG_RUNTIME_DIR: '/run/user/1' };
    const [docker, podman, runtime] = [
      join('/d', 'config.json'),
      '/a.json',
      join('/run/user/1', 'containers', 'auth.json'),
    ];
    assert.deepEqual(names({ env }).slice(0, 3), [
      `$DOCKER_CONFIG/config.json (${docker}) = ${docker}`,
      `$REGISTRY_AUTH_FILE (${podman}) = ${podman}`,
      `$XDG_RUNTIME_DIR/containers/auth.json (${runtime}) = ${runtime}`,
    ]);
  });

  test('below /run are for Linux, and for users that have a number', () => {
    const below = (more: Partial<Machine>) =>
      names({ env: home, machine: more }).filter((name) => name.startsWith('/run'));
    assert.deepEqual(below({ userId: 0 }), ['/run/containers/0/auth.json = /run/containers/0/auth.json']);
    assert.deepEqual(below({ platform: 'darwin' }), []);
    assert.deepEqual(below({ platform: 'win32', userId: undefined }), []);
    assert.deepEqual(below({ userId: undefined }), []);
  });

  test('are below the home of the variables, else of the system, and nowhere without one', () => {
    const first = (step: Step) => sources(step).files[0]?.path;
    const config = (folder: string) => join(folder, '.docker', 'config.json');
    assert.equal(first({}), config('/home/passwd'));
    assert.equal(first({ env: { HOME: '', USERPROFILE: '/profile' } }), config('/profile'));
    const both = { HOME: '/home/runner', USERPROFILE: '/profile' };
    assert.equal(first({ env: both }), config('/home/runner'));
    assert.equal(first({ env: both, machine: { platform: 'win32' } }), config('/profile'));
    assert.deepEqual(sources({ machine: { homeFolder: '', platform: 'darwin' } }).files, []);
  });
});

describe('helpers', () => {
  test('get the environment without inputs, which hold the credentials of others', () => {
    const env = {
      PATH: '/bin',
      GITHUB_WORKSPACE: '/work',
      RUNNER_TEMP: '/temp',
      AWS_PROFILE: 'x',
      input_lower: 'secret',
    };
    const { helpers } = sources({ env, inputs: { password: 'secret', username: 'u' } });
    assert.deepEqual([helpers.path, helpers.workspace, helpers.folder], ['/bin', '/work', '/temp']);
    assert.equal(helpers.environment['AWS_PROFILE'], 'x');
    assert.doesNotMatch(JSON.stringify(helpers.environment), /secret/);
  });

  test('may take a quarter of timeout, and 10 seconds at least', () => {
    assert.equal(sources({ timeoutMs: 120_000 }).helpers.timeoutMs, 30_000);
    assert.equal(sources({ timeoutMs: 20_000 }).helpers.timeoutMs, 10_000);
  });
});

describe('github-token', () => {
  const registries = (server?: string) =>
    sources({ inputs: { 'github-token': 't' }, env: server === undefined ? {} : { GITHUB_SERVER_URL: server } })
      .githubToken;

  test('goes to ghcr.io', () => {
    for (const server of [undefined, '', 'https://github.com', 'nonsense']) {
      assert.deepEqual(registries(server), { token: 't', registries: ['ghcr.io'] }, server);
    }
  });

  test('of a GitHub Enterprise Server goes to its own registry, and never to ghcr.io', () => {
    assert.deepEqual(registries('https://ghes.example').registries, ['containers.ghes.example']);
    assert.deepEqual(registries('https://ghes.example:8443/').registries, ['containers.ghes.example:8443']);
  });

  test('is none where nobody evaluates the default of action.yml', () => {
    assert.equal(sources({ inputs: { 'github-token': '\u0024{{ github.token }}' } }).githubToken.token, '');
    assert.equal(sources().githubToken.token, '');
  });
});

test('DOCKER_AUTH_CONFIG is handed on, without white space around it', () => {
  assert.equal(sources({ env: { DOCKER_AUTH_CONFIG: ' {}\n' } }).dockerAuthConfig, '{}');
  assert.equal(sources().dockerAuthConfig, '');
});
