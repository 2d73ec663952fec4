// Writes the README's tables anew: npm run compile && node lib/test/support/write-tables.js
import { writeFileSync } from 'node:fs';
import { readActionFile, textOf, withTables } from './readme.ts';

writeFileSync(new URL('../../../README.md', import.meta.url), withTables(textOf('README.md'), readActionFile()));
