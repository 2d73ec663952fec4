import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { formatSource, parseSource, requestedDigest, tagOf, targetOf } from '../../../src/oci/source.ts';
import { settle } from '../../support/refusals.ts';
import { failsWith } from '../../support/transport.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const source = (text: string) => ({ kind: 'registry', reference: parseReference(text) }) as const;

test('an image is looked up by its digest where it has one, and by its tag where it has none', () => {
  assert.equal(targetOf(source('nginx')), 'latest');
  assert.equal(targetOf(source('nginx:1')), '1');
  assert.equal(targetOf(source(`nginx@${digest}`)), digest);
  assert.equal(targetOf(source(`nginx:1@${digest}`)), digest);
});

test('only what is named by a digest cannot become another', () => {
  assert.equal(requestedDigest(source('nginx:1')), undefined);
  assert.equal(requestedDigest(source(`nginx:1@${digest}`)), digest);
});

test('sources that are the same image have the same spelling', () => {
  for (const text of ['nginx', 'docker.io/nginx', 'index.docker.io/library/nginx:latest', 'docker://nginx']) {
    assert.equal(formatSource(source(text)), 'docker.io/library/nginx:latest', text);
  }
  assert.notEqual(formatSource(source('nginx:1')), formatSource(source(`nginx:1@${digest}`)));
});

test('a layout is a path, a name and a digest, of which the last two may be left out', () => {
  const layout = (path: string, name = '', layoutDigest?: string) => ({
    kind: 'layout',
    path,
    name,
    digest: layoutDigest,
  });
  const cases: [string, object][] = [
    ['out', layout('out')],
    ['out/image.tar', layout('out/image.tar')],
    ['/abs/out', layout('/abs/out')],
    ['./out', layout('./out')],
    ['../out', layout('../out')],
    ['out:v1', layout('out', 'v1')],
    ['out:ghcr.io/o/app:v1', layout('out', 'ghcr.io/o/app:v1')],
    ['out:host:5000/app', layout('out', 'host:5000/app')],
    [`out@${digest}`, layout('out', '', digest)],
    [`out:v1@${digest}`, layout('out', 'v1', digest)],
    [`out@sha512:${'b'.repeat(128)}`, layout('out', '', `sha512:${'b'.repeat(128)}`)],
    ['job@2/out', layout('job@2/out')],
    ['job@2/out:v1', layout('job@2/out', 'v1')],
    ['out:v1@2', layout('out', 'v1@2')],
    [`out@${digest}/x`, layout('out@sha256', `${'a'.repeat(64)}/x`)],
    ['my out', layout('my out')],
    ['oci-layout://x', layout('oci-layout', '//x')],
    ['C:/out', layout('C', '/out')],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseSource(`oci-layout://${text}`, false), expected, text);
});

test('on Windows the colon of a drive ends no path', () => {
  const path = (text: string) => {
    const parsed = parseSource(`oci-layout://${text}`, true);
    return parsed.kind === 'layout' ? [parsed.path, parsed.name] : [];
  };
  assert.deepEqual(path('C:\\out\\image.tar:v1'), ['C:\\out\\image.tar', 'v1']);
  assert.deepEqual(path('d:/out'), ['d:/out', '']);
  assert.deepEqual(path('out:v1'), ['out', 'v1']);
  assert.deepEqual(path('c:v1'), ['c', 'v1']);
  assert.deepEqual(path('ab:/x'), ['ab', '/x']);
});

test('a source that names no path, or nothing behind its colon, is invalid-input', () => {
  for (const text of ['', ':v1', `@${digest}`, 'out:', `out:@${digest}`]) {
    assert.throws(
      () => parseSource(`oci-layout://${text}`, false),
      failsWith('invalid-input', 'oci-layout://PATH'),
      text,
    );
  }
});

test('control characters and very long sources are invalid-input', () => {
  for (const text of ['a\0b', 'a\nb', 'out:v\u001b1', 'out:v1\u0085', 'x'.repeat(10_000)]) {
    assert.throws(() => parseSource(`oci-layout://${text}`, false), failsWith('invalid-input'), JSON.stringify(text));
  }
});

test('a digest that is not whole or of another algorithm is refused, and never read as a name', () => {
  for (const hex of ['a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), 'a'.repeat(32)]) {
    assert.throws(() => parseSource(`oci-layout://out@sha256:${hex}`, false), failsWith('invalid-input'), hex);
  }
  assert.throws(() => parseSource(`oci-layout://out@blake3:${'a'.repeat(64)}`, false), failsWith('unsupported'));
});

test('the schemes of other tools are refused, and a registry stays one', () => {
  for (const text of ['oci:out:v1', 'oci-archive:out.tar', 'docker-archive:out.tar']) {
    assert.throws(() => parseSource(text, false), failsWith('invalid-input', 'oci-layout://'), text);
  }
  assert.equal(parseSource('oci://ghcr.io/o/app:v1', false).kind, 'registry');
  assert.equal(parseSource('oci-layout/app', false).kind, 'registry');
});

test('a layout is looked up by its digest, else by its name, and written as it is read', () => {
  for (const text of ['out', 'out:v1', `out@${digest}`, `out:v1@${digest}`, 'job@2/out']) {
    const parsed = parseSource(`oci-layout://${text}`, false);
    assert.equal(formatSource(parsed), `oci-layout://${text}`);
    assert.equal(targetOf(parsed), text.includes(digest) ? digest : text.includes(':v1') ? 'v1' : '');
    assert.equal(requestedDigest(parsed), text.includes(digest) ? digest : undefined);
    assert.equal(tagOf(parsed), text.includes(':v1') ? 'v1' : '');
  }
});

test('any text is read or refused, and what is read is written so that it reads the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.boolean(), (text, isWindows) => {
      const parsed = settle(() => parseSource(`oci-layout://${text}`, isWindows));
      if (parsed instanceof ActionError) return assert.match(parsed.code, /^(?:invalid-input|unsupported)$/);
      assert.deepEqual(parseSource(formatSource(parsed), isWindows), parsed);
    }),
  );
});
