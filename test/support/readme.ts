import { readFileSync } from 'node:fs';
import { parseYaml, type Yaml } from './workflow-files.ts';

const root = new URL('../../../', import.meta.url);

/** The text of a file of this repository. */
export function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8').replaceAll('\r\n', '\n');
}

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

/** The README's table of inputs. */
function inputTable({ inputs }: ActionFile): string {
  const rows = Object.entries(inputs).map(([name, { description, default: value, required }]) => {
    const shown = required === 'true' ? '(required)' : value === undefined ? '' : `\`${value}\``;
    return `| \`${name}\` | ${shown} | ${cell(description)} |`;
  });
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The README's table of outputs. */
function outputTable({ outputs }: ActionFile): string {
  const rows = Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |`);
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n');
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
