import { ActionError } from '../error.ts';
import { invalidInput, parseLines, parseList } from './input-values.ts';

/** The environment variables of the step. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What inputs are read from besides the environment. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Empty for a user without a home, as in some containers. */
  readonly homeFolder: string;
  /** The user's number; undefined on Windows. */
  readonly userId: number | undefined;
}

/**
 * Every input with its default, as `action.yml` has them. `none` is the default of gates, so that one that is not set
 * and one that was set to nothing differ: an empty gate is what a dropped job output or a misspelt id looks like.
 */
export const inputDefaults = {
  image: '',
  platform: 'linux/amd64',
  registry: '',
  username: '',
  password: '',
  'github-token': '',
  'auth-hosts': '',
  'plain-http': '',
  inspect: 'false',
  'expected-digest': 'none',
  'expected-labels': 'none',
  'require-platforms': 'none',
  'verify-blobs': 'false',
  'fail-on-missing': 'true',
  'wait-timeout': '0',
  'wait-interval': '5s',
  'built-from': 'none',
  'built-by': 'none',
  runners: 'github-hosted',
  'predicate-type': 'https://slsa.dev/provenance/v1',
  'signed-by': 'none',
  'public-key': 'none',
  'transparency-log': 'required',
  'attested-digest': 'digest',
  'trusted-root': 'none',
  'require-referrers': 'none',
  referrers: 'false',
  'export-to': '',
  mirrors: '',
  'compare-with': '',
  'base-image': '',
  timeout: '2m',
  summary: 'true',
} as const;

/** The name of an input. */
export type InputName = keyof typeof inputDefaults;

/** Inputs that must not arrive empty: what they guard would then be left open. */
const neverEmpty: ReadonlySet<InputName> = new Set([
  'verify-blobs',
  'fail-on-missing',
  'runners',
  'predicate-type',
  'transparency-log',
  'attested-digest',
]);

/** Gates in whose lines a comma is an ordinary character. */
const lineGates: ReadonlySet<InputName> = new Set([
  'expected-labels',
  'built-from',
  'built-by',
  'signed-by',
  'public-key',
  'trusted-root',
]);

/** The text of an input, trimmed; its default where it is not set, or empty. */
export type InputReader = (name: InputName) => string;

/** Reads a gate; undefined where it is not set. */
export type GateReader = <Item>(name: InputName, parse: (text: string) => Item[]) => Item[] | undefined;

/** Reads inputs from the variables by which the runner gives them. Throws `invalid-input` for what must not be empty. */
export function inputReader(env: Environment): InputReader {
  return (name) => {
    const text = env[variableOf(name)]?.trim();
    if (text === '' && neverEmpty.has(name)) throw emptyInput(name, `write ${inputDefaults[name]} for the default`);
    return text || inputDefaults[name];
  };
}

/** The variable by which the runner gives an input. It keeps hyphens. */
function variableOf(name: InputName): string {
  return `INPUT_${name.toUpperCase()}`;
}

function emptyInput(name: InputName, whatElse: string): ActionError {
  return new ActionError(
    'invalid-input',
    `${name} is empty. An output that it comes from may have been dropped or misspelt; ${whatElse}.`,
    {
      advice:
        'Check the step or job that the value comes from. In a reusable workflow or a composite action give your own input the same default.',
    },
  );
}

/** What a gate demands; undefined where it is not set. One that is there and demands nothing is refused. */
export function readGate<Item>(name: InputName, env: Environment, parse: (text: string) => Item[]): Item[] | undefined {
  const text = env[variableOf(name)]?.trim() ?? 'none';
  if (text === 'none') return undefined;
  if (text === '') throw emptyInput(name, 'write none where no gate is wanted');
  const items = lineGates.has(name) ? parseLines(text) : parseList(text);
  if (items.includes('none')) {
    throw invalidInput(name, 'none stands beside other lines', 'Write none alone, or what the gate demands.');
  }
  if (items.length > 0) return aboutInput(name, () => parse(text));
  throw invalidInput(name, 'it names nothing to check', 'Write what it demands, or none where no gate is wanted.');
}

/** Adds to an error about a value which input it came by. */
export function aboutInput<Value>(name: InputName, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const prefix = `The input ${name} cannot be used:`;
    throw error.message.startsWith(prefix) ? error : error.with({ message: `${prefix} ${error.message}` });
  }
}
