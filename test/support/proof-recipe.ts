import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { image } from './images.ts';
import type { HostOptions, Internet } from './internet.ts';
import { assertFailed, assertPassed, ghcr, githubToken, publish, type RecipeOptions, type Scene } from './recipe.ts';
import { type BundleJson, type Extensions, release, type Sigstore, startSigstore } from './sigstore.ts';
import type { WorkflowRun } from './workflow.ts';

/** What recipes of proofs reach: the registry and the GitHub API. */
export const proofHosts: Record<string, HostOptions> = { ...ghcr, 'api.github.com': {} };

/** Who built an image, as a certificate says it; else a release of octo-org/shop on a GitHub-hosted runner. */
export interface Build {
  /** OWNER/REPO. */
  readonly repository?: string;
  readonly ref?: string;
  readonly commit?: string;
  readonly runner?: string;
  /** OWNER/REPO/PATH@REF. */
  readonly workflow?: string;
}

/** What a certificate says of a build. */
export function extensionsOf(build: Build = {}): Extensions {
  const { repository = 'octo-org/shop', ref = 'refs/tags/v1.4.2', commit = '12'.repeat(20) } = build;
  const { runner = 'github-hosted', workflow = `${repository}/.github/workflows/release.yml@${ref}` } = build;
  return {
    ...release,
    9: `https://github.com/${workflow}`,
    11: runner,
    12: `https://github.com/${repository}`,
    13: commit,
    14: ref,
  };
}

/** An instance of Sigstore whose root is given to the action in place of the built-in one, which nobody can forge. */
export async function ownInstance(workspace: string): Promise<{ sigstore: Sigstore; options: RecipeOptions }> {
  const sigstore = await startSigstore();
  await writeFile(join(workspace, 'own-root.json'), sigstore.rootText);
  return { sigstore, options: { environment: { 'INPUT_TRUSTED-ROOT': 'own-root.json' } } };
}

/** Lets the GitHub API respond with bundles about a digest, to this token alone; with 404 about any other. */
export function serveAttestations(internet: Internet, repository: string, bundles: Record<string, BundleJson>): void {
  internet.at('api.github.com').fault = ({ url = '', headers }, response) => {
    const [, owner, digest = ''] = /^\/repos\/([^/]+\/[^/]+)\/attestations\/([^?]+)\?/.exec(url) ?? [];
    const bundle = owner === repository ? bundles[decodeURIComponent(digest)] : undefined;
    if (headers.authorization !== `Bearer ${githubToken}`) response.writeHead(401).end('{}');
    else if (bundle === undefined) response.writeHead(404).end('{"message":"Not Found"}');
    else {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ attestations: [{ repository_id: 1, bundle }] }));
    }
    return true;
  };
}

/** The recipe goes on with the image that this build is attested to have made. */
export async function deploysWhatIsProven(scene: Scene, tag: string, build: Build): Promise<WorkflowRun> {
  const { internet, workspace, run } = scene;
  const { sigstore, options } = await ownInstance(workspace);
  const { digest } = publish(internet.at('ghcr.io'), 'octo-org/shop', tag, [image('linux/amd64')]);
  const bundle = await sigstore.attest(digest, { extensions: extensionsOf(build) });
  serveAttestations(internet, 'octo-org/shop', { [digest]: bundle });
  const ended = await run(options);
  assertPassed(ended);
  assert.equal(ended.steps[0]?.outputs['verified'], 'true');
  assert.equal(ended.others.at(-1)?.env['IMAGE'], `ghcr.io/octo-org/shop@${digest}`);
  return ended;
}

/**
 * The recipe stops at an image without an attestation, at one that another build is attested to have made, and at one
 * whose attestation no instance of Sigstore has signed that the action knows by itself.
 */
export async function deploysNothingElse(scene: Scene, tag: string, otherBuild: Build): Promise<void> {
  const { internet, workspace, run } = scene;
  const { sigstore, options } = await ownInstance(workspace);
  const { digest } = publish(internet.at('ghcr.io'), 'octo-org/shop', tag, [image('linux/amd64')]);
  serveAttestations(internet, 'octo-org/shop', {});
  assertFailed(await run(options), 'not-attested');
  const other = await sigstore.attest(digest, { extensions: extensionsOf(otherBuild) });
  serveAttestations(internet, 'octo-org/shop', { [digest]: other });
  assertFailed(await run(options), 'not-verified');
  const right = await sigstore.attest(digest);
  serveAttestations(internet, 'octo-org/shop', { [digest]: right });
  const forged = await run();
  assertFailed(forged, 'not-verified');
  assert.match(forged.steps[0]?.errors[0]?.text ?? '', /no trusted root knows the authority/);
}
