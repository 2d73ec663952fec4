import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { publicGoodRoot, readPublicKeys, readTrustedRoot } from '../../../src/attestation/trusted-root.ts';
import { temporaryFolder, writeAt } from '../../support/folder.ts';
import { withoutFifos } from '../../support/posix.ts';
import { rejection } from '../../support/refusals.ts';
import { keyPair, type Sigstore, startSigstore } from '../../support/sigstore.ts';

let sigstore: Sigstore;
let root: Record<string, Record<string, unknown>[]>;

before(async () => {
  sigstore = await startSigstore({ stamps: true });
  root = JSON.parse(sigstore.rootText);
});

test('the root of the public-good instance is complete', () => {
  const { name, root: built } = publicGoodRoot();
  assert.equal(name, 'public-good');
  for (const list of [built.tlogs, built.ctlogs, built.certificateAuthorities]) assert.ok(list.length > 0);
  assert.ok([...built.tlogs, ...built.ctlogs].every(({ publicKey }) => publicKey?.validFor?.start));
});

test('a file holds one instance as JSON, or several as lines of JSON', async (context) => {
  const folder = await temporaryFolder(context);
  const indented = JSON.stringify(root, undefined, 2);
  const line = sigstore.rootText;
  for (const [text, count] of [
    [line, 1],
    [`${line}\n`, 1],
    [`\n\n${line}\r\n\r\n${line}\r\n`, 2],
    [indented, 1],
    [`${line}\n${line}\n${line}`, 3],
  ] as const) {
    await writeAt(join(folder, 'root.jsonl'), text);
    const instances = await readTrustedRoot('root.jsonl', folder);
    assert.equal(instances.length, count);
    assert.ok(instances.every(({ name }) => name === 'trusted-root'));
  }
  assert.equal((await readTrustedRoot(join(folder, 'root.jsonl'), '/elsewhere')).length, 3, 'an absolute path');
});

test('a file that cannot be used is refused', async (context) => {
  const folder = await temporaryFolder(context);
  const line = sigstore.rootText;
  const without = (...names: string[]) => ({ ...root, ...Object.fromEntries(names.map((name) => [name, []])) });
  const [log] = root['tlogs'] ?? [];
  const [authority] = root['certificateAuthorities'] ?? [];
  const unbegun = { ...log, publicKey: { ...(log?.['publicKey'] as object), validFor: {} } };
  for (const [what, content] of Object.entries({
    nothing: '',
    'white space': ' \n\n',
    'a text': 'x',
    'half of it': line.slice(0, 200),
    'a line that is cut': `${line}\n${line.slice(0, 200)}`,
    'a line that is no JSON': `${line}\nx`,
    'a list': '[]',
    'a number': '1',
    null: 'null',
    'an empty object': '{}',
    'a duplicate key': `${line.slice(0, -1)},"tlogs":[]}`,
    'neither log nor authority of stamps': without('tlogs', 'timestampAuthorities'),
    'neither in the second of two': `${line}\n${JSON.stringify(without('tlogs', 'timestampAuthorities'))}`,
    'a log whose key has no beginning': { ...root, tlogs: [unbegun] },
    'a log without a validity': {
      ...root,
      tlogs: [{ ...log, publicKey: { ...(log?.['publicKey'] as object), validFor: undefined } }],
    },
    'a log without a key': { ...root, tlogs: [{ ...log, publicKey: undefined }] },
    'a certificate log whose key has no beginning': { ...root, ctlogs: [unbegun] },
    'an authority without a beginning': { ...root, certificateAuthorities: [{ ...authority, validFor: {} }] },
    'an authority of stamps without a beginning': {
      ...root,
      timestampAuthorities: [{ ...authority, validFor: undefined }],
    },
    'a key that is no base64 of a key': {
      ...root,
      tlogs: [{ ...log, publicKey: { ...(log?.['publicKey'] as object), rawBytes: 'AAAA' } }],
    },
    'a certificate that is none': {
      ...root,
      certificateAuthorities: [{ ...authority, certChain: { certificates: [{ rawBytes: 'AAAA' }] } }],
    },
    'an authority without certificates': {
      ...root,
      certificateAuthorities: [{ ...authority, certChain: { certificates: [] } }],
    },
    'more than four MiB': `${line}${' '.repeat(4 * 1024 * 1024)}`,
  })) {
    await writeAt(join(folder, 'root.json'), content);
    const error = await rejection('trust-root', readTrustedRoot('root.json', folder)).catch((problem: Error) => {
      throw new Error(`${what}: ${problem.message}`);
    });
    assert.match(error.message, /root\.json/);
    assert.match(error.advice ?? '', /gh attestation trusted-root/);
  }
});

test('a path that names no file is refused', async (context) => {
  const folder = await temporaryFolder(context);
  mkdirSync(join(folder, 'folder'));
  for (const path of ['missing.json', 'folder', '', 'a\0b', 'folder/missing', 'x'.repeat(5000)]) {
    await rejection('trust-root', readTrustedRoot(path, folder));
  }
});

test('a pipe without a writer does not hang', {
  skip: withoutFifos,
}, async (context) => {
  const folder = await temporaryFolder(context);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  symlinkSync(join(folder, 'pipe'), join(folder, 'link'));
  await rejection('trust-root', readTrustedRoot('pipe', folder));
  await rejection('invalid-input', readPublicKeys([{ path: 'link' }], folder));
});

const pemOf = (key: ReturnType<typeof keyPair>['publicKey']) => key.export({ type: 'spki', format: 'pem' }).toString();

test('public keys are read from PEM blocks and from files', async (context) => {
  const folder = await temporaryFolder(context);
  const pems = [keyPair(), keyPair(), keyPair()].map(({ publicKey }) => pemOf(publicKey));
  await writeAt(join(folder, 'keys.pub'), `a comment\n${pems[1]}\n${pems[2]}`);
  const keys = await readPublicKeys([{ pem: String(pems[0]) }, { path: 'keys.pub' }], folder);
  assert.deepEqual(keys.map(pemOf), pems);
  const windows = await readPublicKeys([{ pem: String(pems[0]).replaceAll('\n', '\r\n') }], folder);
  assert.deepEqual(windows.map(pemOf), pems.slice(0, 1));
});

test('P-256 and RSA of 2048 to 4096 bits are supported, and nothing else', async () => {
  const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).publicKey;
  assert.equal((await readPublicKeys([{ pem: pemOf(rsa(2048)) }], '')).length, 1);
  assert.equal((await readPublicKeys([{ pem: pemOf(rsa(3072)) }], '')).length, 1);
  const pkcs1 = rsa(2048).export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.equal((await readPublicKeys([{ pem: pkcs1 }], '')).length, 1);
  for (const key of [
    rsa(1024),
    rsa(2047),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
    generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
    generateKeyPairSync('ed25519').publicKey,
    generateKeyPairSync('x25519').publicKey,
    generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey,
    generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey,
  ]) {
    await rejection('unsupported', readPublicKeys([{ pem: pemOf(key) }], ''));
  }
});

test('what is no public key is refused, and never shown', async (context) => {
  const folder = await temporaryFolder(context);
  const { publicKey, privateKey } = keyPair();
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const [authority] = TrustedRoot.fromJSON(root).certificateAuthorities;
  const der = authority?.certChain?.certificates[0]?.rawBytes ?? assert.fail();
  const certificate = new X509Certificate(der).toString();
  const secret = privatePem.split('\n')[1] ?? '';
  for (const [what, pem] of Object.entries({
    'a private key': privatePem,
    'a private key of the older form': privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    'a private key beside a public one': `${pemOf(publicKey)}${privatePem}`,
    'an encrypted private key':
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----',
    'a block that is no key': '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
    'a block that holds nothing': '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----',
    'a block without an end': pemOf(publicKey).replace(/-----END.*\s*$/, ''),
    'a certificate': certificate,
  })) {
    for (const source of [{ pem }, { path: await writeAt(join(folder, 'key'), pem) }]) {
      const error = await rejection('invalid-input', readPublicKeys([source], folder)).catch((problem: Error) => {
        throw new Error(`${what}: ${problem.message}`);
      });
      assert.ok(!`${error.message}${error.advice}`.includes(secret));
    }
  }
  await rejection('invalid-input', readPublicKeys([{ path: 'missing.pub' }], folder));
  await rejection('invalid-input', readPublicKeys([{ path: await writeAt(join(folder, 'empty'), '') }], folder));
  await rejection('invalid-input', readPublicKeys([{ path: '.' }], folder));
});

test('a file of which one block is broken is refused as a whole', async (context) => {
  const folder = await temporaryFolder(context);
  const [one, two] = [keyPair(), keyPair()].map(({ publicKey }) => pemOf(publicKey));
  const path = await writeAt(join(folder, 'keys'), `${one}${String(two).replace('-----END PUBLIC KEY-----', '')}`);
  await rejection('invalid-input', readPublicKeys([{ path }], folder));
});
