import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { documentBudget } from '../../../src/content/budget.ts';
import { contentCache } from '../../../src/content/cache.ts';
import { ActionError } from '../../../src/error.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { targetOf } from '../../../src/oci/source.ts';
import type { Credential } from '../../../src/registry/credentials/credential.ts';
import { openRegistries } from '../../../src/registry/open.ts';
import { operation } from '../../support/fake-store.ts';
import { blob, descriptor, digestOf, image, index, types } from '../../support/images.ts';
import {
  type FakeResponse,
  failsWith,
  fakeClock,
  fakeTransport,
  openTransport,
  type Responder,
} from '../../support/transport.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const list = index([amd64, arm64]);
const tagged = 'registry.example/a/b:1';
const unknown = { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'unknown tag=1' }] };

interface Document {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

const served = ({ bytes, digest, mediaType }: Document, more: FakeResponse = {}): FakeResponse => ({
  body: bytes.toString(),
  ...more,
  headers: { 'content-type': mediaType, 'docker-content-digest': digest, ...more.headers },
});

/** Registries that respond so. */
function registries(respond: Responder, options: { plainHttp?: string[]; credential?: Credential } = {}) {
  const { send, requests } = fakeTransport(respond);
  const keptTokens: string[] = [];
  const all = openRegistries({
    send: openTransport(send),
    credentials: async () => options.credential,
    authHosts: new Map(),
    plainHttp: new Set(options.plainHttp),
    keepToken: (token) => keptTokens.push(token),
    budget: documentBudget(),
    cache: contentCache(),
    mirrors: new Map(),
    tagsFromRegistry: false,
    clock: fakeClock(),
  });
  const open = (text: string, own = operation) => all.open(parseReference(text), own);
  return {
    open,
    /** What a reference points to. */
    resolve: (text = tagged, own = operation) =>
      open(text, own).resolve(targetOf({ kind: 'registry', reference: parseReference(text) })),
    head: (text = tagged) => open(text).head(targetOf({ kind: 'registry', reference: parseReference(text) })),
    document: (described: Descriptor) => open(tagged).document(described),
    blob: (described: Descriptor) => open(tagged).blob(described),
    size: (described: Descriptor) => open(tagged).size(described),
    requests,
    keptTokens,
    urls: () => requests.map(({ method, url }) => `${method} ${url.href}`),
  };
}

/** The descriptor of an entry, typed as the code has it. */
function entry(document: Document, more: object = {}): Descriptor {
  return { ...descriptor(document as never), ...more } as unknown as Descriptor;
}

describe('the manifest of a reference', () => {
  test('is requested by its tag, with the four media types and nothing else', async () => {
    const { resolve, requests, urls } = registries(() => served(list));
    const { digest, bytes, document, servedBy } = await resolve();
    assert.equal(digest, list.digest);
    assert.deepEqual(Buffer.from(bytes), list.bytes);
    assert.equal(document.mediaType, types.index);
    assert.equal(servedBy, 'registry.example');
    assert.deepEqual(urls(), ['GET https://registry.example/v2/a/b/manifests/1']);
    const accept = [types.index, types.list, types.manifest, types.docker].sort();
    assert.deepEqual(requests[0]?.headers['accept']?.split(', ').sort(), accept);
    assert.equal(requests[0]?.maxBytes, 4 * 1024 * 1024);
    assert.equal('authorization' in (requests[0]?.headers ?? {}), false);
  });

  test('is requested by its digest where there is one, and the tag is not', async () => {
    const { resolve, urls } = registries(() => served(list));
    await resolve(`registry.example/a/b:1@${list.digest}`);
    assert.deepEqual(urls(), [`GET https://registry.example/v2/a/b/manifests/${list.digest}`]);
  });

  test('of the Hub is requested at registry-1.docker.io', async () => {
    const { resolve, urls } = registries(({ url }) => (url.hostname === 'auth.docker.io' ? 500 : served(list)));
    await resolve('nginx');
    assert.ok(urls().includes('GET https://registry-1.docker.io/v2/library/nginx/manifests/latest'));
  });

  test('that has other bytes than its digest is digest-mismatch (GHSA-qv35-3gw6-8q4j)', async () => {
    for (const headers of [{}, { 'docker-content-digest': list.digest }]) {
      const { resolve } = registries(() => ({
        ...served(amd64.manifest),
        headers: { ...headers, 'content-type': types.manifest },
      }));
      const result = resolve(`registry.example/a/b@${list.digest}`);
      await assert.rejects(result, failsWith('digest-mismatch', list.digest, amd64.manifest.digest, 'requested'));
    }
  });

  test('that has other bytes than Docker-Content-Digest says is digest-mismatch', async () => {
    for (const announced of [arm64.manifest.digest, digestOf('other', 'sha512')]) {
      const { resolve } = registries(() => served(list, { headers: { 'docker-content-digest': announced } }));
      await assert.rejects(resolve(), failsWith('digest-mismatch', announced, 'Docker-Content-Digest'));
    }
  });

  test('may be announced by sha512, or not at all, or badly', async () => {
    for (const announced of [digestOf(list.bytes, 'sha512'), '', 'nonsense', list.digest.toUpperCase(), 'md5:abc']) {
      const { resolve } = registries(() => served(list, { headers: { 'docker-content-digest': announced } }));
      assert.equal((await resolve()).digest, list.digest, announced);
    }
  });

  test('requested by sha512 is verified by sha512', async () => {
    const digest = digestOf(list.bytes, 'sha512');
    const { resolve } = registries(() => served(list));
    assert.equal((await resolve(`registry.example/a/b@${digest}`)).digest, digest);
    const wrong = `registry.example/a/b@${digestOf('other', 'sha512')}`;
    await assert.rejects(resolve(wrong), failsWith('digest-mismatch'));
  });

  test('that was requested by digest is fetched once, however often and by however many', async () => {
    const { resolve, requests } = registries(() => served(list));
    const pinned = `registry.example/a/b@${list.digest}`;
    await Promise.all([resolve(pinned), resolve(pinned)]);
    await resolve(pinned);
    assert.equal(requests.length, 1);
  });

  test('that failed is fetched again', async () => {
    const { resolve, requests } = registries((_, count) =>
      count === 1 ? { status: 404, body: unknown } : served(list),
    );
    const pinned = `registry.example/a/b@${list.digest}`;
    await assert.rejects(resolve(pinned), failsWith('not-found'));
    await resolve(pinned);
    assert.equal(requests.length, 2);
  });
});

describe('not-found', () => {
  test('is a 404 to the manifest, with the words of the registry', async () => {
    const { resolve, urls } = registries(() => ({ status: 404, body: unknown }));
    const words = ['registry.example/a/b:1 does not exist', 'MANIFEST_UNKNOWN: unknown tag=1'];
    await assert.rejects(resolve(), failsWith('not-found', ...words));
    assert.equal(urls().length, 1);
  });

  for (const base of [200, 401, 204, { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }] as const) {
    test(`is a 404 without an error list, where GET /v2/ shows that it is a registry: ${JSON.stringify(base)}`, async () => {
      const { resolve, requests } = registries(({ url }) => (url.pathname === '/v2/' ? base : 404));
      await assert.rejects(resolve(), failsWith('not-found'));
      assert.equal(requests.at(-1)?.url.href, 'https://registry.example/v2/');
      assert.equal('authorization' in (requests.at(-1)?.headers ?? {}), false);
    });
  }

  for (const base of [404, 403, 500, 400, 302] as const) {
    test(`is not a 404 of what is no registry, as GET /v2/ gives ${base}: an image would be pushed over`, async () => {
      const page = { status: 404, body: 'default backend - 404' };
      const { resolve } = registries(({ url }) =>
        url.pathname !== '/v2/' ? page : base === 302 ? { status: 302, headers: { location: '/login' } } : base,
      );
      await assert.rejects(resolve(), failsWith('registry-error', 'look like a registry'));
    });
  }

  const others = {
    401: 'unauthorized',
    403: 'denied',
    400: 'registry-error',
    410: 'registry-error',
    429: 'rate-limited',
  } as const;
  const more = { 204: 'registry-error', 206: 'registry-error', 304: 'registry-error', 500: 'registry-error' } as const;
  for (const [status, code] of Object.entries({ ...others, ...more })) {
    test(`is not ${status}, which is ${code}`, async () => {
      const { resolve } = registries(() => Number(status));
      await assert.rejects(resolve(), failsWith(code));
    });
  }

  test('is not the 404 of a token service, which is registry-error', async () => {
    const challenge = { 'www-authenticate': 'Bearer realm="https://registry.example/token"' };
    const { resolve } = registries(({ url }) =>
      url.pathname === '/token' ? 404 : { status: 401, headers: challenge },
    );
    await assert.rejects(resolve(), failsWith('registry-error', 'The token service'));
  });

  test('is not the 404 of where a registry redirects to, unless that is a manifest endpoint, too', async () => {
    const to = (location: string) =>
      registries(({ url }) =>
        url.hostname === 'registry.example' ? { status: 307, headers: { location } } : { status: 404, body: unknown },
      );
    await assert.rejects(to('https://cdn.example/blob').resolve(), failsWith('registry-error'));
    await assert.rejects(to('https://other.example/v2/x/manifests/1').resolve(), failsWith('not-found'));
    await assert.rejects(to('https://other.example/v2/x/manifests/2').resolve(), failsWith('registry-error'));
  });
});

describe('what an index names', () => {
  test('is requested by digest in the same repository', async () => {
    const { document, urls } = registries(() => served(amd64.manifest));
    const verified = await document(entry(amd64.manifest));
    assert.equal(verified.digest, amd64.manifest.digest);
    assert.equal(verified.document.kind, 'manifest');
    assert.deepEqual(urls(), [`GET https://registry.example/v2/a/b/manifests/${amd64.manifest.digest}`]);
  });

  test('and the registry lacks is registry-error, never not-found', async () => {
    const { document } = registries(() => 404);
    await assert.rejects(document(entry(amd64.manifest)), failsWith('registry-error', amd64.manifest.digest));
  });

  test('with other bytes is digest-mismatch', async () => {
    const { document } = registries(() => ({ ...served(arm64.manifest), headers: {} }));
    await assert.rejects(document(entry(amd64.manifest)), failsWith('digest-mismatch'));
  });

  test('with another size is size-mismatch', async () => {
    const { document } = registries(() => served(amd64.manifest));
    await assert.rejects(document(entry(amd64.manifest, { size: 1 })), failsWith('size-mismatch'));
  });

  test('with another media type is invalid-manifest', async () => {
    const { document } = registries(() => served(amd64.manifest));
    const described = entry(amd64.manifest, { mediaType: types.docker });
    await assert.rejects(document(described), failsWith('invalid-manifest'));
  });

  test('and says is larger than 4 MiB is too-large, and no request is sent', async () => {
    const { document, blob: fetchBlob, requests } = registries(() => served(amd64.manifest));
    const large = entry(amd64.manifest, { size: 4 * 1024 * 1024 + 1 });
    await assert.rejects(document(large), failsWith('too-large'));
    await assert.rejects(fetchBlob(large), failsWith('too-large'));
    assert.equal(requests.length, 0);
  });
});

describe('a config', () => {
  test('is requested among the blobs, and verified', async () => {
    const { blob: fetchBlob, urls } = registries(() => ({ body: amd64.config.bytes.toString() }));
    assert.deepEqual(Buffer.from(await fetchBlob(entry(amd64.config))), amd64.config.bytes);
    assert.deepEqual(urls(), [`GET https://registry.example/v2/a/b/blobs/${amd64.config.digest}`]);
  });

  test('with other bytes is digest-mismatch, with another size size-mismatch', async () => {
    const { blob: fetchBlob } = registries(() => ({ body: amd64.config.bytes.toString() }));
    await assert.rejects(fetchBlob(entry(arm64.config)), failsWith('digest-mismatch'));
    await assert.rejects(fetchBlob(entry(amd64.config, { size: 7 })), failsWith('size-mismatch'));
  });

  test('that is not there is registry-error', async () => {
    const { blob: fetchBlob } = registries(() => 404);
    await assert.rejects(fetchBlob(entry(amd64.config)), failsWith('registry-error', amd64.config.digest));
  });

  test('is followed to where the registry redirects, without credentials', async () => {
    const { blob: fetchBlob, requests } = registries(({ url }) =>
      url.hostname === 'cdn.example'
        ? { body: amd64.config.bytes.toString() }
        : { status: 307, headers: { location: 'https://cdn.example/x' } },
    );
    await fetchBlob(entry(amd64.config));
    assert.equal(requests[1]?.url.href, 'https://cdn.example/x');
  });
});

test('a config is fetched once for all who name it with one size, and again after a failure', async () => {
  const { blob: get, requests } = registries((_, count) => (count === 1 ? 404 : served(amd64.config)));
  await assert.rejects(get(entry(amd64.config)), failsWith('registry-error'));
  const all = await Promise.all([get(entry(amd64.config)), get(entry(amd64.config))]);
  assert.deepEqual(Buffer.from(all[1]), amd64.config.bytes);
  assert.equal(requests.length, 2);
  await assert.rejects(get(entry(amd64.config, { size: 9 })), failsWith('size-mismatch'));
});

test('what the storage of a registry refuses is not told as refused by the registry', async () => {
  const elsewhere = {
    status: 403,
    body: '<Code>AccessDenied</Code>',
    url: 'https://storage.example/blob?X-Amz-Signature=s',
  };
  const credential = { kind: 'basic', username: 'u', password: 'p', source: 'a test' } as const;
  const { blob: get, requests } = registries(() => elsewhere, { credential });
  const refused = await get(entry(amd64.config)).catch((error: unknown) => error);
  assert.ok(failsWith('denied', 'storage.example responded 403')(refused));
  assert.doesNotMatch(String(refused), /may not be pulled|came from/);
  assert.equal(requests.length, 1);
});

describe('all documents of a run together', () => {
  const mebibyte = 1024 * 1024;
  const texts = new Map<string, string>();
  /** A blob of so many bytes. */
  const blobOf = (size: number, character: string) => {
    const made = blob(character.repeat(size), types.config);
    texts.set(made.digest, made.bytes.toString());
    return entry(made);
  };
  const full = ['a', 'b', 'c', 'd', 'e'].map((character) => blobOf(4 * mebibyte, character));
  const one = blobOf(1, 'f');
  const serve: Responder = ({ url }) => {
    const digest = url.pathname.split('/').at(-1) ?? '';
    return digest === amd64.manifest.digest ? served(amd64.manifest) : { body: texts.get(digest) ?? '' };
  };

  test('may have 20 MiB, and a byte more is too-large', async () => {
    const { blob: fetchBlob } = registries(serve);
    for (const each of full) await fetchBlob(each);
    await assert.rejects(fetchBlob(one), failsWith('too-large', String(20 * mebibyte)));
  });

  test('count manifests with the configs, and each once', async () => {
    const { blob: fetchBlob, document } = registries(serve);
    for (const each of full.slice(1)) await fetchBlob(each);
    await fetchBlob(blobOf(4 * mebibyte - amd64.manifest.bytes.length, 'g'));
    for (let times = 0; times < 3; times += 1) await document(entry(amd64.manifest));
    await assert.rejects(fetchBlob(one), failsWith('too-large'));
    const { resolve } = registries(serve);
    await resolve(`registry.example/a/b@${amd64.manifest.digest}`);
  });
});

describe('HEAD of a manifest', () => {
  test('tells whether it is there, and as what, at the cost of no pull', async () => {
    const { head, urls } = registries(() => ({
      headers: { 'docker-content-digest': list.digest, 'content-type': types.index },
    }));
    assert.deepEqual(await head(), { digest: list.digest, mediaType: types.index });
    assert.deepEqual(urls(), ['HEAD https://registry.example/v2/a/b/manifests/1']);
  });

  test('that gives no digest, or a bad one, or several, gives none', async () => {
    for (const value of ['', 'nonsense', [list.digest, amd64.manifest.digest]]) {
      const { head } = registries(() => ({ headers: { 'docker-content-digest': value } }));
      assert.deepEqual(await head(), { digest: undefined, mediaType: undefined });
    }
    assert.deepEqual(await registries(() => 200).head(), { digest: undefined, mediaType: undefined });
  });

  for (const status of [204, 400, 403, 404, 405, 406, 410, 500, 501, 503]) {
    test(`is never the last word: after ${status} GET decides, and verifies`, async () => {
      const { head, requests } = registries(({ method }) => (method === 'HEAD' ? status : served(list)));
      const { digest, mediaType, document } = await head();
      assert.deepEqual({ digest, mediaType }, { digest: list.digest, mediaType: types.index });
      assert.equal(document?.digest, list.digest);
      assert.equal(requests.at(-1)?.method, 'GET');
    });
  }

  test('of what GET does not have either is not-found', async () => {
    const { head } = registries(({ method }) => (method === 'HEAD' ? 404 : { status: 404, body: unknown }));
    await assert.rejects(head(), failsWith('not-found', 'MANIFEST_UNKNOWN'));
  });

  const codes = { 401: 'unauthorized', 403: 'denied', 429: 'rate-limited', 500: 'registry-error' } as const;
  for (const [status, code] of Object.entries(codes)) {
    test(`and GET, both with ${status}, are ${code}, never missing`, async () => {
      await assert.rejects(registries(() => Number(status)).head(), failsWith(code));
    });
  }

  test('with 429 is rate-limited, and GET is not tried, which counts more', async () => {
    const { head, requests } = registries(({ method }) => (method === 'HEAD' ? 429 : served(list)));
    await assert.rejects(head(), failsWith('rate-limited'));
    assert.ok(requests.every(({ method }) => method === 'HEAD'));
  });
});

describe('the size of a blob', () => {
  const config = entry(amd64.config);
  const path = `https://registry.example/v2/a/b/blobs/${amd64.config.digest}`;

  test('is what HEAD states', async () => {
    const { size, urls } = registries(() => ({ headers: { 'content-length': '1234' } }));
    assert.deepEqual(await size(config), { kind: 'present', size: 1234 });
    assert.deepEqual(urls(), [`HEAD ${path}`]);
  });

  for (const head of [404, 400, 403, 405, 406, 200, { headers: { 'content-length': '12x' } }] as const) {
    test(`is what GET states, where HEAD does not tell: ${JSON.stringify(head)}`, async () => {
      const { size, requests } = registries(({ method }) =>
        method === 'HEAD' ? head : { headers: { 'content-length': '999999999' } },
      );
      assert.deepEqual(await size(config), { kind: 'present', size: 999_999_999 });
      assert.deepEqual(
        requests.map(({ method, isStream }) => [method, isStream ?? false]).at(-1),
        ['GET', true],
        'the body is not read',
      );
    });
  }

  test('of one that neither HEAD nor GET finds is missing', async () => {
    assert.deepEqual(await registries(() => 404).size(config), { kind: 'missing' });
  });

  test('that nobody states is unknown, and told in words', async () => {
    const claim = await registries(() => 200).size(config);
    assert.deepEqual(claim, { kind: 'unknown', why: 'registry.example gives no length' });
  });

  test('that a storage host refuses is unknown, and neither denied nor missing', async () => {
    const { size } = registries(({ url }) =>
      url.hostname === 'cdn.example' ? 403 : { status: 307, headers: { location: 'https://cdn.example/x' } },
    );
    assert.deepEqual(await size(config), { kind: 'unknown', why: 'cdn.example responded 403' });
  });

  test('is unauthorized, denied or rate-limited where the registry says so', async () => {
    const codes = { 401: 'unauthorized', 403: 'denied', 429: 'rate-limited' } as const;
    for (const [status, code] of Object.entries(codes)) {
      await assert.rejects(registries(() => Number(status)).size(config), failsWith(code));
    }
  });
});

describe('plain HTTP', () => {
  const hosts = {
    'http:': ['localhost:5000', '127.0.0.1:5000', '127.8.9.1', '[::1]:5000', 'a.localhost:5000', 'listed.example:5000'],
    'https:': ['registry.example', 'listed.example', '10.0.0.1:5000', 'localhost.example:5000', '[fd00::1]:5000'],
  };
  for (const [scheme, names] of Object.entries(hosts)) {
    for (const registry of names) {
      test(`is ${scheme === 'http:' ? '' : 'not '}tried with ${registry}`, async () => {
        const { resolve, requests } = registries(() => served(list), { plainHttp: ['listed.example:5000'] });
        await resolve(`${registry}/a:1`);
        assert.equal(requests[0]?.url.protocol, scheme);
      });
    }
  }
});

test('a registry at a metadata address gets no request', async () => {
  const { resolve, head, requests } = registries(() => served(list));
  for (const registry of ['169.254.169.254', 'metadata.google.internal', '[fe80::1]:5000']) {
    const forbidden = `${registry}/a:1`;
    await assert.rejects(resolve(forbidden), failsWith('untrusted-host'));
    await assert.rejects(head(forbidden), failsWith('untrusted-host'));
  }
  assert.equal(requests.length, 0);
});

test('requests to registries of one kind share the name of their policy, and those to loopback have another', async () => {
  const { resolve, requests } = registries(() => served(list));
  for (const name of ['registry.example/a:1', 'registry.example/b:1', 'other.example/a:1', 'localhost:5000/a:1']) {
    await resolve(name);
  }
  const [first, second, third, local] = requests.map(({ addressPolicy }) => addressPolicy.name);
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(local, first);
});

test('what is named and absent has a cause: it may still be pushed', async () => {
  const { document, blob: fetchBlob } = registries(() => 404);
  await assert.rejects(document(entry(amd64.manifest)), { code: 'registry-error', cause: 'missing-child' });
  await assert.rejects(fetchBlob(entry(amd64.config)), { code: 'registry-error', cause: 'bad-blob' });
});

test('a document that is not what its Content-Type says is invalid-manifest', async () => {
  const liar = blob(JSON.parse(list.bytes.toString()), types.manifest);
  await assert.rejects(registries(() => served(liar)).resolve(), failsWith('invalid-manifest'));
});

test('requests carry the signal, the limits and the log of their operation', async () => {
  const { resolve, requests } = registries(() => served(list));
  const lines: string[] = [];
  const own = { ...operation, deadline: 5, attemptMs: 7, trace: (...parts: unknown[]) => lines.push(parts.join(' ')) };
  await resolve(tagged, own);
  const [request] = requests;
  assert.deepEqual([request?.signal, request?.deadline, request?.attemptMs], [operation.signal, 5, 7]);
  assert.ok(lines.some((line) => line.includes(list.digest)));
  assert.ok(lines.some((line) => line.includes('GET https://registry.example/v2/a/b/manifests/1')));
});

test('a registry that may be spoken to over plain HTTP may have TLS and a token service on port 443', async () => {
  const { resolve } = registries(({ url, headers }) => {
    if (url.protocol === 'http:') throw new ActionError('network', 'closed', { cause: 'closed' });
    if (url.pathname === '/token') return { body: { token: 'token' } };
    if ('authorization' in headers) return { status: 404, body: unknown };
    return { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://localhost/token",service="s"' } };
  });
  await assert.rejects(resolve('localhost:443/a:1'), failsWith('not-found'));
});

test('a registry on port 80 is not looked for on port 443 when nobody is there', async () => {
  const { resolve, requests } = registries(() => {
    throw new ActionError('network', 'refused', { transient: true, cause: 'refused' });
  });
  await assert.rejects(resolve('localhost:80/a:1'), failsWith('network', 'refused'));
  assert.deepEqual(new Set(requests.map(({ url }) => url.href)), new Set(['http://localhost/v2/a/manifests/1']));
});

test('tokens are shared by the repositories of a run that they are for, and kept from the log', async () => {
  const { resolve, requests, keptTokens } = registries(({ url, headers }) => {
    if (url.pathname === '/token')
      return { body: { token: `token-for-${url.searchParams.get('scope')?.replace(/:/g, '-').replace(/\//g, '_')}` } };
    if ('authorization' in headers) return served(list);
    return { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://registry.example/token"' } };
  });
  for (const name of ['registry.example/a:1', 'registry.example/a:2', 'registry.example/b:1']) await resolve(name);
  assert.deepEqual(keptTokens, ['token-for-repository-a-pull', 'token-for-repository-b-pull']);
  assert.equal(requests.filter(({ url }) => url.pathname === '/token').length, 2);
});

describe('a document of a type that is not supported', () => {
  test('gets no request where its descriptor says so', async () => {
    const { document, requests } = registries(() => served(amd64.manifest));
    await assert.rejects(document(entry(amd64.manifest, { mediaType: 'x/y' })), failsWith('unsupported'));
    assert.equal(requests.length, 0);
  });

  test('is unsupported, and no mismatch, where its headers say so', async () => {
    const page = { body: '<html>please log in</html>', headers: { 'content-type': 'text/html' } };
    const { resolve, document } = registries(() => page);
    await assert.rejects(resolve(), failsWith('unsupported', 'login page'));
    await assert.rejects(document(entry(amd64.manifest)), failsWith('unsupported', 'login page'));
  });
});
