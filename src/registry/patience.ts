import type { Transport } from './transport.ts';

/** Milliseconds without an answer after which there is time for something else; nearer registries have answered by then. */
const patience = 25;

/** Does `work` once, while the first answer is under way, unless that comes at once. */
export function whileWaiting(send: Transport, work: () => void): Transport {
  let timer: NodeJS.Timeout | undefined;
  return async (request) => {
    timer ??= setTimeout(work, patience);
    try {
      return await send(request);
    } finally {
      clearTimeout(timer);
    }
  };
}
