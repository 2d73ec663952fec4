// What `npm start` runs. It needs nothing but Node 20 or newer and this repository.
//
//   npm start                        three steps with an image on an embedded registry
//   npm start -- IMAGE [PLATFORM]    resolves an image on any registry
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runAction } from './runner.mjs';
import { startShop } from './shop.mjs';
import { heading, logPrinter, showFiles, showInputs, showLayout, showOutputs, showSummary, title } from './show.mjs';

const [image, platform, ...more] = process.argv.slice(2);
if (more.length > 0 || image?.startsWith('-')) {
  console.error('Usage: npm start [-- IMAGE [PLATFORM]]');
  process.exit(2);
}
process.exitCode = image === undefined ? await showTour() : await showImage();

/** One step with an image of the caller's. Gives its exit code. */
async function showImage() {
  const inputs = { image, platform: platform ?? 'linux/amd64', inspect: 'true' };
  title('The step, as it would stand in a workflow');
  return showStep(inputs, process.env, { log: 'open', parts: ['outputs', 'files', 'summary'] });
}

/** Three steps: what an image consists of, a gate that holds with an exported layout, a gate that does not. */
async function showTour() {
  const registry = await startShop();
  const shop = { image: registry.image, platform: 'linux/arm64' };
  try {
    title('1. From a tag to its index, manifest, config and layers');
    const resolved = await showStep({ ...shop, inspect: 'true' }, bareEnvironment(), {
      log: 'open',
      parts: ['outputs', 'files'],
    });
    title('2. A gate that holds, and the image taken along as a layout');
    const gate = { 'require-platforms': 'linux/amd64, linux/arm64', 'export-to': 'shop' };
    const taken = await showStep({ ...shop, ...gate }, bareEnvironment(), {
      log: 'none',
      parts: ['summary', 'layout'],
    });
    title('3. A gate that does not hold, and says why');
    const label = { 'expected-labels': 'org.opencontainers.image.revision=9f8e7d6c5b4a' };
    const refused = await showStep({ ...shop, ...label }, bareEnvironment(), { log: 'folded', parts: ['outputs'] });
    console.log('\nThat was an embedded registry. For an image of yours: npm start -- IMAGE [PLATFORM]');
    return resolved === 0 && taken === 0 && refused === 1 ? 0 : 1;
  } finally {
    registry.close();
  }
}

/** Of our own environment, what a program needs to run at all: an embedded registry wants no proxy and no login. */
function bareEnvironment() {
  const { PATH, SystemRoot } = process.env;
  const home = fileURLToPath(new URL('.', import.meta.url));
  return { PATH, SystemRoot, HOME: home, USERPROFILE: home };
}

/** Runs a step, and shows it with these parts of what it leaves. Gives its exit code. */
async function showStep(inputs, environment, { log, parts }) {
  showInputs(inputs);
  if (log !== 'none') heading('Log');
  const printLine = log === 'none' ? () => undefined : logPrinter(log === 'folded');
  const step = await runAction(inputs, environment, printLine);
  const layout = step.outputs.find(([name]) => name === 'layout-path')?.[1];
  if (parts.includes('outputs')) {
    heading('Outputs');
    showOutputs(step.outputs);
  }
  if (parts.includes('files')) {
    heading('The digests of the files, computed again');
    showFiles(step.outputs);
  }
  if (parts.includes('summary')) {
    heading('Job summary');
    showSummary(step.summary);
  }
  if (parts.includes('layout') && layout !== undefined) {
    heading('The layout: each blob is named by its digest, computed again here');
    showLayout(layout);
  }
  console.log(`\nExit code ${step.status}`);
  rmSync(step.folder, { recursive: true, force: true });
  return step.status;
}
