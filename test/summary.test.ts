import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable } from '../src/printable.ts';
import { humanSize } from '../src/report.ts';
import type { Result } from '../src/results.ts';
import { summaryOf } from '../src/summary.ts';

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

test('sizes are in units that a person reads', () => {
  const cases = { 0: '0 B', 999: '999 B', 1000: '1.0 kB', 31400000: '31.4 MB', 2e12: '2.0 TB', 9e15: '9.0 PB' };
  for (const [bytes, text] of Object.entries(cases)) assert.equal(humanSize(Number(bytes)), text);
});

test('nothing from outside is Markdown, HTML or a line end in the summary', () => {
  const hostile = '<img src=x onerror=alert(1)> | [a](http://b) `c` **d** &lt; \n# e ![f](g) @team ##[error]';
  for (const results of [[{ ...result, image: hostile, platform: hostile }], [{ ...result, image: hostile }, result]]) {
    const summary = summaryOf(results, printable);
    assert.doesNotMatch(summary, /<img|\]\(|onerror=|\*\*d|\n# e|@team|##\[/);
  }
});

test('an image that does not exist is said to be so', () => {
  const missing = { image: 'o/gone', exists: false, name: 'docker.io/o/gone', tag: 'latest' };
  assert.match(summaryOf([missing], printable), /does not exist/);
  assert.match(summaryOf([missing, result], printable), /\| o\/gone \| {2}\| does not exist/);
  const asked = { ...missing, platform: 'linux/arm64' };
  assert.match(summaryOf([asked, result], printable), /\| o\/gone \| linux\/arm64 \| does not exist/);
});

test('500 rows fit, with whole digests to copy, and what does not fit is counted', () => {
  const rows = (count: number) =>
    summaryOf(
      Array.from({ length: count }, () => result),
      printable,
    );
  assert.equal(
    rows(500)
      .split('\n')
      .filter((line) => line.includes(digest)).length,
    500,
  );
  assert.match(rows(500), /500 rows, 15\.7 GB added up\.\n/);
  const long = rows(5000);
  assert.ok(Buffer.byteLength(long) < 1024 * 1024);
  const shown = long.split('\n').filter((line) => line.includes(digest)).length;
  assert.match(long, new RegExp(`${5000 - shown} rows are left out`));
});

test('a table of very many layers is cut, and says so', () => {
  const layers = Array.from({ length: 250 }, () => ({ digest, size: 1, mediaType: 'x' }));
  assert.match(summaryOf([{ ...result, layers }], printable), /150 more layers are left out/);
});
