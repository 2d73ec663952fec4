import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, image } from './images.ts';
import { assertPassed, ghcr, publish, type Recipe, withoutShell } from './recipe.ts';

/** The digests of the blobs in a layout, each computed from its bytes. */
export async function blobsIn(layout: string): Promise<string[]> {
  const folder = join(layout, 'blobs', 'sha256');
  const names = await readdir(folder);
  for (const name of names) {
    assert.equal(
      createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex'),
      name,
    );
  }
  return names.map((name) => `sha256:${name}`).sort();
}

/** The digests of everything that images consist of. */
export const digestsOf = (images: readonly Image[]) =>
  images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers].map(({ digest }) => digest));

/** What a snippet must do that scans an exported image. The README has it, too. */
export function scanRecipe(test: Recipe, title: string): void {
  test(
    title,
    'hands a whole layout of one platform to the scanner',
    ghcr,
    async ({ internet, workspace, run }) => {
      const amd64 = image('linux/amd64');
      publish(internet.at('ghcr.io'), 'octo-org/shop', '1.4.2', [image('linux/arm64'), amd64]);
      const ended = await run({ programs: { trivy: 'test -f "$3/oci-layout"' } });
      assertPassed(ended);
      const layout = join(workspace, 'image');
      assert.deepEqual(ended.calls, [`trivy image --input ${layout}`]);
      assert.deepEqual(await blobsIn(layout), [...new Set(digestsOf([amd64]))].sort());
    },
    withoutShell,
  );
}
