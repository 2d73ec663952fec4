import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, realpath, symlink } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ActionError } from '../../src/error.ts';
import { askHelper, type HelperOptions } from '../../src/registry/credentials/helper.ts';
import { answering, temporaryFolder, writeAt, writeHelper } from '../support/folder.ts';
import { withoutShell } from '../support/posix.ts';

const source = '~/.docker/config.json, credHelpers';
const canary = 'canary-secret-of-the-helper';

interface World {
  /** The folder on the PATH. */
  readonly bin: string;
  readonly workspace: string;
  ask(name: unknown, more?: Partial<HelperOptions>): ReturnType<typeof askHelper>;
  /** The error that asking for a helper ends with. Holds no canary. */
  refusal(name: unknown, more?: Partial<HelperOptions>): Promise<ActionError>;
}

async function world(t: TestContext): Promise<World> {
  const folder = await temporaryFolder(t);
  const [bin, workspace] = [join(folder, 'bin'), join(folder, 'workspace')];
  await Promise.all([mkdir(bin), mkdir(workspace)]);
  // Helpers are scripts here, which use the programs of the system.
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  const ask: World['ask'] = (name, more = {}) =>
    askHelper(name, 'r.example', source, {
      path,
      workspace,
      folder,
      environment: {},
      timeoutMs: 10_000,
      ...more,
    });
  return {
    bin,
    workspace,
    ask,
    async refusal(name, more) {
      const error: unknown = await ask(name, more).catch((thrown) => thrown);
      assert.ok(error instanceof ActionError, `no refusal but ${JSON.stringify(error)}`);
      assert.equal(error.code, 'unauthorized');
      assert.ok(error.message.startsWith(`${source} names `), error.message);
      const shown = JSON.stringify([error.message, error.remoteMessage, error.advice]);
      assert.ok(!shown.includes(canary), shown);
      return error;
    },
  };
}

/** Whether a process runs; one that is dead and only waits to be reaped does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Where there is no /proc, the system reaps at once.
    return !existsSync('/proc') || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

// What real programs are needed for. They are shell scripts.
describe('a helper that is run', { skip: withoutShell }, () => {
  test('a helper is asked with get, the server on stdin, and its answer is used', async (t) => {
    const { bin, ask } = await world(t);
    await writeHelper(bin, 'test', `printf '%s' "$#:$1:" > "$0.log"; cat >> "$0.log"; ${answering('u', 'p:q')}`);
    assert.deepEqual(await ask('test'), {
      kind: 'basic',
      username: 'u',
      password: 'p:q',
      source: `docker-credential-test, which ${source} names`,
    });
    const log = await readFile(join(bin, 'docker-credential-test.log'), 'utf8');
    assert.equal(log.trim(), '1:get:r.example');
  });

  test('the user name <token> means an identity token', async (t) => {
    const { bin, ask } = await world(t);
    await writeHelper(bin, 'test', answering('<token>', 'refresh'));
    const credential = await ask('test');
    assert.deepEqual([credential?.kind, credential?.kind === 'identity' && credential.token], ['identity', 'refresh']);
  });

  test('fields of an answer that helpers add are passed over', async (t) => {
    const { bin, ask } = await world(t);
    await writeHelper(bin, 'test', `echo '{"Extra": [1], "Secret": "p", "Username": "u", "ServerURL": ""}'`);
    assert.equal((await ask('test'))?.kind, 'basic');
  });

  for (const [stream, script] of [
    ['stdout', 'echo "credentials not found in native keychain"; exit 1'],
    ['stderr', 'echo "credentials not found in native keychain" >&2; exit 1'],
  ] as const) {
    test(`a helper that says on ${stream} that it has no credentials has none`, async (t) => {
      const { bin, ask } = await world(t);
      await writeHelper(bin, 'test', script);
      assert.equal(await ask('test'), undefined);
    });
  }

  test('a helper that fails is unauthorized, with its name and its words', async (t) => {
    const { bin, refusal } = await world(t);
    await writeHelper(bin, 'test', 'echo "the vault is locked" >&2; exit 3');
    const error = await refusal('test');
    assert.match(error.message, /names docker-credential-test, which failed \(3\)\.$/);
    assert.equal(error.remoteMessage, 'the vault is locked');
  });

  test('a helper that fails for another reason is not taken to have none', async (t) => {
    const { bin, refusal } = await world(t);
    await writeHelper(bin, 'test', 'echo "error: credentials not found, as the vault is locked"; exit 1');
    assert.match((await refusal('test')).message, /which failed/);
  });

  test('an answer with an empty user name and an empty secret means none', async (t) => {
    const { bin, ask } = await world(t);
    await writeHelper(bin, 'test', answering('', ''));
    assert.equal(await ask('test'), undefined);
  });

  for (const [what, script] of [
    ['was killed', `echo "half of ${canary}"; kill -9 $$`],
    ['printed too much', `echo "half of ${canary}"; head -c 70000 /dev/zero | tr '\\0' x; exit 1`],
    ['printed an answer and failed', `${answering('u', canary)}; exit 1`],
    ['printed the beginning of an answer', `printf '{"Username":"u","Sec'; exit 1`],
    ['printed a list', `printf '  ["${canary}"]'; exit 1`],
    ['printed an answer to stderr', `echo 'found "Secret": "${canary}"' >&2; exit 1`],
  ] as const) {
    test(`nothing is quoted of a helper that ${what}: it may be half a secret`, async (t) => {
      const { bin, refusal } = await world(t);
      await writeHelper(bin, 'test', script);
      assert.equal((await refusal('test')).remoteMessage, undefined);
    });
  }

  test('what a helper starts is looked for outside the workspace, and in no relative folder', async (t) => {
    const { bin, workspace, ask } = await world(t);
    await writeHelper(bin, 'test', `echo "$PATH" > "$0.log"; ${answering('u', 'p')}`);
    await mkdir(join(workspace, 'bin'));
    await symlink(join(workspace, 'bin'), join(bin, 'link'));
    await mkdir(join(bin, 'tools'));
    const folders = [join(workspace, 'bin'), '.', 'bin', '', bin, join(bin, 'link'), join(bin, 'tools')];
    await ask('test', { path: folders.join(delimiter) });
    const log = await readFile(join(bin, 'docker-credential-test.log'), 'utf8');
    assert.equal(log.trim(), [bin, join(bin, 'tools')].join(delimiter));
  });

  test('a helper runs in the folder of the runner, not in the workspace', async (t) => {
    const { bin, ask } = await world(t);
    await mkdir(join(bin, 'temp'));
    await writeHelper(bin, 'test', `pwd -P > "$0.log"; ${answering('u', 'p')}`);
    await ask('test', { folder: join(bin, 'temp') });
    const log = await readFile(join(bin, 'docker-credential-test.log'), 'utf8');
    assert.equal(log.trim(), await realpath(join(bin, 'temp')));
  });

  test('a helper that is killed is unauthorized', async (t) => {
    const { bin, refusal } = await world(t);
    await writeHelper(bin, 'test', 'kill -9 $$');
    assert.match((await refusal('test')).message, /which failed \(SIGKILL\)/);
  });

  test('a helper that cannot be started is unauthorized', async (t) => {
    const { bin, refusal } = await world(t);
    await chmod(await writeAt(join(bin, 'docker-credential-test'), '#!/nowhere/sh\n'), 0o755);
    assert.match((await refusal('test')).message, /which failed/);
  });

  for (const [title, text] of [
    ['nothing', ''],
    ['no JSON', `Secret=${canary}`],
    ['broken JSON', `{"Username":"u","Secret":"${canary}"`],
    ['a list', `["${canary}"]`],
    ['null', 'null'],
    ['no secret', '{"Username":"u"}'],
    ['an empty secret', '{"Username":"u","Secret":""}'],
    ['a secret that is no string', `{"Username":"u","Secret":{"a":"${canary}"}}`],
    ['no user name', `{"Secret":"${canary}"}`],
  ] as const) {
    test(`a helper that answers with ${title} is unauthorized, and the answer is not shown`, async (t) => {
      const { bin, refusal } = await world(t);
      await writeHelper(bin, 'test', `printf '%s' '${text}'`);
      const error = await refusal('test');
      assert.match(error.message, /names docker-credential-test, whose answer cannot be read\.$/);
      assert.equal(error.remoteMessage, undefined);
    });
  }

  for (const [title, script] of [
    ['fails', `${answering('u', canary)}; exit 1`],
    ['prints too much', `${answering('u', canary)}; head -c 70000 /dev/zero | tr '\\0' x`],
  ] as const) {
    test(`the secret that a helper prints before it ${title} is not shown`, async (t) => {
      const { bin, refusal } = await world(t);
      await writeHelper(bin, 'test', script);
      assert.match((await refusal('test')).message, /docker-credential-test/);
    });
  }

  test('64 KiB of output are read, and one byte more is refused', async (t) => {
    const { bin, ask, refusal } = await world(t);
    const room = 64 * 1024 - '{"Username":"u","Secret":""}'.length;
    const script = (length: number) =>
      `printf '{"Username":"u","Secret":"'; head -c ${length} /dev/zero | tr '\\0' x; printf '"}'`;
    await writeHelper(bin, 'fits', script(room));
    const credential = await ask('fits');
    assert.equal(credential?.kind === 'basic' && credential.password.length, room);
    await writeHelper(bin, 'over', script(room + 1));
    assert.match((await refusal('over')).message, /which failed \(more than 64 KiB of output\)/);
  });

  test('a helper that prints without end is ended', async (t) => {
    const { bin, refusal } = await world(t);
    await writeHelper(bin, 'test', 'exec cat /dev/zero');
    assert.match((await refusal('test')).message, /64 KiB/);
  });

  test('a helper that closes its stdin unread is no failure', async (t) => {
    const { bin, ask } = await world(t);
    await writeHelper(bin, 'test', `exec 0<&-; ${answering('u', 'p')}`);
    assert.equal((await ask('test'))?.kind, 'basic');
  });

  test('a helper that hangs is ended after its time with all that it started, and what it printed is not shown', {
    timeout: 30_000,
  }, async (t) => {
    const { bin, refusal } = await world(t);
    await writeHelper(bin, 'test', `${answering('u', canary)}; sleep 1000 & echo $! > "$0.pid"; wait`);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const result = refusal('test', { timeoutMs: 15_000 });
    let pid = 0;
    while (!(pid > 0)) {
      await setImmediate();
      if (existsSync(join(bin, 'docker-credential-test.pid'))) {
        pid = Number(await readFile(join(bin, 'docker-credential-test.pid'), 'utf8'));
      }
    }
    t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
    t.mock.timers.tick(14_999);
    await setImmediate();
    assert.ok(isAlive(pid), 'It was ended too early.');
    t.mock.timers.tick(1);
    const error = await result;
    assert.match(error.message, /which failed \(no answer in 15 seconds\)/);
    assert.equal(error.remoteMessage, undefined);
    while (isAlive(pid)) await setImmediate();
  });

  for (const name of ['a', 'ecr-login', 'osx_Keychain9', 'desktop.exe', 'a.b.c', 'A'.repeat(64)]) {
    test(`the helper name ${name.slice(0, 20)} is good`, async (t) => {
      const { bin, ask } = await world(t);
      await writeHelper(bin, name, answering('u', 'p'));
      assert.equal((await ask(name))?.kind, 'basic');
    });
  }

  test('the first helper on the PATH is asked; what is no program is passed over', async (t) => {
    const { bin, ask } = await world(t);
    const folders = ['empty', 'folder', 'text', 'first', 'second'].map((name) => join(bin, name));
    const [, folder = '', text = '', first = '', second = ''] = folders;
    await mkdir(join(folder, 'docker-credential-test'), { recursive: true });
    await writeAt(join(text, 'docker-credential-test'), 'not executable');
    await mkdir(first);
    await mkdir(second);
    await writeHelper(first, 'test', answering('first', 'p'));
    await writeHelper(second, 'test', answering('second', 'p'));
    const credential = await ask('test', { path: folders.join(':') });
    assert.equal(credential?.kind === 'basic' && credential.username, 'first');
  });

  test('a helper in a relative folder of the PATH is never run', async (t) => {
    const { bin, refusal } = await world(t);
    await writeHelper(bin, 'test', answering('u', 'p'));
    const path = relative(process.cwd(), bin);
    assert.match((await refusal('test', { path: `${path}::.` })).message, /not on the PATH/);
  });

  test('a helper in the workspace is never run, however the PATH reaches it', async (t) => {
    const { bin, workspace, refusal } = await world(t);
    const evil = join(workspace, 'bin');
    await mkdir(evil);
    const file = await writeHelper(evil, 'test', `touch ${workspace}/ran; ${answering('u', 'p')}`);
    await symlink(evil, join(bin, 'folder-link'));
    await mkdir(join(bin, 'file-link'));
    await symlink(file, join(bin, 'file-link', 'docker-credential-test'));
    const paths = [
      evil,
      `${evil}/`,
      `${evil}/../bin`,
      `${bin}/../workspace/bin`,
      `${bin}/folder-link`,
      `${bin}/file-link`,
    ];
    for (const path of paths) {
      for (const root of [workspace, `${workspace}/`]) {
        assert.match((await refusal('test', { path, workspace: root })).message, /outside the workspace/, path);
      }
    }
    assert.ok(!existsSync(join(workspace, 'ran')));
  });

  test('a workspace that is a link is the folder that it leads to', async (t) => {
    const { bin, workspace, refusal } = await world(t);
    await writeHelper(workspace, 'test', answering('u', 'p'));
    await symlink(workspace, join(bin, 'link'));
    assert.match((await refusal('test', { path: workspace, workspace: join(bin, 'link') })).message, /not on the PATH/);
  });

  test('a folder whose name only begins like the workspace is no part of it', async (t) => {
    const { workspace, ask } = await world(t);
    await mkdir(`${workspace}-tools`);
    await writeHelper(`${workspace}-tools`, 'test', answering('u', 'p'));
    assert.equal((await ask('test', { path: `${workspace}-tools` }))?.kind, 'basic');
  });

  test('a helper after one in the workspace is found', async (t) => {
    const { bin, workspace, ask } = await world(t);
    await writeHelper(workspace, 'test', answering('evil', 'p'));
    await writeHelper(bin, 'test', answering('good', 'p'));
    const credential = await ask('test', { path: `${workspace}:${bin}` });
    assert.equal(credential?.kind === 'basic' && credential.username, 'good');
  });

  test('no shell reads the server or the name', async (t) => {
    const { bin } = await world(t);
    await writeHelper(bin, 'test', `cat > "$0.log"; ${answering('u', 'p')}`);
    const server = '$(touch /tmp/x)`id`;"\'';
    await askHelper('test', server, source, {
      path: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      workspace: '',
      folder: '',
      environment: {},
      timeoutMs: 10_000,
    });
    assert.equal((await readFile(join(bin, 'docker-credential-test.log'), 'utf8')).trim(), server);
  });

  test('a helper has the environment that is handed on, and no other', async (t) => {
    const { bin, ask } = await world(t);
    await writeHelper(bin, 'test', `env > "$0.log"; ${answering('u', 'p')}`);
    const environment = { Path: '/nowhere', AWS_PROFILE: 'build' };
    await ask('test', { environment });
    const log = await readFile(join(bin, 'docker-credential-test.log'), 'utf8');
    assert.match(log, /^AWS_PROFILE=build$/m);
    assert.ok(!/^HOME=/m.test(log));
    assert.doesNotMatch(log, /nowhere/);
  });
});
