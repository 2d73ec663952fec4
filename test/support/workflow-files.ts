import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A value in a YAML document. Every scalar stays a text, as the runner hands it to an action. */
export type Yaml = string | Yaml[] | { [key: string]: Yaml };

/** Reads one document. Throws an Error that names the line. */
export function parseYaml(document: string): Yaml {
  return parse(document, { schema: 'failsafe' }) as Yaml;
}

const root = new URL('../../../', import.meta.url);

/** A map in a YAML document. */
export type YamlMap = { readonly [key: string]: Yaml };

export interface Step {
  readonly id: string;
  readonly name: string;
  readonly uses: string;
  readonly run: string;
  readonly if: string;
  readonly with: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface Job {
  readonly id: string;
  /** As it stands in the file. */
  readonly raw: YamlMap;
  readonly steps: readonly Step[];
  /** What the job may do with the workflow's token; undefined when it does not say. */
  readonly permissions: Readonly<Record<string, string>> | undefined;
}

export interface WorkflowFile {
  /** `ci.yml`. */
  readonly file: string;
  readonly text: string;
  readonly raw: YamlMap;
  readonly jobs: readonly Job[];
}

/** The text of a file of the repository. */
export function fileText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The names in a folder of the repository. */
export function filesIn(folder: string): string[] {
  return readdirSync(new URL(folder, root)).sort();
}

/** Every workflow of this repository. */
export function readWorkflows(): WorkflowFile[] {
  return filesIn('.github/workflows/').map((file) => {
    const text = fileText(`.github/workflows/${file}`);
    const raw = asMap(parseYaml(text));
    const jobs = Object.entries(asMap(raw['jobs'])).map(([id, job]) => readJob(id, asMap(job)));
    return { file, text, raw, jobs };
  });
}

/** A value that has to be a map; nothing counts as an empty one. */
export function asMap(value: Yaml | undefined): YamlMap {
  if (value === undefined || value === '') return {};
  if (typeof value === 'string' || Array.isArray(value)) throw new Error(`not a map: ${JSON.stringify(value)}`);
  return value;
}

/** A list of texts; one text counts as a list of it. */
export function asTexts(value: Yaml | undefined): string[] {
  if (value === undefined || value === '') return [];
  return (Array.isArray(value) ? value : [value]).map(asText);
}

function asText(value: Yaml | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new Error(`not a text: ${JSON.stringify(value)}`);
  return value;
}

function readJob(id: string, raw: YamlMap): Job {
  const steps = Array.isArray(raw['steps']) ? raw['steps'] : [];
  const permissions = raw['permissions'] === undefined ? undefined : readTexts(raw['permissions']);
  return { id, raw, permissions, steps: steps.map((step) => readStep(asMap(step))) };
}

function readStep(raw: YamlMap): Step {
  const [id = '', name = '', uses = '', run = '', condition = ''] = ['id', 'name', 'uses', 'run', 'if'].map((key) =>
    asText(raw[key]),
  );
  return { id, name, uses, run, if: condition, with: readTexts(raw['with']), env: readTexts(raw['env']) };
}

function readTexts(value: Yaml | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(asMap(value)).map(([key, text]) => [key, asText(text)]));
}
