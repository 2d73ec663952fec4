import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentBudget } from '../../../src/content/budget.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { failsWith } from '../../support/transport.ts';

const maxBytes = 20 * 1024 * 1024;

/** A digest of something else for each name. */
const named = (name: string) => digestOf(Buffer.from(name));

test('all documents of a run together have 20 MiB, and a byte more is too-large', () => {
  const budget = documentBudget();
  budget.take(named('one'), maxBytes - 1);
  budget.take(named('two'), 1);
  assert.throws(() => budget.take(named('three'), 1), failsWith('too-large', String(maxBytes)));
});

test('the same document counts once, however often a wait sees it', () => {
  const budget = documentBudget();
  for (let round = 0; round < 100; round += 1) budget.take(named('one'), maxBytes - 1);
  budget.take(named('two'), 1);
  assert.throws(() => budget.take(named('three'), 1), failsWith('too-large'));
});

test('each run has a budget of its own', () => {
  documentBudget().take(named('one'), maxBytes);
  documentBudget().take(named('one'), maxBytes);
  assert.throws(() => documentBudget().take(named('one'), maxBytes + 1), failsWith('too-large'));
});
