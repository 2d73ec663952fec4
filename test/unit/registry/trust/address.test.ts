import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bareHostname } from '../../../../src/registry/http/transport.ts';
import { addressClass, isPublicName, nameClass } from '../../../../src/registry/trust/address.ts';

const classOfUrl = (host: string) => nameClass(bareHostname(new URL(`http://${host}/`)));

describe('an address is forbidden', () => {
  const forbidden = {
    'link-local, where most clouds keep their metadata': '169.254.169.254',
    'the first of link-local': '169.254.0.0',
    'the last of link-local': '169.254.255.255',
    'the credentials of AWS ECS tasks': '169.254.170.2',
    'the metadata of Alibaba Cloud': '100.100.100.200',
    'the wire server of Azure': '168.63.129.16',
    'the metadata of Oracle Cloud': '192.0.0.192',
    multicast: '224.0.0.1',
    broadcast: '255.255.255.255',
    'link-local in IPv6': 'fe80::1',
    'link-local in IPv6 with a zone': 'fe80::1%eth0',
    'the last of link-local in IPv6': 'febf:ffff::1',
    'the metadata of AWS in IPv6': 'fd00:ec2::254',
    'the first of the network of AWS': 'fd00:ec2::',
    'the last of the network of AWS': 'fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff',
    'the name servers and clocks of AWS': 'fd00:ec2::253',
    'the metadata of Google Cloud in IPv6': 'fd20:ce::254',
    'multicast in IPv6': 'ff02::1',
    'mapped into IPv6': '::ffff:169.254.169.254',
    'mapped into IPv6, in hexadecimal': '::ffff:a9fe:a9fe',
    'mapped into IPv6, written out': '0:0:0:0:0:FFFF:A9FE:A9FE',
    'compatible with IPv6': '::169.254.169.254',
    'translated into IPv6': '::ffff:0:169.254.169.254',
    'behind NAT64': '64:ff9b::169.254.169.254',
    'behind a NAT64 of its own': '64:ff9b:1::a9fe:a9fe',
    'behind 6to4': '2002:a9fe:a9fe::1',
    'the metadata of Alibaba Cloud behind NAT64': '64:ff9b::6464:64c8',
  };
  for (const [what, address] of Object.entries(forbidden)) {
    test(`${what}: ${address}`, () => {
      assert.equal(addressClass(address), 'forbidden');
    });
  }
});

describe('the metadata address in a URL is found out (CVE-2026-33990)', () => {
  const spellings = {
    plain: '169.254.169.254',
    'a trailing dot': '169.254.169.254.',
    octal: '0251.0376.0251.0376',
    'octal with more zeros': '000251.00376.0251.000376',
    hexadecimal: '0xa9.0xfe.0xa9.0xfe',
    'one hexadecimal number': '0xA9FEA9FE',
    'one decimal number': '2852039166',
    'one octal number': '025177524776',
    'two parts': '169.16689662',
    'three parts': '169.254.43518',
    'parts of different bases': '0xa9.254.0251.254',
    'full-width digits': '１６９.２５４.１６９.２５４',
    'full-width digits and full stops': '１６９。２５４。１６９。２５４',
    'digits in circles': '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
    'percent signs': '%31%36%39.254.169.254',
    'a soft hyphen': '169.254.169.2\u00ad54',
    'mapped into IPv6': '[::ffff:169.254.169.254]',
    'mapped into IPv6, in hexadecimal': '[::FFFF:a9fe:A9FE]',
    NAT64: '[64:ff9b::a9fe:a9fe]',
    '6to4': '[2002:a9fe:a9fe:1234::1]',
    'user information before it': 'ghcr.io@169.254.169.254',
    'a port after it': '169.254.169.254:443',
    'the name of Google': 'metadata.google.internal',
    'the name of Google in capitals, with a trailing dot': 'METADATA.Google.Internal.',
    'the other name of Google': 'metadata.goog',
  };
  for (const [what, host] of Object.entries(spellings)) {
    test(`${what}: ${host}`, () => {
      assert.equal(classOfUrl(host), 'forbidden');
    });
  }
});

describe('other addresses have the class of their network', () => {
  const classes = {
    loopback: [
      ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
      ...['2002:7f00:1::', '0:0:0:0:0:0:0:1'],
    ],
    private: [
      ...['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '198.18.0.1'],
      ...[
        '240.0.0.1',
        '255.255.255.254',
        '::ffff:240.0.0.1',
        '192.0.0.1',
        'fc00::1',
        'fdff::1',
        'fec0::1',
        '::ffff:10.0.0.1',
        '64:ff9b::192.168.0.1',
        '2002:0a00:1::',
      ],
    ],
    public: [
      ...[
        '8.8.8.8',
        '172.15.255.255',
        '172.32.0.0',
        '169.253.255.255',
        '169.255.0.0',
        '100.128.0.0',
        '126.255.255.255',
      ],
      ...['128.0.0.1', '192.167.255.255', '223.255.255.255', '2001:4860:4860::8888', 'fe00::1'],
      ...['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
    ],
  } as const;
  for (const [kind, addresses] of Object.entries(classes)) {
    for (const address of addresses) {
      test(`${address} is ${kind}`, () => {
        assert.equal(addressClass(address), kind);
      });
    }
  }

  test('the neighbours of a metadata address in a private network are private', () => {
    assert.equal(addressClass('fd00:ec1:ffff::1'), 'private');
    assert.equal(addressClass('fd00:ec3::1'), 'private');
    assert.equal(addressClass('fd20:ce::253'), 'private');
    assert.equal(addressClass('100.100.100.199'), 'private');
  });
});

test('a name has no class of its own, but for localhost', () => {
  for (const name of ['ghcr.io', '169.254.169.254.nip.io', 'localhost.example.com', 'fe80', '1.2.3', 'metadata']) {
    assert.equal(nameClass(name), undefined, name);
  }
  for (const name of ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.localhost.']) {
    assert.equal(nameClass(name), 'loopback', name);
  }
});

test('a public name is a DNS name with a dot that is not under a private suffix', () => {
  for (const name of ['auth.docker.io', 'a.b', 'xn--bcher-kva.example', 'gitlab.com.', 'internal.example.com']) {
    assert.equal(isPublicName(name), true, name);
  }
  for (const name of [
    ...['registry', 'localhost', 'a.localhost', 'printer.local', 'vault.internal', 'VAULT.INTERNAL', 'vault.internal.'],
    ...['auth.', '8.8.8.8', '169.254.169.254', '2001:db8::1', ''],
  ]) {
    assert.equal(isPublicName(name), false, name);
  }
});

test('an IPv4 address has the same class in every IPv6 form that carries it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
      const groups = `${hex(a, b)}:${hex(c, d)}`;
      const expected = addressClass(address);
      for (const form of [`::ffff:${address}`, `::ffff:${groups}`, `64:ff9b::${address}`, `2002:${groups}::1`]) {
        assert.equal(addressClass(form), expected, form);
      }
    }),
  );
});

test('every text gets an answer, and every address a class', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      nameClass(text);
      isPublicName(text);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      assert.notEqual(addressClass(address), undefined);
    }),
  );
});

test('dots at the end of a name do not make another of it', () => {
  for (const dots of ['.', '..', '...']) {
    assert.equal(nameClass(`localhost${dots}`), 'loopback');
    assert.equal(nameClass(`metadata.google.internal${dots}`), 'forbidden');
    assert.equal(isPublicName(`foo.internal${dots}`), false);
    assert.equal(isPublicName(`foo.example${dots}`), true);
  }
});
