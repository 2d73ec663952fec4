import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { before, test } from 'node:test';
import { cosignBundle, parseAnyBundle } from '../../../src/attestation/bundle.ts';
import { publicGoodRoot } from '../../../src/attestation/trusted-root.ts';
import { type JudgeOptions, judgeEvidence, judgeJson, refPattern, subjectDigest } from '../../support/attestation.ts';
import { refusal } from '../../support/refusals.ts';
import {
  actionsIssuer,
  type BundleJson,
  type BundleOptions,
  keyPair,
  type OldSignature,
  provenance,
  release,
  type Sigstore,
  signPredicate,
  startSigstore,
} from '../../support/sigstore.ts';

let sigstore: Sigstore;
/** Another instance of the same kind. */
let other: Sigstore;
/** One like GitHub's own: stamps, and no logs. */
let stamping: Sigstore;
let good: BundleJson;

before(async () => {
  [sigstore, other, stamping] = await Promise.all([
    startSigstore({ stamps: true }),
    startSigstore({ stamps: true }),
    startSigstore({ log: false, certificateLog: false, stamps: true }),
  ]);
  good = await sigstore.attest(subjectDigest);
});

const pass = (bundle: object | string, options?: JudgeOptions, by: readonly Sigstore[] = [sigstore]) =>
  judgeJson(
    bundle,
    by.map(({ instance }) => instance),
    options,
  );
const refuse = (bundle: object | string, options?: JudgeOptions, by: readonly Sigstore[] = [sigstore]) =>
  refusal('not-verified', () => pass(bundle, options, by)).message;
const changed = (change: (bundle: BundleJson) => void, from = good): BundleJson => {
  const bundle = structuredClone(from);
  change(bundle);
  return bundle;
};
const entryOf = ({ verificationMaterial: { tlogEntries } }: BundleJson) => tlogEntries[0] ?? assert.fail();
const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64');
  const at = bytes.length - 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
};

test('a provenance passes, and what it proves comes from the certificate and the log', () => {
  assert.deepEqual(pass(good), {
    gate: 'built-from',
    subject: subjectDigest,
    predicateType: provenance,
    instance: 'trusted-root',
    issuer: actionsIssuer,
    identity: release[9],
    sourceRepository: 'octo-org/shop',
    sourceRef: 'refs/tags/v1.4.2',
    sourceCommit: '12'.repeat(20),
    workflow: 'octo-org/shop/.github/workflows/release.yml',
    runner: 'github-hosted',
    run: 'https://github.com/octo-org/shop/actions/runs/1/attempts/1',
    time: sigstore.time.toISOString(),
    logIndex: entryOf(good).logIndex,
    from: 'github-api',
  });
});

test('what the predicate says changes nothing', async () => {
  const predicate = { buildDefinition: { externalParameters: { workflow: { repository: 'https://github.com/a/b' } } } };
  assert.equal(
    pass(await sigstore.attest(subjectDigest, { statement: { predicate } })).sourceRepository,
    'octo-org/shop',
  );
  const claimed = { workflow: { repository: 'https://github.com/octo-org/shop' } };
  const forged = await sigstore.attest(subjectDigest, {
    extensions: { ...release, 12: 'https://github.com/mallory/shop' },
    statement: { predicate: { buildDefinition: { externalParameters: claimed } } },
  });
  assert.match(refuse(forged), /mallory\/shop/);
});

test('an instance without logs needs a stamp', async () => {
  const stamped = await stamping.attest(subjectDigest);
  const proof = pass(stamped, {}, [stamping]);
  assert.equal(proof.time, stamping.time.toISOString());
  assert.equal(proof.logIndex, undefined);
  refuse(
    changed((bundle) => delete bundle.verificationMaterial.timestampVerificationData, stamped),
    {},
    [stamping],
  );
  refuse(
    changed(({ verificationMaterial: { timestampVerificationData: data } }) => {
      if (data) data.rfc3161Timestamps = [];
    }, stamped),
    {},
    [stamping],
  );
});

const claims: readonly [name: string, options: BundleOptions, settings?: JudgeOptions['settings']][] = [
  ['a fork', { extensions: { ...release, 12: 'https://github.com/mallory/shop' } }],
  ['x-octo-org/shop', { extensions: { ...release, 12: 'https://github.com/x-octo-org/shop' } }],
  ['octo-org/shop-evil', { extensions: { ...release, 12: 'https://github.com/octo-org/shop-evil' } }],
  ['no issuer', { extensions: { ...release, 8: undefined } }],
  ['the issuer in the old extension alone', { extensions: { ...release, 8: undefined, 1: actionsIssuer } }],
  ['the issuer twice', { extensions: { ...release, 8: [actionsIssuer, actionsIssuer] } }],
  ["another enterprise's issuer", { extensions: { ...release, 8: `${actionsIssuer}/octocat-inc` } }],
  [
    'the repository twice',
    { extensions: { ...release, 12: ['https://github.com/octo-org/shop', 'https://github.com/mallory/shop'] } },
  ],
  ['the ref twice', { extensions: { ...release, 14: ['refs/tags/v1.4.2', 'refs/heads/main'] } }],
  ['no ref', { extensions: { ...release, 14: undefined } }],
  ['no signer URI', { extensions: { ...release, 9: undefined }, identity: String(release[9]) }],
  ['the signer URI twice', { extensions: { ...release, 9: [String(release[9]), String(release[9])] } }],
  [
    'a name unlike the signer URI',
    { identity: 'https://github.com/octo-org/shop/.github/workflows/x.yml@refs/heads/main' },
  ],
  ['a self-hosted runner', { extensions: { ...release, 11: 'self-hosted' } }],
  ['a runner twice', { extensions: { ...release, 11: ['github-hosted', 'self-hosted'] } }],
  [
    'a branch for a tag',
    { extensions: { ...release, 14: 'refs/heads/v1.4.2' } },
    { builtFrom: [{ repository: 'octo-org/shop', ref: refPattern('refs/tags/v1.4.2') }] },
  ],
];

for (const [name, options, settings] of claims) {
  test(`a certificate does not pass with ${name}`, async () => {
    refuse(await sigstore.attest(subjectDigest, options), { ...(settings && { settings }) });
  });
}

test('a bundle about something else does not pass', async () => {
  assert.match(refuse(await sigstore.attest(`sha256:${'cd'.repeat(32)}`)), /something else/);
  assert.match(refuse(good, { subject: `sha512:${'ab'.repeat(64)}` }), /something else/);
  assert.match(refuse(good, { subject: `sha256:${'AB'.repeat(32)}` }), /something else/);
});

test('an attestation of another kind does not pass', async () => {
  for (const predicateType of [
    'https://slsa.dev/provenance/v0.2',
    `${provenance}/`,
    'https://spdx.dev/Document',
    signPredicate,
  ]) {
    assert.match(refuse(await sigstore.attest(subjectDigest, { predicateType })), /predicate type/);
  }
  const sbom = await sigstore.attest(subjectDigest, { predicateType: 'https://spdx.dev/Document/v2.3' });
  assert.equal(
    pass(sbom, { predicateType: 'https://spdx.dev/Document/v2.3' }).predicateType,
    'https://spdx.dev/Document/v2.3',
  );
});

test('a payload of another type does not pass although its signature is good', async () => {
  assert.match(refuse(await sigstore.attest(subjectDigest, { payloadType: 'application/json' })), /payload/);
  assert.match(
    refuse(await sigstore.attest(subjectDigest, { statement: { _type: 'https://in-toto.io/Link/v1' } })),
    /statement/,
  );
  const relabelled = changed(
    ({ dsseEnvelope }) => {
      dsseEnvelope.payloadType = 'application/vnd.in-toto+json';
    },
    await sigstore.attest(subjectDigest, { payloadType: 'text/plain' }),
  );
  refuse(relabelled);
});

const tampering: Readonly<Record<string, (bundle: BundleJson) => void>> = {
  'the payload': ({ dsseEnvelope }) => {
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString());
    dsseEnvelope.payload = Buffer.from(JSON.stringify({ ...statement, predicate: { a: 1 } })).toString('base64');
  },
  'white space in the payload': ({ dsseEnvelope }) => {
    dsseEnvelope.payload = Buffer.from(`${Buffer.from(dsseEnvelope.payload, 'base64')} `).toString('base64');
  },
  'the signature': ({ dsseEnvelope: { signatures } }) => {
    signatures[0] = { sig: flipped(signatures[0]?.sig ?? '') };
  },
  'an empty signature': ({ dsseEnvelope: { signatures } }) => {
    signatures[0] = { sig: '' };
  },
  'a second signature': ({ dsseEnvelope: { signatures } }) => {
    signatures.push({ sig: 'AAAA' });
  },
  'a second signature before it': ({ dsseEnvelope: { signatures } }) => {
    signatures.unshift({ sig: 'AAAA' });
  },
  'the same signature twice': ({ dsseEnvelope: { signatures } }) => {
    signatures.push({ sig: signatures[0]?.sig ?? '' });
  },
  'the certificate': ({ verificationMaterial }) => {
    verificationMaterial.certificate = { rawBytes: flipped(verificationMaterial.certificate?.rawBytes ?? '') };
  },
  'no entry of the log': ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries = [];
  },
  'the same entry twice': ({ verificationMaterial: { tlogEntries } }) => {
    tlogEntries.push(...tlogEntries);
  },
  'the promise': (bundle) => {
    entryOf(bundle).inclusionPromise = {
      signedEntryTimestamp: flipped(entryOf(bundle).inclusionPromise?.signedEntryTimestamp ?? ''),
    };
  },
  'an empty promise': (bundle) => {
    entryOf(bundle).inclusionPromise = { signedEntryTimestamp: '' };
  },
  'the time': (bundle) => {
    entryOf(bundle).integratedTime = String(Number(entryOf(bundle).integratedTime) + 1);
  },
  'no promise, and so no time': (bundle) => {
    delete entryOf(bundle).inclusionPromise;
  },
  'the place in the log': (bundle) => {
    entryOf(bundle).logIndex = String(Number(entryOf(bundle).logIndex) + 1);
  },
  'the log': (bundle) => {
    entryOf(bundle).logId = { keyId: Buffer.alloc(32).toString('base64') };
  },
  'the body of the entry': (bundle) => {
    const body = Buffer.from(entryOf(bundle).canonicalizedBody, 'base64').toString();
    entryOf(bundle).canonicalizedBody = Buffer.from(body.replace('dsse', 'dss3')).toString('base64');
  },
  'the kind of the entry': (bundle) => {
    entryOf(bundle).kindVersion = { kind: 'hashedrekord', version: '0.0.1' };
  },
  'the proof': (bundle) => {
    const proof = entryOf(bundle).inclusionProof ?? assert.fail();
    proof.hashes = [Buffer.alloc(32).toString('base64')];
  },
  'the size of the tree': (bundle) => {
    const proof = entryOf(bundle).inclusionProof ?? assert.fail();
    proof.treeSize = '2';
    proof.logIndex = '1';
  },
  'the checkpoint': (bundle) => {
    const { checkpoint } = entryOf(bundle).inclusionProof ?? assert.fail();
    checkpoint.envelope = checkpoint.envelope.replace('\n1\n', '\n2\n');
  },
  'no proof': (bundle) => {
    delete entryOf(bundle).inclusionProof;
  },
};

for (const [what, tamper] of Object.entries(tampering)) {
  test(`a bundle does not pass when it was tampered with: ${what}`, () => {
    refuse(changed(tamper));
  });
}

test('an entry of the log for another bundle does not pass', async () => {
  const second = await sigstore.attest(subjectDigest);
  refuse(
    changed(({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = [entryOf(second)];
    }),
  );
  refuse(
    changed(({ verificationMaterial: { tlogEntries } }) => {
      tlogEntries.push(entryOf(second));
    }),
  );
});

test('a certificate for another key does not pass', async () => {
  const second = await sigstore.attest(subjectDigest);
  refuse(
    changed(({ verificationMaterial }) => {
      verificationMaterial.certificate = second.verificationMaterial.certificate ?? assert.fail();
    }),
  );
});

test('a stamp of something else, or by another authority, does not pass', async () => {
  const [stamped, second, foreign] = await Promise.all([
    stamping.attest(subjectDigest),
    stamping.attest(subjectDigest),
    other.attest(subjectDigest, { stamp: true, log: false }),
  ]);
  const withStampOf = (from: BundleJson) =>
    changed(({ verificationMaterial }) => {
      verificationMaterial.timestampVerificationData =
        from.verificationMaterial.timestampVerificationData ?? assert.fail();
    }, stamped);
  assert.ok(pass(withStampOf(stamped), {}, [stamping]));
  refuse(withStampOf(second), {}, [stamping]);
  refuse(withStampOf(foreign), {}, [stamping]);
  const twice = changed(
    ({ verificationMaterial: { timestampVerificationData: data } }) =>
      data?.rfc3161Timestamps.push(...data.rfc3161Timestamps),
    stamped,
  );
  refuse(twice, {}, [stamping]);
  const broken = changed(({ verificationMaterial }) => {
    verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] };
  }, stamped);
  refuse(broken, {}, [stamping]);
});

test('a stamp is no time beside a log that must have an entry', async () => {
  refuse(await sigstore.attest(subjectDigest, { stamp: true, log: false }));
});

test('a time outside of the validity of the authority, or of the log, does not pass', () => {
  const { root } = sigstore.instance;
  const over = { start: new Date(0), end: new Date(sigstore.time.getTime() - 1000) };
  const authorities = root.certificateAuthorities.map((authority) => ({ ...authority, validFor: over }));
  const logs = root.tlogs.map((log) => ({ ...log, publicKey: log.publicKey && { ...log.publicKey, validFor: over } }));
  for (const changes of [{ certificateAuthorities: authorities }, { tlogs: logs }]) {
    refusal('not-verified', () => judgeJson(good, [{ name: 'trusted-root', root: { ...root, ...changes } }]));
  }
});

test('a certificate of another authority does not pass, and the message says how roots are named', async () => {
  const message = refuse(await other.attest(subjectDigest));
  assert.match(message, /gh attestation trusted-root/);
  assert.match(
    refusal('not-verified', () => judgeJson(good, [publicGoodRoot()])).message,
    /gh attestation trusted-root/,
  );
});

test('one of several instances suffices, and it is complete in itself', async () => {
  assert.ok(pass(good, {}, [other, sigstore]));
  assert.ok(pass(good, {}, [sigstore, other]));
  assert.ok(pass(await stamping.attest(subjectDigest), {}, [sigstore, stamping]));
  const foreign = await other.attest(subjectDigest);
  // The certificate of one instance, the log of the other.
  const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = sigstore.instance.root;
  for (const [what, root] of Object.entries({
    'the authority of the other': {
      ...sigstore.instance.root,
      certificateAuthorities: other.instance.root.certificateAuthorities,
    },
    'the log of the other': { ...other.instance.root, tlogs },
    'the certificate log of the other': { ...other.instance.root, ctlogs },
    'no authority': { ...other.instance.root, certificateAuthorities: [] },
  })) {
    const instances = [{ name: 'trusted-root' as const, root }, sigstore.instance];
    refusal('not-verified', () => judgeJson(foreign, instances));
    assert.ok(true, what);
  }
  const parts = [
    { name: 'trusted-root' as const, root: { ...other.instance.root, tlogs: [], ctlogs, timestampAuthorities } },
    { name: 'trusted-root' as const, root: { ...sigstore.instance.root, certificateAuthorities } },
  ];
  refusal('not-verified', () => judgeJson(foreign, parts));
});

test('a certificate without an entry in the certificate log does not pass', async () => {
  const silent = await startSigstore({ certificateLog: false });
  const bundle = await silent.attest(subjectDigest);
  assert.ok(pass(bundle, {}, [silent]));
  const root = { ...silent.instance.root, ctlogs: sigstore.instance.root.ctlogs };
  refusal('not-verified', () => judgeJson(bundle, [{ name: 'trusted-root', root }]));
});

test('a key proves nothing about who built it', async () => {
  const { privateKey } = keyPair();
  assert.match(refuse(await sigstore.attest(subjectDigest, { key: privateKey })), /by a key/);
});

// Signatures.

const identity = String(release[9]);
const signedBy = (text = identity, issuer = actionsIssuer): JudgeOptions => ({
  gate: 'signed-by',
  settings: { builtFrom: undefined, signedBy: [{ identity: text, isPrefix: false, issuer }] },
});
const oldEvidence = ({ payload, annotations }: OldSignature) =>
  cosignBundle(payload.bytes, false, {
    signature: annotations['dev.cosignproject.cosign/signature'] ?? '',
    certificate: annotations['dev.sigstore.cosign/certificate'],
    bundle: annotations['dev.sigstore.cosign/bundle'],
    timestamp: undefined,
  });

test('a keyless signature passes in both forms', async () => {
  const proof = pass(await sigstore.attest(subjectDigest, { predicateType: signPredicate }), signedBy());
  assert.equal(proof.identity, identity);
  assert.equal(proof.predicateType, signPredicate);
  const old = judgeEvidence(oldEvidence(await sigstore.sign(subjectDigest)), [sigstore.instance], signedBy());
  assert.equal(old.identity, identity);
  assert.equal(old.predicateType, undefined);
  assert.equal(old.time, sigstore.time.toISOString());
});

test('signed-by takes the bare issuer of old certificates', async () => {
  const extensions = { 1: actionsIssuer, 9: identity };
  assert.ok(pass(await sigstore.attest(subjectDigest, { predicateType: signPredicate, extensions }), signedBy()));
});

test('an attestation of another kind by the same signer is no signature', async () => {
  assert.match(refuse(good, signedBy()), /predicate type/);
  const sbom = await sigstore.attest(subjectDigest, { predicateType: 'https://spdx.dev/Document/v2.3' });
  assert.match(refuse(sbom, signedBy()), /predicate type/);
});

test('another signer does not pass', async () => {
  const bundle = await sigstore.attest(subjectDigest, { predicateType: signPredicate });
  refuse(bundle, signedBy(`${identity}.1`));
  refuse(bundle, signedBy(identity.slice(8)));
  refuse(bundle, signedBy(identity, 'https://accounts.google.com'));
  refuse(bundle, signedBy(identity.toUpperCase()));
});

test('a signature in the older form does not pass without its proof', async () => {
  const sign = async (...options: Parameters<Sigstore['sign']>) => oldEvidence(await sigstore.sign(...options));
  const refusedOld = (evidence: ReturnType<typeof oldEvidence>, options = signedBy()) =>
    refusal('not-verified', () => judgeEvidence(evidence, [sigstore.instance], options)).message;
  refusedOld(await sign(subjectDigest, { log: false }));
  refusedOld(await sign(`sha256:${'cd'.repeat(32)}`));
  assert.match(refusedOld(await sign(subjectDigest, { key: keyPair().privateKey })), /by a key/);
  const [one, two] = await Promise.all([sigstore.sign(subjectDigest), sigstore.sign(subjectDigest)]);
  const bundleOfOther = {
    ...one.annotations,
    'dev.sigstore.cosign/bundle': two.annotations['dev.sigstore.cosign/bundle'] ?? '',
  };
  refusedOld(oldEvidence({ ...one, annotations: bundleOfOther }));
  const signatureOfOther = {
    ...one.annotations,
    'dev.cosignproject.cosign/signature': two.annotations['dev.cosignproject.cosign/signature'] ?? '',
  };
  refusedOld(oldEvidence({ ...one, annotations: signatureOfOther }));
  assert.match(refusedOld(oldEvidence(one), {}), /predicate type is none/, 'built-from takes no simple signature');
});

test('a signature by a key passes with an entry of the log, and without one where that is optional', async () => {
  const { publicKey, privateKey } = keyPair();
  const by = (changes: JudgeOptions['settings'] = {}, keys = [publicKey]): JudgeOptions => ({
    gate: 'public-key',
    settings: changes,
    keys,
  });
  const optional = by({ isLogRequired: false });
  const logged = await sigstore.attest(subjectDigest, { key: privateKey, predicateType: signPredicate });
  const bare = await sigstore.attest(subjectDigest, { key: privateKey, predicateType: signPredicate, log: false });
  assert.equal(pass(logged, by()).time, sigstore.time.toISOString());
  assert.ok(pass(logged, optional));
  assert.equal(pass(bare, optional).time, undefined);
  assert.match(refuse(bare, by()), /tlog/);
  assert.ok(pass(bare, by({ isLogRequired: false }, [keyPair().publicKey, publicKey])), 'one of two keys');
  refuse(bare, by({ isLogRequired: false }, [keyPair().publicKey]));
  refuse(bare, by({ isLogRequired: false }, []));
  assert.match(refuse(logged, by(), [other]), /./, 'by the log of another instance');
  refuse(
    changed(({ dsseEnvelope: { signatures } }) => {
      signatures[0] = { sig: flipped(signatures[0]?.sig ?? '') };
    }, bare),
    optional,
  );
  refuse(
    changed((bundle) => {
      entryOf(bundle).inclusionPromise = { signedEntryTimestamp: 'AAAA' };
    }, logged),
    optional,
  );
  assert.match(
    refuse(await sigstore.attest(subjectDigest, { key: privateKey, log: false }), optional),
    /predicate type/,
  );
  const old = oldEvidence(await sigstore.sign(subjectDigest, { key: privateKey }));
  assert.ok(judgeEvidence(old, [sigstore.instance], by()));
});

test('a certificate in the place of a key does not pass, though it be for that key', async () => {
  const bundle = await sigstore.attest(subjectDigest, { predicateType: signPredicate });
  const certificate = new crypto.X509Certificate(
    Buffer.from(bundle.verificationMaterial.certificate?.rawBytes ?? '', 'base64'),
  );
  assert.match(refuse(bundle, { gate: 'public-key', keys: [certificate.publicKey] }), /by a certificate/);
});

test('a hint is not followed', async () => {
  const { publicKey, privateKey } = keyPair();
  for (const hint of ['', 'x', '__proto__', 'https://evil.example/key.pub', '../../cosign.pub']) {
    const bundle = changed(
      ({ verificationMaterial }) => {
        verificationMaterial.publicKey = { hint };
      },
      await sigstore.attest(subjectDigest, { key: privateKey, predicateType: signPredicate }),
    );
    assert.ok(pass(bundle, { gate: 'public-key', keys: [publicKey] }), hint);
  }
});

test('a bundle of an older version is for the conformance suite alone', () => {
  const text = JSON.stringify({ ...good, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' });
  assert.ok(judgeEvidence(parseAnyBundle(Buffer.from(text), undefined), [sigstore.instance]));
  refuse(text);
});

test('a place in the log that nothing proves is not told', async () => {
  const both = await sigstore.attest(subjectDigest, { stamp: true });
  const unproven = changed((bundle) => {
    delete entryOf(bundle).inclusionPromise;
    entryOf(bundle).logIndex = '42';
  }, both);
  assert.notEqual(pass(unproven).logIndex, '42');
});
