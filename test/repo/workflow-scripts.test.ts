import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { temporaryFolder, writeAt } from '../support/folder.ts';
import { readWorkflows } from '../support/workflow-files.ts';

const skip = process.platform === 'win32' && 'the scripts run on Ubuntu; Windows has no bash of its own';

/** Every script, with the job and the name of its step. */
const scripts = readWorkflows().flatMap(({ file, jobs }) =>
  jobs.flatMap(({ id, steps }) =>
    steps.filter(({ run }) => run !== '').map(({ name, run }) => ({ file, job: id, name: name || run.trim(), run })),
  ),
);

function scriptOf(file: string, name: string): string {
  const found = scripts.find((it) => it.file === file && it.name === name);
  assert.ok(found, `${file} has no script ${name}`);
  return found.run;
}

/** Runs a script as the runner does with `shell: bash`. */
function runScript(script: string, cwd: string, env: Record<string, string>): { status: number | null; said: string } {
  const given = { PATH: process.env['PATH'], HOME: cwd, ...env };
  const arguments_ = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
  const { status, stdout, stderr } = spawnSync('bash', arguments_, { cwd, env: given, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

describe('the scripts of the workflows', { skip }, () => {
  for (const { file, job, name, run } of scripts) {
    test(`bash can read that of ${file}, job ${job}, ${name}`, () => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  }
});

/** A clone of a repository with one commit, which is that of main. */
async function cloneWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder(t);
  const [origin, clone] = [join(folder, 'origin'), join(folder, 'clone')];
  for (const [name, content] of Object.entries(files)) await writeAt(join(origin, name), content);
  git(origin, 'init', '--quiet', '--initial-branch=main');
  commit(origin);
  git(folder, 'clone', '--quiet', origin, clone);
  return clone;
}

function git(cwd: string, ...arguments_: string[]): void {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...arguments_], { cwd, env: { PATH: process.env['PATH'], HOME: cwd } });
}

function commit(folder: string): void {
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'change');
}

describe('the check of the tag', { skip }, () => {
  const script = scriptOf('release.yml', 'Compare the tag with package.json, CHANGELOG.md and main');
  const files = { 'package.json': '{"version":"1.20.3"}', 'CHANGELOG.md': '## [1.20.3] - 2026-01-31\n' };
  const check = (clone: string, tag = 'v1.20.3') => runScript(script, clone, { GITHUB_REF_NAME: tag });

  test('passes for a tag of the version, with dated notes, on main', async (t) => {
    const { status, said } = check(await cloneWith(t, files));
    assert.equal(status, 0, said);
  });

  for (const tag of ['v1.20.4', '1.20.3', 'v1.20.3-rc.1']) {
    test(`fails for the tag ${tag}`, async (t) => {
      const { status, said } = check(await cloneWith(t, files), tag);
      assert.equal(status, 1);
      assert.ok(said.includes(`::error title=Wrong tag::The tag is ${tag}, but package.json says 1.20.3.`), said);
    });
  }

  for (const heading of ['## [1.20.3] - unreleased', '## [1x20x3] - 2026-01-31', '## [1.20.2] - 2026-01-31']) {
    test(`fails for notes under ${heading}`, async (t) => {
      const { status, said } = check(await cloneWith(t, { ...files, 'CHANGELOG.md': `${heading}\n` }));
      assert.equal(status, 1);
      assert.match(said, /^::error title=No notes::/);
    });
  }

  test('fails for a commit that is not on main', async (t) => {
    const clone = await cloneWith(t, files);
    commit(clone);
    const { status, said } = check(clone);
    assert.equal(status, 1);
    assert.match(said, /^::error title=Wrong branch::/);
  });
});

test('the check of dist fails for a file that is new there, and says which', { skip }, async (t) => {
  const script = scriptOf('check-dist.yml', 'Expect no difference');
  const clone = await cloneWith(t, { 'dist/index.js': 'one\n' });
  assert.equal(runScript(script, clone, {}).status, 0);
  await writeAt(join(clone, 'dist', 'new.js'), '');
  const { status, said } = runScript(script, clone, {});
  assert.equal(status, 1);
  assert.match(said, /^\?\? dist\/new\.js$/m);
});

test('the notes of a release are its own part of the changelog, with the commit to pin', { skip }, async (t) => {
  const [, script] =
    /(^heading=.*)\n^cat notes\.md/ms.exec(scriptOf('release.yml', 'Make the assets and the notes')) ?? [];
  assert.ok(script);
  const changelog =
    '# Changelog\n\n## [1.1.0] - 2026-02-01\n\nLater.\n\n## [1.0.0] - 2026-01-01\n\nFirst.\n\n## [0.1.0]\n\nOld.\n';
  const clone = await cloneWith(t, { 'CHANGELOG.md': changelog });
  const { status, said } = runScript(script, clone, { TAG: 'v1.0.0', GITHUB_REPOSITORY: 'o/r' });
  assert.equal(status, 0, said);
  const notes = readFileSync(join(clone, 'notes.md'), 'utf8');
  assert.match(
    notes,
    /^\nFirst\.\n\n\nPin this release by its commit:\n\n```yaml\n- uses: o\/r@[0-9a-f]{40} # v1\.0\.0\n```\n$/,
  );
});

describe('the major tag', { skip }, () => {
  const script = scriptOf('release.yml', 'Move the major tag');

  /** Runs the script with a `gh` that knows these tags; gives what it was asked to change. */
  async function move(t: TestContext, tag: string, tags: readonly string[]): Promise<string[]> {
    const clone = await cloneWith(t, { file: '' });
    const lines = tags.map((name) => `refs/tags/${name}`).join('\n');
    const exists = tags.includes(/^v\d+/.exec(tag)?.[0] ?? '');
    const gh = await writeAt(
      join(clone, 'bin', 'gh'),
      `#!/bin/sh
case "$*" in
  *matching-refs/tags/v1.*) printf '%s\\n' '${lines}' | grep '^refs/tags/v1\\.' ;;
  *--method*) printf '%s\\n' "$*" >> "$LOG" ;;
  *git/ref/tags/v1*) exit ${exists ? 0 : 1} ;;
  *) echo "unexpected: $*" >&2; exit 9 ;;
esac
`,
    );
    chmodSync(gh, 0o755);
    const log = await writeAt(join(clone, 'log'), '');
    const path = `${join(clone, 'bin')}${delimiter}${process.env['PATH']}`;
    const env = { PATH: path, LOG: log, TAG: tag, GITHUB_REPOSITORY: 'o/r' };
    const { status, said } = runScript(script, clone, env);
    assert.equal(status, 0, said);
    const changes = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    return changes.map((line) => line.replace(/sha=[0-9a-f]{40}/, 'sha=HEAD'));
  }

  test('moves to the newest release', async (t) => {
    const changes = await move(t, 'v1.10.0', ['v1', 'v1.9.0', 'v1.10.0', 'v1.11.0-rc.1']);
    assert.deepEqual(changes, ['api --method PATCH repos/o/r/git/refs/tags/v1 -f sha=HEAD -F force=true --silent']);
  });

  test('is made with the first release', async (t) => {
    const changes = await move(t, 'v1.0.0', ['v1.0.0']);
    assert.deepEqual(changes, ['api --method POST repos/o/r/git/refs -f ref=refs/tags/v1 -f sha=HEAD --silent']);
  });

  test('stays where a newer release is', async (t) => {
    assert.deepEqual(await move(t, 'v1.9.1', ['v1', 'v1.9.0', 'v1.9.1', 'v1.10.0']), []);
  });

  test('stays for a pre-release', async (t) => {
    assert.deepEqual(await move(t, 'v1.1.0-rc.1', ['v1', 'v1.0.0', 'v1.1.0-rc.1']), []);
  });
});

test('CI takes the digest from what docker says when it pushes', { skip }, () => {
  const script = scriptOf('ci.yml', 'Push an image with docker, which says its digest');
  const [, pattern = ''] = /sed -n '(.*)' "\$RUNNER_TEMP\/pushed"/.exec(script) ?? [];
  const said = `The push refers to repository [localhost:5000/o/app]\n1: digest: sha256:${'a'.repeat(64)} size: 735\n`;
  const { stdout } = spawnSync('sed', ['-n', pattern], { input: said, encoding: 'utf8' });
  assert.equal(stdout, `sha256:${'a'.repeat(64)}\n`);
});
