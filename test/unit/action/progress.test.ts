import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { humanSize, printResult, progressOf } from '../../../src/action/progress.ts';
import type { Result } from '../../../src/action/results.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { fakeLog } from '../../support/fake-log.ts';

describe('what happens for one image', () => {
  test('is a group for each phase in which something happened, and the headline', () => {
    const log = fakeLog();
    const progress = progressOf('nginx', false, log);
    progress.trace('manifest', 'three');
    progress.trace('index', 'one');
    progress.trace('index', 'two');
    assert.deepEqual([log.groups, log.lines], [[], []], 'nothing is printed before the end');
    progress.print('nginx is done', []);
    assert.deepEqual(log.groups, [
      { title: 'What the reference points to', lines: ['one', 'two'] },
      { title: "The platform's manifest", lines: ['three'] },
    ]);
    assert.deepEqual(log.lines, ['nginx is done']);
  });

  test('is one group for each of several images, so that each can be read as one', () => {
    const log = fakeLog();
    const [one, two] = [progressOf('one', true, log), progressOf('two', true, log)];
    one.trace('index', 'a');
    two.trace('index', 'b');
    one.trace('token', 'c');
    one.print('[1/2] one', ['last']);
    two.print('[2/2] two', []);
    assert.deepEqual(log.groups, [
      { title: '[1/2] one', lines: ['c', 'a', 'last'] },
      { title: '[2/2] two', lines: ['b'] },
    ]);
  });

  test('is told at once where it is urgent, with the name of the image among several', () => {
    const log = fakeLog();
    progressOf('one', false, log).trace('index', 'waiting', 'urgent');
    progressOf('two', true, log).trace('index', 'waiting', 'urgent');
    assert.deepEqual(log.lines, ['waiting', 'two: waiting']);
  });

  test('is cut where it is very much, and what is left out is counted', () => {
    for (const isOneOfMany of [false, true]) {
      const log = fakeLog();
      const progress = progressOf('one', isOneOfMany, log);
      for (let at = 0; at < 1000; at += 1) {
        progress.trace('index', 'x'.repeat(1000));
        progress.trace('index', 'y'.repeat(1000), 'urgent');
      }
      progress.print('done', []);
      const lines = [...log.lines, ...log.groups.flatMap((group) => group.lines)];
      assert.ok(lines.join('\n').length < 64_000);
      const shown = lines.filter((line) => /[xy]{1000}/.test(line)).length;
      assert.ok(shown > 10);
      assert.ok(lines.includes(`${2000 - shown} more lines are left out.`));
    }
  });
});

describe('the digests of an image', () => {
  const digest = `sha256:${'1'.repeat(64)}` as Digest;
  const result: Result = {
    image: 'nginx',
    exists: true,
    name: 'docker.io/library/nginx',
    tag: '',
    digest,
    indexDigest: '',
    manifestDigest: digest,
    configDigest: digest,
    layers: [{ digest, size: 5, mediaType: 'x/y' }],
    platform: '',
    size: 1500,
  };

  test('are printed one a line, and what there is none of is told', () => {
    const log = fakeLog();
    printResult(log, { ...result, changed: true, needsUpdating: false });
    assert.match(log.lines.join('\n'), /platform +\(none\)\n/);
    assert.match(log.lines.join('\n'), /index-digest +\(none: the reference points to a manifest\)\n/);
    assert.match(log.lines.join('\n'), /layer-digests +sha256:1{64} {2}5 B\n/);
    assert.match(log.lines.join('\n'), /size +1\.5 kB\nchanged +true\nneeds-updating +false$/);
  });

  test('are those of at most 100 layers', () => {
    const log = fakeLog();
    printResult(log, {
      ...result,
      layers: Array.from({ length: 20_000 }, () => ({ digest, size: 5, mediaType: 'x/y' })),
    });
    assert.ok(log.lines.length < 110);
    assert.match(log.lines.join('\n'), /and 19900 more/);
  });

  test('are none where the image does not exist', () => {
    const log = fakeLog();
    printResult(log, { image: 'nginx', exists: false, name: 'x', tag: '' });
    assert.deepEqual(log.lines, []);
  });
});

test('sizes are in units that a person reads', () => {
  const cases = { 0: '0 B', 999: '999 B', 1000: '1.0 kB', 31400000: '31.4 MB', 2e12: '2.0 TB', 9e15: '9.0 PB' };
  for (const [bytes, text] of Object.entries(cases)) assert.equal(humanSize(Number(bytes)), text);
});
