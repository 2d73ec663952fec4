import type { Transport } from './transport.ts';

/** Requests in flight to one host; more bring rate limits and no speed. */
const requestsPerHost = 8;

/** Lets at most eight requests be in flight to one host; the others wait their turn, in order. */
export function withLimit(send: Transport): Transport {
  const hosts = new Map<string, { inFlight: number; waiting: (() => void)[] }>();
  return async (request) => {
    const host = hosts.get(request.url.host) ?? { inFlight: 0, waiting: [] };
    hosts.set(request.url.host, host);
    if (host.inFlight >= requestsPerHost) await new Promise<void>((resolve) => host.waiting.push(resolve));
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
