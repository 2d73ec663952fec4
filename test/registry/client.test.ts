import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseReference } from '../../src/oci/reference.ts';
import { registryClient } from '../../src/registry/client.ts';
import type { Credential } from '../../src/registry/credentials/credential.ts';
import { type Look, repositoryReach } from '../../src/registry/reach.ts';
import { blob, descriptor, digestOf, image, index, types } from '../support/images.ts';
import { type Answer, failsWith, fakeTransport, type Reply } from '../support/transport.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const list = index([amd64, arm64]);
const reference = parseReference('registry.example/a/b:1');
const look: Look = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, note: () => undefined };

interface Document {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

const served = ({ bytes, digest, mediaType }: Document, more: Answer = {}): Answer => ({
  body: bytes.toString(),
  ...more,
  headers: { 'content-type': mediaType, 'docker-content-digest': digest, ...more.headers },
});

function client(reply: Reply, options: { plainHttp?: string[]; credential?: Credential } = {}) {
  const { send, sent } = fakeTransport(reply);
  const made = registryClient(
    repositoryReach({
      send,
      credentials: async () => options.credential,
      authHosts: new Map(),
      plainHttp: new Set(options.plainHttp),
      keepToken: () => undefined,
    }),
  );
  return { ...made, sent, urls: () => sent.map(({ method, url }) => `${method} ${url.href}`) };
}

/** The descriptor of an entry, typed as the code has it. */
function entry(document: Document, more: object = {}) {
  const written = { ...descriptor(document as never), ...more };
  return written as unknown as Parameters<ReturnType<typeof client>['child']>[1];
}

describe('the manifest of a reference', () => {
  test('is asked for by its tag, with the four media types and nothing else', async () => {
    const { manifest, sent, urls } = client(() => served(list));
    const { digest, bytes, document } = await manifest(reference, look);
    assert.equal(digest, list.digest);
    assert.deepEqual(Buffer.from(bytes), list.bytes);
    assert.equal(document.mediaType, types.index);
    assert.deepEqual(urls(), ['GET https://registry.example/v2/a/b/manifests/1']);
    const accept = [types.index, types.list, types.manifest, types.docker].sort();
    assert.deepEqual(sent[0]?.headers['accept']?.split(', ').sort(), accept);
    assert.equal(sent[0]?.limit, 4 * 1024 * 1024);
    assert.equal('authorization' in (sent[0]?.headers ?? {}), false);
  });

  test('is asked for by its digest where there is one, and the tag is not', async () => {
    const { manifest, urls } = client(() => served(list));
    await manifest(parseReference(`registry.example/a/b:1@${list.digest}`), look);
    assert.deepEqual(urls(), [`GET https://registry.example/v2/a/b/manifests/${list.digest}`]);
  });

  test('of the Hub is asked for at registry-1.docker.io', async () => {
    const { manifest, urls } = client(({ url }) => (url.hostname === 'auth.docker.io' ? 500 : served(list)));
    await manifest(parseReference('nginx'), look);
    assert.ok(urls().includes('GET https://registry-1.docker.io/v2/library/nginx/manifests/latest'));
  });

  test('that has other bytes than its digest is digest-mismatch (GHSA-qv35-3gw6-8q4j)', async () => {
    for (const headers of [{}, { 'docker-content-digest': list.digest }]) {
      const { manifest } = client(() => ({
        ...served(amd64.manifest),
        headers: { ...headers, 'content-type': types.manifest },
      }));
      const asked = manifest(parseReference(`registry.example/a/b@${list.digest}`), look);
      await assert.rejects(asked, failsWith('digest-mismatch', list.digest, amd64.manifest.digest, 'asked for'));
    }
  });

  test('that has other bytes than Docker-Content-Digest says is digest-mismatch', async () => {
    for (const announced of [arm64.manifest.digest, digestOf('other', 'sha512')]) {
      const { manifest } = client(() => served(list, { headers: { 'docker-content-digest': announced } }));
      await assert.rejects(manifest(reference, look), failsWith('digest-mismatch', announced, 'Docker-Content-Digest'));
    }
  });

  test('may be announced by sha512, or not at all, or badly', async () => {
    for (const announced of [digestOf(list.bytes, 'sha512'), '', 'nonsense', list.digest.toUpperCase(), 'md5:abc']) {
      const { manifest } = client(() => served(list, { headers: { 'docker-content-digest': announced } }));
      assert.equal((await manifest(reference, look)).digest, list.digest, announced);
    }
  });

  test('asked for by sha512 is verified by sha512', async () => {
    const digest = digestOf(list.bytes, 'sha512');
    const { manifest } = client(() => served(list));
    assert.equal((await manifest(parseReference(`registry.example/a/b@${digest}`), look)).digest, digest);
    const wrong = parseReference(`registry.example/a/b@${digestOf('other', 'sha512')}`);
    await assert.rejects(manifest(wrong, look), failsWith('digest-mismatch'));
  });

  test('that was asked for by digest is fetched once, however often and by however many', async () => {
    const { manifest, sent } = client(() => served(list));
    const pinned = parseReference(`registry.example/a/b@${list.digest}`);
    await Promise.all([manifest(pinned, look), manifest(pinned, look)]);
    await manifest(pinned, look);
    assert.equal(sent.length, 1);
  });

  test('that failed is fetched again', async () => {
    const { manifest, sent } = client((_, count) => (count === 1 ? 404 : served(list)));
    const pinned = parseReference(`registry.example/a/b@${list.digest}`);
    await assert.rejects(manifest(pinned, look), failsWith('not-found'));
    await manifest(pinned, look);
    assert.equal(sent.length, 2);
  });
});

describe('not-found', () => {
  test('is a 404 to the manifest, with the words of the registry', async () => {
    const body = { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'unknown tag=1' }] };
    const { manifest } = client(() => ({ status: 404, body }));
    const words = ['registry.example/a/b:1 does not exist', 'MANIFEST_UNKNOWN: unknown tag=1'];
    await assert.rejects(manifest(reference, look), failsWith('not-found', ...words));
  });

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
      const { manifest } = client(() => Number(status));
      await assert.rejects(manifest(reference, look), failsWith(code));
    });
  }

  test('is not the 404 of a token service, which is registry-error', async () => {
    const challenge = { 'www-authenticate': 'Bearer realm="https://registry.example/token"' };
    const { manifest } = client(({ url }) => (url.pathname === '/token' ? 404 : { status: 401, headers: challenge }));
    await assert.rejects(manifest(reference, look), failsWith('registry-error', 'The token service'));
  });
});

describe('what an index names', () => {
  test('is asked for by digest in the same repository', async () => {
    const { child, urls } = client(() => served(amd64.manifest));
    const { digest, document } = await child(reference, entry(amd64.manifest), look);
    assert.equal(digest, amd64.manifest.digest);
    assert.equal(document.kind, 'manifest');
    assert.deepEqual(urls(), [`GET https://registry.example/v2/a/b/manifests/${amd64.manifest.digest}`]);
  });

  test('and the registry lacks is registry-error, never not-found', async () => {
    const { child } = client(() => 404);
    await assert.rejects(
      child(reference, entry(amd64.manifest), look),
      failsWith('registry-error', amd64.manifest.digest),
    );
  });

  test('with other bytes is digest-mismatch', async () => {
    const { child } = client(() => ({ ...served(arm64.manifest), headers: {} }));
    await assert.rejects(child(reference, entry(amd64.manifest), look), failsWith('digest-mismatch'));
  });

  test('with another size is size-mismatch', async () => {
    const { child } = client(() => served(amd64.manifest));
    await assert.rejects(child(reference, entry(amd64.manifest, { size: 1 }), look), failsWith('size-mismatch'));
  });

  test('with another media type is invalid-manifest', async () => {
    const { child } = client(() => served(amd64.manifest));
    const described = entry(amd64.manifest, { mediaType: types.docker });
    await assert.rejects(child(reference, described, look), failsWith('invalid-manifest'));
  });

  test('and says is larger than 4 MiB is too-large, and no request is sent', async () => {
    const { child, blob: fetchBlob, sent } = client(() => served(amd64.manifest));
    const large = entry(amd64.manifest, { size: 4 * 1024 * 1024 + 1 });
    await assert.rejects(child(reference, large, look), failsWith('too-large'));
    await assert.rejects(fetchBlob(reference, large, look), failsWith('too-large'));
    assert.equal(sent.length, 0);
  });
});

describe('a config', () => {
  test('is asked for among the blobs, and verified', async () => {
    const { blob: fetchBlob, urls } = client(() => ({ body: amd64.config.bytes.toString() }));
    assert.deepEqual(Buffer.from(await fetchBlob(reference, entry(amd64.config), look)), amd64.config.bytes);
    assert.deepEqual(urls(), [`GET https://registry.example/v2/a/b/blobs/${amd64.config.digest}`]);
  });

  test('with other bytes is digest-mismatch, with another size size-mismatch', async () => {
    const { blob: fetchBlob } = client(() => ({ body: amd64.config.bytes.toString() }));
    await assert.rejects(fetchBlob(reference, entry(arm64.config), look), failsWith('digest-mismatch'));
    await assert.rejects(fetchBlob(reference, entry(amd64.config, { size: 7 }), look), failsWith('size-mismatch'));
  });

  test('that is not there is registry-error', async () => {
    const { blob: fetchBlob } = client(() => 404);
    await assert.rejects(
      fetchBlob(reference, entry(amd64.config), look),
      failsWith('registry-error', amd64.config.digest),
    );
  });

  test('is followed to where the registry redirects, without credentials', async () => {
    const { blob: fetchBlob, sent } = client(({ url }) =>
      url.hostname === 'cdn.example'
        ? { body: amd64.config.bytes.toString() }
        : { status: 307, headers: { location: 'https://cdn.example/x' } },
    );
    await fetchBlob(reference, entry(amd64.config), look);
    assert.equal(sent[1]?.url.href, 'https://cdn.example/x');
  });
});

test('a config is fetched once for all who name it with one size, and again after a failure', async () => {
  const { blob: get, sent } = client((_, count) => (count === 1 ? 404 : served(amd64.config)));
  await assert.rejects(get(reference, entry(amd64.config), look), failsWith('registry-error'));
  const all = await Promise.all([get(reference, entry(amd64.config), look), get(reference, entry(amd64.config), look)]);
  assert.deepEqual(Buffer.from(all[1]), amd64.config.bytes);
  assert.equal(sent.length, 2);
  await assert.rejects(get(reference, entry(amd64.config, { size: 9 }), look), failsWith('size-mismatch'));
});

test('what the storage of a registry refuses is not said to be refused by the registry', async () => {
  const elsewhere = {
    status: 403,
    body: '<Code>AccessDenied</Code>',
    url: 'https://storage.example/blob?X-Amz-Signature=s',
  };
  const credential = { kind: 'basic', username: 'u', password: 'p', source: 'a test' } as const;
  const { blob: get, sent } = client(() => elsewhere, { credential });
  const refused = await get(reference, entry(amd64.config), look).catch((error: unknown) => error);
  assert.ok(failsWith('denied', 'storage.example answered 403')(refused));
  assert.doesNotMatch(String(refused), /may not be pulled|came from/);
  assert.equal(sent.length, 1);
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
  const serve: Reply = ({ url }) => {
    const digest = url.pathname.split('/').at(-1) ?? '';
    return digest === amd64.manifest.digest ? served(amd64.manifest) : { body: texts.get(digest) ?? '' };
  };

  test('may have 20 MiB, and a byte more is too-large', async () => {
    const { blob: fetchBlob } = client(serve);
    for (const each of full) await fetchBlob(reference, each, look);
    await assert.rejects(fetchBlob(reference, one, look), failsWith('too-large', String(20 * mebibyte)));
  });

  test('count manifests with the configs, and each once', async () => {
    const { blob: fetchBlob, child } = client(serve);
    for (const each of full.slice(1)) await fetchBlob(reference, each, look);
    await fetchBlob(reference, blobOf(4 * mebibyte - amd64.manifest.bytes.length, 'g'), look);
    for (let times = 0; times < 3; times += 1) await child(reference, entry(amd64.manifest), look);
    await assert.rejects(fetchBlob(reference, one, look), failsWith('too-large'));
    const { manifest } = client(serve);
    await manifest(parseReference(`registry.example/a/b@${amd64.manifest.digest}`), look);
  });
});

describe('HEAD', () => {
  test('of a reference tells whether it is there, and as what', async () => {
    const { head, urls } = client(() => ({ headers: { 'docker-content-digest': list.digest } }));
    assert.deepEqual(await head(reference, look), { exists: true, digest: list.digest });
    assert.deepEqual(urls(), ['HEAD https://registry.example/v2/a/b/manifests/1']);
  });

  test('of a reference that is missing tells so', async () => {
    assert.deepEqual(await client(() => 404).head(reference, look), { exists: false });
  });

  test('that gives no digest, or a bad one, or several, gives none', async () => {
    for (const value of ['', 'nonsense', [list.digest, amd64.manifest.digest]]) {
      const { head } = client(() => ({ headers: { 'docker-content-digest': value } }));
      assert.deepEqual(await head(reference, look), { exists: true, digest: undefined });
    }
    assert.deepEqual(await client(() => 200).head(reference, look), { exists: true, digest: undefined });
  });

  test('that a registry does not know leaves the answer to GET', async () => {
    for (const status of [405, 501]) {
      assert.deepEqual(await client(() => status).head(reference, look), { exists: true, digest: undefined });
    }
  });

  const codes = {
    401: 'unauthorized',
    403: 'denied',
    429: 'rate-limited',
    500: 'registry-error',
    400: 'registry-error',
  } as const;
  for (const [status, code] of Object.entries(codes)) {
    test(`that is answered by ${status} is ${code}, never missing`, async () => {
      await assert.rejects(client(() => Number(status)).head(reference, look), failsWith(code));
      await assert.rejects(
        client(() => Number(status)).blobSize(reference, entry(amd64.config), look),
        failsWith(code),
      );
    });
  }

  test('of a blob gives the size that the registry states', async () => {
    const { blobSize, urls } = client(() => ({ headers: { 'content-length': '1234' } }));
    assert.equal(await blobSize(reference, entry(amd64.config), look), 1234);
    assert.deepEqual(urls(), [`HEAD https://registry.example/v2/a/b/blobs/${amd64.config.digest}`]);
  });

  test('of a blob that is missing gives nothing, and without a size NaN', async () => {
    assert.equal(await client(() => 404).blobSize(reference, entry(amd64.config), look), undefined);
    for (const headers of [{}, { 'content-length': '' }, { 'content-length': '12x' }]) {
      assert.equal(await client(() => ({ headers })).blobSize(reference, entry(amd64.config), look), Number.NaN);
    }
  });
});

describe('plain HTTP', () => {
  const hosts = {
    'http:': ['localhost:5000', '127.0.0.1:5000', '127.8.9.1', '[::1]:5000', 'a.localhost:5000', 'listed.example:5000'],
    'https:': ['registry.example', 'listed.example', '10.0.0.1:5000', 'localhost.example:5000', '[fd00::1]:5000'],
  };
  for (const [scheme, registries] of Object.entries(hosts)) {
    for (const registry of registries) {
      test(`is ${scheme === 'http:' ? '' : 'not '}tried with ${registry}`, async () => {
        const { manifest, sent } = client(() => served(list), { plainHttp: ['listed.example:5000'] });
        await manifest(parseReference(`${registry}/a:1`), look);
        assert.equal(sent[0]?.url.protocol, scheme);
      });
    }
  }
});

test('a registry at a metadata address gets no request', async () => {
  const { manifest, head, sent } = client(() => served(list));
  for (const registry of ['169.254.169.254', 'metadata.google.internal', '[fe80::1]:5000']) {
    const forbidden = parseReference(`${registry}/a:1`);
    await assert.rejects(manifest(forbidden, look), failsWith('untrusted-host'));
    await assert.rejects(head(forbidden, look), failsWith('untrusted-host'));
  }
  assert.equal(sent.length, 0);
});

test('all requests to a registry share one check of addresses, and registries share none', async () => {
  const { manifest, sent } = client(() => served(list));
  for (const name of ['registry.example/a:1', 'registry.example/b:1', 'other.example/a:1']) {
    await manifest(parseReference(name), look);
  }
  assert.equal(sent[0]?.checkAddresses, sent[1]?.checkAddresses);
  assert.notEqual(sent[0]?.checkAddresses, sent[2]?.checkAddresses);
});

test('a document that is not what its Content-Type says is invalid-manifest', async () => {
  const liar = blob(JSON.parse(list.bytes.toString()), types.manifest);
  await assert.rejects(client(() => served(liar)).manifest(reference, look), failsWith('invalid-manifest'));
});

test('requests carry the signal, the deadline and the log of their look', async () => {
  const { manifest, sent } = client(() => served(list));
  const lines: string[] = [];
  const mine = { ...look, deadline: 5, note: (...parts: unknown[]) => lines.push(parts.join(' ')) };
  await manifest(reference, mine);
  assert.equal(sent[0]?.signal, look.signal);
  assert.equal(sent[0]?.deadline, 5);
  assert.ok(lines.some((line) => line.includes(list.digest)));
});
