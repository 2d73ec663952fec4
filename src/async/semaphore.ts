/** Limits how many tasks run at a time. */
export interface Semaphore {
  /**
   * Waits for a slot, in order. Rejects with the signal's reason when that comes first.
   *
   * @returns gives the slot back; further calls do nothing
   */
  acquire(signal?: AbortSignal): Promise<() => void>;
  /** A slot that is free now; undefined when there is none. */
  tryAcquire(): (() => void) | undefined;
  /** Runs a task in a slot. */
  run<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** A semaphore with so many slots. */
export function semaphore(slots: number): Semaphore {
  const queue: (() => void)[] = [];
  let taken = 0;

  const releaser = (): (() => void) => {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const next = queue.shift();
      if (next) next();
      else taken -= 1;
    };
  };

  const acquire = async (signal?: AbortSignal): Promise<() => void> => {
    if (taken < slots) taken += 1;
    else await enqueue(queue, signal);
    return releaser();
  };

  return {
    acquire,
    tryAcquire() {
      if (taken >= slots) return undefined;
      taken += 1;
      return releaser();
    },
    async run(task, signal) {
      const release = await acquire(signal);
      try {
        return await task();
      } finally {
        release();
      }
    },
  };
}

/** Waits until a task that has ended passes its slot on. */
function enqueue(queue: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const start = () => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      queue.splice(queue.indexOf(start), 1);
      reject(signal?.reason);
    };
    queue.push(start);
    signal?.addEventListener('abort', leave, { once: true });
  });
}
