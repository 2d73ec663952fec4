import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { inputDefaults } from '../../src/action/input-table.ts';
import { outputNames } from '../../src/action/outputs.ts';
import { errorCodes } from '../../src/error.ts';
import { pages, readActionFile, sectionOf, snippetsOf, textOf, withTables } from '../support/readme.ts';

const readme = textOf('README.md');
const texts = pages.map((page) => ({ page, text: textOf(page) }));
const everything = texts.map(({ text }) => text).join('\n');
const inputNames = Object.keys(inputDefaults);
const action = readActionFile();

/** The names that were promised: what is missing here was never built, what is missing there was taken away. */
const contract = {
  inputs:
    'image platform registry username password github-token auth-hosts plain-http inspect expected-digest ' +
    'expected-labels require-platforms verify-blobs fail-on-missing wait-timeout wait-interval built-from built-by ' +
    'runners predicate-type signed-by public-key transparency-log attested-digest trusted-root require-referrers ' +
    'referrers export-to mirrors compare-with base-image timeout summary',
  outputs:
    'exists digest index-digest manifest-digest config-digest layer-digests layers diff-ids name reference media-type ' +
    'platform platforms size created labels annotations index-path manifest-path config-path changed needs-updating ' +
    'verified source-ref source-commit signer referrers layout-path layout-name results-path results error-code',
  codes:
    'invalid-input not-found platform-not-found unauthorized denied rate-limited digest-mismatch size-mismatch ' +
    'invalid-manifest unsupported too-large untrusted-host gate-failed not-attested not-verified trust-root ' +
    'wait-timeout timeout network tls registry-error runner-error internal',
};

/** The first cells of a table, without their backticks. */
function namesIn(table: string): string[] {
  return [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = '']) => name);
}

/** The text below a heading, up to the next heading of its level. */
function below(heading: string): string {
  const text = `\n${readme}`.split(/\n(?=## )/).find((section) => section.startsWith(`${heading}\n`));
  assert.ok(text, `there is no ${heading}`);
  return text;
}

for (const [level, inCode] of [
  ['inputs', inputNames],
  ['outputs', outputNames],
] as const) {
  test(`the ${level} of action.yml are those of the contract, in the code as in the README`, () => {
    const declared = Object.keys(action[level]);
    assert.deepEqual(declared.toSorted(), contract[level].split(' ').sort());
    assert.deepEqual([...inCode].sort(), declared.toSorted());
    assert.deepEqual(namesIn(sectionOf(readme, level)).sort(), declared.toSorted());
  });
}

test("the README's tables say what action.yml says (node lib/test/support/write-tables.js writes them anew)", () => {
  assert.equal(readme, withTables(readme, action));
});

test('the defaults of action.yml are those of the code, but for the token that only the runner knows', () => {
  const declared = Object.entries(action.inputs).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value]],
  );
  const token = `$${'{{ github.token }}'}`;
  const inCode = Object.entries({ ...inputDefaults, 'github-token': token }).filter(([, value]) => value !== '');
  assert.deepEqual(Object.fromEntries(declared), Object.fromEntries(inCode));
});

test('only image is required', () => {
  const required = Object.keys(action.inputs).filter((name) => action.inputs[name]?.required !== undefined);
  assert.deepEqual(required, ['image']);
});

test('every description is made of full sentences', () => {
  for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)]) {
    assert.match(description, /^[A-Za-z`].*\.$/s);
  }
});

test('the table of errors has every code of the contract and of the code, each with what to do', () => {
  const table = textOf('docs/errors.md');
  const codes = contract.codes.split(' ');
  assert.deepEqual([...errorCodes], codes);
  assert.deepEqual(namesIn(table), codes);
  for (const code of codes) assert.match(table, new RegExp(`^\\| \`${code}\` \\| [^|]{20,} \\| [^|]{15,} \\|$`, 'm'));
});

test('every name in the code style of an input or output exists', () => {
  const names = new Set<string>([...inputNames, ...Object.values(inputDefaults), ...outputNames, ...errorCodes]);
  const used = [...everything.matchAll(/`([a-z]+(?:-[a-z]+)+)(?:: [a-z0-9]+)?`/g)].map(([, name = '']) => name);
  // Keys, programs and inputs of others.
  const others = [
    ...['continue-on-error', 'docker-credential-ecr-login', 'configure-aws-credentials', 'verify-attestation'],
    'push-to-registry',
  ];
  for (const name of used) assert.ok(names.has(name) || others.includes(name), `${name} is no name of ours`);
});

test('every snippet names the action in the same way', () => {
  const uses = [...everything.matchAll(/uses: (image-digests[^\s`]*)/g)].map(([, name]) => name);
  assert.ok(uses.length > 20);
  assert.deepEqual([...new Set(uses)].sort(), ['image-digests/image-digests@COMMIT', 'image-digests/image-digests@v1']);
});

test('every snippet that is a workflow, or shows a login, says which permissions it needs', () => {
  const snippets = snippetsOf(everything);
  assert.ok(snippets.length > 30);
  for (const { title, document } of snippets) {
    // Steps alone, as they go into a job, but for logins, which need a permission of their own.
    const isWorkflow =
      Object.hasOwn(document as object, 'jobs') || textOf('docs/registries.md').includes(`## ${title}`);
    assert.ok(!isWorkflow || Object.hasOwn(document as object, 'permissions'), `${title} has no permissions`);
  }
});

/** The anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('every link of the pages leads to a file that is there, and to a heading in it', () => {
  let count = 0;
  for (const { page, text } of texts) {
    for (const [, path = '', anchor] of text.matchAll(/\]\(([^)#:]*)(?:#([^)]+))?\)/g)) {
      count += 1;
      const target = path === '' ? page : posix.join(posix.dirname(page), path);
      assert.ok(existsSync(new URL(`../../../${target}`, import.meta.url)), `${page}: ${target} does not exist`);
      if (anchor !== undefined)
        assert.ok(anchorsOf(textOf(target)).includes(anchor), `${page}: no #${anchor} in ${target}`);
    }
  }
  assert.ok(count > 30);
});

test('every page is found from the README', () => {
  for (const page of pages.slice(1)) assert.ok(readme.includes(`](${page})`), page);
});

test('the commands of the README are scripts of package.json', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  for (const name of ['start', 'test', 'bench']) assert.ok(scripts[name], `npm run ${name} is not there`);
  const development = below('## Development');
  for (const command of ['npm start', 'npm cit']) assert.ok(development.includes(command));
});

test('the place for the table of timings is there, and is not empty', () => {
  assert.match(sectionOf(textOf('docs/speed.md'), 'bench'), /\S/);
});
