import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import type { Context } from './expressions.ts';
import { type Image, index } from './images.ts';
import { type HostOptions, type Internet, startInternet } from './internet.ts';
import { type Snippet, snippetsOf, textOf } from './readme.ts';
import type { TestRegistry } from './registry.ts';
import { type OtherStep, runSnippet, type WorkflowRun } from './workflow.ts';

/** The pages whose snippets use the action, by the test that runs them. */
export const recipePages = {
  recipes: ['README.md', 'docs/recipes.md'],
  logins: ['docs/registries.md'],
  attestations: ['docs/attestations.md'],
  layouts: ['docs/layouts.md'],
  mirrors: ['docs/mirrors.md'],
} as const;

/** The token of the workflow in all recipes. */
export const githubToken = 'ghs_0123456789abcdefghijklmnop';

/** ghcr.io, where this token logs in. */
export const ghcr: Record<string, HostOptions> = {
  'ghcr.io': { auth: 'bearer', users: { 'x-access-token': githubToken } },
};

/** Docker Hub, with its token service. */
export const hub: Record<string, HostOptions | string> = {
  'registry-1.docker.io': { auth: 'bearer', realm: 'https://auth.docker.io/token' },
  'auth.docker.io': 'registry-1.docker.io',
};

/** What a snippet is run with. */
export interface RecipeOptions {
  /** More context than every workflow has. */
  readonly context?: Context;
  /** More environment for our steps. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Stand-ins for programs, as shell scripts: with some, the commands of other steps are run by bash. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** What came of a recipe. */
export interface RecipeRun extends WorkflowRun {
  /** How the stand-ins were called, in order. */
  readonly calls: readonly string[];
}

/** What a test of a snippet works with. */
export interface Scene {
  readonly internet: Internet;
  /** The folder that the job works in. */
  readonly workspace: string;
  readonly snippet: Snippet;
  run(options?: RecipeOptions): Promise<RecipeRun>;
}

/** Whether commands can be run as a runner on Linux does. */
export const hasShell = process.platform !== 'win32' && spawnSync('bash', ['-c', 'jq --version']).status === 0;

/** Why a recipe with commands of Linux is left out; false where it is run. */
export const withoutShell = !hasShell && 'the commands of this recipe are those of Linux';

/** A test of a snippet. */
export type Recipe = (
  title: string,
  behaviour: string,
  hosts: Readonly<Record<string, HostOptions | string>>,
  body: (scene: Scene) => Promise<void>,
  skip?: string | false,
) => void;

/** Tests of the snippets of some pages, and one more that says whether each was run. */
export function recipesOf(name: keyof typeof recipePages): Recipe {
  const snippets = recipePages[name].flatMap((page) => snippetsOf(textOf(page)));
  const covered = new Set<string>();
  test(`every snippet of ${recipePages[name].join(' and ')} that uses the action is run`, () => {
    assert.deepEqual(
      [...covered].sort(),
      snippets
        .filter(usesAction)
        .map(({ title }) => title)
        .sort(),
    );
  });
  return (title, behaviour, hosts, body, skip = false) => {
    covered.add(title);
    test(`${title}: ${behaviour}`, { skip }, async (t) => {
      const snippet = snippets.find((candidate) => candidate.title === title);
      assert.ok(snippet, `there is no snippet ${title}`);
      const internet = await startInternet(hosts);
      const folder = await mkdtemp(join(tmpdir(), 'image-digests-recipe-'));
      const workspace = join(folder, 'workspace');
      await mkdir(workspace);
      t.after(async () => {
        await internet.close();
        await rm(folder, { recursive: true, force: true });
      });
      const scene = { folder, workspace, internet, snippet };
      await body({ internet, workspace, snippet, run: (options = {}) => runRecipe(scene, options) });
    });
  };
}

/** Whether a snippet has a step of ours. */
export function usesAction({ text }: Snippet): boolean {
  return text.includes('image-digests/image-digests@');
}

async function runRecipe(
  { folder, workspace, internet, snippet }: Omit<Scene, 'run'> & { readonly folder: string },
  { context = {}, environment = {}, programs }: RecipeOptions,
): Promise<RecipeRun> {
  const github = { token: githubToken, sha: '9f8e7d6c5b4a', event: { release: { tag_name: 'v1.4.2' } } };
  const log = join(folder, 'calls');
  await writeFile(log, '');
  const bin = join(folder, 'bin');
  for (const [name, script] of Object.entries(programs ?? {})) await writeProgram(bin, name, script);
  const env = {
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    HOME: folder,
    CALLS: log,
    GITHUB_SHA: github.sha,
    GITHUB_ACTOR: 'octocat',
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
  };
  const run = await runSnippet(snippet, {
    context: { github, ...context },
    environment: { ...internet.environment, GITHUB_WORKSPACE: workspace, ...environment },
    ...(programs === undefined ? {} : { runCommand: (step) => runCommand(step, workspace, env) }),
  });
  return { ...run, calls: (await readFile(log, 'utf8')).split('\n').slice(0, -1) };
}

/** A program that notes how it is called, and does what the script says. */
async function writeProgram(bin: string, name: string, script: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  const file = join(bin, name);
  await writeFile(file, `#!/bin/sh\nset -e\nprintf '%s\\n' "${name} $*" >> "$CALLS"\n${script}\n`);
  await chmod(file, 0o755);
}

/** Runs the command of a step, as the runner does with bash. */
export function runCommand(step: OtherStep, cwd: string, env: Readonly<Record<string, string | undefined>>): void {
  const options = { cwd, encoding: 'utf8', env: { ...env, ...step.env } } as const;
  const { status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], options);
  assert.equal(status, 0, stderr);
}

/** Puts an image for several platforms; gives its index. */
export function publish(registry: TestRegistry, repository: string, tag: string, images: readonly Image[]) {
  for (const one of images) registry.putImage(repository, one);
  const both = index(images);
  registry.put(repository, both, tag);
  return both;
}

/** Every step of ours passed. */
export function assertPassed({ steps }: WorkflowRun): void {
  assert.ok(steps.length > 0);
  for (const { status, stdout } of steps) assert.equal(status, 0, stdout);
}

/** The last step of ours failed with this code, and nothing went on. */
export function assertFailed({ steps, others }: WorkflowRun, code: string, before = 0): void {
  assert.deepEqual(
    steps.flatMap(({ errors }) => errors.map((error) => error.title)),
    [`Image Digests: ${code}`],
    steps.at(-1)?.stdout,
  );
  assert.equal(steps.at(-1)?.status, 1);
  assert.equal(others.length, before, 'a step went on');
}
