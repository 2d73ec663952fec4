import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlobClaim } from '../../../../src/content/store.ts';
import { ActionError } from '../../../../src/error.ts';
import { blobsGate } from '../../../../src/image/gates/blobs.ts';
import { checkGates } from '../../../../src/image/gates/gate.ts';
import { type SubjectOptions, subjectOf } from '../../../support/gate-subject.ts';
import { blob, descriptor, type Image, image, index, types } from '../../../support/images.ts';
import { rejection } from '../../../support/refusals.ts';
import { settled } from '../../../support/transport.ts';

const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const [base, own] = amd64.layers as [Image['config'], Image['config']];

/** Checks an image whose store claims this of one blob. */
async function check(digest: string, claim: BlobClaim, { config, layers, manifest }: Image = amd64) {
  const options: SubjectOptions = {
    change: (store) => ({ size: async (blob) => (blob.digest === digest ? claim : store.size(blob)) }),
  };
  const subject = await subjectOf(manifest, [{ config, layers, manifest, platform: amd64.platform }], options);
  return { ...(await checkGates([blobsGate()], subject)), lines: subject.lines };
}

test('config and layers that are there, with their sizes, hold, and are counted', async () => {
  const subject = await subjectOf(amd64.manifest, [amd64]);
  const { sentences } = await checkGates([blobsGate()], subject);
  assert.deepEqual(sentences, ['verify-blobs holds: 3 blobs are there, as the manifest describes them']);
  assert.deepEqual(subject.requests.sort(), [amd64.config, base, own].map(({ digest }) => `size ${digest}`).sort());
});

test('blobs that platforms share are looked at once', async () => {
  const subject = await subjectOf(index([amd64, arm64]), [amd64, arm64], { platforms: ['linux/amd64', 'linux/arm64'] });
  await checkGates([blobsGate()], subject);
  assert.equal(subject.requests.length, 5);
});

test('one digest with two sizes is looked at for each, in whatever order: one of them is wrong', async () => {
  const right = descriptor(base);
  const wrong = { ...right, size: base.bytes.length + 1 };
  for (const layers of [
    [right, wrong],
    [wrong, right],
  ]) {
    const content = { schemaVersion: 2, mediaType: types.manifest, config: descriptor(amd64.config), layers };
    const manifest = blob(content, types.manifest);
    const subject = await subjectOf(manifest, [{ ...amd64, manifest }]);
    const { message } = await rejection('gate-failed', checkGates([blobsGate()], subject));
    assert.ok(
      message.includes(`${base.digest} has ${base.bytes.length} bytes, but the manifest says ${wrong.size}`),
      message,
    );
  }
});

test('a blob that is missing does not hold, and may still be pushed', async () => {
  for (const { digest } of [amd64.config, base, own]) {
    const error = await rejection('gate-failed', check(digest, { kind: 'missing' }));
    assert.equal(error.message, `verify-blobs does not hold: ${digest} is missing.`);
    assert.equal(error.cause, 'bad-blob');
  }
});

test('a blob of another size does not hold', async () => {
  for (const size of [0, base.bytes.length - 1]) {
    const { message } = await rejection('gate-failed', check(base.digest, { kind: 'present', size }));
    assert.match(message, new RegExp(`has ${size} bytes`));
  }
});

test('a blob that is there under a name that is not its digest does not hold', async () => {
  const { message } = await rejection(
    'gate-failed',
    check(base.digest, { kind: 'wrong', why: 'its bytes have another' }),
  );
  assert.ok(message.includes(`${base.digest} is not what its name says: its bytes have another`), message);
});

test('a blob of which nothing can be learnt does not hold, and is not called missing', async () => {
  const { message } = await rejection(
    'gate-failed',
    check(base.digest, { kind: 'unknown', why: 'cdn.example responded 403' }),
  );
  assert.match(message, /could not be judged: cdn\.example responded 403/);
  assert.doesNotMatch(message, /is missing/);
});

for (const mediaType of [
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
]) {
  const foreign = blob('foreign', mediaType);
  const manifest = blob(
    { schemaVersion: 2, mediaType: types.manifest, config: descriptor(amd64.config), layers: [descriptor(foreign)] },
    types.manifest,
  );
  const layered = { ...amd64, manifest, layers: [foreign] };

  test(`a layer that is not distributable may be absent, and the log names it: ${mediaType}`, async () => {
    const { sentences, lines } = await check(foreign.digest, { kind: 'missing' }, layered);
    assert.equal(sentences.length, 1);
    assert.match(lines.join('\n'), new RegExp(`${foreign.digest} is left out`));
  });

  test(`a layer that is not distributable is not left out for what else the registry says: ${mediaType}`, async () => {
    await rejection('gate-failed', check(foreign.digest, { kind: 'unknown', why: '403' }, layered));
  });

  test(`a layer that is not distributable, but there, has its size: ${mediaType}`, async () => {
    await rejection('gate-failed', check(foreign.digest, { kind: 'present', size: 1 }, layered));
  });
}

test('an error of the store stands in the way of a judgement', async () => {
  const size = () => Promise.reject(new ActionError('rate-limited', 'slow down'));
  const subject = await subjectOf(amd64.manifest, [amd64], { change: () => ({ size }) });
  await rejection('rate-limited', checkGates([blobsGate()], subject));
});

test('at most eight blobs are looked at at once', async () => {
  const many = image('linux/amd64', { layers: Array.from({ length: 30 }, (_, at) => `layer ${at}`) });
  let running = 0;
  let most = 0;
  const subject = await subjectOf(many.manifest, [many], {
    change: (store) => ({
      async size(blob) {
        running += 1;
        most = Math.max(most, running);
        await settled();
        running -= 1;
        return store.size(blob);
      },
    }),
  });
  await checkGates([blobsGate()], subject);
  assert.equal(most, 8);
});
