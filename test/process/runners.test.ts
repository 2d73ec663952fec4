import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { ActionError } from '../../src/error.ts';
import { askHelper } from '../../src/registry/credentials/helper.ts';
import { parseOutputs, runAction, type Step, type StepOptions } from '../support/action.ts';
import { answering, base64, temporaryFolder, writeAt } from '../support/folder.ts';
import { image, index, types } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

const linux = image('linux/amd64', { labels: { title: 'a b', version: '1' } });
const arm = image('linux/arm64');
const both = index([linux, arm], types.index);

let open: TestRegistry;
let locked: TestRegistry;

before(async () => {
  open = await startRegistry();
  locked = await startRegistry({ auth: 'basic', users: { robot: 'pass:word' } });
  for (const registry of [open, locked]) {
    registry.putImage('o/app', linux);
    registry.putImage('o/app', arm);
    registry.put('o/app', both, '1');
  }
});

after(() => Promise.all([open.close(), locked.close()]));

/** Runs a step that has to pass. */
async function passed(inputs: Record<string, string>, options: StepOptions = {}): Promise<Step> {
  const step = await runAction(inputs, options);
  assert.deepEqual([step.status, step.errors, step.stderr], [0, [], '']);
  return step;
}

/** Runs a step that resolves the image, and checks what it finds. */
async function resolves(env: StepOptions['env'], nodeArguments: readonly string[] = []): Promise<Step> {
  const step = await passed({ image: `${open.host}/o/app:1`, inspect: 'true' }, { env: env ?? {}, nodeArguments });
  assert.equal(step.outputs['digest'], both.digest);
  assert.equal(step.outputs['manifest-digest'], linux.manifest.digest);
  return step;
}

/** Arguments for Node that run `code` before the action: `os` is the module that it will import. */
function beforehand(code: string): string[] {
  const script = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'; ${code}; syncBuiltinESMExports();`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}

/** A login for the locked registry, as docker writes it. */
function login(): object {
  return { auths: { [locked.host]: { auth: base64('robot:pass:word') } } };
}

async function opens(env: StepOptions['env']): Promise<void> {
  const step = await passed({ image: `${locked.host}/o/app:1` }, { env: env ?? {} });
  assert.equal(step.outputs['digest'], both.digest);
}

describe('the home of the user', () => {
  const noHome = { HOME: undefined, USERPROFILE: undefined };

  test('may be in no variable', async () => {
    await resolves(noHome);
  });

  test('may be nowhere, as for a user of a container that is in no list of users', async () => {
    const step = await resolves(noHome, beforehand(`os.homedir = () => { throw new Error('no such user'); }`));
    assert.doesNotMatch(step.stdout, /::(?:warning|error)/);
  });

  test('may be empty, and a login in the folder of the step is not taken for its own then', async (t) => {
    const folder = await temporaryFolder(t);
    await writeAt(join(folder, '.docker', 'config.json'), 'not JSON');
    await resolves(
      { HOME: '', USERPROFILE: '' },
      beforehand(`os.homedir = () => ''; process.chdir(${JSON.stringify(folder)})`),
    );
  });

  test('is USERPROFILE where there is no HOME, as on Windows', async (t) => {
    const folder = await temporaryFolder(t);
    await writeAt(join(folder, '.docker', 'config.json'), login());
    await opens({ HOME: undefined, USERPROFILE: folder });
  });

  test('may have spaces and letters beyond ASCII in its name', async (t) => {
    const folder = join(await temporaryFolder(t), 'Jörg O’Neil (admin)');
    await writeAt(join(folder, '.docker', 'config.json'), login());
    await opens({ HOME: folder });
  });

  test('may hold a login that a Windows editor has saved, with a byte order mark and CRLF', async (t) => {
    const folder = await temporaryFolder(t);
    const text = JSON.stringify(login(), undefined, 2).replaceAll('\n', '\r\n');
    await writeAt(join(folder, '.docker', 'config.json'), `\ufeff${text}\r\n`);
    await opens({ HOME: folder });
  });
});

describe('line ends', () => {
  test('inputs with CRLF mean the same as with LF', async () => {
    const digests = `${both.digest}\r\n${linux.manifest.digest}\r\n`;
    const step = await passed({
      image: `\r\n${open.host}/o/app:1\r\n${open.host}/o/app@${arm.manifest.digest}\r\n`,
      platform: 'linux/arm64\r\n',
      'require-platforms': 'linux/arm64\r\n\r\n',
      'auth-hosts': 'r.example=token.example\r\nr.example:5000=token.example\r\n',
      'plain-http': 'r.example\r\nr.example:5000\r\n',
      'expected-digest': `${digests}${arm.manifest.digest}\r\n`,
    });
    const results = JSON.parse(step.outputs['results'] ?? '') as { image: string; manifestDigest: string }[];
    assert.deepEqual(
      results.map((result) => [result.image, result.manifestDigest]),
      [
        [`${open.host}/o/app:1`, arm.manifest.digest],
        [`${open.host}/o/app@${arm.manifest.digest}`, arm.manifest.digest],
      ],
    );
  });

  test('labels that are expected with CRLF are compared without it', async () => {
    await passed({ image: `${open.host}/o/app:1`, 'expected-labels': 'title=a b\r\nversion=1\r\n' });
    const wrong = await runAction({ image: `${open.host}/o/app:1`, 'expected-labels': 'title=a b\r\nversion=2\r\n' });
    assert.equal(wrong.outputs['error-code'], 'gate-failed');
  });

  test('a carriage return inside a line is refused, not dropped', async () => {
    const seen = open.seen.length;
    const step = await runAction({ image: `${open.host}/o/app:1\r${open.host}/o/other:1` });
    assert.equal(step.outputs['error-code'], 'invalid-input');
    assert.equal(open.seen.length, seen);
  });

  test('outputs, files and summary are the same bytes where the system ends lines with CRLF', async () => {
    const crlf = beforehand(`Object.defineProperty(os, 'EOL', { value: '\\r\\n' })`);
    const [here, there] = await Promise.all([resolves({}), resolves({}, crlf)]);
    assert.ok(there.stdout.includes('\r\n'), 'the log does not show that the system is another');
    assert.equal(there.summary, here.summary);
    for (const [name, value] of Object.entries(there.outputs)) {
      assert.equal(withoutTemp(value, there), withoutTemp(here.outputs[name] ?? '', here), name);
      assert.ok(!value.includes('\r'), name);
    }
  });
});

/** An output without what differs from run to run: the folder of the files. */
function withoutTemp(text: string, { temp }: Step): string {
  return text.replaceAll(temp, '').replace(/image-digests-\w{6}/g, '');
}

describe('paths', () => {
  const folders = {
    'with spaces': 'a b  c',
    'with backslashes': 'D:\\a\\_temp',
    'with letters beyond ASCII': 'Größe – 東京',
    'with what a shell or the runner could obey': '$(touch x);`y`%0A::error::"\'',
  };
  for (const [what, name] of Object.entries(folders)) {
    // Windows takes neither quotes nor colons in a name.
    const skip = process.platform === 'win32' && /["$:]/.test(name) && 'Windows knows no such name';
    test(`RUNNER_TEMP may be a folder ${what}`, { skip }, async (t) => {
      const temp = join(await temporaryFolder(t), name);
      await mkdir(temp, { recursive: true });
      const { outputs } = await resolves({ RUNNER_TEMP: temp });
      const expected = {
        index: outputs['digest'],
        manifest: outputs['manifest-digest'],
        config: outputs['config-digest'],
      };
      for (const [level, digest] of Object.entries(expected)) {
        const path = outputs[`${level}-path`] ?? '';
        assert.ok(path.startsWith(temp), path);
        const hash = createHash('sha256').update(await readFile(path));
        assert.equal(`sha256:${hash.digest('hex')}`, digest);
      }
    });
  }

  test('RUNNER_TEMP may end with a separator', async (t) => {
    const temp = await temporaryFolder(t);
    const { outputs } = await resolves({ RUNNER_TEMP: `${temp}/` });
    assert.equal(join(outputs['manifest-path'] ?? '', '..', '..'), temp);
  });

  test('no name of a file holds a character that Windows refuses', async () => {
    const { files } = await resolves({});
    assert.equal(files.length, 5);
    for (const file of files) assert.match(file.replaceAll('\\', '/'), /^[\w-]+(?:\/[\w-]+\.json)?$/);
  });
});

describe('credential helpers on Windows', { skip: process.platform === 'win32' && 'a script is no .exe there' }, () => {
  /** Pretends to be Windows as long as the test runs. */
  function onWindows(t: TestContext): void {
    const real = process.platform;
    Object.defineProperty(process, 'platform', { value: 'win32' });
    t.after(() => Object.defineProperty(process, 'platform', { value: real }));
  }

  async function ask(t: TestContext, file: string): ReturnType<typeof askHelper> {
    const path = await temporaryFolder(t);
    await writeAt(join(path, file), `#!/bin/sh\n${answering('robot', 'secret of sixteen')}\n`);
    await chmod(join(path, file), 0o755);
    const environment = { PATH: process.env['PATH'] ?? '' };
    return askHelper('wincred', 'r.example', 'config.json', {
      path,
      workspace: '',
      folder: '',
      environment,
      timeoutMs: 10_000,
    });
  }

  test('are programs that end in .exe', async (t) => {
    onWindows(t);
    const credential = await ask(t, 'docker-credential-wincred.exe');
    assert.ok(credential?.kind === 'basic');
    assert.deepEqual([credential.username, credential.password], ['robot', 'secret of sixteen']);
  });

  test('are not programs without an ending', async (t) => {
    onWindows(t);
    const asked = ask(t, 'docker-credential-wincred');
    await assert.rejects(asked, (error) => error instanceof ActionError && error.code === 'unauthorized');
  });

  test('do not end in .exe elsewhere', async (t) => {
    await assert.rejects(ask(t, 'docker-credential-wincred.exe'), ActionError);
    assert.equal((await ask(t, 'docker-credential-wincred'))?.kind, 'basic');
  });
});

describe('a runner with nothing but Node', () => {
  test('has neither docker nor any other program', async () => {
    await resolves({ PATH: '' });
    await resolves({ PATH: undefined });
  });

  test('has no variables but those that a step cannot do without', async (t) => {
    const folder = await temporaryFolder(t);
    const output = await writeAt(join(folder, 'output'), '');
    const all = ['PATH', 'HOME', 'GITHUB_SERVER_URL', 'GITHUB_WORKSPACE', 'GITHUB_STEP_SUMMARY'];
    const env = Object.fromEntries(all.map((name) => [name, undefined]));
    const step = await passed({ image: `${open.host}/o/app:1` }, { env: { ...env, GITHUB_OUTPUT: output } });
    assert.match(
      step.stdout,
      /^::warning title=Image Digests::The job summary cannot be written: GITHUB_STEP_SUMMARY is not set$/m,
    );
    assert.equal(parseOutputs(await readFile(output, 'utf8'))['digest'], both.digest);
  });
});

/**
 * local-action reads the inputs from a file into the environment, leaves out what the file leaves out, and imports the
 * entry; here Node itself reads the file.
 *
 * @see https://github.com/github/local-action
 */
describe('a run from a file of variables, as by @github/local-action', () => {
  const bare = {
    INPUT_IMAGE: undefined,
    GITHUB_OUTPUT: undefined,
    GITHUB_STEP_SUMMARY: undefined,
    RUNNER_TEMP: undefined,
  };

  async function fromFile(t: TestContext, variables: Record<string, string>): Promise<Step> {
    const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"\n`);
    const file = await writeAt(join(await temporaryFolder(t), '.env'), lines.join(''));
    return runAction({}, { env: bare, nodeArguments: [`--env-file=${file}`] });
  }

  test('resolves an image, with names of inputs that hold a dash', async (t) => {
    const folder = await temporaryFolder(t);
    const output = join(folder, 'output');
    await writeFile(output, '');
    const step = await fromFile(t, {
      INPUT_IMAGE: `${open.host}/o/app:1`,
      'INPUT_REQUIRE-PLATFORMS': 'linux/amd64\nlinux/arm64',
      'INPUT_EXPECTED-DIGEST': both.digest,
      RUNNER_TEMP: folder,
      GITHUB_OUTPUT: output,
    });
    assert.deepEqual([step.status, step.errors], [0, []]);
    const outputs = parseOutputs(await readFile(output, 'utf8'));
    assert.equal(outputs['manifest-digest'], linux.manifest.digest);
    assert.ok((await stat(outputs['manifest-path'] ?? '')).isFile());
  });

  test('makes the file that GITHUB_OUTPUT names', async (t) => {
    const folder = await temporaryFolder(t);
    const output = join(folder, 'not yet there');
    const step = await fromFile(t, { INPUT_IMAGE: `${open.host}/o/app:1`, RUNNER_TEMP: folder, GITHUB_OUTPUT: output });
    assert.equal(step.status, 0);
    assert.equal(parseOutputs(await readFile(output, 'utf8'))['digest'], both.digest);
  });

  for (const left of ['GITHUB_OUTPUT', 'RUNNER_TEMP'] as const) {
    for (const value of ['left out', 'empty']) {
      test(`fails with what to do where ${left} is ${value}, and prints no output in its place`, async (t) => {
        const folder = await temporaryFolder(t);
        const all = { RUNNER_TEMP: folder, GITHUB_OUTPUT: join(folder, 'output'), [left]: '' };
        const given =
          value === 'empty' ? all : Object.fromEntries(Object.entries(all).filter(([name]) => name !== left));
        const step = await fromFile(t, { INPUT_IMAGE: `${open.host}/o/app:1`, ...given });
        assert.equal(step.status, 1);
        assert.equal(step.errors[0]?.title, 'Image Digests: runner-error');
        assert.ok(step.errors[0]?.text.startsWith(`${left} cannot be written: it is not set`), step.errors[0]?.text);
        assert.doesNotMatch(step.stdout, /::set-output|^[\w-]+=/m);
      });
    }
  }
});
