import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { parseConfig } from '../../../src/oci/config.ts';
import { refusal, settle } from '../../support/refusals.ts';

const read = (config: unknown) =>
  parseConfig(Buffer.from(typeof config === 'string' ? config : JSON.stringify(config)));
const diffId = `sha256:${'a'.repeat(64)}`;

describe('an image config', () => {
  it('says its platform, creation time, labels and uncompressed layers', () => {
    const config = read({
      os: 'windows',
      architecture: 'amd64',
      variant: 'v1',
      'os.version': '10.0.20348.1850',
      'os.features': ['win32k'],
      created: '2026-01-02T03:04:05.678Z',
      config: { Labels: { a: 'b', '': '' }, Env: ['A=B'] },
      rootfs: { type: 'layers', diff_ids: [diffId, `sha512:${'b'.repeat(128)}`] },
      history: [],
    });
    assert.deepEqual(config.platform, {
      os: 'windows',
      architecture: 'amd64',
      variant: 'v1',
      osVersion: '10.0.20348.1850',
      osFeatures: ['win32k'],
    });
    assert.equal(config.created, '2026-01-02T03:04:05.678Z');
    assert.deepEqual({ ...config.labels }, { a: 'b', '': '' });
    assert.deepEqual(config.diffIds, [diffId, `sha512:${'b'.repeat(128)}`]);
  });

  for (const config of [
    {},
    { os: '', architecture: '' },
    { os: null, architecture: null },
    { critical: {}, optional: null },
  ]) {
    it(`that names neither os nor architecture has no platform, as a signature's: ${JSON.stringify(config)}`, () => {
      assert.equal(read(config).platform, undefined);
    });
  }

  for (const config of [{ os: 'linux' }, { architecture: 'amd64' }]) {
    it(`that names one of os and architecture has a platform: ${JSON.stringify(config)}`, () => {
      assert.deepEqual(read(config).platform, {
        os: '',
        architecture: '',
        variant: '',
        osVersion: '',
        osFeatures: [],
        ...config,
      });
    });
  }

  it('may lack everything', () => {
    for (const config of [
      {},
      { config: null, rootfs: null, created: null },
      { config: {}, rootfs: {} },
      { config: { Labels: null }, rootfs: { diff_ids: null } },
    ]) {
      const { created, labels, diffIds } = read(config);
      assert.deepEqual([created, { ...labels }, diffIds], ['', {}, []]);
    }
  });

  for (const time of [
    '2026-01-02T03:04:05Z',
    '2026-12-31t23:59:59z',
    '0001-01-01T00:00:00Z',
    '2024-02-29T00:00:00.123456789+14:00',
    '2016-12-31T23:59:60Z',
    '1970-01-01T00:00:00-00:00',
  ]) {
    it(`has the creation time ${time}`, () => {
      assert.equal(read({ created: time }).created, time);
    });
  }

  for (const time of [
    '',
    'yesterday',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-01-02 03:04:05Z',
    '2026-01-02T03:04Z',
    '20260102T030405Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:61Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00Z\n',
    ' 2026-01-01T00:00:00Z',
    '+2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z$(id)',
    '２026-01-01T00:00:00Z',
    `2026-01-01T00:00:00.${'0'.repeat(2 ** 20)}Z`,
    0,
    1.5,
    true,
    ['2026-01-02T03:04:05Z'],
    {},
  ]) {
    it(`leaves a creation time empty that is no RFC 3339 time: ${JSON.stringify(time).slice(0, 40)}`, () => {
      assert.equal(read({ created: time }).created, '');
    });
  }

  for (const id of [
    '',
    'sha256:abc',
    'a'.repeat(64),
    '../../etc/passwd',
    `sha256:${'A'.repeat(64)}`,
    1,
    null,
    {},
    [diffId],
  ]) {
    it(`with a diff_id that is no digest is invalid-manifest: ${JSON.stringify(id).slice(0, 30)}`, () => {
      assert.match(
        refusal('invalid-manifest', () => read({ rootfs: { diff_ids: [diffId, id] } })).message,
        /diff_ids\[1\]|is not a digest/,
      );
    });
  }

  for (const config of [
    [],
    'null',
    '1',
    '"x"',
    { os: 1 },
    { architecture: [] },
    { os: 'a', variant: {} },
    { os: 'a', 'os.version': 10 },
    { os: 'a', 'os.features': 'x' },
    { os: 'a', 'os.features': [1] },
    { config: [] },
    { config: 'x' },
    { config: { Labels: [] } },
    { config: { Labels: 'a=b' } },
    { config: { Labels: { a: 1 } } },
    { config: { Labels: { a: { b: 'c' } } } },
    { rootfs: [] },
    { rootfs: 'x' },
    { rootfs: { diff_ids: {} } },
    { rootfs: { diff_ids: diffId } },
  ]) {
    it(`with a field of another type is invalid-manifest: ${JSON.stringify(config)}`, () => {
      refusal('invalid-manifest', () => read(config));
    });
  }

  for (const config of [
    { OS: 'linux' },
    { Architecture: 'amd64' },
    { Created: '' },
    { Config: {} },
    { RootFS: {} },
    { rootfs: { DIFF_IDS: [] } },
    { config: { labels: {} } },
    { 'OS.Version': '' },
  ]) {
    it(`with a key that differs from a known one only in case is invalid-manifest: ${JSON.stringify(config)}`, () => {
      refusal('invalid-manifest', () => read(config));
    });
  }

  it('may have labels that differ only in case, or are named like anything', () => {
    const labels = read('{"config":{"Labels":{"A":"1","a":"2","os":"3","OS":"4","__proto__":"5"}}}').labels;
    assert.deepEqual(Object.entries(labels), [
      ['A', '1'],
      ['a', '2'],
      ['os', '3'],
      ['OS', '4'],
      ['__proto__', '5'],
    ]);
  });

  for (const text of [
    '',
    '{"os":"linux","os":"windows"}',
    '\ufeff{}',
    '{}{}',
    '{"config":{"Labels":{"a":"1","a":"2"}}}',
  ]) {
    it(`is strict JSON (CVE-2021-41190 and its kind): ${JSON.stringify(text)}`, () => {
      refusal('invalid-manifest', () => read(text));
    });
  }

  it('throws nothing but ActionError, and gives what its fields may hold', () => {
    const anything = fc.jsonValue({ maxDepth: 2 });
    const document = fc.record(
      {
        os: anything,
        architecture: anything,
        created: anything,
        config: fc.oneof(anything, fc.record({ Labels: anything })),
        rootfs: fc.record({ diff_ids: anything }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(document, (value) => {
        const config = settle(() => read(value));
        if (config instanceof ActionError) return;
        assert.ok(Object.values(config.labels).every((label) => typeof label === 'string'));
        assert.match(config.created, /^$|^\d{4}-\d\d-\d\d[Tt]/);
      }),
      { numRuns: 500 },
    );
  });

  it('has an os.version for Windows alone, as of others it may be any words', () => {
    const version = (os: string, text: string) =>
      read({ os, architecture: 'amd64', 'os.version': text }).platform?.osVersion;
    assert.equal(version('darwin', 'macOS 14.5'), '');
    assert.equal(version('linux', 'Ubuntu 22.04.5'), '');
    assert.equal(version('windows', '10.0.20348.1'), '10.0.20348.1');
  });

  it('whose platform has a part of more than 64 characters is invalid-manifest', () => {
    assert.equal(read({ os: 'linux', architecture: 'a'.repeat(64) }).platform?.architecture.length, 64);
    refusal('invalid-manifest', () => read({ os: 'linux', architecture: 'a'.repeat(65) }));
  });
});
