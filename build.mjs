// Bundles lib into dist. ncc's command line makes an ES module of one, which takes Node 3 ms longer to start.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ncc from '@vercel/ncc';

const entry = fileURLToPath(new URL('lib/src/index.js', import.meta.url));
const { code, assets } = await ncc(entry, { esm: false, filename: 'index.js', license: 'licenses.txt', quiet: true });

const files = Object.entries(assets).map(([name, { source }]) => [name, source]);
files.push(['index.js', code], ['package.json', '{ "type": "commonjs" }\n']);

const dist = new URL('dist/', import.meta.url);
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
for (const [name, content] of files) writeFileSync(new URL(name, dist), content);
