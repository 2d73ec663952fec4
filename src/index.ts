import { runGuarded } from './process-guard.ts';

// The exit code is 1 until the outputs are written, so that a path that nobody thought of fails the step.
process.exitCode = 1;
void runGuarded();
