import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionError } from '../../../src/error.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseDocument } from '../../../src/oci/document.ts';
import { findReferrers } from '../../../src/registry/referrers.ts';
import type { RepositoryRequest, RepositoryTransport } from '../../../src/registry/repository.ts';
import { operation } from '../../support/fake-store.ts';
import { type Blob, blob, types } from '../../support/images.ts';
import { type FakeResponse, responseTo } from '../../support/transport.ts';

const subject = digestOf(Buffer.from('subject'));
const entry = (at: number) => ({ mediaType: types.manifest, size: 100, digest: digestOf(Buffer.from(String(at))) });
const listOf = (manifests: readonly object[]) => ({ schemaVersion: 2, mediaType: types.index, manifests });
const missing = () => {
  throw new ActionError('not-found', 'It is not there.');
};

interface Places {
  readonly api?: (request: RepositoryRequest, count: number) => FakeResponse | number;
  readonly tags?: Readonly<Record<string, Blob | ActionError>>;
}

/** Looks everywhere; the API has nothing, and there are no tags, unless the test says so. */
async function find({ api = () => 404, tags = {} }: Places, of = subject) {
  const requests: RepositoryRequest[] = [];
  const resolved: string[] = [];
  const send: RepositoryTransport = async (request) => {
    requests.push(request);
    const url = `https://registry.example/v2/o/app/${request.path}${request.search ?? ''}`;
    const response = api(request, requests.length);
    return {
      ...responseTo(
        url,
        typeof response === 'number' ? response : { headers: { 'content-type': types.index }, ...response },
      ),
      servedBy: 'registry.example',
    };
  };
  const resolve = async (target: string) => {
    resolved.push(target);
    const place = tags[target];
    if (place === undefined) return missing();
    if (place instanceof ActionError) throw place;
    const { bytes, mediaType } = place;
    return { digest: digestOf(bytes), bytes, document: parseDocument(bytes, mediaType) };
  };
  const list = await findReferrers(of, { send, store: { resolve }, operation });
  return { ...list, requests, resolved };
}

const tag = subject.replace(':', '-');

test('the API is asked of the registry itself, and the tags beside it', async () => {
  const { requests, resolved, referrers, errors, overflow } = await find({ api: () => ({ body: listOf([entry(1)]) }) });
  const [request] = requests;
  assert.equal(request?.path, `referrers/${subject}`);
  assert.equal(request?.isForRegistry, true);
  assert.deepEqual(resolved.sort(), [tag, `${tag}.att`, `${tag}.sbom`, `${tag}.sig`]);
  assert.deepEqual(
    referrers.map(({ descriptor, from }) => [descriptor.digest, from]),
    [[entry(1).digest, 'referrers-api']],
  );
  assert.deepEqual([errors, overflow], [[], undefined]);
});

test('the tag of a sha512 digest has 64 of its digits', async () => {
  const { resolved } = await find({}, `sha512:${'cd'.repeat(64)}`);
  assert.ok(resolved.includes(`sha512-${'cd'.repeat(32)}`));
});

test('404 and 406 and what is no index say that there is no API', async () => {
  const tags = { [tag]: blob(listOf([entry(1)]), types.index) };
  for (const response of [
    404,
    406,
    { body: '<html>', headers: { 'content-type': 'text/html' } },
    { body: '' },
    {
      body: { schemaVersion: 2, mediaType: types.manifest, config: entry(1), layers: [] },
      headers: { 'content-type': types.manifest },
    },
    { body: '{"schemaVersion":2,"manifests":[],"manifests":[]}' },
  ]) {
    const { referrers, errors } = await find({ api: () => response, tags });
    assert.deepEqual(
      referrers.map(({ from }) => from),
      ['referrers-tag'],
      JSON.stringify(response),
    );
    assert.deepEqual(errors, []);
  }
});

test('every other status is an error, and what the other places have is kept', async () => {
  const tags = { [tag]: blob(listOf([entry(1)]), types.index) };
  for (const [status, code] of [
    [401, 'unauthorized'],
    [403, 'denied'],
    [429, 'rate-limited'],
    [500, 'registry-error'],
    [204, 'registry-error'],
    [307, 'registry-error'],
    [400, 'registry-error'],
  ] as const) {
    const { referrers, errors } = await find({ api: () => status, tags });
    assert.deepEqual(
      errors.map((error) => error.code),
      [code],
    );
    assert.equal(referrers.length, 1);
  }
  const denied = await find({
    tags: { [tag]: new ActionError('denied', 'No.'), [`${tag}.sig`]: new ActionError('unauthorized', 'No.') },
  });
  assert.deepEqual(denied.errors.map(({ code }) => code).sort(), ['denied', 'unauthorized']);
});

test('what the tag names counts only when it is an index other than the subject', async () => {
  const index = blob(listOf([entry(1)]), types.index);
  const own = digestOf(index.bytes);
  const { referrers } = await find({ tags: { [own.replace(':', '-')]: index } }, own);
  assert.deepEqual(referrers, []);
  const manifest = blob({ schemaVersion: 2, mediaType: types.manifest, config: entry(1), layers: [] }, types.manifest);
  assert.deepEqual((await find({ tags: { [tag]: manifest } })).referrers, []);
});

test('tags of cosign name one artifact each', async () => {
  const manifest = (at: number) =>
    blob({ schemaVersion: 2, mediaType: types.manifest, config: entry(at), layers: [] }, types.manifest);
  const tags = { [`${tag}.sig`]: manifest(1), [`${tag}.att`]: manifest(2), [`${tag}.sbom`]: manifest(3) };
  const { referrers } = await find({ tags });
  assert.deepEqual(
    referrers.map(({ from }) => from),
    ['cosign-tag', 'cosign-tag', 'cosign-tag'],
  );
  assert.deepEqual(
    referrers.map(({ descriptor }) => descriptor.digest),
    Object.values(tags).map(({ digest }) => digest),
  );
});

test('pages are followed on the same list of the same registry', async () => {
  const page = (link: string | undefined, at: number) => ({
    body: listOf([entry(at)]),
    headers: { 'content-type': types.index, ...(link && { link }) },
  });
  for (const link of [
    `</v2/o/app/referrers/${subject}?n=1&last=x>; rel="next"`,
    `<https://registry.example/v2/o/app/referrers/${subject}?n=1&last=x>; rel=next`,
    `</v2/o/app/referrers/${subject}?n=1&last=x>; title="a"; rel="next"`,
    `</first>; rel="first", </v2/o/app/referrers/${subject}?n=1&last=x>; rel="next"`,
  ]) {
    const { referrers, requests, errors } = await find({
      api: (_, count) => page(count === 1 ? link : undefined, count),
    });
    assert.deepEqual(errors, [], link);
    assert.equal(referrers.length, 2, link);
    assert.equal(requests[1]?.search, '?n=1&last=x');
  }
  for (const link of [
    `<https://evil.example/v2/o/app/referrers/${subject}?x>; rel="next"`,
    `<http://registry.example/v2/o/app/referrers/${subject}?x>; rel="next"`,
    `<https://registry.example:8443/v2/o/app/referrers/${subject}?x>; rel="next"`,
    `<//evil.example/v2/o/app/referrers/${subject}?x>; rel="next"`,
    '</v2/o/secret/referrers/x>; rel="next"',
    `</v2/o/app/referrers/${subject}/../../../secret/manifests/v1>; rel="next"`,
    '<https://[>; rel="next"',
  ]) {
    const { errors, requests } = await find({ api: (_, count) => page(link, count) });
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['untrusted-host'],
      link,
    );
    assert.equal(requests.length, 1);
  }
});

test('ten pages and 1,000 descriptors are looked at', async () => {
  const link = `</v2/o/app/referrers/${subject}?x>; rel="next"`;
  const endless = await find({
    api: (_, count) => ({ body: listOf([entry(count)]), headers: { 'content-type': types.index, link } }),
  });
  assert.equal(endless.requests.length, 10);
  assert.equal(endless.overflow?.code, 'too-large');
  assert.equal(endless.referrers.length, 10);
  const many = (count: number) =>
    find({ api: () => ({ body: listOf(Array.from({ length: count }, (_, at) => entry(at))) }) });
  assert.equal((await many(1000)).overflow, undefined);
  const over = await many(1001);
  assert.match(over.overflow?.message ?? '', /1000 were looked at/);
  assert.equal(over.referrers.length, 1000);
});
