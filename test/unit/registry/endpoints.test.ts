import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError } from '../../../src/error.ts';
import { mirroredRepository, withMirrors } from '../../../src/registry/endpoints.ts';
import type { RepositoryRequest, RepositoryTransport } from '../../../src/registry/repository.ts';
import { operation } from '../../support/fake-store.ts';
import { responseTo } from '../../support/transport.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const requestTo = (path: string, more: Partial<RepositoryRequest> = {}): RepositoryRequest => ({
  method: 'GET',
  path,
  phase: 'index',
  maxBytes: 1000,
  ...more,
});

/** Hosts that respond with a status, or fail; the last is the registry. Gives who got the request. */
function hosts(...statuses: (number | Error)[]) {
  const requested: number[] = [];
  const transports = statuses.map(
    (status, at): RepositoryTransport =>
      async () => {
        requested.push(at);
        if (status instanceof Error) throw status;
        return { ...responseTo('https://host.example/', status), servedBy: `${at}.example` };
      },
  );
  const own = transports.pop() ?? assert.fail();
  const mirrors = transports.map((send, at) => ({ host: `${at}.example`, send }));
  return {
    async ask(request: RepositoryRequest, tagsFromOwn = false) {
      requested.length = 0;
      const { status, servedBy } = await withMirrors(own, mirrors, tagsFromOwn)(request, operation);
      return { status, servedBy, requested: [...requested] };
    },
  };
}

test('the mirrors are asked in the order written, until one serves', async () => {
  const { ask } = hosts(404, 200, 200, 200);
  assert.deepEqual(await ask(requestTo('manifests/v1')), { status: 200, servedBy: '1.example', requested: [0, 1] });
  const partial = hosts(206, 200);
  assert.deepEqual(await partial.ask(requestTo('blobs/x')), { status: 206, servedBy: '0.example', requested: [0] });
});

test('whatever a mirror does but to serve passes the request on to the registry, whose word is the last', async () => {
  const errors = (['untrusted-host', 'network', 'tls', 'timeout', 'unauthorized', 'denied', 'too-large'] as const).map(
    (code) => new ActionError(code, 'It fails.'),
  );
  for (const failure of [201, 202, 204, 301, 304, 400, 401, 403, 404, 429, 500, 503, ...errors]) {
    assert.deepEqual((await hosts(failure, 404).ask(requestTo('manifests/v1'))).requested, [0, 1]);
  }
  await assert.rejects(hosts(500, new ActionError('denied', 'No.')).ask(requestTo('manifests/v1')), /No\./);
});

test('a defect is no failure of a mirror', async () => {
  await assert.rejects(hosts(new TypeError('a defect'), 200).ask(requestTo('manifests/v1')), /a defect/);
});

test('an operation that is over asks nobody else', async () => {
  const controller = new AbortController();
  controller.abort();
  const requested: string[] = [];
  const mirror: RepositoryTransport = async () => {
    throw new ActionError('timeout', 'It is over.');
  };
  const own: RepositoryTransport = async () => {
    requested.push('own');
    return { ...responseTo('https://host.example/', 200), servedBy: 'own' };
  };
  const send = withMirrors(own, [{ host: 'm.example', send: mirror }], false);
  await assert.rejects(send(requestTo('manifests/v1'), { ...operation, signal: controller.signal }), /It is over/);
  assert.deepEqual(requested, []);
});

test('what is for the registry goes to no mirror, and tags neither where the step waits or compares', async () => {
  const { ask } = hosts(200, 200);
  assert.deepEqual((await ask(requestTo('referrers/x', { isForRegistry: true }))).requested, [1]);
  assert.deepEqual((await ask(requestTo('manifests/v1'), true)).requested, [1]);
  assert.deepEqual((await ask(requestTo('manifests/v1', { method: 'HEAD' }), true)).requested, [1]);
  assert.deepEqual((await ask(requestTo(`manifests/${digest}`), true)).requested, [0]);
  assert.deepEqual((await ask(requestTo(`blobs/${digest}`), true)).requested, [0]);
  assert.deepEqual((await ask(requestTo('manifests/v1'), false)).requested, [0]);
});

test('a prefix stands before the path', () => {
  assert.deepEqual(mirroredRepository('o/app', 'm.example', ''), { registry: 'm.example', path: 'o/app' });
  assert.deepEqual(mirroredRepository('o/app', 'm.example', 'a/b'), { registry: 'm.example', path: 'a/b/o/app' });
});
