import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runAction } from '../support/action.ts';
import { image, index } from '../support/images.ts';
import { runPeer, skipWithout } from '../support/peers.ts';
import { realShelf, type Shelf } from '../support/real-registry.ts';

const skip = skipWithout(['oras', 'docker-registry'], 'what a real oras attaches is');

const amd64 = image('linux/amd64');
const top = index([amd64]);

let folder: string;
let shelf: Shelf;

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(join(tmpdir(), 'image-digests-oras-'));
  shelf = await realShelf(join(folder, 'storage'));
  await shelf.putImage('o/app', amd64);
  await shelf.put('o/app', top, 'v1');
  await writeFile(join(folder, 'sbom.json'), '{}');
});
after(async () => {
  if (skip !== false) return;
  await shelf.close();
  await rm(folder, { recursive: true, force: true });
});

const attach = (type: string, digest: string) =>
  runPeer(
    'oras',
    [
      'attach',
      '--plain-http',
      '--artifact-type',
      type,
      '--annotation',
      'note=by oras',
      `${shelf.host}/o/app@${digest}`,
      'sbom.json',
    ],
    { cwd: folder, env: { HOME: folder } },
  );
const run = (inputs: Record<string, string>) => runAction({ image: `${shelf.host}/o/app:v1`, ...inputs });

test('what oras attaches is found', { skip }, async () => {
  const types = 'application/vnd.test.sbom, application/vnd.test.report';
  const before = await run({ 'require-referrers': types });
  assert.equal(before.outputs['error-code'], 'gate-failed', before.stdout);
  await attach('application/vnd.test.sbom', top.digest);
  await attach('application/vnd.test.report', amd64.manifest.digest);
  const step = await run({ 'require-referrers': types, referrers: 'true' });
  assert.equal(step.status, 0, step.stdout);
  const list = JSON.parse(step.outputs['referrers'] ?? '');
  assert.deepEqual(
    list.map(({ subject, artifactType, annotations, from }: Record<string, unknown>) => [
      subject,
      artifactType,
      (annotations as Record<string, string>)['note'],
      from,
    ]),
    [
      [top.digest, 'application/vnd.test.sbom', 'by oras', 'referrers-tag'],
      [amd64.manifest.digest, 'application/vnd.test.report', 'by oras', 'referrers-tag'],
    ],
  );
});
