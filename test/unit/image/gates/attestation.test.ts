import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { AttestationSettings } from '../../../../src/attestation/attestation.ts';
import { attestationGates } from '../../../../src/image/gates/attestation.ts';
import { checkGates } from '../../../../src/image/gates/gate.ts';
import type { ImageReferrer } from '../../../../src/image/resolved-image.ts';
import type { Digest } from '../../../../src/oci/digest.ts';
import { settingsOf } from '../../../support/attestation.ts';
import { temporaryFolder, writeAt } from '../../../support/folder.ts';
import { subjectOf } from '../../../support/gate-subject.ts';
import { type Blob, image, index } from '../../../support/images.ts';
import { rejection } from '../../../support/refusals.ts';
import {
  actionsIssuer,
  type BundleOptions,
  bundleBlob,
  referrerOf,
  release,
  type Sigstore,
  signPredicate,
  startSigstore,
} from '../../../support/sigstore.ts';
import { fakeTransport, type Responder } from '../../../support/transport.ts';

const [amd64, arm64] = [image('linux/amd64'), image('linux/arm64')];
const top = index([amd64, arm64]);

let sigstore: Sigstore;
let trustedRoot: string;
before(async (context) => {
  sigstore = await startSigstore();
  trustedRoot = await writeAt(join(await temporaryFolder(context as never), 'root.json'), sigstore.rootText);
});

interface Case {
  readonly settings?: Partial<AttestationSettings>;
  readonly bundles?: readonly (readonly [subject: Blob, options?: BundleOptions])[];
  readonly platforms?: readonly string[];
  readonly api?: Responder;
}

async function check({ settings, bundles = [], platforms = ['linux/amd64'], api = () => 404 }: Case) {
  const parts = await Promise.all(
    bundles.map(async ([subject, options]) => {
      const layer = bundleBlob(await sigstore.attest(subject.digest, options));
      const { manifest } = referrerOf(subject, layer);
      const { digest, mediaType, bytes } = manifest;
      const referrer = {
        subject: subject.digest,
        digest,
        mediaType,
        size: bytes.length,
        from: 'referrers-api',
        artifactType: '',
        predicateTypes: [],
        annotations: {},
      };
      return { layer, manifest, referrer: referrer as unknown as ImageReferrer };
    }),
  );
  const subject = await subjectOf(top, [amd64, arm64], {
    platforms,
    more: parts.map(({ manifest }) => manifest),
    change: () => ({
      async *stream({ digest }: { digest: Digest }) {
        yield (parts.find(({ layer }) => layer.digest === digest) ?? assert.fail()).layer.bytes;
      },
    }),
  });
  const { send, requests } = fakeTransport(api);
  const gates = await attestationGates(settingsOf({ trustedRoot, ...settings }), send);
  const referrers = async () => ({ referrers: parts.map(({ referrer }) => referrer), errors: [], overflow: undefined });
  return { ...(await checkGates(gates, { ...subject, referrers })), requests };
}

const signedBy = [{ identity: String(release[9]), isPrefix: false, issuer: actionsIssuer }];

test('a gate for each input that is set', async () => {
  const names = async (settings: Partial<AttestationSettings>) =>
    (await attestationGates(settingsOf({ trustedRoot, ...settings }), fakeTransport(() => 404).send)).map(
      ({ input }) => input,
    );
  assert.deepEqual(await names({}), ['built-from']);
  assert.deepEqual(await names({ builtFrom: undefined, signedBy }), ['signed-by']);
  assert.deepEqual(await names({ signedBy }), ['built-from', 'signed-by']);
});

test('what is proven is told in words', async () => {
  const { sentences, verified, approvedDigest } = await check({ bundles: [[top]] });
  assert.equal(approvedDigest, top.digest);
  assert.equal(verified.length, 1);
  assert.equal(
    sentences.join(),
    `built-from holds: verified: ${top.digest} was built from octo-org/shop at refs/tags/v1.4.2 (commit ${'12'.repeat(20)}) by octo-org/shop/.github/workflows/release.yml on a GitHub-hosted runner; signed ${sigstore.time.toISOString()}, the instance of trusted-root, log index ${verified[0]?.logIndex}; found in the registry`,
  );
});

test('each platform must pass where their manifests are the attested ones', async () => {
  const settings = { attested: 'manifest-digest' } as const;
  const platforms = ['linux/amd64', 'linux/arm64'];
  await rejection('not-attested', check({ settings, platforms, bundles: [[amd64.manifest]] }));
  await rejection('not-attested', check({ settings, platforms, bundles: [[top]] }));
  const both = await check({ settings, platforms, bundles: [[amd64.manifest], [arm64.manifest]] });
  assert.equal(both.approvedDigest, undefined);
  assert.deepEqual(
    both.verified.map(({ subject }) => subject),
    [amd64.manifest.digest, arm64.manifest.digest],
  );
  const one = await check({ settings, bundles: [[amd64.manifest]] });
  assert.equal(one.approvedDigest, amd64.manifest.digest);
});

test('a good bundle behind bad ones passes, and bad ones alone give up to five reasons', async () => {
  const bad = (name: string): readonly [Blob, BundleOptions] => [
    top,
    { extensions: { ...release, 12: `https://github.com/mallory/${name}` } },
  ];
  assert.ok(await check({ bundles: [bad('a'), bad('b'), [top]] }));
  const error = await rejection('not-verified', check({ bundles: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(bad) }));
  assert.equal(error.message.match(/mallory/g)?.length, 5);
});

test('every gate must hold, each by whatever bundle', async () => {
  await rejection('not-verified', check({ settings: { signedBy }, bundles: [[top]] }));
  const { verified } = await check({
    settings: { signedBy },
    bundles: [[top], [top, { predicateType: signPredicate }]],
  });
  assert.deepEqual(
    verified.map(({ gate }) => gate),
    ['built-from', 'signed-by'],
  );
});

test('the API is asked for each repository once, and for signatures never', async () => {
  const builtFrom = ['octo-org/shop', 'Octo-Org/Shop', 'octo-org/other'].map((repository) => ({
    repository,
    ref: undefined,
  }));
  const { requests } = await check({ settings: { builtFrom }, bundles: [[top]] });
  assert.equal(new Set(requests.map(({ url }) => url.pathname.toLowerCase())).size, requests.length);
  assert.equal(requests.length, 2);
  const signed = await check({
    settings: { builtFrom: undefined, signedBy },
    bundles: [[top, { predicateType: signPredicate }]],
  });
  assert.deepEqual(signed.requests, []);
});

test('an error of the API matters only when nothing verifies, and the worst is the code', async () => {
  const denied: Responder = () => 403;
  assert.ok(await check({ bundles: [[top]], api: denied }));
  await rejection('denied', check({ api: denied }));
  await rejection('denied', check({ bundles: [[top, { predicateType: 'https://x' }]], api: denied }));
  const builtFrom = ['a/a', 'b/b', 'c/c'].map((repository) => ({ repository, ref: undefined }));
  const statuses: Record<string, number> = { a: 500, b: 401, c: 403 };
  await rejection(
    'denied',
    check({ settings: { builtFrom }, api: ({ url }) => statuses[url.pathname.split('/')[2] ?? ''] ?? 404 }),
  );
});

test('a list of the API that is cut says so when nothing verifies', async () => {
  const bundle = await sigstore.attest(top.digest, {
    extensions: { ...release, 12: 'https://github.com/mallory/shop' },
  });
  const link = '<https://api.github.com/repositories/1/attestations/x?after=y>; rel="next"';
  await rejection(
    'too-large',
    check({ api: () => ({ body: { attestations: Array(100).fill({ bundle }) }, headers: { link } }) }),
  );
});
