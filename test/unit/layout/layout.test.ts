import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blobPath, checkLayoutFile, entryByName, readLayoutIndex } from '../../../src/layout/layout.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { type Blob, descriptor, image } from '../../support/images.ts';
import { indexJson, layoutFile, named } from '../../support/layouts.ts';
import { failsWith } from '../../support/transport.ts';

const [one, two, three] = ['one', 'two', 'three'].map((which) => image('linux/amd64', { labels: { which } }).manifest);
const first = one as Blob;
const second = two as Blob;
const third = three as Blob;

/** The digest of the entry that `name` means. */
function chosen(entries: readonly object[], name: string): string | undefined {
  return entryByName(readLayoutIndex(Buffer.from(indexJson(entries))), name)?.digest;
}

const full = (name: string) => ({ annotations: { 'io.containerd.image.name': name } });

test('a blob stands below its algorithm', () => {
  assert.equal(blobPath(first.digest as Digest), first.digest.replace('sha256:', 'blobs/sha256/'));
});

describe('the file oci-layout', () => {
  test('has the one version that there is', () => {
    checkLayoutFile(Buffer.from(layoutFile));
    checkLayoutFile(Buffer.from('{ "imageLayoutVersion": "1.0.0", "more": 1 }\n'));
  });

  test('of another version is unsupported', () => {
    for (const version of ['1.0.1', '2.0.0', '1.0', '']) {
      const bytes = Buffer.from(JSON.stringify({ imageLayoutVersion: version }));
      assert.throws(() => checkLayoutFile(bytes), failsWith('unsupported', '1.0.0'), version);
    }
  });

  test('that is malformed is invalid-manifest, and nothing of it is quoted', () => {
    for (const text of ['', '{}', '[]', 'null', '"1.0.0"', '{"imageLayoutVersion":1}', 'root:x:0:0', '{"root:x":']) {
      assert.throws(
        () => checkLayoutFile(Buffer.from(text)),
        (error: Error) => failsWith('invalid-manifest')(error) && !error.message.includes('root:'),
        text,
      );
    }
    const twice = '{"imageLayoutVersion":"1.0.0","imageLayoutVersion":"1.0.0"}';
    assert.throws(() => checkLayoutFile(Buffer.from(twice)), failsWith('invalid-manifest'));
  });
});

describe('the file index.json', () => {
  test('that is no index is invalid-manifest, and nothing of it is quoted', () => {
    const texts = [
      '',
      '[]',
      'secret words',
      '{"secret":"words","secret":1}',
      '{"schemaVersion":2,"manifests":"secret"}',
    ];
    for (const text of [...texts, first.bytes.toString(), '\ufeff{}']) {
      assert.throws(
        () => readLayoutIndex(Buffer.from(text)),
        (error: Error) => failsWith('invalid-manifest')(error) && !error.message.includes('secret'),
        text,
      );
    }
  });

  test('with an entry whose digest leads out of the blobs is refused', () => {
    for (const digest of [
      'sha256:../../../etc/passwd',
      'sha256:',
      `sha256:..${'a'.repeat(62)}`,
      '../x',
      'sha256:A'.padEnd(71, 'A'),
    ]) {
      const text = indexJson([{ ...named(first, 'v1'), digest }]);
      assert.throws(() => readLayoutIndex(Buffer.from(text)), failsWith('invalid-manifest'), digest);
    }
  });

  test('with an entry of another algorithm is unsupported', () => {
    const text = indexJson([{ ...named(first), digest: `blake3:${'a'.repeat(64)}` }]);
    assert.throws(() => readLayoutIndex(Buffer.from(text)), failsWith('unsupported'));
  });
});

describe('which entry is meant', () => {
  test('the one whose ref.name is the name, before one that only ends so', () => {
    const entries = [named(first, 'docker.io/library/app:v1'), named(second, 'v1'), named(third, 'v2')];
    assert.equal(chosen(entries, 'v1'), second.digest);
    assert.equal(chosen(entries, 'v2'), third.digest);
    assert.equal(chosen(entries, 'docker.io/library/app:v1'), first.digest);
  });

  test('the one with the full name, and the one with the tag at its end', () => {
    const entries = [descriptor(first, full('ghcr.io/o/app:v1')), descriptor(second, full('ghcr.io/o/app:v2'))];
    assert.equal(chosen(entries, 'ghcr.io/o/app:v2'), second.digest);
    assert.equal(chosen(entries, 'v2'), second.digest);
  });

  test('not one whose name holds the name elsewhere', () => {
    const entries = [named(first, 'host:5000/app'), named(second, 'app/v1'), named(third, 'xv1')];
    for (const name of ['5000/app', 'app', 'v1', 'host', '1']) assert.equal(chosen(entries, name), undefined, name);
  });

  test('without a name the only one, whatever it is called', () => {
    assert.equal(chosen([descriptor(first)], ''), first.digest);
    assert.equal(chosen([named(first, 'v1')], ''), first.digest);
    assert.equal(chosen([], ''), undefined);
  });

  test('entries of one digest are one image: buildx writes one for each tag', () => {
    const entries = [named(first, 'v1'), named(first, 'latest'), named(first, 'v1')];
    for (const name of ['', 'v1', 'latest']) assert.equal(chosen(entries, name), first.digest);
  });

  test('attestations and media types that are no image do not count', () => {
    const entries = [
      named(second, undefined, { platform: { os: 'unknown', architecture: 'unknown' } }),
      named(third, undefined, { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
      { ...descriptor(second), mediaType: 'application/vnd.example+json' },
      named(first, 'v1'),
    ];
    assert.equal(chosen(entries, ''), first.digest);
  });

  test('several are invalid-input, listing each name once, and by its digest what has none', () => {
    const entries = [named(first, 'v1'), named(second, 'v2'), descriptor(third)];
    const refused = failsWith('invalid-input', 'v1, v2', third.digest, 'oci-layout://PATH:NAME');
    assert.throws(() => chosen(entries, ''), refused);
    assert.throws(() => chosen([named(first, 'v1'), named(second, 'v1')], 'v1'), failsWith('invalid-input', 'v1.'));
    const tagged = [named(first, 'a/app:v1'), named(second, 'b/app:v1')];
    assert.throws(() => chosen(tagged, 'v1'), failsWith('invalid-input', 'a/app:v1, b/app:v1'));
  });

  test('of a thousand names twenty are listed', () => {
    const entries = Array.from({ length: 1000 }, (_, at) => named(at % 2 ? first : second, `name${at}`));
    assert.throws(() => chosen(entries, ''), failsWith('invalid-input', 'name19, …'));
    assert.throws(
      () => chosen(entries, ''),
      (error: Error) => !error.message.includes('name20'),
    );
  });
});
