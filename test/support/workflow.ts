import { runAction, type Step } from './action.ts';
import { type Context, evaluate, holds, substitute } from './expressions.ts';
import type { Snippet } from './readme.ts';
import type { Yaml } from './workflow-files.ts';

/** A step other than ours: its command or action, with every expression replaced. */
export interface OtherStep {
  readonly uses: string;
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What came of a snippet. */
export interface WorkflowRun {
  /** Our steps that ran, in order. */
  readonly steps: Step[];
  /** The other steps whose `if:` held. */
  readonly others: OtherStep[];
  /** The names of the jobs, one for each element of a matrix. */
  readonly jobs: string[];
}

/** What a workflow is run with. */
export interface WorkflowOptions {
  /** `github`, `vars`, `secrets`, `inputs`, and the `steps` of others. */
  readonly context: Context;
  /** More environment for our steps. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the command of another step. Without it only its expressions are evaluated. */
  readonly runCommand?: (step: OtherStep) => void;
}

type Job = { readonly [key: string]: Yaml };

/** Steps that are ours. */
const ours = /^image-digests\/image-digests@/;

/**
 * Runs the workflow, job or steps of a snippet as the runner does: ours by `dist/index.js`, of the others only the
 * expressions. A step that fails ends it.
 */
export async function runSnippet({ document }: Snippet, options: WorkflowOptions): Promise<WorkflowRun> {
  const run: WorkflowRun = { steps: [], others: [], jobs: [] };
  const { jobs } = document as { jobs?: Record<string, Job> };
  const needs: Record<string, { outputs: Record<string, string> }> = {};
  for (const [name, job] of Object.entries(jobs ?? { job: document as Job })) {
    for (const matrix of matricesOf(job, { ...options.context, needs })) {
      const context = { ...options.context, needs, matrix };
      run.jobs.push(substitute(String(job['name'] ?? name), context));
      const outputs = await runJob(job, { ...options, context }, run);
      if (outputs === undefined) return run;
      needs[name] = { outputs };
    }
  }
  return run;
}

/** One context for each job that a matrix makes; an empty one where there is none. */
function matricesOf(job: Job, context: Context): Context[] {
  const { matrix = {} } = (job['strategy'] ?? {}) as { matrix?: Record<string, string> };
  const [dimension] = Object.entries(matrix);
  if (dimension === undefined) return [{}];
  const [name, expression] = dimension;
  const values = evaluate(expression.replace(/^\$\{\{(.*)\}\}$/s, '$1'), context) as unknown[];
  return values.map((value) => ({ [name]: value }));
}

/** Gives the outputs of the job, or undefined when it failed. */
async function runJob(
  job: Job,
  options: WorkflowOptions,
  run: WorkflowRun,
): Promise<Record<string, string> | undefined> {
  const env = substituted(job['env'], options.context);
  const steps: Record<string, unknown> = { ...(options.context['steps'] as object | undefined) };
  const context = { ...options.context, env, steps };
  for (const step of job['steps'] as Job[]) {
    if (typeof step['if'] === 'string' && !holds(step['if'], context)) continue;
    const uses = String(step['uses'] ?? '');
    const environment = { ...env, ...substituted(step['env'], context) };
    const inputs = substituted(step['with'], context);
    if (!ours.test(uses)) {
      const other = { uses, run: substitute(String(step['run'] ?? ''), context), env: environment };
      run.others.push(other);
      if (uses === '') options.runCommand?.(other);
      continue;
    }
    const allInputs = { 'github-token': String(evaluate('github.token', context)), ...inputs };
    const result = await runAction(allInputs, { env: { ...environment, ...options.environment } });
    run.steps.push(result);
    if (result.status !== 0) return undefined;
    if (typeof step['id'] === 'string') steps[step['id']] = { outputs: result.outputs };
  }
  return substituted(job['outputs'], context);
}

function substituted(map: Yaml | undefined, context: Context): Record<string, string> {
  const entries = Object.entries((map ?? {}) as Record<string, string>);
  return Object.fromEntries(entries.map(([name, text]) => [name, substitute(text, context)]));
}
