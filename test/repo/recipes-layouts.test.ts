import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, image, index } from '../support/images.ts';
import { archiveOf, layoutOf, named } from '../support/layouts.ts';
import { assertFailed, assertPassed, ghcr, publish, recipesOf, withoutShell } from '../support/recipe.ts';
import { blobsIn, digestsOf, scanRecipe } from '../support/scan-recipe.ts';

const recipe = recipesOf('layouts');

scanRecipe(recipe, 'Scan without a registry');

recipe(
  'Copy it to another registry',
  'copies every platform, by the name in the layout',
  ghcr,
  async (scene) => {
    const { internet, workspace, run } = scene;
    const images = [image('linux/amd64'), image('linux/arm64')];
    const both = publish(internet.at('ghcr.io'), 'octo-org/shop', '1.4.2', images);
    const ended = await run({ programs: { skopeo: '' } });
    assertPassed(ended);
    const layout = join(workspace, 'image');
    assert.deepEqual(ended.calls, [`skopeo copy --all oci:${layout}:1.4.2 docker://registry.example.com/shop:1.4.2`]);
    const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
    assert.equal(manifests[0].annotations['org.opencontainers.image.ref.name'], '1.4.2');
    assert.deepEqual(await blobsIn(layout), [...new Set([both.digest, ...digestsOf(images)])].sort());
  },
  withoutShell,
);

const build = 'Before the push';
const shaLabels = { revision: '9f8e7d6c5b4a' };

/** A docker that writes an archive, as buildx does for `--output type=oci`. */
async function buildx(folder: string, images: readonly Image[]): Promise<Record<string, string>> {
  const both = index(images);
  const archive = join(folder, '..', 'built.tar');
  await writeFile(archive, archiveOf(layoutOf([named(both)], images, [both])));
  return { docker: `cp '${archive}' image.tar`, skopeo: '' };
}

const built = (sha = shaLabels.revision) =>
  ['linux/amd64', 'linux/arm64'].map((platform) => image(platform, { labels: { revision: sha } }));

for (const [production, isPushed] of [
  ['something else', true],
  ['the same image', false],
  ['nothing', true],
] as const) {
  recipe(
    build,
    `${isPushed ? 'pushes' : 'does not push'} what was checked, with ${production} in production`,
    ghcr,
    async (scene) => {
      const { internet, workspace, run } = scene;
      const registry = internet.at('ghcr.io');
      if (production === 'something else') publish(registry, 'octo-org/shop', 'production', built('1a2b3c'));
      if (production === 'the same image') publish(registry, 'octo-org/shop', 'production', built());
      const ended = await run({ programs: await buildx(workspace, built()) });
      assertPassed(ended);
      const [buildCall, ...calls] = ended.calls;
      assert.match(buildCall ?? '', /^docker buildx build .*--output type=oci,dest=image\.tar \.$/);
      const copy = 'skopeo copy --all oci-archive:image.tar docker://ghcr.io/octo-org/shop:9f8e7d6c5b4a';
      assert.deepEqual(calls, isPushed ? [copy] : []);
    },
    withoutShell,
  );
}

recipe(
  build,
  'pushes nothing that lacks a platform',
  ghcr,
  async ({ workspace, run }) => {
    const ended = await run({ programs: await buildx(workspace, built().slice(0, 1)) });
    assertFailed(ended, 'gate-failed', 2);
    assert.equal(ended.calls.length, 1);
  },
  withoutShell,
);
