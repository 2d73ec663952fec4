import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blob, descriptor, image } from '../support/images.ts';
import {
  deploysNothingElse,
  deploysWhatIsProven,
  extensionsOf,
  ownInstance,
  proofHosts,
  serveAttestations,
} from '../support/proof-recipe.ts';
import { assertFailed, assertPassed, publish, recipesOf, type Scene, withoutShell } from '../support/recipe.ts';
import { actionsIssuer, keyPair, type OldSignature, startSigstore } from '../support/sigstore.ts';

const recipe = recipesOf('attestations');
const repository = 'octo-org/shop';

recipe('A public repository', 'deploys what was built at that tag, with its commit', proofHosts, async (scene) => {
  const { others } = await deploysWhatIsProven(scene, '1.4.2', { commit: 'cd'.repeat(20) });
  assert.equal(others[0]?.env['COMMIT'], 'cd'.repeat(20));
});
recipe('A public repository', 'deploys nothing of another tag', proofHosts, async (scene) => {
  await deploysNothingElse(scene, '1.4.2', { ref: 'refs/tags/v1.4.1' });
});

const privately = 'A private repository';
for (const [builder, code] of [
  [repository, ''],
  ['octo-org/fork', 'not-verified'],
] as const) {
  const behaviour = `${code === '' ? 'passes' : 'fails'} for what ${builder} built, by the root that gh writes`;
  recipe(
    privately,
    behaviour,
    proofHosts,
    async ({ internet, workspace, run }) => {
      const sigstore = await startSigstore({ log: false, certificateLog: false, stamps: true });
      const { digest } = publish(internet.at('ghcr.io'), repository, '1.4.2', [image('linux/amd64')]);
      const bundle = await sigstore.attest(digest, { extensions: extensionsOf({ repository: builder }) });
      serveAttestations(internet, repository, { [digest]: bundle });
      const root = join(workspace, '..', 'root');
      await writeFile(root, `${sigstore.rootText}\n`);
      const ended = await run({ programs: { gh: `test -n "$GH_TOKEN"; cat '${root}'` } });
      assert.deepEqual(ended.calls, ['gh attestation trusted-root']);
      if (code === '') assertPassed(ended);
      else assertFailed(ended, code, 1);
    },
    withoutShell,
  );
}

const reusable = 'A reusable workflow';
for (const [workflow, code] of [
  ['octo-org/ci/.github/workflows/build.yml@refs/heads/main', ''],
  ['octo-org/ci/.github/workflows/build.yml@refs/heads/other', 'not-verified'],
  ['octo-org/shop/.github/workflows/build.yml@refs/heads/main', 'not-verified'],
] as const) {
  recipe(reusable, `${code === '' ? 'passes' : 'fails'} for ${workflow}`, proofHosts, async (scene) => {
    const { internet, workspace, run } = scene;
    const { sigstore, options } = await ownInstance(workspace);
    const { digest } = publish(internet.at('ghcr.io'), repository, '1.4.2', [image('linux/amd64')]);
    const bundle = await sigstore.attest(digest, { extensions: extensionsOf({ workflow }) });
    serveAttestations(internet, repository, { [digest]: bundle });
    const ended = await run(options);
    if (code === '') assertPassed(ended);
    else assertFailed(ended, code);
  });
}

/** Puts a signature under the tag where cosign keeps those of a digest. */
function putSignature({ internet }: Scene, digest: string, { payload, annotations }: OldSignature): void {
  const registry = internet.at('ghcr.io');
  const config = blob('{}', 'application/vnd.oci.image.config.v1+json');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const layers = [descriptor(payload, { annotations })];
  const manifest = blob({ schemaVersion: 2, mediaType, config: descriptor(config), layers }, mediaType);
  for (const part of [payload, config]) registry.putBlob(repository, part);
  registry.put(repository, manifest, `${digest.replace(':', '-')}.sig`);
}

const byKey = 'cosign with a key';
for (const [behaviour, code] of [
  ['deploys what that key has signed', ''],
  ['deploys nothing that another key has signed', 'not-verified'],
  ['deploys nothing without a signature', 'not-attested'],
] as const) {
  recipe(byKey, behaviour, proofHosts, async (scene) => {
    const { internet, workspace, run } = scene;
    const { sigstore, options } = await ownInstance(workspace);
    const { digest } = publish(internet.at('ghcr.io'), repository, '1.4.2', [image('linux/amd64')]);
    const { publicKey, privateKey } = keyPair();
    await writeFile(join(workspace, 'cosign.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const key = code === '' ? privateKey : keyPair().privateKey;
    if (code !== 'not-attested') putSignature(scene, digest, await sigstore.sign(digest, { key }));
    const ended = await run(options);
    if (code !== '') return assertFailed(ended, code, 1);
    assertPassed(ended);
    assert.equal(ended.others.at(-1)?.env['IMAGE'], `ghcr.io/octo-org/shop@${digest}`);
  });
}

const keyless = 'cosign with a key 2';
for (const [identity, issuer, code] of [
  ['octo-org/shop/.github/workflows/release.yml@refs/tags/v1.4.2', actionsIssuer, ''],
  ['octo-org/shop/.github/workflows/release.yml@refs/heads/main', actionsIssuer, 'not-verified'],
  ['octo-org/shop/.github/workflows/release.yml@refs/tags/v1.4.2', 'https://issuer.example', 'not-verified'],
] as const) {
  const behaviour = `${code === '' ? 'passes' : 'fails'} for a signature by ${identity} of ${issuer}`;
  recipe(keyless, behaviour, proofHosts, async (scene) => {
    const { internet, workspace, run } = scene;
    const { sigstore, options } = await ownInstance(workspace);
    const { digest } = publish(internet.at('ghcr.io'), repository, '1.4.2', [image('linux/amd64')]);
    const signer = { identity: `https://github.com/${identity}`, extensions: { 8: issuer } };
    putSignature(scene, digest, await sigstore.sign(digest, signer));
    const ended = await run(options);
    if (code !== '') return assertFailed(ended, code);
    assertPassed(ended);
    assert.equal(ended.steps[0]?.outputs['signer'], signer.identity);
  });
}

recipe("One platform's manifest", 'hands on the manifest that is attested', proofHosts, async (scene) => {
  const { internet, workspace, run } = scene;
  const { sigstore, options } = await ownInstance(workspace);
  const amd64 = image('linux/amd64');
  const both = publish(internet.at('ghcr.io'), repository, '1.4.2', [amd64, image('linux/arm64')]);
  const bundles = { [amd64.manifest.digest]: await sigstore.attest(amd64.manifest.digest) };
  serveAttestations(internet, repository, bundles);
  const ended = await run(options);
  assertPassed(ended);
  const { digest, reference } = ended.steps[0]?.outputs ?? {};
  assert.deepEqual([digest, reference], [both.digest, `ghcr.io/${repository}@${amd64.manifest.digest}`]);
});
recipe("One platform's manifest", 'fails when the index alone is attested', proofHosts, async (scene) => {
  const { internet, workspace, run } = scene;
  const { sigstore, options } = await ownInstance(workspace);
  const both = publish(internet.at('ghcr.io'), repository, '1.4.2', [image('linux/amd64')]);
  serveAttestations(internet, repository, { [both.digest]: await sigstore.attest(both.digest) });
  assertFailed(await run(options), 'not-attested');
});
