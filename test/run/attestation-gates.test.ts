import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, before, beforeEach, type TestContext, test } from 'node:test';
import { temporaryFolder, writeAt } from '../support/folder.ts';
import { blob, descriptor, image, index, indexOf, types } from '../support/images.ts';
import { type Referrers, referrersOf } from '../support/referrers.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';
import {
  actionsIssuer,
  type BundleOptions,
  bundleBlob,
  keyPair,
  provenance,
  referrerOf,
  release,
  type Sigstore,
  signPredicate,
  startSigstore,
} from '../support/sigstore.ts';

const [amd64, arm64] = [image('linux/amd64'), image('linux/arm64')];
const top = index([amd64, arm64]);
const repository = 'octo-org/shop';

let sigstore: Sigstore;
let root: string;
let registry: TestRegistry;
let referrers: Referrers;
let app: string;

before(async (context) => {
  sigstore = await startSigstore();
  root = await writeAt(join(await temporaryFolder(context as TestContext), 'root.json'), sigstore.rootText);
});
beforeEach(async () => {
  registry = await startRegistry();
  referrers = referrersOf(registry, repository);
  for (const each of [amd64, arm64]) registry.putImage(repository, each);
  registry.put(repository, top, 'v1');
  app = `${registry.host}/${repository}:v1`;
});
afterEach(() => registry.close());

/** The GitHub API: responds by `respond`, and remembers the requests. */
async function startApi(
  context: TestContext,
  respond: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    void response.writeHead(404).end('{}'),
) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Runs a step that demands that octo-org/shop built the image; the API has nothing. */
async function run(context: TestContext, inputs: Record<string, string> = {}, url?: string) {
  const env = { GITHUB_API_URL: url ?? (await startApi(context)).url };
  return runInProcess(
    { image: app, 'built-from': 'octo-org/shop', 'trusted-root': root, timeout: '20s', ...inputs },
    { env },
  );
}

/** Attaches a bundle about `subject`, signed about `about`. */
async function attach(subject = top, options: BundleOptions = {}, about = subject.digest) {
  const layer = bundleBlob(await sigstore.attest(about, options));
  const annotations = { 'dev.sigstore.bundle.predicateType': options.predicateType ?? provenance };
  referrers.attach(subject, referrerOf(subject, layer, { annotations }), annotations);
}

const codeOf = ({ outputs, stdout }: { outputs: Readonly<Record<string, string>>; stdout: string }) =>
  outputs['error-code'] ?? `none: ${stdout}`;

test('a provenance in the registry opens the gate, and the outputs tell what it proves', async (context) => {
  await attach();
  const step = await run(context);
  assert.equal(step.status, 0, step.stdout);
  const { outputs } = step;
  assert.equal(outputs['verified'], 'true');
  assert.equal(outputs['source-ref'], 'refs/tags/v1.4.2');
  assert.equal(outputs['source-commit'], '12'.repeat(20));
  assert.equal(outputs['signer'], release[9]);
  assert.equal(outputs['reference'], `${registry.host}/${repository}@${top.digest}`);
  const [result] = JSON.parse(outputs['results'] ?? '');
  assert.equal(result.verified.length, 1);
  assert.deepEqual(result.verified[0], {
    gate: 'built-from',
    subject: top.digest,
    predicateType: provenance,
    instance: 'trusted-root',
    issuer: actionsIssuer,
    identity: release[9],
    sourceRepository: 'octo-org/shop',
    sourceRef: 'refs/tags/v1.4.2',
    sourceCommit: '12'.repeat(20),
    workflow: 'octo-org/shop/.github/workflows/release.yml',
    runner: 'github-hosted',
    run: release[21],
    time: sigstore.time.toISOString(),
    logIndex: result.verified[0].logIndex,
    from: 'referrers-api',
  });
  assert.match(
    step.stdout,
    /built-from holds: verified: sha256:[0-9a-f]{64} was built from octo-org\/shop at refs\/tags\/v1\.4\.2/,
  );
  assert.match(step.summary, /built-from/);
});

test('every place in the registry is looked at', async (context) => {
  for (const [api, from] of [
    ['complete', 'referrers-api'],
    ['paged', 'referrers-api'],
    ['missing', 'referrers-tag'],
    ['empty', 'referrers-tag'],
    ['no-index', 'referrers-tag'],
    [406, 'referrers-tag'],
  ] as const) {
    referrers.api = api;
    await attach(top, { extensions: { ...release, 12: 'https://github.com/mallory/shop' } });
    await attach();
    referrers.writeTag(top);
    const step = await run(context);
    assert.equal(step.status, 0, `${api}: ${step.stdout}`);
    assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].verified[0].from, from);
  }
});

test('without any attestation the gate stays shut, however the API lies', async (context) => {
  for (const api of ['complete', 'empty', 'missing', 'no-index', 406] as const) {
    referrers.api = api;
    const step = await run(context);
    assert.equal(step.status, 1);
    assert.equal(codeOf(step), 'not-attested', String(api));
    assert.deepEqual(Object.keys(step.outputs), ['error-code']);
  }
});

test('an error of the registry is never "none"', async (context) => {
  for (const [status, code] of [
    [401, 'unauthorized'],
    [403, 'denied'],
    [500, 'registry-error'],
    [418, 'registry-error'],
  ] as const) {
    referrers.api = status;
    assert.equal(codeOf(await run(context)), code);
  }
});

test('an error of one place does not matter when another verifies', async (context) => {
  await attach();
  referrers.writeTag(top);
  referrers.api = 403;
  const step = await run(context);
  assert.equal(step.status, 0, step.stdout);
});

const forgeries: Readonly<Record<string, BundleOptions>> = {
  'of a fork': { extensions: { ...release, 12: 'https://github.com/mallory/shop' } },
  'of another kind': { predicateType: 'https://spdx.dev/Document/v2.3' },
  'on a self-hosted runner': { extensions: { ...release, 11: 'self-hosted' } },
  'with another payload type': { payloadType: 'text/plain' },
  'by a key': { key: keyPair().privateKey },
  'without a log': { log: false },
};

for (const [what, options] of Object.entries(forgeries)) {
  test(`an attestation ${what} keeps the gate shut`, async (context) => {
    await attach(top, options);
    const step = await run(context);
    assert.equal(codeOf(step), 'not-verified');
    assert.equal(step.outputs['verified'], undefined);
  });
}

test("somebody else's attestation, attached to this image, keeps the gate shut", async (context) => {
  await attach(top, {}, `sha256:${'cd'.repeat(32)}`);
  assert.equal(codeOf(await run(context)), 'not-verified');
});

test("a platform's attestation says nothing about the index, and the other way round", async (context) => {
  await attach(amd64.manifest);
  assert.equal(codeOf(await run(context)), 'not-attested');
  const step = await run(context, { 'attested-digest': 'manifest-digest' });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['reference'], `${registry.host}/${repository}@${amd64.manifest.digest}`);
  assert.equal(codeOf(await run(context, { 'attested-digest': 'manifest-digest', platform: 'all' })), 'not-attested');
  await attach(arm64.manifest);
  const both = await run(context, { 'attested-digest': 'manifest-digest', platform: 'all' });
  assert.equal(both.status, 0, both.stdout);
  assert.equal(both.outputs['reference'], '');
  assert.equal(both.outputs['verified'], 'true');
});

test('the bundle of a manifest that refers to something else is not read', async (context) => {
  const layer = bundleBlob(await sigstore.attest(top.digest));
  for (const changes of [{ subject: undefined }, { subject: descriptor(amd64.manifest) }]) {
    referrers.attach(top, referrerOf(top, layer, { changes }));
  }
  const step = await run(context);
  assert.equal(codeOf(step), 'not-attested');
  assert.match(step.stdout, /another subject, or none/);
});

test('an index without an image proves nothing, whatever is demanded of each platform', async (context) => {
  const empty = indexOf([]);
  const attestations = indexOf([descriptor(amd64.manifest, { platform: { os: 'unknown', architecture: 'unknown' } })]);
  for (const document of [empty, attestations]) {
    registry.put(repository, document, 'v1');
    for (const platform of ['all', 'linux/amd64']) {
      const step = await run(context, { 'attested-digest': 'manifest-digest', platform });
      assert.equal(step.status, 1, step.stdout);
    }
  }
});

test('each of several images must pass', async (context) => {
  await attach();
  registry.putImage(repository, amd64, 'v2');
  const step = await run(context, { image: `${app}\n${registry.host}/${repository}:v2` });
  assert.equal(codeOf(step), 'not-attested');
  await attach(amd64.manifest);
  const both = await run(context, { image: `${app}\n${registry.host}/${repository}:v2` });
  assert.equal(both.status, 0, both.stdout);
  assert.equal(both.outputs['verified'], 'true');
  assert.equal(both.outputs['signer'], undefined);
});

test('each predicate type must be proven, in lines or with commas', async (context) => {
  const sbom = 'https://spdx.dev/Document/v2.3';
  await attach();
  assert.equal(codeOf(await run(context, { 'predicate-type': `${provenance}\n${sbom}` })), 'not-verified');
  await attach(top, { predicateType: sbom });
  for (const separator of ['\n', ', ']) {
    const step = await run(context, { 'predicate-type': `${provenance}${separator}${sbom}` });
    assert.equal(step.status, 0, step.stdout);
    assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].verified.length, 2);
  }
});

test('unsigned provenance in the index is counted, and no evidence', async (context) => {
  const statement = blob({ _type: 'https://in-toto.io/Statement/v1' }, 'application/vnd.in-toto+json');
  const { manifest, layers } = referrerOf(top, statement, {
    layerAnnotations: { 'in-toto.io/predicate-type': provenance },
  });
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': amd64.manifest.digest,
  };
  const entry = descriptor(manifest, { platform: { os: 'unknown', architecture: 'unknown' }, annotations });
  registry.put(repository, manifest);
  for (const layer of layers) registry.putBlob(repository, layer);
  registry.put(repository, indexOf([descriptor(amd64.manifest, { platform: amd64.platform }), entry]), 'v1');
  const step = await run(context);
  assert.equal(codeOf(step), 'not-attested');
  assert.match(step.stdout, /1 unsigned BuildKit attestation.*not evidence/);
});

test('the GitHub API is asked with the token, and the bundle that it has opens the gate', async (context) => {
  const bundle = await sigstore.attest(top.digest);
  const api = await startApi(
    context,
    (_, response) => void response.end(JSON.stringify({ attestations: [{ bundle }] })),
  );
  const step = await run(context, { 'github-token': 'ghs_a-token-of-this-test' }, api.url);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].verified[0].from, 'github-api');
  const [request] = api.requests;
  assert.equal(request?.headers.authorization, 'Bearer ghs_a-token-of-this-test');
  assert.match(request?.url ?? '', new RegExp(`^/repos/octo-org/shop/attestations/${top.digest}\\?`));
  assert.ok(registry.seen.every(({ headers }) => headers.authorization === undefined));
});

test('the code of a failure is the worst of all sources', async (context) => {
  const statusOf = (status: number) => startApi(context, (_, response) => void response.writeHead(status).end('{}'));
  assert.equal(codeOf(await run(context, {}, (await statusOf(403)).url)), 'denied');
  assert.equal(codeOf(await run(context, {}, (await statusOf(401)).url)), 'unauthorized');
  assert.equal(codeOf(await run(context, {}, (await statusOf(404)).url)), 'not-attested');
  referrers.api = 403;
  assert.equal(codeOf(await run(context, {}, (await statusOf(401)).url)), 'denied');
  await attach(top, { predicateType: 'https://spdx.dev/Document/v2.3' });
  referrers.api = 'complete';
  assert.equal(codeOf(await run(context, {}, (await statusOf(404)).url)), 'not-verified');
  assert.equal(codeOf(await run(context, {}, (await statusOf(401)).url)), 'unauthorized');
  const away = await startApi(
    context,
    (_, response) =>
      void response.end(JSON.stringify({ attestations: [{ bundle: null, bundle_url: 'https://169.254.169.254/x' }] })),
  );
  assert.equal(codeOf(await run(context, {}, away.url)), 'untrusted-host');
});

test('a redirect of the API is not followed, and the token goes nowhere', async (context) => {
  const elsewhere = await startApi(context);
  const api = await startApi(
    context,
    (_, response) => void response.writeHead(302, { location: `${elsewhere.url}/x` }).end(),
  );
  const step = await run(context, { 'github-token': 'ghs_a-token-of-this-test' }, api.url);
  assert.equal(codeOf(step), 'registry-error');
  assert.deepEqual(elsewhere.requests, []);
});

test('an attestation that comes later is waited for, also after a bad one', async (context) => {
  const fault = registry.fault;
  let rounds = 0;
  const bad = bundleBlob(
    await sigstore.attest(top.digest, { extensions: { ...release, 12: 'https://github.com/mallory/shop' } }),
  );
  const good = bundleBlob(await sigstore.attest(top.digest));
  registry.fault = (request, response, count) => {
    if (request.url?.endsWith(`/referrers/${top.digest}`)) {
      rounds += 1;
      if (rounds === 2) referrers.attach(top, referrerOf(top, bad));
      if (rounds === 3) referrers.attach(top, referrerOf(top, good));
    }
    return fault?.(request, response, count);
  };
  const step = await run(context, { 'wait-timeout': '30s', 'wait-interval': '1s' });
  assert.equal(step.status, 0, step.stdout);
  assert.equal(rounds, 3);
  const gets = registry.paths().filter((path) => path === `GET /v2/${repository}/manifests/v1`);
  assert.equal(gets.length, 1, 'HEAD shows that the image is the same');
});

test('what time cannot fix ends the wait at once', async (context) => {
  referrers.api = 403;
  const step = await run(context, { 'wait-timeout': '1h', 'wait-interval': '1h' });
  assert.equal(codeOf(step), 'denied');
});

test('a wait that is over says what did not hold', async (context) => {
  await attach(top, { extensions: { ...release, 12: 'https://github.com/mallory/shop' } });
  const step = await run(context, { 'wait-timeout': '1s', 'wait-interval': '1s' });
  assert.equal(codeOf(step), 'wait-timeout');
  assert.match(step.errors[0]?.text ?? '', /mallory\/shop, not octo-org\/shop/);
});

test('a missing image fails although it may be missing', async (context) => {
  const step = await run(context, { image: `${registry.host}/${repository}:v9`, 'fail-on-missing': 'false' });
  assert.equal(codeOf(step), 'not-found');
});

test('a bundle that is too large is not read', async (context) => {
  const layer = bundleBlob({ ...(await sigstore.attest(top.digest)), padding: 'x'.repeat(5 * 1024 * 1024) });
  referrers.attach(top, referrerOf(top, layer));
  assert.equal(codeOf(await run(context)), 'too-large');
});

test('bytes of a bundle that are not its digest are refused', async (context) => {
  const layer = bundleBlob(await sigstore.attest(top.digest));
  referrers.attach(top, referrerOf(top, layer));
  registry.putBlob(repository, { ...layer, bytes: Buffer.from(layer.bytes).fill(0x20, 0, 1) });
  assert.equal(codeOf(await run(context)), 'digest-mismatch');
});

test('of 1,001 things that refer to an image some are read, and the rest is too many', async (context) => {
  const mediaType = types.manifest;
  const manifests = Array.from({ length: 1001 }, (_, at) => ({
    mediaType,
    size: 500,
    digest: `sha256:${at.toString(16).padStart(64, '0')}`,
  }));
  registry.fault = (request, response) => {
    if (!request.url?.includes('/referrers/')) return false;
    response
      .setHeader('content-type', types.index)
      .end(JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }));
    return true;
  };
  const step = await run(context);
  assert.equal(step.status, 1);
  assert.equal(codeOf(step), 'too-large');
});

test('the likeliest are read first: one provenance behind 150 bundles of another kind', async (context) => {
  const sbom = 'https://spdx.dev/Document/v2.3';
  for (let at = 0; at < 150; at += 1) {
    const layer = bundleBlob({ at });
    const annotations = { 'dev.sigstore.bundle.predicateType': sbom };
    referrers.attach(top, referrerOf(top, layer, { annotations }), annotations);
  }
  await attach();
  const step = await run(context);
  assert.equal(step.status, 0, step.errors[0]?.text);
});

test('two proofs of two gates must both hold', async (context) => {
  await attach();
  const inputs = { 'signed-by': `${release[9]} ${actionsIssuer}` };
  assert.equal(codeOf(await run(context, inputs)), 'not-verified');
  await attach(top, { predicateType: signPredicate });
  const step = await run(context, inputs);
  assert.equal(step.status, 0, step.stdout);
  assert.deepEqual(
    JSON.parse(step.outputs['results'] ?? '')[0].verified.map(({ gate }: { gate: string }) => gate),
    ['built-from', 'signed-by'],
  );
});

test('a keyless signature in the older form opens the gate', async (context) => {
  referrers.writeCosign(top, '.sig', [
    await sigstore.sign(`sha256:${'cd'.repeat(32)}`),
    await sigstore.sign(top.digest, { identity: 'https://evil.example/x' }),
    await sigstore.sign(top.digest),
  ]);
  const inputs = { 'built-from': 'none', 'signed-by': `${release[9]} ${actionsIssuer}` };
  const step = await run(context, inputs);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['signer'], release[9]);
  assert.equal(JSON.parse(step.outputs['results'] ?? '')[0].verified[0].from, 'cosign-tag');
  referrers.writeCosign(top, '.sig', [await sigstore.sign(`sha256:${'cd'.repeat(32)}`)]);
  assert.equal(codeOf(await run(context, inputs)), 'not-verified');
});

test('a key opens the gate with or without a log, as it is demanded', async (context) => {
  const { publicKey, privateKey } = keyPair();
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const inputs = { 'built-from': 'none', 'public-key': pem };
  referrers.writeCosign(top, '.sig', [await sigstore.sign(top.digest, { key: privateKey, log: false })]);
  assert.equal(codeOf(await run(context, inputs)), 'not-verified');
  const optional = await run(context, { ...inputs, 'transparency-log': 'optional' });
  assert.equal(optional.status, 0, optional.stdout);
  assert.equal(optional.outputs['signer'], undefined);
  assert.equal(optional.outputs['verified'], 'true');
  referrers.writeCosign(top, '.sig', [await sigstore.sign(top.digest, { key: privateKey })]);
  const step = await run(context, inputs);
  assert.equal(step.status, 0, step.stdout);
  const other = keyPair().publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.equal(codeOf(await run(context, { ...inputs, 'public-key': other })), 'not-verified');
});

test('the words of a certificate cannot speak to the runner', async (context) => {
  const evil = 'x\n::error::evil\n##[command]\u001b[31m';
  const extensions = { ...release, 13: evil, 21: evil };
  await attach(top, { extensions });
  const step = await run(context);
  assert.equal(step.status, 0, step.stdout);
  assert.equal(step.outputs['source-commit'], undefined);
  assert.ok(!/^::error::evil/m.test(step.stdout));
  assert.ok(!step.stdout.includes('##[command]'));
  assert.ok(!step.stdout.includes('\u001b'));
  const refusedStep = await (async () => {
    registry.putImage(repository, amd64, 'v3');
    await attach(amd64.manifest, { extensions: { ...release, 12: `https://github.com/${evil}/x` } });
    return run(context, { image: `${registry.host}/${repository}:v3` });
  })();
  assert.equal(codeOf(refusedStep), 'not-verified');
  assert.ok(!/^::error::evil/m.test(refusedStep.stdout));
});
