import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from '../../../src/oci/reference.ts';
import { formatSource, requestedDigest, targetOf } from '../../../src/oci/source.ts';

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
