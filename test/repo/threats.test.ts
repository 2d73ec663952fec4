import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { textOf } from '../support/readme.ts';

const folder = new URL('../../../test/', import.meta.url);

/** The texts of the tests, by the names of their files; several files may have one name. */
const tests = new Map<string, string>();
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.test.ts')) continue;
  const name = basename(file, '.test.ts');
  tests.set(name, `${tests.get(name) ?? ''}\n${readFileSync(new URL(file, folder), 'utf8')}`);
}

/** The last cells of the rows of SECURITY.md, each with the tests that it names: a file, and the beginning of a title. */
const references = [...textOf('SECURITY.md').matchAll(/^\|.*\| ([^|]+) \|$/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([a-z-]+)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ file, title: title.replace(/ ?…$/, '') })),
  ),
);

test('every threat names a test that there is', () => {
  assert.ok(references.length > 50);
  for (const { file, title } of references) {
    assert.ok(tests.get(file)?.includes(title), `no test in ${file} begins with "${title}"`);
  }
});

test('every row of the threats names a test', () => {
  const [, threats = ''] = textOf('SECURITY.md').split('## Threats');
  const rows = [...threats.matchAll(/^\| (?!attack|---)(.*) \|$/gm)].map(([, row = '']) => row);
  assert.ok(rows.length > 40);
  for (const row of rows) assert.match(row, /\| `[a-z-]+`: "/, row);
});
