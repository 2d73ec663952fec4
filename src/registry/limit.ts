import type { Request, Transport } from './transport.ts';

/** Requests in flight to one host; more bring rate limits and no speed. */
const requestsPerHost = 8;

/** Lets at most eight requests be in flight to one host; the others wait their turn, in order. */
export function withLimit(send: Transport): Transport {
  const hosts = new Map<string, Host>();
  return async (request) => {
    const host = hosts.get(request.url.host) ?? { inFlight: 0, waiting: [] };
    hosts.set(request.url.host, host);
    if (host.inFlight >= requestsPerHost) await turn(host, request);
    else host.inFlight += 1;
    try {
      return await send(request);
    } finally {
      const next = host.waiting.shift();
      if (next) next();
      else host.inFlight -= 1;
    }
  };
}

interface Host {
  inFlight: number;
  readonly waiting: (() => void)[];
}

/** Waits until a request that has ended passes its place on; leaves the queue when the request is given up. */
function turn(host: Host, { signal }: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      host.waiting.splice(host.waiting.indexOf(start), 1);
      reject(signal.reason);
    };
    host.waiting.push(start);
    signal.addEventListener('abort', leave, { once: true });
  });
}
