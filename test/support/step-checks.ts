import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { runAction, type Step, type StepOptions } from './action.ts';
import { type Blob, digestOf, type Image } from './images.ts';
import { findProgram, linePrinted } from './peers.ts';

/** Holds the outputs for one platform against what the image was made of; `whole` is its index, if it has one. */
export function checkOutputs(step: Step, whole: Blob | undefined, { manifest, config, layers }: Image): void {
  const { digest, mediaType } = whole ?? manifest;
  assert.equal(step.outputs['exists'], 'true');
  assert.equal(step.outputs['digest'], digest);
  assert.equal(step.outputs['index-digest'], whole?.digest ?? '');
  assert.equal(step.outputs['media-type'], mediaType);
  assert.equal(step.outputs['manifest-digest'], manifest.digest);
  assert.equal(step.outputs['config-digest'], config.digest);
  assert.deepEqual(
    json(step, 'layer-digests'),
    layers.map((layer) => layer.digest),
  );
  assert.equal(step.outputs['reference'], `${step.outputs['name']}@${digest}`);
}

/** Holds the files against the digests by `sha256sum` or `sha512sum`, which know nothing of the action. */
export async function checkFiles(step: Step): Promise<void> {
  const files = ['index', 'manifest', 'config'].map((level) => {
    const { [`${level}-digest`]: digest, [`${level}-path`]: path } = step.outputs;
    assert.ok(digest !== undefined && path !== undefined, `${level}-digest and ${level}-path are set`);
    return { digest, path };
  });
  for (const { digest, path } of files) assert.equal(path === '', digest === '', `${path} holds ${digest}`);
  for (const algorithm of ['sha256', 'sha512']) {
    const these = files.filter(({ digest }) => digest.startsWith(algorithm));
    const paths = these.map(({ path }) => path);
    const sums = paths.length === 0 ? [] : await sumsOf(paths, algorithm);
    assert.deepEqual(
      sums,
      these.map(({ digest }) => digest),
    );
  }
}

/** The digests of files, as `sha256sum` prints them; where there is no such program, as Node computes them. */
export async function sumsOf(paths: readonly string[], algorithm = 'sha256'): Promise<string[]> {
  if (findProgram(`${algorithm}sum`) === undefined) {
    return Promise.all(paths.map(async (path) => digestOf(await readFile(path), algorithm)));
  }
  const printed = await linePrinted(`${algorithm}sum`, paths);
  return printed.split('\n').map((line) => `${algorithm}:${line.split(' ', 1)[0]}`);
}

/** Runs the action, which must pass without an error. */
export async function passed(inputs: Readonly<Record<string, string>>, options?: StepOptions): Promise<Step> {
  const step = await runAction({ image: '', ...inputs }, options);
  assert.equal(step.status, 0, step.stdout + step.stderr);
  assert.deepEqual(step.errors, []);
  return step;
}

/** Runs the action, which must fail with one annotation of this code and no output but it. */
export async function failed(code: string, inputs: Readonly<Record<string, string>>): Promise<{ text: string }> {
  const step = await runAction(inputs);
  assert.deepEqual(
    step.errors.map(({ title }) => title),
    [`Image Digests: ${code}`],
    step.stdout + step.stderr,
  );
  assert.equal(step.status, 1);
  assert.deepEqual(step.outputs, { 'error-code': code });
  assert.deepEqual(step.files, []);
  return { text: step.errors[0]?.text ?? '' };
}

/** An output that is JSON. */
export function json(step: Step, output: string): unknown {
  return JSON.parse(step.outputs[output] ?? '');
}
