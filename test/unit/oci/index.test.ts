import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDocument } from '../../../src/oci/document.ts';
import { type Index, isAttestationEntry, isNestedIndex } from '../../../src/oci/index.ts';
import { refusal } from '../../support/refusals.ts';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const entry = { mediaType: types.manifest, digest: digest('e'), size: 7143 };
const index = { schemaVersion: 2, manifests: [entry] };

const readIndex = (document: unknown, contentType: string = types.index): Index => {
  const read = parseDocument(Buffer.from(JSON.stringify(document)), contentType);
  return read.kind === 'index' ? read : assert.fail('it is a manifest');
};

describe('an index', () => {
  it('says its entries in order, each with the platform as it is written', () => {
    const platform = {
      os: 'Windows',
      architecture: 'AMD64',
      variant: 'v1',
      'os.version': '10.0.20348.1',
      'os.features': ['win32k'],
      features: ['sse4'],
    };
    const { manifests } = readIndex({ ...index, manifests: [{ ...entry, platform, annotations: { a: 'b' } }, entry] });
    const [first, second] = manifests;
    assert.deepEqual(first?.platform, {
      os: 'Windows',
      architecture: 'AMD64',
      variant: 'v1',
      osVersion: '10.0.20348.1',
      osFeatures: ['win32k'],
    });
    assert.deepEqual(manifests.map(isAttestationEntry), [false, false]);
    assert.equal(second?.platform, undefined);
    assert.deepEqual([second?.digest, second?.size, second?.mediaType], [entry.digest, entry.size, entry.mediaType]);
  });

  it('may have no entries, entries of unknown types and entries whose platform is null', () => {
    assert.deepEqual(readIndex({ ...index, manifests: [] }).manifests, []);
    const [only] = readIndex({
      ...index,
      manifests: [{ ...entry, mediaType: 'x/y', platform: null, annotations: null }],
    }).manifests;
    assert.deepEqual([only?.mediaType, only?.platform], ['x/y', undefined]);
  });

  for (const platform of [{}, { os: '', architecture: '' }, { os: null, variant: 'v8' }]) {
    it(`says no platform by one that is empty: ${JSON.stringify(platform)}`, () => {
      assert.equal(readIndex({ ...index, manifests: [{ ...entry, platform }] }).manifests[0]?.platform, undefined);
    });
  }

  it('that names urls and data in an entry is read without them (CVE-2020-15157)', () => {
    const [only] = readIndex({
      ...index,
      manifests: [{ ...entry, urls: ['https://evil.example/'], data: 'e30=' }],
    }).manifests;
    assert.deepEqual(Object.keys(only ?? {}).sort(), [
      'annotations',
      'artifactType',
      'digest',
      'mediaType',
      'platform',
      'size',
    ]);
  });

  it('has no entries where the list is null, as zot writes it', () => {
    assert.deepEqual(readIndex({ ...index, manifests: null }).manifests, []);
  });

  for (const version of ['Ubuntu 22.04.5', 'macOS 14.5', '14.1-RELEASE', '$(id)']) {
    it(`has an entry whose os.version is in words, which says nothing for ${version}`, () => {
      const platform = { os: 'linux', architecture: 'amd64', 'os.version': version };
      const [only] = readIndex({ ...index, manifests: [{ ...entry, platform }] }).manifests;
      assert.deepEqual([only?.platform?.os, only?.platform?.osVersion], ['linux', '']);
    });
  }

  for (const [part, platform] of Object.entries({
    os: { os: 'l'.repeat(65), architecture: 'amd64' },
    architecture: { os: 'linux', architecture: 'a'.repeat(65) },
    variant: { os: 'linux', architecture: 'arm', variant: 'v'.repeat(65) },
    'os.version': { os: 'windows', architecture: 'amd64', 'os.version': '1'.repeat(65) },
    'os.features': { os: 'linux', architecture: 'amd64', 'os.features': ['f'.repeat(65)] },
  })) {
    it(`whose ${part} has more than 64 characters is invalid-manifest`, () => {
      const text = JSON.stringify({ ...index, manifests: [{ ...entry, platform }] });
      refusal('invalid-manifest', () => readIndex(JSON.parse(text)));
      assert.equal(readIndex(JSON.parse(text.replace(/(.)\1{64}/, (long) => long.slice(1)))).manifests.length, 1);
    });
  }
});

describe('an entry is an attestation', () => {
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
  const isAttestation = (more: object) =>
    readIndex({ ...index, manifests: [{ ...entry, ...more }] }).manifests.map(isAttestationEntry)[0];

  it('when its platform is unknown/unknown, in whatever case', () => {
    for (const platform of [
      { os: 'unknown', architecture: 'unknown' },
      { os: 'Unknown', architecture: 'UNKNOWN' },
    ]) {
      assert.equal(isAttestation({ platform }), true);
      assert.equal(isAttestation({ platform, annotations }), true);
    }
  });

  it('when it has no platform and is annotated so, whatever the annotation says', () => {
    for (const type of ['attestation-manifest', 'anything', '']) {
      assert.equal(isAttestation({ annotations: { 'vnd.docker.reference.type': type } }), true, type);
      assert.equal(isAttestation({ annotations: { 'vnd.docker.reference.type': type }, platform: {} }), true, type);
    }
  });

  it('never beside a real platform: the annotation hides nothing that others run', () => {
    for (const platform of [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'unknown' },
      { os: 'unknown', architecture: 'amd64' },
    ]) {
      assert.equal(isAttestation({ platform, annotations }), false);
    }
  });

  it('not when it is neither', () => {
    assert.equal(isAttestation({}), false);
    assert.equal(isAttestation({ annotations: { 'vnd.docker.reference.digest': digest('a') } }), false);
  });
});

describe('a nested index', () => {
  it('is an entry of the type of one', () => {
    const nested = (mediaType: string) =>
      readIndex({ ...index, manifests: [{ ...entry, mediaType }] }).manifests.map(isNestedIndex)[0];
    assert.deepEqual([types.index, types.list, types.manifest, 'x/y'].map(nested), [true, true, false, false]);
  });
});
