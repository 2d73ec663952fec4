import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { cosignBundle, parseAnyBundle, parseBundle } from '../../../src/attestation/bundle.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { subjectDigest } from '../../support/attestation.ts';
import { refusal } from '../../support/refusals.ts';
import { type BundleJson, provenance, type Sigstore, startSigstore } from '../../support/sigstore.ts';

let sigstore: Sigstore;
let good: BundleJson;

before(async () => {
  sigstore = await startSigstore();
  good = await sigstore.attest(subjectDigest);
});

const bytesOf = (document: object | string) =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));

/** The good bundle with another payload. Nothing is verified here. */
function withPayload(payload: string | Uint8Array, changes: Partial<BundleJson['dsseEnvelope']> = {}) {
  const dsseEnvelope = { ...good.dsseEnvelope, payload: Buffer.from(payload).toString('base64'), ...changes };
  return parseBundle(bytesOf({ ...good, dsseEnvelope }));
}

const statement = (changes: object = {}) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'x', digest: { sha256: 'ab'.repeat(32) } }],
  predicateType: provenance,
  predicate: {},
  ...changes,
});

const contentOf = (document: object | string) => withPayload(bytesOf(document)).contentFor(subjectDigest);
const refused = (document: object | string) => refusal('not-verified', () => contentOf(document)).message;

test('a bundle of version 0.3 is read, in either spelling of its media type', () => {
  for (const mediaType of [
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    'application/vnd.dev.sigstore.bundle+json;version=0.3',
  ]) {
    const evidence = parseBundle(bytesOf({ ...good, mediaType }));
    assert.deepEqual(evidence.contentFor(subjectDigest), { predicateType: provenance });
  }
});

test('a bundle of another version, or without one, does not pass', () => {
  for (const mediaType of [
    undefined,
    '',
    3,
    ['application/vnd.dev.sigstore.bundle.v0.3+json'],
    'application/vnd.dev.sigstore.bundle.v0.30+json',
    'application/vnd.dev.sigstore.bundle.v0.4+json',
    'application/vnd.dev.sigstore.bundle.v0.3+json; charset=utf-8',
    'application/vnd.dev.sigstore.bundle+json;version=0.1',
    'application/vnd.dev.sigstore.bundle+json;version=0.2',
    'APPLICATION/VND.DEV.SIGSTORE.BUNDLE.V0.3+JSON',
  ]) {
    const error = refusal('not-verified', () => parseBundle(bytesOf({ ...good, mediaType })));
    assert.match(error.message, /version 0\.3/, String(mediaType));
  }
});

test('a malformed bundle does not pass', () => {
  const text = JSON.stringify(good);
  const { verificationMaterial: material, dsseEnvelope } = good;
  for (const [what, document] of Object.entries({
    nothing: '',
    'half of it': text.slice(0, 100),
    'a list': '[]',
    null: 'null',
    'two documents': `${text}${text}`,
    'a BOM': `\ufeff${text}`,
    'a duplicate key': `${text.slice(0, -1)},"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`,
    'a second envelope': `${text.slice(0, -1)},"dsseEnvelope":{}}`,
    'no envelope': { ...good, dsseEnvelope: undefined },
    'no material': { ...good, verificationMaterial: undefined },
    'an envelope that is a text': { ...good, dsseEnvelope: 'x' },
    'no signature': { ...good, dsseEnvelope: { ...dsseEnvelope, signatures: [] } },
    'two signatures': {
      ...good,
      dsseEnvelope: { ...dsseEnvelope, signatures: [...dsseEnvelope.signatures, ...dsseEnvelope.signatures] },
    },
    'no payload': { ...good, dsseEnvelope: { ...dsseEnvelope, payload: '' } },
    'a chain of certificates': {
      ...good,
      verificationMaterial: {
        ...material,
        certificate: undefined,
        x509CertificateChain: { certificates: [material.certificate] },
      },
    },
    'an entry of the log without a proof': {
      ...good,
      verificationMaterial: {
        ...material,
        tlogEntries: material.tlogEntries.map((entry) => ({ ...entry, inclusionProof: undefined })),
      },
    },
    'a proof without a checkpoint': {
      ...good,
      verificationMaterial: {
        ...material,
        tlogEntries: material.tlogEntries.map((entry) => ({
          ...entry,
          inclusionProof: { ...entry.inclusionProof, checkpoint: undefined },
        })),
      },
    },
  })) {
    refusal('not-verified', () => parseBundle(bytesOf(document)));
    assert.ok(true, what);
  }
});

test('a statement is about exactly one digest of our algorithm in lower case', () => {
  const hex = 'ab'.repeat(32);
  const about = (...digests: object[]) => statement({ subject: digests.map((digest) => ({ name: 'x', digest })) });
  assert.deepEqual(contentOf(about({ sha256: hex })), { predicateType: provenance });
  assert.deepEqual(contentOf(about({ sha512: 'cd'.repeat(64), sha256: hex })), { predicateType: provenance });
  assert.deepEqual(contentOf(about({ sha256: '00'.repeat(32) }, { sha256: hex })), { predicateType: provenance });
  for (const digest of [
    { sha256: '00'.repeat(32) },
    { sha256: hex.toUpperCase() },
    { sha256: `sha256:${hex}` },
    { sha256: ` ${hex}` },
    { sha256: hex.slice(0, 63) },
    { sha256: [hex] },
    { sha512: hex },
    { SHA256: hex },
    { gitCommit: hex },
    { 'sha256 ': hex },
    {},
  ]) {
    assert.match(refused(about(digest)), /about something else/, JSON.stringify(digest));
  }
});

test('a digest of another algorithm is another', () => {
  const sha512 = `sha512:${'ab'.repeat(64)}` as const;
  const evidence = withPayload(bytesOf(statement({ subject: [{ name: 'x', digest: { sha256: 'ab'.repeat(64) } }] })));
  refusal('not-verified', () => evidence.contentFor(sha512));
  const own = withPayload(bytesOf(statement({ subject: [{ name: 'x', digest: { sha512: 'ab'.repeat(64) } }] })));
  assert.deepEqual(own.contentFor(sha512), { predicateType: provenance });
  refusal('not-verified', () => own.contentFor(subjectDigest));
});

test('a name in the place of a digest says nothing', () => {
  for (const subject of [
    [{ name: subjectDigest }],
    [{ name: subjectDigest, digest: {} }],
    [{ name: 'sha256', digest: subjectDigest }],
    [{ name: 'x', digest: [subjectDigest] }],
    [{ name: 'x', digest: null }],
    [subjectDigest],
    [null],
    [[{ digest: { sha256: 'ab'.repeat(32) } }]],
    [{ uri: 'x', annotations: { digest: { sha256: 'ab'.repeat(32) } } }],
  ]) {
    assert.match(refused(statement({ subject })), /about something else/, JSON.stringify(subject));
  }
});

test('a statement without a list of subjects, or with more than 1,024, does not pass', () => {
  const own = { name: 'x', digest: { sha256: 'ab'.repeat(32) } };
  const others = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `${at}`, digest: { sha256: 'f'.repeat(64) } }));
  assert.deepEqual(contentOf(statement({ subject: [...others(1023), own] })), { predicateType: provenance });
  for (const subject of [
    undefined,
    null,
    {},
    'x',
    own,
    { 0: own, length: 1 },
    [own, ...others(1024)],
    [own, ...others(19_999)],
  ]) {
    assert.match(refused(statement({ subject })), /list of subjects/);
  }
  assert.match(refused(statement({ subject: [] })), /about something else/);
});

test('the type of the statement and its predicate type are exact', () => {
  assert.deepEqual(contentOf(statement({ _type: 'https://in-toto.io/Statement/v0.1' })), { predicateType: provenance });
  for (const _type of [
    undefined,
    null,
    ['https://in-toto.io/Statement/v1'],
    'https://in-toto.io/Statement/v1/',
    'https://in-toto.io/Statement/v2',
    'https://in-toto.io/statement/v1',
    'https://in-toto.io/Link/v1',
  ]) {
    assert.match(refused(statement({ _type })), /no.* statement/, String(_type));
  }
  for (const predicateType of [undefined, null, 1, [provenance], {}]) {
    assert.match(refused(statement({ predicateType })), /no predicate type/, String(predicateType));
  }
});

test('a payload of another type does not pass, whatever it holds', () => {
  for (const payloadType of [
    '',
    'application/json',
    'application/vnd.in-toto+JSON',
    'application/vnd.in-toto+json; charset=utf-8',
    ' application/vnd.in-toto+json',
    'application/vnd.in-toto',
    'application/vnd.in-toto.link+json',
  ]) {
    const evidence = () => withPayload(bytesOf(statement()), { payloadType }).contentFor(subjectDigest);
    refusal('not-verified', evidence);
  }
});

test('a statement is strict JSON', () => {
  const text = JSON.stringify(statement());
  const other = '"subject":[{"name":"x","digest":{"sha256":"00"}}]';
  for (const [what, payload] of Object.entries({
    'a duplicate key': `${text.slice(0, -1)},${other}}`,
    'a duplicate key, escaped': `${text.slice(0, -1)},${other.replace('subject', 'su\\u0062ject')}}`,
    'a duplicate digest': text.replace('"sha256"', '"sha256":"00","sha256"'),
    'something behind it': `${text} x`,
    'a comment': `${text}/**/`,
    'a BOM': `\ufeff${text}`,
    'a list': `[${text}]`,
    'a text': JSON.stringify(text),
    'base64 of base64': Buffer.from(text).toString('base64'),
    NUL: `${text}\0`,
  })) {
    refusal('not-verified', () => contentOf(payload));
    assert.ok(true, what);
  }
  refusal('not-verified', () => withPayload(Uint8Array.of(0xff, 0xfe)).contentFor(subjectDigest));
});

test('a key that equals one of a statement but for its case makes it ambiguous', () => {
  for (const key of ['Subject', 'PredicateType', 'predicatetype', '_Type']) {
    assert.ok(refused({ ...statement(), [key]: 'x' }), key);
  }
});

test('keys of objects are no properties of theirs', () => {
  const text = JSON.stringify(statement({ subject: [{ name: 'x', digest: {} }] }));
  refusal('not-verified', () =>
    contentOf(text.replace('"digest":{}', `"__proto__":{"digest":{"sha256":"${'ab'.repeat(32)}"}}`)),
  );
  refusal('not-verified', () =>
    contentOf(text.replace('"digest":{}', `"digest":{"__proto__":{"sha256":"${'ab'.repeat(32)}"}}`)),
  );
});

test('a bundle that signs a file is no evidence about an image', () => {
  const messageSignature = {
    messageDigest: { algorithm: 'SHA2_256', digest: Buffer.alloc(32, 0xab).toString('base64') },
    signature: 'AAAA',
  };
  const evidence = parseBundle(bytesOf({ ...good, dsseEnvelope: undefined, messageSignature }));
  assert.match(refusal('not-verified', () => evidence.contentFor(subjectDigest)).message, /no statement/);
  const other = parseAnyBundle(bytesOf({ ...good, dsseEnvelope: undefined, messageSignature }), Buffer.from('{}'));
  assert.match(refusal('not-verified', () => other.contentFor(subjectDigest)).message, /not a cosign signature/);
});

const annotations = { signature: 'AAAA', certificate: undefined, bundle: undefined, timestamp: undefined };
const simple = (changes: object = {}, image: object = { 'docker-manifest-digest': subjectDigest }) => ({
  critical: { identity: { 'docker-reference': 'x' }, image, type: 'cosign container image signature', ...changes },
  optional: null,
});

test('a simple signature is one of an image', () => {
  const signed = (payload: object | string) =>
    cosignBundle(bytesOf(payload), false, annotations).contentFor(subjectDigest);
  assert.deepEqual(signed(simple()), { predicateType: undefined });
  for (const payload of [
    {},
    { critical: null },
    { critical: [] },
    simple({ type: undefined }),
    simple({ type: 'atomic container signature' }),
    simple({ type: 'cosign container image signature v2' }),
    simple({ image: undefined }),
    simple({}, { 'docker-manifest-digest': `sha256:${'00'.repeat(32)}` }),
    simple({}, { 'docker-manifest-digest': subjectDigest.toUpperCase() }),
    simple({}, { 'docker-manifest-digest': 'ab'.repeat(32) }),
    simple({}, { 'Docker-manifest-digest': subjectDigest }),
    simple({ identity: { 'docker-manifest-digest': subjectDigest } }, {}),
    { ...simple({}, {}), optional: { 'docker-manifest-digest': subjectDigest } },
  ]) {
    refusal('not-verified', () => signed(payload));
  }
  const text = JSON.stringify(simple());
  refusal('not-verified', () => signed(text.replace('"type"', '"image":{"docker-manifest-digest":"x"},"type"')));
  refusal('not-verified', () => signed(`${text} `.repeat(2)));
});

test('the digest of a simple signature is computed, and not read', () => {
  const payload = bytesOf(simple());
  const { bundle, artifact } = cosignBundle(payload, false, annotations);
  assert.equal(bundle.content.$case, 'messageSignature');
  assert.deepEqual(artifact, payload);
  if (bundle.content.$case !== 'messageSignature') return;
  const { messageDigest } = bundle.content.messageSignature;
  assert.equal(`sha256:${messageDigest?.digest.toString('hex')}`, digestOf(payload));
});

test('annotations of cosign that cannot be read do not pass', () => {
  const payload = bytesOf(simple());
  const body = Buffer.from('{"kind":"hashedrekord","apiVersion":"0.0.1"}').toString('base64');
  for (const [what, changes] of Object.entries({
    'no signature': { signature: '' },
    'no certificate': { certificate: 'x' },
    'two certificates': { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'.repeat(2) },
    'an empty certificate': { certificate: '-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----' },
    'an entry that is no JSON': { bundle: 'x' },
    'an entry that is a list': { bundle: '[]' },
    'an entry without a payload': { bundle: '{}' },
    'an entry with a payload that is a text': { bundle: '{"Payload":"x"}' },
    'an entry without a body': { bundle: '{"Payload":{}}' },
    'an entry without a log': { bundle: JSON.stringify({ SignedEntryTimestamp: 'AAAA', Payload: { body } }) },
    'an entry without its promise': {
      bundle: JSON.stringify({ Payload: { body, logID: 'ab', logIndex: 1, integratedTime: 1 } }),
    },
    'an entry whose body is no JSON': {
      bundle: JSON.stringify({ SignedEntryTimestamp: 'AAAA', Payload: { body: 'AAAA', logID: 'ab' } }),
    },
    'a duplicate key': { bundle: '{"Payload":{},"Payload":{}}' },
    'a stamp that is no JSON': { timestamp: 'x' },
    'a stamp without a stamp': { timestamp: '{}' },
  })) {
    refusal('not-verified', () => cosignBundle(payload, false, { ...annotations, ...changes }));
    assert.ok(true, what);
  }
});

test('an envelope of cosign is a statement, or does not pass', () => {
  const read = (envelope: object) => cosignBundle(bytesOf(envelope), true, annotations).contentFor(subjectDigest);
  assert.deepEqual(read(good.dsseEnvelope), { predicateType: provenance });
  refusal('not-verified', () => read({ ...good.dsseEnvelope, payloadType: 'text/plain' }));
  refusal('not-verified', () => read({ payload: 'AAAA' }));
  refusal('not-verified', () => read([]));
});
