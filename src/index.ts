import { prepare } from './prepare.ts';

// The exit code is 1 until the outputs are written: no path that was not thought of ends green.
process.exitCode = 1;
void start();

/** Opens connections, and loads the greater part of the program while they are under way, which takes as long. */
async function start(): Promise<void> {
  const prepared = prepare();
  // Lets the connections start.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const { runStep } = await import(/* webpackMode: "eager" */ './step.ts');
  await runStep(prepared);
}
