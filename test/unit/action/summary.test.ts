import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from '../../../src/action/printable.ts';
import type { Result } from '../../../src/action/results.ts';
import { summaryOf } from '../../../src/action/summary.ts';

const digest = `sha256:${'12'.repeat(32)}` as const;
const result: Result = {
  image: 'o/app:v1',
  exists: true,
  name: 'docker.io/o/app',
  tag: 'v1',
  digest,
  indexDigest: digest,
  manifestDigest: digest,
  configDigest: digest,
  layers: [{ digest, size: 31_400_000, mediaType: 'x' }],
  platform: 'linux/amd64',
  size: 31_401_000,
};

/** The summary of a step in which these gates hold. */
const summary = (results: readonly Result[], evidence: readonly string[] = [], layoutPath = '') =>
  summaryOf(results, { evidence, layoutPath }, printable);

test('nothing from outside is Markdown, HTML or a line end in the summary', () => {
  const hostile = '<img src=x onerror=alert(1)> | [a](http://b) `c` **d** &lt; \n# e ![f](g) @team ##[error]';
  for (const results of [[{ ...result, image: hostile, platform: hostile }], [{ ...result, image: hostile }, result]]) {
    const text = summary(results);
    assert.doesNotMatch(text, /<img|\]\(|onerror=|\*\*d|\n# e|@team|##\[/);
  }
});

test('an image that does not exist is said to be so', () => {
  const missing = { image: 'o/gone', exists: false, name: 'docker.io/o/gone', tag: 'latest' };
  assert.match(summary([missing]), /does not exist/);
  assert.match(summary([missing, result]), /\| o\/gone \| {2}\| does not exist/);
  const requested = { ...missing, platform: 'linux/arm64' };
  assert.match(summary([requested, result]), /\| o\/gone \| linux\/arm64 \| does not exist/);
});

test('100 rows are shown, with whole digests to copy, and the others are counted', () => {
  const rows = (count: number) => summary(Array.from({ length: count }, () => result));
  const shown = (text: string) => text.split('\n').filter((line) => line.includes(digest)).length;
  assert.equal(shown(rows(100)), 100);
  assert.match(rows(100), /100 rows, 3\.1 GB added up\.\n/);
  assert.equal(shown(rows(5000)), 100);
  assert.match(rows(5000), /5000 rows, .* 4900 rows are left out here/);
});

test('rows that are very long are cut far below the limit of the runner', () => {
  const long = { ...result, image: '&'.repeat(100_000) };
  const text = summary([long, long, long]);
  assert.ok(Buffer.byteLength(text) < 1024 * 1024, String(Buffer.byteLength(text)));
  assert.match(text, /rows are left out here/);
});

test('every gate that holds has a row, and without any it says so', () => {
  const evidence = ['expected-digest holds: digest is x', 'verify-blobs holds: 3 blobs | are there'];
  const text = summary([result], evidence);
  assert.match(text, /\| expected-digest holds: digest is x \|/);
  assert.match(text, /\| verify-blobs holds: 3 blobs &#x7c; are there \|/);
  assert.doesNotMatch(text, /No gate is set/);
  assert.match(summary([result]), /No gate is set\./);
  const many = Array.from({ length: 150 }, () => 'a gate holds');
  assert.match(summary([result], many), /50 more rows are left out here/);
});

test('a table of very many layers is cut, and says so', () => {
  const layers = Array.from({ length: 250 }, () => ({ digest, size: 1, mediaType: 'x' }));
  assert.match(summary([{ ...result, layers }]), /150 more layers are left out/);
});

test('the folder that was exported is named, and is no Markdown', () => {
  assert.match(summary([result], [], '/work/*layout*'), /to \/work\/&#x2a;layout&#x2a;\./);
  assert.doesNotMatch(summary([result]), /Exported/);
});
