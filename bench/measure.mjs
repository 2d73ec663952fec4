// Runs programs side by side and takes the time of whole processes.
import { spawn } from 'node:child_process';

/** Starts a program and waits for its end. Gives its time in milliseconds and what it printed. Throws when it fails. */
export function runOnce({ file, args, env, stdin = '', outcome }) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(file, args, { env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
    }
    let end = 0;
    child.on('error', reject);
    child.on('exit', () => {
      end = performance.now();
    });
    child.on('close', (status) => {
      if (status === 0) resolve({ milliseconds: end - start, text: text + (outcome?.() ?? '') });
      else reject(new Error(`${file} ${args.join(' ')}: ${status}\n${text}`));
    });
    child.stdin.end(stdin);
  });
}

/**
 * Runs each task in turn, round after round, so that what else the machine does falls on all of them alike.
 *
 * @param warmUps rounds before them that fill caches and are not counted
 * @returns the median of each task in milliseconds, in order
 */
export async function sideBySide(tasks, rounds, warmUps = 1) {
  const times = tasks.map(() => []);
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    for (const [at, task] of tasks.entries()) {
      const milliseconds = await task();
      if (round > 0) times[at].push(milliseconds);
    }
  }
  return times.map(median);
}

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
