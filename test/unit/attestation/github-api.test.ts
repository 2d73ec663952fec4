import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type ApiContext, apiSource } from '../../../src/attestation/github-api.ts';
import { byteBudget } from '../../../src/content/budget.ts';
import { ActionError, type ErrorCode } from '../../../src/error.ts';
import { subjectDigest } from '../../support/attestation.ts';
import { operation } from '../../support/fake-store.ts';
import { rejection } from '../../support/refusals.ts';
import { type BundleJson, provenance, type Sigstore, startSigstore } from '../../support/sigstore.ts';
import { fakeTransport, type Responder } from '../../support/transport.ts';

let sigstore: Sigstore;
let bundle: BundleJson;

before(async () => {
  sigstore = await startSigstore();
  bundle = await sigstore.attest(subjectDigest);
});

const token = 'ghs_secret-token-of-a-test';

async function source(respond: Responder, changes: Partial<ApiContext> & { readonly url?: string } = {}) {
  const { send, requests } = fakeTransport(respond);
  const { url = 'https://api.github.com', ...more } = changes;
  const context = { send, api: { url, token }, operation, budget: byteBudget(64 * 1024 * 1024, 'Bundles'), ...more };
  return { ...(await apiSource('octo-org/shop', subjectDigest, provenance, context)), requests };
}

const listOf = (...attestations: unknown[]) => ({ body: { attestations } });

/** A block of Snappy of one literal, as a text of the same bytes. */
function compressed(text: string): string {
  const size = text.length;
  const length = [(size & 127) | 128, ((size >> 7) & 127) | 128, (size >> 14) & 127];
  const bytes = [...length, 62 << 2, (size - 1) & 255, ((size - 1) >> 8) & 255, (size - 1) >> 16];
  // The fake sends UTF-8: nothing above 127 would survive it.
  return Buffer.from([...bytes, ...Buffer.from(text)]).toString('latin1');
}

test('the API is asked for the digest and the predicate type, with the token', async () => {
  const { candidates, errors, requests } = await source(() => listOf({ bundle }));
  assert.deepEqual(errors, []);
  const [request, ...others] = requests;
  assert.deepEqual(others, []);
  assert.equal(
    request?.url.href,
    `https://api.github.com/repos/octo-org/shop/attestations/${subjectDigest}?predicate_type=${encodeURIComponent(provenance)}&per_page=100`,
  );
  assert.equal(request?.method, 'GET');
  assert.equal(request?.headers['authorization'], `Bearer ${token}`);
  const [candidate] = candidates;
  assert.equal(candidate?.from, 'github-api');
  assert.deepEqual((await candidate?.load())?.contentFor(subjectDigest), { predicateType: provenance });
});

test('without a token none is sent', async () => {
  const { requests } = await source(() => listOf(), { api: { url: 'https://api.github.com/', token: '' } });
  assert.equal(requests[0]?.headers['authorization'], undefined);
  assert.equal(requests[0]?.url.pathname, `/repos/octo-org/shop/attestations/${subjectDigest}`);
});

test('the token is not sent over plain HTTP, but to loopback', async () => {
  const { errors, requests } = await source(() => listOf(), { url: 'http://api.github.com' });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['untrusted-host'],
  );
  assert.deepEqual(requests, []);
  assert.deepEqual((await source(() => listOf(), { url: 'http://127.0.0.1:1234' })).errors, []);
});

test('a 404 says that there are none, and an empty list does', async () => {
  const lines: string[] = [];
  const trace = (_: unknown, line: string) => lines.push(line);
  const missing = await source(() => 404, { operation: { ...operation, trace } });
  assert.deepEqual([missing.candidates, missing.errors], [[], []]);
  assert.match(lines.join('\n'), /attestations: read/);
  const empty = await source(() => listOf());
  assert.deepEqual([empty.candidates, empty.errors], [[], []]);
});

test('any other response is an error of the API, and never none', async () => {
  const responses: readonly [Parameters<typeof listOf>[0], ErrorCode][] = [
    [401, 'unauthorized'],
    [403, 'denied'],
    [429, 'rate-limited'],
    [500, 'registry-error'],
    [204, 'registry-error'],
    [301, 'registry-error'],
    [422, 'registry-error'],
    [{ status: 403, headers: { 'x-ratelimit-remaining': '0' } }, 'rate-limited'],
    [{ status: 403, headers: { 'x-ratelimit-remaining': '59' } }, 'denied'],
    [{ body: '' }, 'invalid-manifest'],
    [{ body: '<html>' }, 'invalid-manifest'],
    [{ body: '{}' }, 'registry-error'],
    [{ body: '[]' }, 'registry-error'],
    [{ body: '{"attestations":null}' }, 'registry-error'],
    [{ body: '{"attestations":{}}' }, 'registry-error'],
    [{ body: '{"attestations":[],"attestations":[]}' }, 'invalid-manifest'],
  ];
  for (const [response, code] of responses) {
    const { candidates, errors } = await source(() => response as number);
    assert.deepEqual(candidates, []);
    // One that is not strict JSON may be told by either code.
    const codes = errors.map((error) => error.code);
    assert.equal(codes.length, 1, JSON.stringify(response));
    assert.ok(
      codes[0] === code || (code === 'invalid-manifest' && codes[0] === 'registry-error'),
      `${codes} for ${JSON.stringify(response)}`,
    );
  }
});

test('a failure of the network is an error of the API', async () => {
  const { errors } = await source(() => {
    throw new ActionError('network', 'The connection broke.');
  });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['network'],
  );
});

const storage = 'https://tmaproduction.blob.core.windows.net/attestations/1.json.sn?sig=secret';

test('a bundle that is elsewhere is fetched without the token, and decompressed', async () => {
  const text = 'x'.repeat(100);
  const { candidates, requests } = await source(({ url }) =>
    url.host === 'api.github.com' ? listOf({ bundle: null, bundle_url: storage }) : { body: compressed(text) },
  );
  // What is there is no bundle, and it was decompressed before that was noticed.
  const error = await rejection('not-verified', candidates[0]?.load() ?? assert.fail());
  assert.match(error.message, /bundle/);
  const [, request] = requests;
  assert.equal(request?.url.href, storage);
  assert.deepEqual(request?.headers, {});
  assert.equal(request?.maxBytes, 4 * 1024 * 1024);
});

test('a bundle address that may not be followed gets no request', async () => {
  for (const url of [
    'http://tmaproduction.blob.core.windows.net/x',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://metadata.google.internal/',
    'https://127.0.0.1/x',
    'https://localhost/x',
    'https://x.localhost/',
    'https://10.0.0.1/',
    'https://8.8.8.8/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://intranet/',
    'https://user:password@storage.example/x',
    'https://user@storage.example/x',
    'ftp://storage.example/x',
    'file:///etc/passwd',
    'data:text/plain,x',
  ]) {
    const { candidates, requests } = await source(() => listOf({ bundle: null, bundle_url: url }));
    await rejection('untrusted-host', candidates[0]?.load() ?? assert.fail()).catch((problem: Error) => {
      throw new Error(`${url}: ${problem.message}`);
    });
    assert.equal(requests.length, 1, url);
  }
});

test('a name that stands for a local address is refused when it is looked up', async () => {
  const { candidates } = await source(({ url, addressPolicy }) => {
    if (url.host === 'api.github.com') return listOf({ bundle: null, bundle_url: storage });
    addressPolicy.check(url.hostname, ['169.254.169.254']);
    return 200;
  });
  await rejection('untrusted-host', candidates[0]?.load() ?? assert.fail());
  const near = await source(({ url, addressPolicy }) => {
    if (url.host === 'api.github.com') return listOf({ bundle: null, bundle_url: storage });
    addressPolicy.check(url.hostname, ['10.0.0.1']);
    return 200;
  });
  await rejection('untrusted-host', near.candidates[0]?.load() ?? assert.fail());
});

test('a redirect from a bundle is not followed', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const { candidates, requests } = await source(({ url }) =>
      url.host === 'api.github.com'
        ? listOf({ bundle: null, bundle_url: storage })
        : { status, headers: { location: 'https://storage.example/other' } },
    );
    await rejection('untrusted-host', candidates[0]?.load() ?? assert.fail());
    assert.equal(requests.length, 2);
  }
});

test('a bundle that is not there, or nowhere, is no bundle', async () => {
  const refused = async (code: ErrorCode, item: unknown, response: ReturnType<Responder> = 404) => {
    const { candidates } = await source(({ url }) => (url.host === 'api.github.com' ? listOf(item) : response));
    assert.equal(candidates.length, 1);
    return rejection(code, candidates[0]?.load() ?? assert.fail());
  };
  await refused('registry-error', { bundle: null, bundle_url: storage });
  await refused('denied', { bundle_url: storage }, 403);
  await refused('not-verified', { bundle_url: storage }, { body: 'x' });
  await refused('not-verified', { bundle_url: storage }, { body: '' });
  for (const item of [
    {},
    null,
    'x',
    7,
    [],
    { bundle: null },
    { bundle_url: '' },
    { bundle_url: 'x' },
    { bundle_url: 7 },
    { bundle: 'x' },
    { bundle: {} },
    { bundle: [] },
  ]) {
    await refused('not-verified', item);
  }
});

test('a bomb is refused', async () => {
  const { candidates } = await source(({ url }) =>
    url.host === 'api.github.com'
      ? listOf({ bundle_url: storage })
      : { body: '\x7f'.repeat(3) + String.fromCharCode(...[0x7f]) },
  );
  await rejection('not-verified', candidates[0]?.load() ?? assert.fail());
});

test('a bundle of more than four MiB is refused, wherever it stands', async () => {
  const large = { ...bundle, padding: 'x'.repeat(5 * 1024 * 1024) };
  const { candidates, errors } = await source(() => listOf({ bundle: large }, { bundle }));
  assert.deepEqual(errors, []);
  await rejection('too-large', candidates[0]?.load() ?? assert.fail());
  assert.ok(await candidates[1]?.load());
});

test('the bundles of a run have a limit together', async () => {
  const budget = byteBudget(1000, 'The bundles of this step');
  const { errors } = await source(() => listOf({ bundle }), { budget });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['too-large'],
  );
});
