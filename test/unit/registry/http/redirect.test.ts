import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError } from '../../../../src/error.ts';
import { withRedirects } from '../../../../src/registry/http/redirect.ts';
import { type Trust, trustFor } from '../../../../src/registry/trust/trust.ts';
import { anyAddress, failsWith, fakeTransport, requestTo } from '../../../support/transport.ts';

const start = 'https://registry.example/v2/a/blobs/b';
const authorization = 'Bearer secret';
const trustOf = (registry: string) => trustFor(registry, { authHosts: new Map(), plainHttp: new Set() });

/** Where each URL redirects to; every other URL responds 200. */
function redirecting(targets: Readonly<Record<string, string>>, trust: Trust = trustOf('registry.example')) {
  const fake = fakeTransport(({ url }) => {
    const location = targets[url.href];
    return location === undefined ? 200 : { status: 307, headers: { location } };
  });
  const send = withRedirects(fake.send, trust);
  return { send, requests: fake.requests, urls: () => fake.requests.map(({ url }) => url.href) };
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} is followed, with the method of the request`, async () => {
    const { send, requests } = fakeTransport((_, count) =>
      count === 1 ? { status, headers: { location: 'https://cdn.example/blob' } } : 200,
    );
    const response = await withRedirects(send, trustOf('registry.example'))(requestTo(start, { method: 'HEAD' }));
    assert.equal(response.url.href, 'https://cdn.example/blob');
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['HEAD', 'HEAD'],
    );
  });
}

for (const status of [200, 300, 304, 305, 306, 401, 404]) {
  test(`a ${status} with a Location is no redirect`, async () => {
    const { send, requests } = fakeTransport(() => ({ status, headers: { location: 'https://cdn.example/' } }));
    const response = await withRedirects(send, trustOf('registry.example'))(requestTo(start));
    assert.equal(response.status, status);
    assert.equal(requests.length, 1);
  });
}

const relative: Record<string, string> = {
  '/elsewhere?x=1': 'https://registry.example/elsewhere?x=1',
  c: 'https://registry.example/v2/a/blobs/c',
  '../uploads': 'https://registry.example/v2/a/uploads',
  '//cdn.example/x': 'https://cdn.example/x',
  '?again': `${start}?again`,
};
for (const [location, target] of Object.entries(relative)) {
  test(`the relative Location ${location} is resolved`, async () => {
    const { send, urls } = redirecting({ [start]: location });
    await send(requestTo(start));
    assert.deepEqual(urls(), [start, target]);
  });
}

test('five redirects are followed, and a sixth is registry-error', async () => {
  const chain = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, at) => [at === 0 ? start : `${start}${at}`, `${start}${at + 1}`]));
  const five = redirecting(chain(5));
  assert.equal((await five.send(requestTo(start))).url.href, `${start}5`);
  const six = redirecting(chain(6));
  await assert.rejects(six.send(requestTo(start)), failsWith('registry-error', 'redirects more than 5 times'));
  assert.equal(six.requests.length, 6);
});

test('a redirect to itself comes to an end', async () => {
  const { send, requests } = redirecting({ [start]: start });
  await assert.rejects(send(requestTo(start)), failsWith('registry-error', 'more than 5 times'));
  assert.equal(requests.length, 6);
});

test('a redirect without a target is registry-error', async () => {
  for (const headers of [{}, { location: 'https://' }, { location: 'https://[::' }, { location: 'http://a b/' }]) {
    const { send } = fakeTransport(() => ({ status: 307, headers }));
    const followed = withRedirects(send, trustOf('registry.example'))(requestTo(start));
    await assert.rejects(followed, failsWith('registry-error', 'redirects without a usable Location'));
  }
});

test('user information and fragment of a target are dropped', async () => {
  const { send, urls } = redirecting({ [start]: 'https://user:password@cdn.example/x?y#z' });
  await send(requestTo(start));
  assert.deepEqual(urls()[1], 'https://cdn.example/x?y');
});

describe('Authorization', () => {
  const withToken = requestTo(start, { headers: { authorization, accept: 'everything' } });

  test('is sent again within the scheme, host and port of the registry', async () => {
    const { send, requests } = redirecting({ [start]: '/moved' });
    await send(withToken);
    assert.equal(requests[1]?.headers['authorization'], authorization);
  });

  const elsewhere = [
    ...['https://cdn.example/', 'https://registry.example:8443/', 'https://registry.example.evil.example/'],
    ...['https://sub.registry.example/', 'https://registry.example./', 'https://registry.example@evil.example/'],
  ];
  for (const target of elsewhere) {
    test(`is not sent to ${target}, while other headers are`, async () => {
      const { send, requests } = redirecting({ [start]: target });
      await send(withToken);
      assert.deepEqual(requests[1]?.headers, { accept: 'everything' });
    });
  }

  test('is not sent again after a redirect has left the registry and come back', async () => {
    const { send, requests, urls } = redirecting({ [start]: 'https://cdn.example/', 'https://cdn.example/': '/back' });
    await send(withToken);
    const back = redirecting({ [start]: 'https://cdn.example/', 'https://cdn.example/': 'https://registry.example/x' });
    await back.send(withToken);
    assert.deepEqual(urls().slice(1), ['https://cdn.example/', 'https://cdn.example/back']);
    assert.deepEqual(back.urls()[2], 'https://registry.example/x');
    for (const { headers } of [...requests.slice(1), ...back.requests.slice(1)])
      assert.equal('authorization' in headers, false);
  });

  test('is not sent from plain HTTP to TLS on the same host, which is another origin', async () => {
    const trust = trustOf('localhost:5000');
    const { send, requests } = redirecting({ 'http://localhost:5000/': 'https://localhost:5000/' }, trust);
    await send(requestTo('http://localhost:5000/', { headers: { authorization } }));
    assert.deepEqual(requests[1]?.headers, {});
  });
});

test('every hop is put to the rules with where it came from and the connection where it all began, and gets their policy', async () => {
  const hops: string[] = [];
  const policy = { ...anyAddress };
  const trust: Trust = {
    ...trustOf('registry.example'),
    redirect(target, from, registry) {
      hops.push([target.hostname, from.hostname, registry.url.hostname, registry.address].join(' '));
      return policy;
    },
  };
  const { send, requests } = redirecting(
    { [start]: 'https://one.example/', 'https://one.example/': 'https://two.example/' },
    trust,
  );
  await send(requestTo(start));
  assert.deepEqual(hops, [
    'one.example registry.example registry.example 203.0.113.1',
    'two.example one.example registry.example 203.0.113.1',
  ]);
  assert.deepEqual(
    requests.slice(1).map(({ addressPolicy }) => addressPolicy === policy),
    [true, true],
  );
});

test('a target that the rules refuse is never contacted', async () => {
  const refusal = new ActionError('untrusted-host', 'no');
  const trust: Trust = {
    ...trustOf('registry.example'),
    redirect: () => {
      throw refusal;
    },
  };
  const { send, requests } = redirecting({ [start]: 'https://cdn.example/' }, trust);
  await assert.rejects(send(requestTo(start)), refusal);
  assert.equal(requests.length, 1);
});

test('a redirect from https to http, or to what is no web address, is untrusted-host', async () => {
  for (const target of [
    'http://registry.example/',
    'http://cdn.example/',
    'ftp://cdn.example/',
    'file:///etc/passwd',
    'data:,x',
  ]) {
    const { send, requests } = redirecting({ [start]: target });
    await assert.rejects(send(requestTo(start)), failsWith('untrusted-host', 'redirects from https'), target);
    assert.equal(requests.length, 1, target);
  }
});

test('a redirect is traced', async () => {
  const lines: string[] = [];
  const { send } = redirecting({ [start]: 'https://cdn.example/x' });
  await send(requestTo(start, { phase: 'manifest', trace: (phase, line) => lines.push(`${phase}: ${line}`) }));
  assert.deepEqual(lines, ['manifest: 307: redirected to https://cdn.example/x']);
});
