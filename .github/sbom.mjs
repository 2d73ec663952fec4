// Reads the SPDX document that npm makes of the lock file, and prints it with only the packages that dist/ holds, which
// dist/licenses.txt names: npm counts what dist leaves out, and takes what is bundled for a tool of the build.
//
//   npm sbom --sbom-format spdx --package-lock-only | node .github/sbom.mjs
import { readFileSync } from 'node:fs';

const licenses = readFileSync(new URL('../dist/licenses.txt', import.meta.url), 'utf8');
const names = [...licenses.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+)\n[\w.+-]+$/gm)].map(([, name]) => name);

const document = JSON.parse(readFileSync(0, 'utf8'));
const [root] = document.documentDescribes;
const packages = document.packages.filter(({ SPDXID, name }) => SPDXID === root || names.includes(name));
const missing = names.filter((name) => !packages.some((one) => one.name === name));
if (names.length === 0 || missing.length > 0) {
  console.error(`The lock file has no package ${missing.join(', ') || 'of dist/licenses.txt'}.`);
  process.exit(1);
}

const ids = new Set([document.SPDXID, ...packages.map(({ SPDXID }) => SPDXID)]);
const relationships = document.relationships
  .filter(({ spdxElementId, relatedSpdxElement }) => ids.has(spdxElementId) && ids.has(relatedSpdxElement))
  // What is in dist is no tool of the build, whatever package.json says.
  .map((one) => ({ ...one, relationshipType: one.relationshipType.replace(/^(?:DEV|OPTIONAL)_/, '') }));
console.log(JSON.stringify({ ...document, packages, relationships }, null, 2));
