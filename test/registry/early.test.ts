import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, mock, test } from 'node:test';
import { ActionError } from '../../src/oci/action-error.ts';
import { openEarly } from '../../src/registry/early.ts';

const server = createServer();
const arrived: Socket[] = [];
let port = 0;

before(async () => {
  server.on('connection', (socket) => arrived.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  const found = [{ address: '127.0.0.1', family: 4 }];
  mock.method(dns, 'lookup', ((name: string, _options: object, callback: (...answer: unknown[]) => void) =>
    name.startsWith('no.') ? callback(new Error('no such name')) : callback(null, found)) as never);
  syncBuiltinESMExports();
});
after(() => {
  mock.restoreAll();
  syncBuiltinESMExports();
  for (const socket of arrived) socket.destroy();
  server.close();
});

const origin = () => `https://registry.example:${port}`;
const early = () => openEarly([`registry.example:${port}`]);

test('a connection is opened at once, and given out once', async () => {
  const sockets = early();
  const socket = sockets.take(origin()) ?? assert.fail();
  await once(socket, 'connect');
  assert.equal(sockets.take(origin()), undefined);
  socket.destroy();
});

test('a registry that is named often gets one', () => {
  const sockets = openEarly([`registry.example:${port}`, `registry.example:${port}`]);
  assert.ok(sockets.take(origin())?.destroy());
  assert.equal(sockets.take(origin()), undefined);
});

test('its addresses are judged by the check of the request that takes it', async () => {
  const sockets = early();
  const judged: unknown[] = [];
  await sockets.check(origin(), async (hostname, addresses) => void judged.push([hostname, addresses]));
  assert.deepEqual(judged, [['registry.example', ['127.0.0.1']]]);
  const refusal = new ActionError('untrusted-host', 'no');
  await assert.rejects(
    sockets.check(origin(), () => Promise.reject(refusal)),
    refusal,
  );
  sockets.close();
});

test('a known registry gets one to its token service, too', () => {
  const hub = openEarly(['docker.io']);
  assert.ok(hub.take('https://registry-1.docker.io')?.destroy());
  assert.ok(hub.take('https://auth.docker.io')?.destroy());
  const github = openEarly(['ghcr.io']);
  assert.ok(github.take('https://ghcr.io')?.destroy());
  assert.ok(github.take('https://ghcr.io')?.destroy());
});

test('loopback and address literals get none, as they may speak plain HTTP', () => {
  const sockets = openEarly(['localhost:5000', '127.0.0.1:5000', '[::1]:5000', '169.254.169.254', '10.0.0.1']);
  for (const host of ['localhost:5000', '127.0.0.1:5000', '[::1]:5000', '169.254.169.254', '10.0.0.1']) {
    assert.equal(sockets.take(`https://${host}`), undefined, host);
  }
});

test('one that fails is never given out, and nothing is judged', async () => {
  const sockets = openEarly(['no.example']);
  await sockets.check('https://no.example', () => assert.fail('there is nothing to judge'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sockets.take('https://no.example'), undefined);
});

test('those that nobody took are closed', async () => {
  const sockets = early();
  const count = arrived.length;
  while (arrived.length === count) await new Promise((resolve) => setImmediate(resolve));
  sockets.close();
  await once(arrived.at(-1) as Socket, 'close');
  assert.equal(sockets.take(origin()), undefined);
});
