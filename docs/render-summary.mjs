// Renders docs/summary.png from the job summary of a real run: node docs/render-summary.mjs
//
// It needs `npm ci && npm run build`, as the registry, the GitHub API and the authority of the run are those of the tests,
// and Chromium: `apt-get install chromium`, or its path in CHROMIUM.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { makeShop } from '../demo/shop.mjs';
import { runAction } from '../lib/test/support/action.js';
import { startInternet } from '../lib/test/support/internet.js';
import { extensionsOf, proofHosts, serveAttestations } from '../lib/test/support/proof-recipe.js';
import { githubToken } from '../lib/test/support/recipe.js';
import { startSigstore } from '../lib/test/support/sigstore.js';

const picture = fileURLToPath(new URL('summary.png', import.meta.url));
const chromium = process.env.CHROMIUM ?? 'chromium';

/** Points of the picture, which has more pixels so that its text is sharp. */
const width = 1100;
const pixelsPerPoint = 1.5;

const folder = mkdtempSync(join(tmpdir(), 'image-digests-summary-'));
try {
  const page = join(folder, 'page.html');
  writeFileSync(page, pageOf(htmlOf(await summaryOfRun(folder))));
  // The page says its height; the picture is as high.
  const [, height] = /data-height="(\d+)"/.exec(chrome(page, ['--dump-dom'], 800)) ?? [];
  chrome(page, [`--screenshot=${picture}`], Number(height));
  console.log(`${picture}: ${width} x ${height} points`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The summary of a step with a gate, a proof and a layout, under the names that a workflow has. */
async function summaryOfRun(temp) {
  const workspace = join(temp, 'workspace');
  mkdirSync(workspace);
  const internet = await startInternet(proofHosts);
  try {
    const { index, images } = makeShop();
    const registry = internet.at('ghcr.io');
    for (const one of images) registry.putImage('octo-org/shop', one);
    registry.put('octo-org/shop', index, '1.4.2');
    const sigstore = await startSigstore();
    writeFileSync(join(workspace, 'root.json'), sigstore.rootText);
    const extensions = extensionsOf({ commit: '3f2c9a41d7be580c6e1b94f07a25d8c3906be1f4' });
    const bundle = await sigstore.attest(index.digest, { extensions });
    serveAttestations(internet, 'octo-org/shop', { [index.digest]: bundle });
    const inputs = {
      image: 'ghcr.io/octo-org/shop:1.4.2',
      platform: 'linux/arm64',
      'github-token': githubToken,
      'require-platforms': 'linux/amd64, linux/arm64',
      'built-from': 'octo-org/shop@refs/tags/v*',
      'trusted-root': 'root.json',
      'export-to': 'image',
    };
    const step = await runAction(inputs, { env: { ...internet.environment, GITHUB_WORKSPACE: workspace } });
    if (step.status !== 0) throw new Error(step.stdout);
    // The folder of a hosted runner in place of this machine's.
    return step.summary.replaceAll(workspace, '/home/runner/work/shop/shop');
  } finally {
    await internet.close();
  }
}

function chrome(page, options, height) {
  const common = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}/profile`,
  ];
  const size = [`--window-size=${width},${height}`, `--force-device-scale-factor=${pixelsPerPoint}`];
  const parameters = [...common, ...size, ...options, pathToFileURL(page).href];
  return execFileSync(chromium, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** The Markdown of a summary as HTML: headings, tables, paragraphs, code. Character references are the same in both. */
function htmlOf(markdown) {
  return markdown
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      if (block.startsWith('|')) return tableOf(block.split('\n'));
      const [, marks, text] = /^(#+) (.*)$/.exec(block) ?? [];
      return marks === undefined ? `<p>${inline(block)}</p>` : `<h${marks.length}>${inline(text)}</h${marks.length}>`;
    })
    .join('\n');
}

function tableOf([head, rule, ...rows]) {
  const alignments = cellsOf(rule).map((cell) => (cell.endsWith(':') ? ' style="text-align: right"' : ''));
  const row = (line, tag) =>
    `<tr>${cellsOf(line)
      .map((cell, at) => `<${tag}${alignments[at]}>${inline(cell)}</${tag}>`)
      .join('')}</tr>`;
  return `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((line) => row(line, 'td')).join('')}</tbody></table>`;
}

function cellsOf(line) {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

function inline(text) {
  return text.replace(/`([^`]*)`/g, '<code>$1</code>');
}

/** A page in the look of GitHub's. */
function pageOf(body) {
  return `<!doctype html><html><head><meta charset="utf-8"><style>
    body { margin: 0; background: #fff; color: #1f2328; font: 14px/1.5 "Noto Sans", "Liberation Sans", Arial, sans-serif; }
    main { margin: 20px; border: 1px solid #d1d9e0; border-radius: 6px; }
    header { padding: 14px 24px; border-bottom: 1px solid #d1d9e0; font-weight: 600; }
    section { padding: 8px 24px 12px; }
    h3 { margin: 16px 0 14px; font-size: 17.5px; }
    table { border-collapse: collapse; margin: 0 0 16px; }
    th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
    tr:nth-child(2n) td { background: #f6f8fa; }
    code { padding: 2px 5px; border-radius: 6px; background: #818b981f; font: 12px "Liberation Mono", monospace; white-space: nowrap; }
    p { margin: 0 0 16px; }
  </style></head><body><main><header>resolve summary</header><section>${body}</section></main>
  <script>document.documentElement.dataset.height = Math.ceil(document.querySelector('main').getBoundingClientRect().bottom + 20);</script>
  </body></html>`;
}
