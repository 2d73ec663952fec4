import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { type Blob, blob, descriptor, image, index, indexOf, types } from '../support/images.ts';
import { type Referrers, referrersOf } from '../support/referrers.ts';
import { errorAnswer, startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';
import { provenance, type ReferrerOptions, referrerOf } from '../support/sigstore.ts';

const [amd64, arm64] = [image('linux/amd64'), image('linux/arm64')];
const top = index([amd64, arm64]);
const repository = 'o/app';
const sbomType = 'application/spdx+json';

let registry: TestRegistry;
let referrers: Referrers;
let app: string;

beforeEach(async () => {
  registry = await startRegistry();
  referrers = referrersOf(registry, repository);
  for (const each of [amd64, arm64]) registry.putImage(repository, each);
  registry.put(repository, top, 'v1');
  app = `${registry.host}/${repository}:v1`;
});
afterEach(() => registry.close());

const run = (inputs: Record<string, string> = {}) => runInProcess({ image: app, timeout: '20s', ...inputs });
const listIn = ({ outputs }: { outputs: Readonly<Record<string, string>> }) =>
  JSON.parse(outputs['referrers'] ?? 'null');

function attach(subject: Blob, artifactType = sbomType, options: ReferrerOptions = {}) {
  const layer = blob({ artifactType, at: subject.digest }, 'application/json');
  const artifact = referrerOf(subject, layer, { artifactType, ...options });
  referrers.attach(subject, artifact);
  return artifact.manifest;
}

test('without anything the list is empty, and without the input there is none', async () => {
  assert.deepEqual(listIn(await run({ referrers: 'true' })), []);
  assert.equal(listIn(await run()), null);
  assert.ok(
    !registry
      .paths()
      .slice(-3)
      .some((path) => path.includes('/referrers/')),
  );
});

test('what refers to the index and to the manifest is listed', async () => {
  const ofIndex = attach(top, sbomType, { annotations: { note: 'a' } });
  const ofManifest = attach(amd64.manifest);
  attach(arm64.manifest);
  const step = await run({ referrers: 'true' });
  assert.equal(step.status, 0, step.stdout);
  const common = { artifactType: sbomType, predicateTypes: [], mediaType: types.manifest, from: 'referrers-api' };
  const expected = [
    { subject: top.digest, digest: ofIndex.digest, ...common, size: ofIndex.bytes.length, annotations: { note: 'a' } },
    {
      subject: amd64.manifest.digest,
      digest: ofManifest.digest,
      ...common,
      size: ofManifest.bytes.length,
      annotations: {},
    },
  ];
  assert.deepEqual(listIn(step), expected);
  const [result] = JSON.parse(step.outputs['results'] ?? '');
  assert.deepEqual(result.referrers, expected);
  assert.match(step.summary, /application\/spdx/);
  assert.deepEqual(JSON.parse(readFileSync(step.outputs['results-path'] ?? '', 'utf8')), [result]);
  const both = await run({ referrers: 'true', platform: 'all' });
  assert.equal(listIn(both).length, 3);
  assert.deepEqual(
    JSON.parse(both.outputs['results'] ?? '').map((row: typeof result) => row.referrers.length),
    [2, 2],
  );
});

test('every place is looked at, and an artifact that is in two is listed once', async () => {
  attach(top);
  referrers.writeTag(top);
  assert.deepEqual(
    listIn(await run({ referrers: 'true' })).map(({ from }: { from: string }) => from),
    ['referrers-api'],
  );
  for (const api of ['missing', 'empty', 'no-index', 406] as const) {
    referrers.api = api;
    assert.deepEqual(
      listIn(await run({ referrers: 'true' })).map(({ from }: { from: string }) => from),
      ['referrers-tag'],
      String(api),
    );
  }
  attach(top, 'application/vnd.test.second');
  referrers.api = 'paged';
  assert.equal(listIn(await run({ referrers: 'true' })).length, 2);
});

test('tags of cosign are looked at', async () => {
  const payload = blob('{}', 'application/vnd.dev.cosign.simplesigning.v1+json');
  referrers.writeCosign(top, '.sig', [{ payload, annotations: {} }]);
  referrers.writeCosign(top, '.att', [
    { payload: blob('{"a":1}', 'application/vnd.dsse.envelope.v1+json'), annotations: { predicateType: provenance } },
  ]);
  referrers.writeCosign(amd64.manifest, '.sbom', [{ payload: blob('{"a":2}', 'text/spdx'), annotations: {} }]);
  const list = listIn(await run({ referrers: 'true' }));
  assert.deepEqual(
    list.map(({ subject, predicateTypes, from }: Record<string, unknown>) => ({ subject, predicateTypes, from })),
    [
      { subject: top.digest, predicateTypes: [], from: 'cosign-tag' },
      { subject: top.digest, predicateTypes: [provenance], from: 'cosign-tag' },
      { subject: amd64.manifest.digest, predicateTypes: [], from: 'cosign-tag' },
    ],
  );
});

test("BuildKit's entries are listed for what they are about", async () => {
  const statement = blob({}, 'application/vnd.in-toto+json');
  const { manifest } = referrerOf(top, statement, { layerAnnotations: { 'in-toto.io/predicate-type': provenance } });
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': amd64.manifest.digest,
  };
  registry.put(repository, manifest);
  const entry = descriptor(manifest, { platform: { os: 'unknown', architecture: 'unknown' }, annotations });
  registry.put(repository, indexOf([descriptor(amd64.manifest, { platform: amd64.platform }), entry]), 'v1');
  const list = listIn(await run({ referrers: 'true', 'require-referrers': provenance }));
  assert.equal(list.length, 1);
  assert.equal(list[0].subject, amd64.manifest.digest);
  assert.equal(list[0].from, 'index');
  assert.deepEqual(list[0].predicateTypes, [provenance]);
});

test('the tag that GitLab resolves to the subject itself is no list', async () => {
  registry.put(repository, top, top.digest.replace(':', '-'));
  registry.put(repository, amd64.manifest, amd64.manifest.digest.replace(':', '-'));
  referrers.api = 'missing';
  assert.deepEqual(listIn(await run({ referrers: 'true' })), []);
});

test('what lies about its subject, or cannot be read, is left out', async () => {
  const other = descriptor(arm64.manifest);
  attach(top, 'application/vnd.test.other', { changes: { subject: other } });
  attach(top, 'application/vnd.test.none', { changes: { subject: undefined } });
  attach(top, 'application/vnd.test.schema', { changes: { schemaVersion: 1 } });
  const honest = attach(top);
  const step = await run({ referrers: 'true' });
  assert.deepEqual(
    listIn(step).map(({ digest }: { digest: string }) => digest),
    [honest.digest],
  );
  assert.equal(step.stdout.match(/is left out/g)?.length, 3);
  const gate = await run({ 'require-referrers': 'application/vnd.test.other' });
  assert.equal(gate.outputs['error-code'], 'gate-failed');
});

test('the type of an artifact is the descriptor’s, else the manifest’s, else its config’s', async () => {
  const empty = 'application/vnd.oci.empty.v1+json';
  const config = { mediaType: 'application/vnd.test.config+json', digest: blob('{}', '').digest, size: 2 };
  attach(top, empty, { changes: { artifactType: undefined, config } });
  const manifest = attach(top, empty, { changes: { artifactType: 'application/vnd.test.own' } });
  registry.putBlob(repository, blob('{}', ''));
  assert.ok(manifest);
  const types = listIn(await run({ referrers: 'true' })).map(
    ({ artifactType }: { artifactType: string }) => artifactType,
  );
  assert.deepEqual(types, ['application/vnd.test.config+json', 'application/vnd.test.own']);
});

test('require-referrers wants something of each type', async () => {
  attach(top);
  attach(amd64.manifest, 'application/vnd.test.b');
  const good = await run({ 'require-referrers': `${sbomType}, application/vnd.test.b` });
  assert.equal(good.status, 0, good.stdout);
  assert.match(good.stdout, /no proof of who made/);
  assert.equal(good.outputs['referrers'], undefined);
  const bad = await run({ 'require-referrers': `${sbomType}\napplication/vnd.test.c` });
  assert.equal(bad.outputs['error-code'], 'gate-failed');
  assert.match(bad.errors[0]?.text ?? '', /application\/vnd\.test\.c/);
  assert.match(bad.errors[0]?.text ?? '', /application\/vnd\.test\.b/, 'it says what there is');
  const prefix = await run({ 'require-referrers': 'application/spdx' });
  assert.equal(prefix.outputs['error-code'], 'gate-failed');
});

test('an error of a place fails the step, and is never "none"', async () => {
  attach(top);
  for (const [status, code] of [
    [401, 'unauthorized'],
    [403, 'denied'],
    [500, 'registry-error'],
    [400, 'registry-error'],
  ] as const) {
    referrers.api = status;
    referrers.writeTag(top);
    assert.equal((await run({ referrers: 'true' })).outputs['error-code'], code);
    assert.equal((await run({ 'require-referrers': sbomType })).outputs['error-code'], code);
  }
});

test('a tag that is denied is an error, too', async () => {
  const fault = registry.fault;
  registry.fault = (request, response, count) => {
    if (!/manifests\/sha256-[0-9a-f]{64}/.test(request.url ?? '')) return fault?.(request, response, count);
    errorAnswer(response, 403, 'DENIED', 'no');
    return true;
  };
  assert.equal((await run({ referrers: 'true' })).outputs['error-code'], 'denied');
});

test('require-referrers is waited for', async () => {
  const fault = registry.fault;
  let rounds = 0;
  registry.fault = (request, response, count) => {
    if (request.url?.endsWith(`/referrers/${top.digest}`)) {
      rounds += 1;
      if (rounds === 2) attach(top);
    }
    return fault?.(request, response, count);
  };
  const step = await run({ 'require-referrers': sbomType, 'wait-timeout': '30s', 'wait-interval': '1s' });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(rounds, 2);
});

test('a next page is on the same registry, and of the same list', async () => {
  const fault = registry.fault;
  for (const link of [
    '<https://evil.example/v2/o/app/referrers/x>; rel="next"',
    `<http://localhost:${registry.port}/v2/${repository}/referrers/${top.digest}?page=1>; rel="next"`,
    '</v2/o/other/referrers/x>; rel="next"',
    '<http://[>; rel="next"',
  ]) {
    registry.fault = (request, response, count) => {
      if (request.url?.includes('/referrers/')) response.setHeader('link', link);
      return fault?.(request, response, count);
    };
    assert.equal((await run({ referrers: 'true' })).outputs['error-code'], 'untrusted-host', link);
  }
});

test('pages without an end are too many', async () => {
  const fault = registry.fault;
  let pages = 0;
  registry.fault = (request, response, count) => {
    if (!request.url?.includes('/referrers/')) return fault?.(request, response, count);
    pages += 1;
    response
      .setHeader('link', `<${request.url.replace(/\?.*/, '')}?page=${pages}>; rel="next"`)
      .setHeader('content-type', types.index);
    response.end(JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: [] }));
    return true;
  };
  assert.equal((await run({ referrers: 'true' })).outputs['error-code'], 'too-large');
  assert.ok(pages <= 20, 'ten pages for each of two subjects');
});

test('a hundred artifacts are listed, and one more is too many', async () => {
  for (let at = 0; at < 100; at += 1) attach(top, `application/vnd.test.n${at}`);
  assert.equal(listIn(await run({ referrers: 'true' })).length, 100);
  attach(top, 'application/vnd.test.n100');
  assert.equal((await run({ referrers: 'true' })).outputs['error-code'], 'too-large');
  assert.equal((await run({ 'require-referrers': 'application/vnd.test.n5' })).status, 0, 'it holds before the limit');
  assert.equal(
    (await run({ 'require-referrers': 'application/vnd.test.n100' })).status,
    0,
    'the likeliest are read first',
  );
  assert.equal((await run({ 'require-referrers': 'application/vnd.test.none' })).outputs['error-code'], 'too-large');
});

test('for a local layout there are no referrers', async () => {
  for (const inputs of [
    { referrers: 'true' },
    { 'require-referrers': sbomType },
    { 'built-from': 'o/r' },
    { 'public-key': 'k' },
  ] as const) {
    const step = await run({ ...inputs, image: 'oci-layout://layout' });
    assert.equal(step.outputs['error-code'], 'invalid-input');
  }
});
