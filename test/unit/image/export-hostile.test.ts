import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignType } from '../../support/attestations.ts';
import { exported } from '../../support/exports.ts';
import { fakeStore, storeOf } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, image, indexOf, types } from '../../support/images.ts';
import { failsWith } from '../../support/transport.ts';

test('an image that calls a layer not distributable does not take it from another image that has it', async () => {
  const shared = blob('a shared layer', types.layer);
  const hostile = image('linux/amd64', { layers: [{ ...shared, mediaType: foreignType }, 'a'] });
  const victim = image('linux/amd64', { layers: [shared, 'b'] });
  const { target, result } = await exported({
    'host:5000/a:v1': fakeStore([hostile.manifest], [hostile.config, hostile.layers[1] as Blob]),
    'host:5000/b:v1': fakeStore([victim.manifest], [victim.config, ...victim.layers]),
  });
  await result;
  assert.ok(target.blobs.has(shared.digest));
});

test('indexes below an attestation nest in four levels, as others do', async () => {
  const app = image('linux/amd64');
  const unknown = { platform: { os: 'unknown', architecture: 'unknown' } };
  const levels = [indexOf([descriptor(app.manifest)])];
  for (let level = 0; level < 6; level += 1) levels.push(indexOf([descriptor(levels[level] as Blob, unknown)]));
  const top = indexOf([
    descriptor(app.manifest, { platform: app.platform }),
    descriptor(levels.at(-1) as Blob, unknown),
  ]);
  const { result } = await exported({ 'host:5000/app:v1': storeOf(top, [app], levels) }, { platforms: 'all' });
  await assert.rejects(result, failsWith('invalid-manifest', '4 levels'));
});

test('a tag that is no ref.name is warned of once, and not once for each platform', async () => {
  const images = ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) => image(platform));
  const top = indexOf(images.map(({ manifest, platform }) => descriptor(manifest, { platform })));
  const { listener, result } = await exported({ 'host:5000/app:_x': storeOf(top, images) }, { platforms: 'all' });
  await result;
  assert.equal(listener.warnings.length, 1);
});
