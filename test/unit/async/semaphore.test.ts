import assert from 'node:assert/strict';
import { test } from 'node:test';
import { semaphore } from '../../../src/async/semaphore.ts';
import { settled } from '../../support/transport.ts';

test('at most so many tasks run at a time, the others in order, and all of them', async () => {
  const slots = semaphore(3);
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const task = async (at: number) => {
    started.push(at);
    running += 1;
    most = Math.max(most, running);
    await settled();
    running -= 1;
    return at;
  };
  const all = Array.from({ length: 10 }, (_, at) => at);
  assert.deepEqual(await Promise.all(all.map((at) => slots.run(() => task(at)))), all);
  assert.deepEqual(started, all);
  assert.equal(most, 3);
});

test('a task that fails passes its slot on', async () => {
  const slots = semaphore(1);
  const failing = slots.run(() => Promise.reject(new Error('failed')));
  const next = slots.run(async () => 'next');
  await assert.rejects(failing, /failed/);
  assert.equal(await next, 'next');
});

test('a slot that is released twice is released once', async () => {
  const slots = semaphore(1);
  const release = await slots.acquire();
  release();
  release();
  let waiting = 2;
  for (let at = 0; at < 2; at += 1) void slots.acquire().then(() => (waiting -= 1));
  await settled();
  assert.equal(waiting, 1);
});

test('who leaves the queue gives its place to the one behind it, and takes no slot', async () => {
  const slots = semaphore(1);
  const release = await slots.acquire();
  const controller = new AbortController();
  const leaving = assert.rejects(slots.acquire(controller.signal), /enough/);
  const behind = slots.acquire();
  controller.abort(new Error('enough'));
  await leaving;
  release();
  const last = await behind;
  last();
  assert.equal(await slots.run(async () => 'free', controller.signal), 'free', 'a free slot needs no queue');
});

test('who has no time left does not queue', async () => {
  const slots = semaphore(1);
  await slots.acquire();
  await assert.rejects(slots.acquire(AbortSignal.abort(new Error('late'))), /late/);
});
