import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentBudget } from '../../../src/content/budget.ts';
import { failsWith } from '../../support/transport.ts';

const maxBytes = 20 * 1024 * 1024;

test('all documents of a run together have 20 MiB, and a byte more is too-large', () => {
  const budget = documentBudget();
  budget.take(maxBytes - 1);
  budget.take(1);
  assert.throws(() => budget.take(1), failsWith('too-large', String(maxBytes)));
  assert.throws(() => budget.take(0), failsWith('too-large'));
});

test('each run has a budget of its own', () => {
  documentBudget().take(maxBytes);
  documentBudget().take(maxBytes);
  assert.throws(() => documentBudget().take(maxBytes + 1), failsWith('too-large'));
});
