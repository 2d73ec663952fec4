import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turns } from '../../src/registry/turns.ts';

test('at most so many tasks run at a time, the others in order, and all of them', async () => {
  const inTurn = turns(3);
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const task = async (at: number) => {
    started.push(at);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return at;
  };
  const all = Array.from({ length: 10 }, (_, at) => at);
  assert.deepEqual(await Promise.all(all.map((at) => inTurn(() => task(at)))), all);
  assert.deepEqual(started, all);
  assert.equal(most, 3);
});

test('a task that fails passes its turn on', async () => {
  const inTurn = turns(1);
  const failing = inTurn(() => Promise.reject(new Error('failed')));
  const next = inTurn(async () => 'next');
  await assert.rejects(failing, /failed/);
  assert.equal(await next, 'next');
});
