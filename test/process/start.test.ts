import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { runAction } from '../support/action.ts';
import { image } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';

const linux = [image('linux/amd64')] as const;

describe('what a start loads', () => {
  /** The parts of Node that a run has loaded by the time that `when`, a script, calls `tell()`. */
  const loadedBy = async (when: string, image: string): Promise<string[]> => {
    const folder = await mkdtemp(join(tmpdir(), 'image-digests-speed-'));
    after(() => rm(folder, { recursive: true }));
    const [spy, list] = [join(folder, 'spy.cjs'), join(folder, 'loaded')];
    const tell = `const tell = () => require('fs').writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join('\\n'));`;
    await writeFile(spy, `${tell}\n${when}`);
    const step = await runAction({ image }, { nodeArguments: ['--require', spy] });
    assert.equal(step.status, 0, step.stdout);
    return (await readFile(list, 'utf8')).split('\n').map((line) => line.replace(/^NativeModule /, ''));
  };

  test('a run loads no part of Node that it has no use for', async () => {
    const registry = await startRegistry();
    after(() => registry.close());
    registry.putImage('o/app', linux[0], '1');
    const loaded = await loadedBy("process.on('exit', tell);", `${registry.host}/o/app:1`);
    assert.ok(loaded.includes('https'), 'the list is empty');
    const needless = [
      'cluster',
      'http2',
      'inspector',
      'internal/deps/undici/undici',
      'internal/test_runner/harness',
      'readline',
      'repl',
      'sqlite',
      'vm',
      'worker_threads',
      'zlib',
    ];
    assert.deepEqual(
      needless.filter((name) => loaded.includes(name)),
      [],
    );
  });
});
