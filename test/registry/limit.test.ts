import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLimit } from '../../src/registry/limit.ts';
import type { Response } from '../../src/registry/transport.ts';
import { requestTo, responseFrom } from '../support/transport.ts';

/** A transport whose requests stay in flight until they are ended one by one. */
function heldTransport() {
  const held: { url: string; succeed(): void; fail(): void }[] = [];
  const send = withLimit(
    (request) =>
      new Promise<Response>((resolve, reject) => {
        held.push({
          url: request.url.href,
          succeed: () => resolve(responseFrom(request)),
          fail: () => reject(new Error('broken')),
        });
      }),
  );
  const start = (url: string) => {
    const sent = send(requestTo(url));
    sent.catch(() => undefined);
    return sent;
  };
  return { held, start };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const paths = (held: readonly { url: string }[]) => held.map(({ url }) => new URL(url).pathname);

test('at most eight requests are in flight to one host, and the others follow in order', async () => {
  const { held, start } = heldTransport();
  const all = Array.from({ length: 11 }, (_, at) => start(`https://r.example/${at}`));
  await settle();
  assert.equal(held.length, 8);
  held[3]?.succeed();
  held[5]?.succeed();
  await settle();
  assert.deepEqual(paths(held.slice(8)), ['/8', '/9']);
  for (let at = 0; at < held.length; at += 1) {
    held[at]?.succeed();
    await settle();
  }
  assert.equal((await Promise.all(all)).length, 11);
});

test('another host, or another port, has a limit of its own', async () => {
  const { held, start } = heldTransport();
  for (let at = 0; at < 9; at += 1) start('https://r.example/');
  start('https://r.example:8443/');
  start('https://other.example/');
  await settle();
  assert.equal(held.length, 10);
});

test('a request that fails gives its place to the next', async () => {
  const { held, start } = heldTransport();
  const failing = start('https://r.example/fails');
  for (let at = 0; at < 8; at += 1) start(`https://r.example/${at}`);
  await settle();
  held[0]?.fail();
  await assert.rejects(failing, /broken/);
  await settle();
  assert.equal(held.length, 9);
});

test('places that were given back can be taken again, and no more than these', async () => {
  const { held, start } = heldTransport();
  for (let at = 0; at < 8; at += 1) start('https://r.example/');
  await settle();
  for (const request of held) request.succeed();
  await settle();
  for (let at = 0; at < 9; at += 1) start('https://r.example/');
  await settle();
  assert.equal(held.length, 16);
});
