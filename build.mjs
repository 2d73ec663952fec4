// Bundles lib into dist. ncc's command line makes an ES module of one, which takes Node 3 ms longer to start.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ncc from '@vercel/ncc';

const entry = fileURLToPath(new URL('lib/src/index.js', import.meta.url));
const { code, assets, stats } = await ncc(entry, { esm: false, filename: 'index.js', quiet: true });

const files = Object.entries(assets).map(([name, { source }]) => [name, source]);
files.push(['index.js', code], ['licenses.txt', licenses(stats)], ['package.json', '{ "type": "commonjs" }\n']);

const dist = new URL('dist/', import.meta.url);
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
for (const [name, content] of files) writeFileSync(new URL(name, dist), content);

/** The license of every package in the bundle. ncc's own list is that of the chunk which it writes last. */
function licenses({ compilation }) {
  const modules = [...compilation.modules].flatMap((module) => [module, ...(module.modules ?? [])]);
  const packageOf = ({ resource = '' }) =>
    /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(resource.replaceAll('\\', '/'))?.[1];
  const packages = [...new Set(modules.map(packageOf))].filter((name) => name !== undefined).sort();
  const all = packages.map(licenseOf);
  const entries = all.map(({ name, license, text }) => {
    const sibling = all.find((other) => other.license === license && other.text !== '');
    return `${name}\n${license}\n${text || `The text is that of ${sibling.name}.\n`}`;
  });
  return entries.join('\n');
}

function licenseOf(name) {
  const folder = new URL(`node_modules/${name}/`, import.meta.url);
  const { license } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n');
  return { name, license, text };
}
