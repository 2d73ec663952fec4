import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedBase } from '../../../src/image/base-name.ts';
import type { PlatformImage, ResolvedImage } from '../../../src/image/resolved-image.ts';
import { formatSource } from '../../../src/oci/source.ts';
import { refusal } from '../../support/refusals.ts';

const key = 'org.opencontainers.image.base.name';

interface Names {
  readonly manifest?: string;
  readonly entry?: string;
  readonly index?: string;
  readonly label?: string;
}

/** The base of an image that names it in these places. */
function baseOf({ manifest, entry, index, label }: Names) {
  const named = (name: string | undefined) => (name === undefined ? {} : { [key]: name });
  const image = { indexAnnotations: named(index) } as unknown as ResolvedImage;
  const platformImage = {
    manifest: { annotations: named(manifest) },
    entryAnnotations: named(entry),
    config: { content: { labels: named(label) } },
  };
  const { source, isFromLabel } = namedBase(image, platformImage as unknown as PlatformImage);
  return [formatSource(source), isFromLabel];
}

test('the manifest is asked first, then its entry, then the index, then the labels', () => {
  assert.deepEqual(baseOf({ manifest: 'a', entry: 'b', index: 'c', label: 'd' }), [
    'docker.io/library/a:latest',
    false,
  ]);
  assert.deepEqual(baseOf({ entry: 'b', index: 'c', label: 'd' }), ['docker.io/library/b:latest', false]);
  assert.deepEqual(baseOf({ index: 'c:1', label: 'd' }), ['docker.io/library/c:1', false]);
  assert.deepEqual(baseOf({ label: 'ghcr.io/a/d' }), ['ghcr.io/a/d:latest', true]);
  assert.deepEqual(baseOf({ manifest: '', entry: '', label: 'd' }), ['docker.io/library/d:latest', true]);
});

test('no name is refused, and so is one that is no reference to a registry', () => {
  refusal('invalid-input', () => baseOf({}));
  refusal('invalid-input', () => baseOf({ label: '' }));
  for (const name of [
    'oci-layout://x',
    'oci:x',
    'https://a.example/b',
    'UPPER',
    'a b',
    '../a',
    'sha256:x',
    `a@md5:${'0'.repeat(32)}`,
    '\u202ea',
    ' ',
  ]) {
    const error = refusal('invalid-input', () => baseOf({ manifest: name }));
    assert.ok(!error.message.includes(name) || name === ' ', 'what a publisher wrote is quoted apart');
  }
});

test('a bad name in one place is not passed over for a good one in the next', () => {
  refusal('invalid-input', () => baseOf({ manifest: 'UPPER', label: 'alpine' }));
});
