import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseHost } from '../../../src/oci/host.ts';
import { anyText } from '../../support/texts.ts';

/** What is written, and the one spelling of it. */
const hosts: readonly (readonly [string, string])[] = [
  ['localhost', 'localhost'],
  ['LocalHost:5000', 'localhost:5000'],
  ['ghcr.io', 'ghcr.io'],
  ['GHCR.IO:443', 'ghcr.io:443'],
  ['a', 'a'],
  ['a-b.c-om', 'a-b.c-om'],
  ['0101.com', '0101.com'],
  ['001a.com', '001a.com'],
  ['xn--n3h.com', 'xn--n3h.com'],
  ['registry:1', 'registry:1'],
  ['registry:65535', 'registry:65535'],
  ['127.0.0.1:5000', '127.0.0.1:5000'],
  ['[::1]', '[::1]'],
  ['[::1]:5000', '[::1]:5000'],
  ['[FD00:1:2::3]:80', '[fd00:1:2::3]:80'],
  ['[2001:db8:1:2:3:4:5:6]', '[2001:db8:1:2:3:4:5:6]'],
];

const none: readonly string[] = [
  '',
  ':',
  ':5000',
  'host:',
  'host:0',
  'host:65536',
  'host:75050',
  'host:750050',
  'host:99999999999999999999',
  'host:-1',
  'host:http',
  'host:50 00',
  'host:5000:5000',
  '-ab.com',
  'ab-.com',
  'ab.-com',
  'ab.com-',
  '.com',
  'com.',
  'a..b',
  'a_b.com',
  'a b.com',
  'ab.com/',
  'user@ab.com',
  'ab.com?x',
  'ab.com#x',
  'ab%2ecom',
  'ab\\com',
  'ab.com\n',
  'bücher.example',
  'ｇhcr.io',
  'ghcr。io',
  '::1',
  'fd00:1:2::3:80',
  '[::1',
  '::1]',
  '[]',
  '[::1]5000',
  '[::1]::5000',
  '[::1%eth0]:5000',
  '[fd00123123123]:80',
  '[::ffff:127.0.0.1]',
  '[1:2:3]',
];

/** A URL would take each of these for another address than a check of the text sees. */
const rewritten: readonly string[] = [
  '127.1',
  '0x7f.1',
  '0x7f000001',
  '2130706433',
  '017700000001',
  '127.0.0.01',
  '256.1.1.1',
  '1.2.3.4.5',
  'a.1',
  '123:5000',
];

describe('a host', () => {
  for (const [text, canonical] of hosts) {
    it(`may be written ${text}`, () => {
      assert.equal(parseHost(text), canonical);
    });
  }

  for (const text of none) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(parseHost(text), undefined);
    });
  }

  for (const text of rewritten) {
    it(`is not ${text}, which a URL reads as another address`, () => {
      assert.equal(parseHost(text), undefined);
    });
  }

  it('has one spelling for each IPv6 address', () => {
    assert.equal(parseHost('[2001:0DB8:0:0:0:0:0:1]:80'), '[2001:db8::1]:80');
  });

  it('is at most as long as a DNS name', () => {
    const longest = `${'a.'.repeat(126)}a`;
    assert.equal(parseHost(`${longest}:65535`), `${longest}:65535`);
    assert.equal(parseHost(`${longest}.aaa.aaa:65535`), undefined);
    assert.equal(parseHost('a'.repeat(2 ** 20)), undefined);
  });

  it('that is read is what a URL would contact, and reads as itself', () => {
    const text = fc.oneof(
      anyText,
      fc.string({ unit: fc.constantFrom(...'aAzZ09.-_:[]xX@/%'), maxLength: 20 }),
      fc.domain(),
      fc.ipV4Extended(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    fc.assert(
      fc.property(text, (written) => {
        const host = parseHost(written);
        if (host === undefined) return;
        assert.equal(new URL(`http://${host}/`).hostname, host.replace(/:[0-9]+$/, ''));
        assert.equal(parseHost(host), host);
        assert.match(host, /^[\x21-\x7e]+$/);
      }),
      { numRuns: 500 },
    );
  });
});
