import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Claims, claimsOf, type Extension } from '../../../src/attestation/certificate.ts';
import { signerDifference } from '../../../src/attestation/policy.ts';

const prefix = '1.3.6.1.4.1.57264.1';

/** DER: a tag, a length below 128, and what it holds. */
const der = (tag: number, content: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
};
const utf8 = (text: string) => der(0x0c, text);
const claim = (number: number, value: Uint8Array): Extension => ({ oid: `${prefix}.${number}`, value });
const names = (...all: Uint8Array[]): Extension => ({ oid: '2.5.29.17', value: der(0x30, Buffer.concat(all)) });

test('claims are read by their numbers', () => {
  const claims = claimsOf([
    claim(8, utf8('https://issuer')),
    claim(9, utf8('signer')),
    claim(10, utf8('signer digest')),
    claim(11, utf8('github-hosted')),
    claim(12, utf8('source')),
    claim(13, utf8('commit')),
    claim(14, utf8('ref')),
    claim(21, utf8('run')),
    names(der(0x86, 'https://identity')),
  ]);
  assert.deepEqual(claims, {
    issuer: 'https://issuer',
    identity: { kind: 'uri', text: 'https://identity' },
    buildSignerUri: 'signer',
    buildSignerDigest: 'signer digest',
    runnerEnvironment: 'github-hosted',
    sourceRepositoryUri: 'source',
    sourceRepositoryDigest: 'commit',
    sourceRepositoryRef: 'ref',
    runInvocationUri: 'run',
  });
});

test('a claim that is no DER text, or stands there twice, is none', () => {
  for (const [what, extensions] of Object.entries({
    'a bare text': [claim(12, Buffer.from('source'))],
    'another kind of string': [claim(12, der(0x16, 'source'))],
    'an octet string': [claim(12, der(0x04, 'source'))],
    'a tag of the context': [claim(12, der(0x8c, 'source'))],
    'something behind it': [claim(12, Buffer.concat([utf8('source'), Buffer.from('x')]))],
    'a length that is too long': [claim(12, Buffer.from([0x0c, 9, 0x61]))],
    'a length in more bytes than it needs': [claim(12, Buffer.from([0x0c, 0x81, 1, 0x61]))],
    'an empty text': [claim(12, utf8(''))],
    'no bytes': [claim(12, Buffer.alloc(0))],
    'broken UTF-8': [claim(12, der(0x0c, Uint8Array.of(0xff)))],
    'two, different': [claim(12, utf8('source')), claim(12, utf8('other'))],
    'two, equal': [claim(12, utf8('source')), claim(12, utf8('source'))],
    none: [claim(13, utf8('source'))],
  })) {
    assert.equal(claimsOf(extensions).sourceRepositoryUri, undefined, what);
  }
});

test('the first form of the issuer counts only where the second is absent, and for signers alone', () => {
  const identity = 'https://identity';
  const by = (...extensions: Extension[]) => claimsOf([names(der(0x86, identity)), ...extensions]);
  const isSigner = (claims: Claims, issuer: string) =>
    signerDifference(claims, [{ identity, isPrefix: false, issuer }]) === undefined;
  const [old, bare] = ['https://old', Buffer.from('https://old')];
  assert.ok(isSigner(by(claim(1, bare)), old));
  assert.equal(by(claim(1, bare)).issuer, undefined, 'who builds has the second');
  assert.ok(isSigner(by(claim(1, bare), claim(8, utf8('https://new'))), 'https://new'));
  assert.ok(!isSigner(by(claim(1, bare), claim(8, utf8('https://new'))), old));
  assert.ok(!isSigner(by(claim(1, bare), claim(8, Buffer.from('bare'))), old));
  assert.ok(!isSigner(by(claim(1, bare), claim(8, utf8('a')), claim(8, utf8('b'))), old));
  assert.ok(!isSigner(by(claim(1, bare), claim(1, bare)), old));
});

test('the identity is the one name, a URI or an e-mail address', () => {
  const identity = (...all: Extension[]) => claimsOf(all).identity;
  assert.deepEqual(identity(names(der(0x81, 'a@b.example'))), { kind: 'email', text: 'a@b.example' });
  assert.deepEqual(identity(names(der(0x86, 'https://a'))), { kind: 'uri', text: 'https://a' });
  assert.equal(identity(names(der(0x82, 'a.example'))), undefined, 'a DNS name');
  assert.equal(identity(names(der(0x86, 'https://a'), der(0x86, 'https://b'))), undefined, 'two names');
  assert.equal(identity(names(der(0x86, 'https://a'), der(0x82, 'b'))), undefined, 'a URI and a DNS name');
  assert.equal(identity(names(der(0x86, 'https://a')), names(der(0x86, 'https://b'))), undefined, 'two extensions');
  assert.equal(identity(names()), undefined, 'no name');
  assert.equal(identity(), undefined, 'no extension');
});

test('an extension whose number begins alike is another', () => {
  assert.equal(claimsOf([{ oid: `${prefix}.12.1`, value: utf8('source') }]).sourceRepositoryUri, undefined);
  assert.equal(claimsOf([{ oid: `${prefix}.120`, value: utf8('source') }]).sourceRepositoryUri, undefined);
});
