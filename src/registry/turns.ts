/** Runs tasks in their turn. A task whose signal fires while it waits leaves the queue, and fails with its reason. */
export type InTurn = <Result>(task: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>;

/** Lets at most `most` tasks run at a time; the others wait their turn, in order. */
export function turns(most: number): InTurn {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task, signal) => {
    if (running >= most) await turn(waiting, signal);
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Waits until a task that has ended passes its place on. */
function turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const start = () => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(start), 1);
      reject(signal?.reason);
    };
    waiting.push(start);
    signal?.addEventListener('abort', leave, { once: true });
  });
}
