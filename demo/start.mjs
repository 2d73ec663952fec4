// What `npm start` runs. It needs nothing but Node 20 or newer and this repository.
//
//   npm start                        resolves an image on an embedded registry
//   npm start -- IMAGE [PLATFORM]    resolves an image on any registry
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runAction } from './runner.mjs';
import { startShop } from './shop.mjs';
import { logPrinter, showFiles, showOutputs, showSummary, title } from './show.mjs';

const [image, platform, ...more] = process.argv.slice(2);
if (more.length > 0 || image?.startsWith('-')) {
  console.error('Usage: npm start [-- IMAGE [PLATFORM]]');
  process.exit(2);
}

/** Of our own environment, what a program needs to run at all: an embedded registry wants no proxy and no login. */
function bareEnvironment() {
  const { PATH, SystemRoot } = process.env;
  const home = fileURLToPath(new URL('.', import.meta.url));
  return { PATH, SystemRoot, HOME: home, USERPROFILE: home };
}

function showStep(inputs) {
  console.log('The step, as it would stand in a workflow:\n');
  console.log('  - uses: image-digests/image-digests@v1\n    with:');
  for (const [name, value] of Object.entries(inputs)) console.log(`      ${name}: ${value}`);
}

const registry = image === undefined ? await startShop() : undefined;
const inputs = {
  image: image ?? registry.image,
  platform: platform ?? (image === undefined ? 'linux/arm64' : 'linux/amd64'),
  inspect: 'true',
};
try {
  showStep(inputs);
  title('Log');
  const step = await runAction(inputs, registry === undefined ? process.env : bareEnvironment(), logPrinter());
  title('Outputs');
  showOutputs(step.outputs);
  title('The digests of the files, computed again');
  showFiles(step.outputs);
  title('Job summary');
  showSummary(step.summary);
  title(`Exit code ${step.status}`);
  rmSync(step.folder, { recursive: true, force: true });
  process.exitCode = step.status;
} finally {
  registry?.close();
}
if (registry !== undefined && process.exitCode === 0) {
  console.log('That was an embedded registry. For an image of yours: npm start -- IMAGE [PLATFORM]');
}
