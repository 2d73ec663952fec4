import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  type Candidate,
  likeliestFirst,
  registrySource,
  type SubjectReferrer,
} from '../../../src/attestation/sources.ts';
import { byteBudget } from '../../../src/content/budget.ts';
import type { ReferrerOrigin } from '../../../src/content/store.ts';
import { ActionError } from '../../../src/error.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { fakeStore } from '../../support/fake-store.ts';
import { type Blob, blob, image } from '../../support/images.ts';
import { rejection } from '../../support/refusals.ts';
import {
  bundleBlob,
  provenance,
  type ReferrerOptions,
  referrerOf,
  type Sigstore,
  startSigstore,
} from '../../support/sigstore.ts';

const top = image('linux/amd64').manifest;
const subject = top.digest as Digest;

let sigstore: Sigstore;
before(async () => {
  sigstore = await startSigstore();
});

const referrer = (
  { digest, bytes, mediaType }: Blob,
  from: ReferrerOrigin = 'referrers-api',
  of: Digest = subject,
): SubjectReferrer => ({
  subject: of,
  digest: digest as Digest,
  mediaType,
  size: bytes.length,
  from,
});

async function source(
  layers: readonly (readonly [Blob, ReferrerOptions?, ReferrerOrigin?, Digest?])[],
  {
    errors = [],
    overflow,
    budget = byteBudget(64 * 1024 * 1024, 'Bundles'),
  }: { errors?: readonly ActionError[]; overflow?: ActionError; budget?: ReturnType<typeof byteBudget> } = {},
) {
  const manifests = layers.map(([layer, options]) => referrerOf(top, layer, options).manifest);
  const store = fakeStore(
    manifests,
    layers.map(([layer]) => layer),
  );
  const referrers = layers.map(([, , from, of], at) => referrer(manifests[at] ?? assert.fail(), from, of));
  const all = await registrySource(subject, { referrers, errors, overflow }, store, budget);
  return { ...all, requests: store.requests };
}

test('bundles of their own and what cosign keeps are candidates, and nothing else', async () => {
  const bundle = bundleBlob(await sigstore.attest(subject));
  const { payload: signature, annotations: layerAnnotations } = await sigstore.sign(subject);
  const envelope = blob({}, 'application/vnd.dsse.envelope.v1+json');
  const { candidates, errors } = await source([
    [bundle],
    [signature, { layerAnnotations }, 'cosign-tag'],
    [envelope, {}, 'cosign-tag'],
    [blob({}, 'application/vnd.in-toto+json')],
    [blob({}, 'application/spdx+json')],
    [bundle, { changes: { annotations: { a: 'b' } } }, 'index'],
  ]);
  assert.deepEqual(
    candidates.map(({ from }) => from),
    ['referrers-api', 'cosign-tag', 'cosign-tag'],
  );
  assert.deepEqual(errors, []);
  assert.deepEqual((await candidates[0]?.load())?.contentFor(subject), { predicateType: provenance });
  assert.deepEqual((await candidates[1]?.load())?.contentFor(subject), { predicateType: undefined });
  await rejection('not-verified', candidates[2]?.load() ?? assert.fail());
});

test('what refers to another subject is not read', async () => {
  const bundle = bundleBlob(await sigstore.attest(subject));
  const { candidates, requests } = await source([[bundle, {}, 'referrers-api', `sha256:${'0'.repeat(64)}`]]);
  assert.deepEqual([candidates, requests], [[], []]);
});

test('a bundle is downloaded when it is judged, and not before', async () => {
  const bundle = bundleBlob(await sigstore.attest(subject));
  const { candidates, requests } = await source([[bundle]]);
  assert.ok(!requests.some((request) => request.startsWith('stream')));
  await candidates[0]?.load();
  assert.ok(requests.includes(`stream ${bundle.digest}`));
});

test('a bundle of more than four MiB is refused before it is downloaded', async () => {
  const { candidates, requests } = await source([[bundleBlob({ padding: 'x'.repeat(5 * 1024 * 1024) })]]);
  await rejection('too-large', candidates[0]?.load() ?? assert.fail());
  assert.ok(!requests.some((request) => request.startsWith('stream')));
});

test('the bundles of a run have a limit together, each counted once', async () => {
  const one = bundleBlob(await sigstore.attest(subject));
  const other = bundleBlob(await sigstore.attest(subject));
  const budget = byteBudget(one.bytes.length, 'The bundles of this step');
  const { candidates } = await source([[one], [other]], { budget });
  await candidates[0]?.load();
  await candidates[0]?.load();
  assert.match(
    (await rejection('too-large', candidates[1]?.load() ?? assert.fail())).message,
    /The bundles of this step/,
  );
});

test('errors of the places and the limit are kept', async () => {
  const [denied, overflow] = [new ActionError('denied', 'No.'), new ActionError('too-large', 'More.')];
  assert.deepEqual((await source([], { errors: [denied], overflow })).errors, [denied, overflow]);
});

test('the annotated come first, and at most a hundred', () => {
  const candidate = (predicateType: string | undefined): Candidate => ({
    from: 'referrers-api',
    predicateType,
    load: () => assert.fail(),
  });
  const [own, other, none] = [candidate('a'), candidate('b'), candidate(undefined)];
  assert.deepEqual(likeliestFirst([other, none, own], 'a').candidates, [own, other, none]);
  assert.deepEqual(likeliestFirst([other, own, none], undefined).candidates, [other, own, none]);
  const hundred = Array.from({ length: 100 }, () => other);
  assert.deepEqual(likeliestFirst(hundred, 'a').errors, []);
  const over = likeliestFirst([...hundred, own], 'a');
  assert.equal(over.candidates.length, 100);
  assert.equal(over.candidates[0], own);
  assert.deepEqual(
    over.errors.map(({ code }) => code),
    ['too-large'],
  );
});
