import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, writeAt } from '../support/folder.ts';
import { cloneWith, commit, git, pathWithGh, runScript, scriptOf, skip } from '../support/scripts.ts';

const hasJq = spawnSync('jq', ['--version']).status === 0;

function gitText(cwd: string, ...parameters: string[]): string {
  return execFileSync('git', parameters, { cwd, encoding: 'utf8' }).trim();
}

describe('the check of the tag', { skip }, () => {
  const script = scriptOf('release.yml', 'Compare the tag with package.json, CHANGELOG.md and main');
  const files = { 'package.json': '{"version":"1.20.3"}', 'CHANGELOG.md': '## [1.20.3] - 2026-01-31\n' };
  const check = (clone: string, tag = 'v1.20.3') => runScript(script, clone, { GITHUB_REF_NAME: tag });

  test('passes for a tag of the version, with dated notes, on main', async (t) => {
    const { status, output } = check(await cloneWith(t, files));
    assert.equal(status, 0, output);
  });

  for (const tag of ['v1.20.4', '1.20.3', 'v1.20.3-rc.1']) {
    test(`fails for the tag ${tag}`, async (t) => {
      const { status, output } = check(await cloneWith(t, files), tag);
      assert.equal(status, 1);
      assert.ok(output.includes(`::error title=Wrong tag::The tag is ${tag}, but package.json says 1.20.3.`), output);
    });
  }

  for (const heading of ['## [1.20.3] - unreleased', '## [1x20x3] - 2026-01-31', '## [1.20.2] - 2026-01-31']) {
    test(`fails for notes under ${heading}`, async (t) => {
      const { status, output } = check(await cloneWith(t, { ...files, 'CHANGELOG.md': `${heading}\n` }));
      assert.equal(status, 1);
      assert.match(output, /^::error title=No notes::/);
    });
  }

  test('fails for a commit that is not on main', async (t) => {
    const clone = await cloneWith(t, files);
    commit(clone);
    const { status, output } = check(clone);
    assert.equal(status, 1);
    assert.match(output, /^::error title=Wrong branch::/);
  });
});

test('the notes of a release are its own part of the changelog, with the commit to pin', { skip }, async (t) => {
  const [, script] =
    /(^heading=.*)\n^cat notes\.md/ms.exec(scriptOf('release.yml', 'Make the assets and the notes')) ?? [];
  assert.ok(script);
  const changelog =
    '# Changelog\n\n## [1.1.0] - 2026-02-01\n\nLater.\n\n## [1.0.0] - 2026-01-01\n\nFirst.\n\n## [0.1.0]\n\nOld.\n';
  const clone = await cloneWith(t, { 'CHANGELOG.md': changelog });
  const { status, output } = runScript(script, clone, { TAG: 'v1.0.0', GITHUB_REPOSITORY: 'o/r' });
  assert.equal(status, 0, output);
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
    const path = await pathWithGh(
      clone,
      `case "$*" in
  *matching-refs/tags/v1.*) printf '%s\\n' '${lines}' | grep '^refs/tags/v1\\.' ;;
  *--method*) printf '%s\\n' "$*" >> "$LOG" ;;
  *git/ref/tags/v1*) exit ${exists ? 0 : 1} ;;
  *) echo "unexpected: $*" >&2; exit 9 ;;
esac`,
    );
    const log = await writeAt(join(clone, 'log'), '');
    const env = { PATH: path, LOG: log, TAG: tag, GITHUB_REPOSITORY: 'o/r' };
    const { status, output } = runScript(script, clone, env);
    assert.equal(status, 0, output);
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

describe('the check that a release cannot be changed', { skip }, () => {
  const script = scriptOf('release.yml', 'Expect that a release cannot be changed, as far as this token can tell');

  /** Runs it with what the API says of the setting and of the newest release; undefined for what it refuses. */
  async function check(t: TestContext, setting: boolean | undefined, newest: string) {
    const folder = await temporaryFolder(t);
    const path = await pathWithGh(
      folder,
      `case "$*" in
  *o/r/immutable-releases*) ${setting === undefined ? 'echo \'{"status":"403"}\'; exit 1' : `echo ${setting}`} ;;
  *o/r/releases*) echo '${newest}' | jq --raw-output "$4" ;;
  *) exit 9 ;;
esac`,
    );
    return runScript(script, folder, { PATH: path, GITHUB_REPOSITORY: 'o/r' });
  }
  const release = (immutable: boolean, draft = false) => ({ immutable, draft });
  const cases: readonly [string, boolean | undefined, readonly object[], boolean][] = [
    ['passes where the setting is on', true, [release(false)], true],
    ['fails where the setting is off', false, [release(true)], false],
    ['passes after an immutable release, where the token may not read the setting', undefined, [release(true)], true],
    ['fails after a release that can be changed', undefined, [release(false), release(true)], false],
    ['looks at no draft', undefined, [release(false, true), release(true), release(false)], true],
    ['passes before the first release', undefined, [], true],
  ];
  for (const [behaviour, setting, releases, passes] of cases) {
    test(behaviour, { skip: !hasJq && 'there is no jq' }, async (t) => {
      const { status, output } = await check(t, setting, JSON.stringify(releases));
      assert.equal(status, passes ? 0 : 1, output);
      if (!passes) assert.match(output, /^::error title=Not immutable::/);
    });
  }
});

describe('the publishing', { skip }, () => {
  const script = scriptOf('release.yml', 'Publish it');

  interface Remote {
    /** Where the tag points by now. */
    readonly tagged: 'the tested commit' | 'another commit';
    readonly immutable?: boolean;
    /** Whether the tag has a message, so that the run was started by an object of its own. */
    readonly annotated?: boolean;
  }

  /** Runs it; gives the changes that it made besides. */
  async function publish(t: TestContext, { tagged, immutable = true, annotated = false }: Remote) {
    const clone = await cloneWith(t, { file: '' });
    if (annotated) git(clone, 'tag', '--annotate', '--message', 'notes', 'v1.0.0');
    const tested = gitText(clone, 'rev-parse', 'HEAD');
    const sha = tagged === 'the tested commit' ? tested : 'f'.repeat(40);
    const log = await writeAt(join(clone, 'log'), '');
    const path = await pathWithGh(
      clone,
      `case "$*" in
  *repos/o/r/commits/tags/v1.0.0*) echo ${sha} ;;
  'release view'*isImmutable*) echo ${immutable} ;;
  *) printf '%s\\n' "$*" >> "$LOG" ;;
esac`,
    );
    const start = annotated ? gitText(clone, 'rev-parse', 'v1.0.0') : tested;
    const env = { PATH: path, LOG: log, TAG: 'v1.0.0', GITHUB_REPOSITORY: 'o/r', GITHUB_SHA: start };
    const run = runScript(script, clone, env);
    return { ...run, tested, changes: readFileSync(log, 'utf8').split('\n').slice(0, -1) };
  }

  for (const annotated of [false, true]) {
    test(`publishes the commit that was tested, by a tag ${annotated ? 'with' : 'without'} a message`, async (t) => {
      const { status, output, changes } = await publish(t, { tagged: 'the tested commit', annotated });
      assert.equal(status, 0, output);
      assert.deepEqual(changes, ['release edit v1.0.0 --draft=false']);
    });
  }

  test('publishes nothing when the tag has been moved since', async (t) => {
    const { status, output, tested, changes } = await publish(t, { tagged: 'another commit' });
    assert.equal(status, 1);
    assert.match(output, new RegExp(`^::error title=Tag moved::v1.0.0 is f{40} now, but ${tested} was tested`));
    assert.deepEqual(changes, []);
  });

  test('fails when the release can still be changed', async (t) => {
    const { status, output } = await publish(t, { tagged: 'the tested commit', immutable: false });
    assert.equal(status, 1);
    assert.match(output, /^::error title=Not immutable::/m);
  });
});

describe('the assets of a release', { skip }, () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));

  test('name in the SBOM what dist holds, and nothing else', async (t) => {
    const [, script] = /^ *(npm sbom .*) > /m.exec(scriptOf('release.yml', 'Make the assets and the notes')) ?? [];
    const env = { HOME: await temporaryFolder(t), npm_config_update_notifier: 'false' };
    const { status, stdout, output } = runScript(script ?? '', root, env);
    assert.equal(status, 0, output);
    const { packages, relationships } = JSON.parse(stdout) as SpdxDocument;
    const ids = new Map(packages.map(({ SPDXID, name }) => [SPDXID, name]));
    assert.deepEqual([...ids.values()].sort(), ['image-digests', ...bundledPackages()].sort());
    for (const { spdxElementId, relatedSpdxElement, relationshipType } of relationships) {
      if (relationshipType === 'DESCRIBES') continue;
      assert.equal(relationshipType, 'DEPENDENCY_OF');
      for (const id of [spdxElementId, relatedSpdxElement]) assert.ok(ids.has(id), id);
    }
    const dependents = new Set(relationships.map(({ spdxElementId }) => spdxElementId));
    for (const id of ids.keys()) assert.ok(dependents.has(id) || ids.get(id) === 'image-digests', `${id} hangs loose`);
  });

  test('hold every file of dist in one archive', async (t) => {
    const clone = await cloneWith(t, { 'dist/index.js': '', 'dist/839.index.js': '', 'src/index.ts': '' });
    const [, script = ''] =
      /^ *(git archive .*-dist\.tar\.gz.*)$/m.exec(scriptOf('release.yml', 'Make the assets and the notes')) ?? [];
    const list = 'tar --list --file "assets/image-digests-$TAG-dist.tar.gz"';
    const { status, output } = runScript(`mkdir assets\n${script}\n${list}`, clone, { TAG: 'v1.0.0' });
    assert.equal(status, 0, output);
    const folder = 'image-digests-v1.0.0-dist/';
    assert.deepEqual(
      output.trim().split('\n').sort(),
      ['', '839.index.js', 'index.js'].map((name) => folder + name),
    );
  });

  interface SpdxDocument {
    readonly packages: readonly { readonly SPDXID: string; readonly name: string }[];
    readonly relationships: readonly {
      readonly spdxElementId: string;
      readonly relatedSpdxElement: string;
      readonly relationshipType: string;
    }[];
  }

  /** The packages that a comment or an import of dist names; tools of the build are in none. */
  function bundledPackages(): string[] {
    const code = readdirSync(join(root, 'dist'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(root, 'dist', name), 'utf8'))
      .join('\n');
    const names = [...code.matchAll(/\.\/node_modules\/((?:@[\w-]+\/)?[\w-]+)\//g)].map(([, name = '']) => name);
    return [...new Set(names)];
  }
});
