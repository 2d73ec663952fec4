import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Referrer, ReferrerList } from '../../../src/content/store.ts';
import { ActionError } from '../../../src/error.ts';
import { loadImage } from '../../../src/image/image.ts';
import { platformImages } from '../../../src/image/platform-image.ts';
import { attestationEntries, imageReferrers } from '../../../src/image/referrers.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { storeOf } from '../../support/fake-store.ts';
import { type Blob, blob, descriptor, image, index, indexOf } from '../../support/images.ts';
import { type ReferrerOptions, referrerOf } from '../../support/sigstore.ts';

const amd64 = image('linux/amd64');
const top = index([amd64]);
const emptyType = 'application/vnd.oci.empty.v1+json';

const artifact = (name: string, subject: Blob = top, options: ReferrerOptions = {}) =>
  referrerOf(subject, blob({ name }, 'application/json'), { artifactType: `application/vnd.test.${name}`, ...options })
    .manifest;

const claim = (manifest: Blob, from: Referrer['from'] = 'referrers-api', changes: object = {}): Referrer => {
  const { artifactType = '' } = JSON.parse(manifest.bytes.toString());
  const { mediaType, digest, bytes } = manifest;
  return {
    from,
    descriptor: {
      mediaType,
      digest,
      size: bytes.length,
      annotations: {},
      artifactType,
      ...changes,
    } as Referrer['descriptor'],
  };
};

/** What refers to an image whose store makes these claims; also what was read, and what the log says. */
async function find(
  claims: Readonly<Record<string, Partial<ReferrerList>>>,
  {
    manifests = [],
    likeliest = [],
    of = top,
  }: { manifests?: readonly Blob[]; likeliest?: readonly string[]; of?: Blob } = {},
) {
  const store = storeOf(of, [amd64], manifests);
  store.referrers = async (subject) => ({ referrers: [], errors: [], overflow: undefined, ...claims[subject] });
  const loaded = await loadImage(store, 'latest');
  const entries = [await platformImages(loaded, store).choose(parsePlatform('linux/amd64'), false)];
  store.requests.length = 0;
  const lines: string[] = [];
  const list = await imageReferrers(loaded, entries, new Set(likeliest), {
    store,
    trace: (_, line) => lines.push(line),
  });
  return { ...list, lines, requests: store.requests, loaded };
}

test('each subject is asked about once, the image first', async () => {
  const [one, two] = [artifact('one'), artifact('two', amd64.manifest)];
  const claims = { [top.digest]: { referrers: [claim(one)] }, [amd64.manifest.digest]: { referrers: [claim(two)] } };
  const { referrers } = await find(claims, { manifests: [one, two] });
  assert.deepEqual(
    referrers.map(({ subject, digest }) => [subject, digest]),
    [
      [top.digest, one.digest],
      [amd64.manifest.digest, two.digest],
    ],
  );
  const single = artifact('single', amd64.manifest);
  const list = await find(
    { [amd64.manifest.digest]: { referrers: [claim(single)] } },
    { manifests: [single], of: amd64.manifest },
  );
  assert.equal(list.referrers.length, 1, 'a manifest is one subject');
});

test('an artifact is listed once for a subject, by the first place', async () => {
  const one = artifact('one');
  const { referrers } = await find(
    { [top.digest]: { referrers: [claim(one), claim(one, 'referrers-tag'), claim(one)] } },
    { manifests: [one] },
  );
  assert.deepEqual(
    referrers.map(({ from }) => from),
    ['referrers-api'],
  );
});

test('a manifest with another subject, without one, or that cannot be read is left out', async () => {
  const other = artifact('other', amd64.manifest);
  const none = artifact('none', top, { changes: { subject: undefined } });
  const broken = blob('{"schemaVersion":2', other.mediaType);
  const good = artifact('good');
  const unknown = artifact('unknown');
  const { referrers, errors, lines } = await find(
    {
      [top.digest]: {
        referrers: [
          claim(other),
          claim(none),
          {
            from: 'referrers-api',
            descriptor: claim(good, 'referrers-api', { digest: broken.digest, size: broken.bytes.length }).descriptor,
          },
          claim(unknown, 'referrers-api', { mediaType: 'text/plain' }),
          claim(good),
        ],
      },
    },
    { manifests: [other, none, broken, good, unknown] },
  );
  assert.deepEqual(
    referrers.map(({ digest }) => digest),
    [good.digest],
  );
  assert.deepEqual(errors, []);
  assert.equal(lines.filter((line) => line.includes('is left out')).length, 4);
});

test('an artifact that is named and not there is left out', async () => {
  const { referrers, lines } = await find({ [top.digest]: { referrers: [claim(artifact('gone'))] } });
  assert.deepEqual(referrers, []);
  assert.match(lines.join(), /is left out/);
});

test('the type is the descriptor’s, the manifest’s, or its config’s', async () => {
  const config = { mediaType: 'application/vnd.test.config', digest: blob('{}', '').digest, size: 2 };
  const typeOf = async (described: string, own: string | undefined) => {
    const manifest = artifact('x', top, { changes: { artifactType: own, config } });
    const { referrers } = await find(
      { [top.digest]: { referrers: [claim(manifest, 'referrers-api', { artifactType: described })] } },
      { manifests: [manifest] },
    );
    return referrers[0]?.artifactType;
  };
  assert.equal(await typeOf('application/a', 'application/b'), 'application/a');
  assert.equal(await typeOf('', 'application/b'), 'application/b');
  assert.equal(await typeOf(emptyType, 'application/b'), 'application/b');
  assert.equal(await typeOf(emptyType, emptyType), 'application/vnd.test.config');
  assert.equal(await typeOf('', undefined), 'application/vnd.test.config');
});

test('predicate types come from the manifest and its layers, each once', async () => {
  const manifest = artifact('x', top, {
    annotations: { 'dev.sigstore.bundle.predicateType': 'https://a' },
    layerAnnotations: { 'in-toto.io/predicate-type': 'https://b', predicateType: 'https://a' },
  });
  const { referrers } = await find({ [top.digest]: { referrers: [claim(manifest)] } }, { manifests: [manifest] });
  assert.deepEqual(referrers[0]?.predicateTypes, ['https://a', 'https://b']);
});

test('a hundred manifests are read, the likeliest first', async () => {
  const many = Array.from({ length: 101 }, (_, at) => artifact(`n${at}`));
  const claims = (count: number) => ({
    [top.digest]: { referrers: many.slice(0, count).map((manifest) => claim(manifest)) },
  });
  assert.equal((await find(claims(100), { manifests: many })).overflow, undefined);
  const over = await find(claims(101), { manifests: many });
  assert.equal(over.overflow?.code, 'too-large');
  assert.match(over.overflow?.message ?? '', /100/);
  assert.equal(over.referrers.length, 100);
  assert.equal(over.requests.filter((request) => request.startsWith('document')).length, 100);
  const likely = await find(claims(101), { manifests: many, likeliest: ['application/vnd.test.n100'] });
  assert.equal(likely.referrers[0]?.digest, many[100]?.digest);
});

test('errors and limits of the store are kept', async () => {
  const denied = new ActionError('denied', 'No.');
  const overflow = new ActionError('too-large', 'More.');
  const list = await find({ [top.digest]: { errors: [denied] }, [amd64.manifest.digest]: { overflow } });
  assert.deepEqual(list.errors, [denied]);
  assert.equal(list.overflow, overflow);
});

test('attestation entries of an index are about the entry that they name', async () => {
  const one = artifact('one');
  const entry = (type: string, digest: string) =>
    descriptor(one, {
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': type, 'vnd.docker.reference.digest': digest },
    });
  const document = indexOf([
    descriptor(amd64.manifest, { platform: amd64.platform }),
    entry('attestation-manifest', amd64.manifest.digest),
    entry('other', amd64.manifest.digest),
    entry('attestation-manifest', `sha256:${'0'.repeat(64)}`),
  ]);
  const { loaded } = await find({}, { of: document });
  assert.equal(attestationEntries(loaded, amd64.manifest.digest as never).length, 1);
  assert.equal(attestationEntries(loaded, document.digest as never).length, 0);
});
