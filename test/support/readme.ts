import { readdirSync, readFileSync } from 'node:fs';
import { parseYaml, type Yaml } from './workflow-files.ts';

const root = new URL('../../../', import.meta.url);

/** The text of a file of this repository. */
export function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8').replaceAll('\r\n', '\n');
}

/** The README, and the pages that it leads to. */
export const pages = [
  'README.md',
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A YAML snippet of the README. */
export interface Snippet {
  /** The heading above it, with a number when it is not the first there. */
  readonly title: string;
  readonly text: string;
  readonly document: Yaml;
}

/** Every YAML snippet of the README, in order. */
export function snippetsOf(readme: string): Snippet[] {
  const snippets: Snippet[] = [];
  let heading = '';
  for (const [, title, text = ''] of readme.matchAll(/^#+ ([^\n]+)$|^```yaml\n(.*?)^```$/gms)) {
    if (title !== undefined) heading = title;
    else {
      const count = snippets.filter((snippet) => snippet.title.replace(/ \d+$/, '') === heading).length;
      snippets.push({ title: count === 0 ? heading : `${heading} ${count + 1}`, text, document: parseYaml(text) });
    }
  }
  return snippets;
}

/** `action.yml`, as far as it is of interest here. */
export interface ActionFile {
  readonly inputs: Readonly<Record<string, { description: string; default?: string; required?: string }>>;
  readonly outputs: Readonly<Record<string, { description: string }>>;
}

export function readActionFile(): ActionFile {
  return parseYaml(textOf('action.yml')) as unknown as ActionFile;
}

/** The inputs by what they are for. */
const inputGroups: Readonly<Record<string, readonly string[]>> = {
  'What to resolve': ['image', 'platform', 'inspect', 'timeout', 'summary'],
  'Where, and how to log in': [
    'registry',
    'username',
    'password',
    'github-token',
    'auth-hosts',
    'plain-http',
    'mirrors',
  ],
  Gates: ['expected-digest', 'expected-labels', 'require-platforms', 'require-referrers', 'verify-blobs'],
  'Proof of origin': [
    ...['built-from', 'built-by', 'runners', 'predicate-type', 'signed-by', 'public-key'],
    ...['transparency-log', 'attested-digest', 'trusted-root'],
  ],
  'Missing images, and waiting': ['fail-on-missing', 'wait-timeout', 'wait-interval'],
  Comparing: ['compare-with', 'base-image'],
  'Taking along': ['export-to', 'referrers'],
};

/** The outputs by what they are about. */
const outputGroups: Readonly<Record<string, readonly string[]>> = {
  Digests: [
    'exists',
    'digest',
    'index-digest',
    'manifest-digest',
    'config-digest',
    'layer-digests',
    'layers',
    'diff-ids',
  ],
  'What it is': [
    ...['name', 'reference', 'media-type', 'platform', 'platforms', 'size', 'created', 'labels', 'annotations'],
    ...['index-path', 'manifest-path', 'config-path'],
  ],
  'Comparing, proof, taking along': [
    ...['changed', 'needs-updating', 'verified', 'source-ref', 'source-commit', 'signer', 'referrers'],
    ...['layout-path', 'layout-name'],
  ],
  'All of it, or why not': ['results-path', 'results', 'error-code'],
};

/** A table for each group, in which every name stands just once. */
function groupedTables(
  groups: Readonly<Record<string, readonly string[]>>,
  head: readonly string[],
  rows: Readonly<Record<string, string>>,
): string {
  const names = Object.values(groups).flat();
  const left = Object.keys(rows).filter((name) => !names.includes(name));
  if (left.length > 0) throw new Error(`No group of the README has ${left.join(', ')}.`);
  return Object.entries(groups)
    .map(([title, members]) => [`**${title}**`, '', ...head, ...members.map((name) => rows[name])].join('\n'))
    .join('\n\n');
}

/** The README's tables of inputs. */
function inputTable({ inputs }: ActionFile): string {
  const rows = Object.entries(inputs).map(([name, { description, default: value, required }]) => {
    const shown = required === 'true' ? '(required)' : value === undefined ? '' : `\`${value}\``;
    return [name, `| \`${name}\` | ${shown} | ${cell(description)} |`] as const;
  });
  const head = ['| input | default | meaning |', '| --- | --- | --- |'];
  return groupedTables(inputGroups, head, Object.fromEntries(rows));
}

/** The README's tables of outputs. */
function outputTable({ outputs }: ActionFile): string {
  const rows = Object.entries(outputs).map(([name, { description }]) => [
    name,
    `| \`${name}\` | ${cell(description)} |`,
  ]);
  return groupedTables(outputGroups, ['| output | meaning |', '| --- | --- |'], Object.fromEntries(rows));
}

/** What stands between the markers `<!-- NAME:start -->` and `<!-- NAME:end -->`. */
export function sectionOf(readme: string, name: string): string {
  const [, section] = new RegExp(`<!-- ${name}:start -->\n(.*?)\n?<!-- ${name}:end -->`, 's').exec(readme) ?? [];
  if (section === undefined) throw new Error(`The README has no section ${name}.`);
  return section;
}

/** The README with its tables as `action.yml` has them now. */
export function withTables(readme: string, action: ActionFile): string {
  return readme
    .replace(`${sectionOf(readme, 'inputs')}\n<!-- inputs:end`, () => `${inputTable(action)}\n<!-- inputs:end`)
    .replace(`${sectionOf(readme, 'outputs')}\n<!-- outputs:end`, () => `${outputTable(action)}\n<!-- outputs:end`);
}

function cell(text: string): string {
  return text.trim().replaceAll('|', '\\|');
}
