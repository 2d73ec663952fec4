import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printManifests } from '../../../src/action/manifest-group.ts';
import type { ResolvedImage } from '../../../src/image/resolved-image.ts';
import { fakeLog } from '../../support/fake-log.ts';

/** An image with these manifests, as far as they are printed. */
const imageOf = (...manifests: readonly object[]) =>
  ({
    entries: manifests.map((manifest, at) => ({
      manifestBytes: Buffer.from(JSON.stringify(manifest)),
      manifestDigest: `sha256:${at}`,
      platformText: at === 0 ? 'linux/amd64' : '',
    })),
  }) as unknown as ResolvedImage;

test('the manifest of each platform is a group of its own, indented', () => {
  const log = fakeLog();
  printManifests(log, imageOf({ schemaVersion: 2, layers: [] }, { a: 1 }));
  assert.deepEqual(log.groups, [
    { title: 'Manifest sha256:0 (linux/amd64)', lines: ['{', '  "schemaVersion": 2,', '  "layers": []', '}'] },
    { title: 'Manifest sha256:1', lines: ['{', '  "a": 1', '}'] },
  ]);
});

test('at most 32 KB are printed of all together, and the rest is counted', () => {
  const log = fakeLog();
  const long = { layers: Array.from({ length: 5000 }, (_, at) => `layer ${at}`) };
  printManifests(log, imageOf(long, long));
  assert.equal(log.groups.length, 1);
  const lines = log.groups[0]?.lines ?? [];
  assert.ok(lines.join('\n').length < 33_000);
  assert.equal(lines.at(-1), `… ${5004 - (lines.length - 1)} more lines are in the file of manifest-path`);
});

test('what a manifest holds is made safe, and counted as it is printed', () => {
  const log = { ...fakeLog(), safe: (text: string) => text.replaceAll('x', 'safe'.repeat(1000)) };
  printManifests(log, imageOf({ annotations: { a: 'x', b: 'x', c: 'x'.repeat(10) } }));
  const text = log.groups[0]?.lines.join('\n') ?? '';
  assert.doesNotMatch(text, /x/);
  assert.match(text, /more lines are in the file/);
});
