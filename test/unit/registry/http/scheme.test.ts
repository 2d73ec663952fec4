import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError, type ErrorCause } from '../../../../src/error.ts';
import { withScheme } from '../../../../src/registry/http/scheme.ts';
import { type FakeResponse, failsWith, fakeTransport, requestTo } from '../../../support/transport.ts';

const plain = 'http://localhost:5000/v2/';

/** What happens over plain HTTP and over TLS. */
function host(over: { http: FakeResponse | number | Error; https: FakeResponse | number | Error }) {
  const fake = fakeTransport(({ url }) => {
    const outcome = url.protocol === 'http:' ? over.http : over.https;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  return {
    send: withScheme(fake.send),
    requests: fake.requests,
    schemes: () => fake.requests.map(({ url }) => url.protocol),
  };
}

const network = (cause: ErrorCause) => new ActionError('network', cause, { transient: true, cause });
const notHttp = new ActionError('registry-error', 'not HTTP', { cause: 'not-http' });
const badCertificate = new ActionError('tls', 'bad certificate', { cause: 'tls' });
const noTls = new ActionError('tls', 'wrong version number', { cause: 'not-tls' });
const wantsTls = {
  Go: 'Client sent an HTTP request to an HTTPS server.\n',
  nginx: '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>',
  Apache: "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
};

test('https stays https, whatever happens', async () => {
  for (const failure of [network('refused'), network('closed'), notHttp, badCertificate]) {
    const { send, requests } = host({ http: 200, https: failure });
    await assert.rejects(send(requestTo('https://localhost:5000/')), failure);
    assert.equal(requests.length, 1);
  }
});

test('plain HTTP is spoken where it is understood, and stays', async () => {
  const { send, schemes } = host({ http: 401, https: 200 });
  assert.equal((await send(requestTo(plain))).status, 401);
  await send(requestTo(plain));
  assert.deepEqual(schemes(), ['http:', 'http:']);
});

for (const [server, body] of Object.entries(wantsTls)) {
  test(`TLS is spoken where ${server} responds that it wants TLS, and stays`, async () => {
    const { send, requests, schemes } = host({ http: { status: 400, body }, https: 200 });
    assert.equal((await send(requestTo(plain))).url.href, 'https://localhost:5000/v2/');
    await send(requestTo('http://localhost:5000/other?x', { headers: { authorization: 'secret' } }));
    assert.deepEqual(schemes(), ['http:', 'https:', 'https:']);
    assert.equal(requests[2]?.url.href, 'https://localhost:5000/other?x');
  });
}

test('a 400 that speaks of something else is a response', async () => {
  const { send, schemes } = host({ http: { status: 400, body: 'bad name' }, https: 200 });
  assert.equal((await send(requestTo(plain))).status, 400);
  assert.deepEqual(schemes(), ['http:']);
});

test('another status is a response, whatever it speaks of', async () => {
  const { send, schemes } = host({ http: { status: 404, body: wantsTls.Go }, https: 200 });
  assert.equal((await send(requestTo(plain))).status, 404);
  assert.deepEqual(schemes(), ['http:']);
});

describe('TLS is tried', () => {
  for (const failure of [network('closed'), notHttp]) {
    test(`where plain HTTP ends in ${failure.cause}`, async () => {
      const { send, schemes } = host({ http: failure, https: 200 });
      assert.equal((await send(requestTo(plain))).status, 200);
      await send(requestTo(plain));
      assert.deepEqual(schemes(), ['http:', 'https:', 'https:']);
    });
  }

  test('and what it failed of is told, when that is the certificate; plain HTTP is not tried again', async () => {
    const { send, schemes } = host({ http: network('closed'), https: badCertificate });
    await assert.rejects(send(requestTo(plain)), badCertificate);
    await assert.rejects(send(requestTo(plain)), badCertificate);
    assert.deepEqual(schemes(), ['http:', 'https:', 'https:']);
  });

  test('and what plain HTTP failed of is told, when TLS is not spoken either', async () => {
    for (const failure of [noTls, network('closed'), network('refused'), notHttp]) {
      const first = network('closed');
      const { send, schemes } = host({ http: first, https: failure });
      await assert.rejects(send(requestTo(plain)), first);
      await assert.rejects(send(requestTo(plain)), first);
      assert.deepEqual(schemes(), ['http:', 'https:', 'http:', 'https:']);
    }
  });

  test('and the 400 is given back, when TLS is not spoken', async () => {
    const { send } = host({ http: { status: 400, body: wantsTls.Go }, https: noTls });
    assert.equal((await send(requestTo(plain))).status, 400);
  });

  test('with the signal of the operation', async () => {
    const operation = new AbortController();
    const { send } = fakeTransport(async ({ url, signal }) => {
      if (url.protocol === 'http:') throw network('closed');
      operation.abort(new ActionError('timeout', 'over'));
      assert.equal(signal.aborted, true);
      throw signal.reason;
    });
    await assert.rejects(withScheme(send)(requestTo(plain, { signal: operation.signal })));
  });
});

describe('TLS is not tried', () => {
  test('where nobody is at a port that was named', async () => {
    const { send, schemes } = host({ http: network('refused'), https: 200 });
    await assert.rejects(send(requestTo(plain)), failsWith('network', 'refused'));
    assert.deepEqual(schemes(), ['http:']);
  });

  for (const failure of [
    network('dns'),
    new ActionError('timeout', 'late', { cause: 'attempt-timeout' }),
    new TypeError('defect'),
  ]) {
    test(`where plain HTTP fails by ${failure.message}`, async () => {
      const { send, schemes } = host({ http: failure, https: 200 });
      await assert.rejects(send(requestTo(plain)), failure);
      assert.deepEqual(schemes(), ['http:']);
    });
  }
});

test('each host and port has a scheme of its own', async () => {
  const fake = fakeTransport(({ url }) => {
    if (url.port === '5001' && url.protocol === 'http:') throw network('closed');
    return 200;
  });
  const send = withScheme(fake.send);
  for (const port of [5000, 5001, 5000, 5001]) await send(requestTo(`http://localhost:${port}/`));
  assert.deepEqual(
    fake.requests.map(({ url }) => url.origin),
    [
      ...['http://localhost:5000', 'http://localhost:5001', 'https://localhost:5001'],
      ...['http://localhost:5000', 'https://localhost:5001'],
    ],
  );
});

test('a response that breaks HTTP in its middle was HTTP: TLS is not tried', async () => {
  const broken = new ActionError('registry-error', 'two lengths', { cause: 'protocol' });
  const { send, schemes } = host({ http: broken, https: 200 });
  await assert.rejects(send(requestTo(plain)), broken);
  assert.deepEqual(schemes(), ['http:']);
});

test('a redirect to the same place under https is TLS; any other is left to those who judge redirects', async () => {
  const places = {
    'https://localhost/v2/': ['http:', 'https:'],
    'https://localhost/elsewhere': ['http:'],
    'https://localhost:8443/v2/': ['http:'],
    'https://other.example/v2/': ['http:'],
  };
  for (const [location, expected] of Object.entries(places)) {
    const { send, schemes } = host({ http: { status: 301, headers: { location } }, https: 200 });
    await send(requestTo('http://localhost/v2/'));
    assert.deepEqual(schemes(), expected, location);
  }
});

test('a redirect of a token service is never followed', async () => {
  const location = 'https://localhost/token';
  const { send, schemes } = host({ http: { status: 301, headers: { location } }, https: 200 });
  assert.equal((await send(requestTo('http://localhost/token', { phase: 'token' }))).status, 301);
  assert.deepEqual(schemes(), ['http:']);
});

test('TLS on port 443 is spoken where plain HTTP on that port is not understood', async () => {
  const { send, requests } = host({ http: network('closed'), https: 200 });
  await send(requestTo('http://localhost:443/v2/'));
  assert.deepEqual(
    requests.map(({ url }) => url.href),
    ['http://localhost:443/v2/', 'https://localhost/v2/'],
  );
});

test('TLS is not tried on port 443 when nobody is at the port 80 that was named', async () => {
  const { send, requests } = host({ http: network('refused'), https: 200 });
  await assert.rejects(send(requestTo('http://localhost:80/v2/')), failsWith('network', 'refused'));
  assert.equal(requests.length, 1);
});

test('a HEAD is told by 400 alone that TLS is wanted, as it has no body', async () => {
  const { send } = host({ http: 400, https: 200 });
  assert.equal((await send(requestTo(plain, { method: 'HEAD' }))).status, 200);
});
