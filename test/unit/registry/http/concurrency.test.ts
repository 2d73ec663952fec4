import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { withConcurrencyLimit } from '../../../../src/registry/http/concurrency.ts';
import type { OpenResponse } from '../../../../src/registry/http/transport.ts';
import { openTransport, requestTo, responseTo, settled } from '../../../support/transport.ts';

/** Requests that are in flight until they are ended one by one. */
interface Flight {
  readonly url: string;
  succeed(): void;
  fail(): void;
}

/** A transport whose requests stay in flight; `start` also reads the body. */
function slowTransport() {
  const flights: Flight[] = [];
  const send = withConcurrencyLimit(
    (request) =>
      new Promise<OpenResponse>((resolve, reject) => {
        flights.push({
          url: request.url.href,
          succeed: () => resolve(openTransport(async () => responseTo(request, { body: 'body' }))(request)),
          fail: () => reject(new Error('broken')),
        });
      }),
  );
  const start = (url: string) => {
    const result = send(requestTo(url)).then(readWhole);
    result.catch(() => undefined);
    return result;
  };
  return { flights, start, send };
}

async function readWhole({ body }: OpenResponse): Promise<void> {
  for await (const _ of body);
}

const paths = (flights: readonly Flight[]) => flights.map(({ url }) => new URL(url).pathname);

test('at most eight requests are in flight to one host, and the others follow in order', async () => {
  const { flights, start } = slowTransport();
  const all = Array.from({ length: 11 }, (_, at) => start(`https://r.example/${at}`));
  await settled();
  assert.equal(flights.length, 8);
  flights[3]?.succeed();
  flights[5]?.succeed();
  await settled();
  assert.deepEqual(paths(flights.slice(8)), ['/8', '/9']);
  for (let at = 0; at < flights.length; at += 1) {
    flights[at]?.succeed();
    await settled();
  }
  assert.equal((await Promise.all(all)).length, 11);
});

test('another host, or another port, has a limit of its own', async () => {
  const { flights, start } = slowTransport();
  for (let at = 0; at < 9; at += 1) start('https://r.example/');
  start('https://r.example:8443/');
  start('https://other.example/');
  await settled();
  assert.equal(flights.length, 10);
});

test('a request that fails gives its slot to the next', async () => {
  const { flights, start } = slowTransport();
  const failing = start('https://r.example/fails');
  for (let at = 0; at < 8; at += 1) start(`https://r.example/${at}`);
  await settled();
  flights[0]?.fail();
  await assert.rejects(failing, /broken/);
  await settled();
  assert.equal(flights.length, 9);
});

test('slots that were given back can be taken again, and no more than these', async () => {
  const { flights, start } = slowTransport();
  for (let at = 0; at < 8; at += 1) start('https://r.example/');
  await settled();
  for (const flight of flights) flight.succeed();
  await settled();
  for (let at = 0; at < 9; at += 1) start('https://r.example/');
  await settled();
  assert.equal(flights.length, 16);
});

test('a request is in flight until its body has been read, has failed, or is closed', async () => {
  const { flights, start, send } = slowTransport();
  const open = Array.from({ length: 8 }, () => send(requestTo('https://r.example/')));
  await settled();
  for (const flight of flights) flight.succeed();
  const [read, closed, left] = (await Promise.all(open)) as [OpenResponse, OpenResponse, OpenResponse];
  for (let at = 0; at < 8; at += 1) start('https://r.example/');
  await settled();
  assert.equal(flights.length, 8, 'the heads alone give no slot back');
  await readWhole(read);
  await settled();
  assert.equal(flights.length, 9);
  closed.close();
  await settled();
  assert.equal(flights.length, 10);
  for await (const _ of left.body) break;
  await settled();
  assert.equal(flights.length, 11);
});

test('an operation that ends leaves the queue for a slot, and takes none', async () => {
  const over = new ActionError('timeout', 'The operation is over.');
  const { flights, start, send } = slowTransport();
  const inFlight = Array.from({ length: 8 }, () => start('https://r.example/'));
  const controller = new AbortController();
  const leaving = assert.rejects(send(requestTo('https://r.example/', { signal: controller.signal })), over);
  const last = start('https://r.example/last');
  controller.abort(over);
  await leaving;
  flights[0]?.succeed();
  await settled();
  assert.equal(flights.length, 9, 'the slot went to the one behind it');
  for (const flight of flights) flight.succeed();
  assert.equal((await Promise.all([...inFlight, last])).length, 9);
});
