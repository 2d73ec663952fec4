import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runAction } from '../support/action.ts';
import { image, index } from '../support/images.ts';
import { skipWithout } from '../support/peers.ts';
import { realShelf, type Shelf } from '../support/real-registry.ts';

const skip = skipWithout(['docker-registry'], 'mirrors on real registries are');

const [shared, fresh] = [image('linux/amd64'), image('linux/amd64', { layers: ['fresh'] })];
const top = index([shared]);

let folder: string;
let registry: Shelf;
let mirror: Shelf;

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(join(tmpdir(), 'image-digests-mirrors-'));
  [registry, mirror] = await Promise.all([realShelf(join(folder, 'registry')), realShelf(join(folder, 'mirror'))]);
  await registry.putImage('o/app', shared);
  await registry.put('o/app', top, 'v1');
  await registry.putImage('o/app', fresh, 'fresh');
  await mirror.putImage('cache/o/app', shared);
  await mirror.put('cache/o/app', top, 'v1');
});
after(async () => {
  if (skip !== false) return;
  await Promise.all([registry.close(), mirror.close()]);
  await rm(folder, { recursive: true, force: true });
});

const run = (tag: string, inputs: Record<string, string> = {}) =>
  runAction({ image: `${registry.host}/o/app${tag}`, mirrors: `${registry.host}=${mirror.host}/cache`, ...inputs });
const servedBy = ({ outputs }: { outputs: Readonly<Record<string, string>> }) =>
  JSON.parse(outputs['results'] ?? '[{}]')[0].servedBy;

test('a mirror serves what it has, and the registry the rest', { skip }, async () => {
  const mirrored = await run(':v1', { inspect: 'true', 'verify-blobs': 'true' });
  assert.equal(mirrored.status, 0, mirrored.stdout);
  assert.equal(servedBy(mirrored), mirror.host);
  assert.equal(mirrored.outputs['name'], `${registry.host}/o/app`);
  const own = await run(':fresh', { inspect: 'true' });
  assert.equal(own.outputs['digest'], fresh.manifest.digest);
  assert.equal(servedBy(own), registry.host);
  assert.equal(servedBy(await run(`@${top.digest}`)), mirror.host);
  assert.equal(servedBy(await run(':v1', { 'wait-timeout': '5s' })), registry.host);
});

test('an image that neither has is missing', { skip }, async () => {
  assert.equal((await run(':none')).outputs['error-code'], 'not-found');
});
