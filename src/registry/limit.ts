import type { Transport } from './transport.ts';
import { type InTurn, turns } from './turns.ts';

/** Requests in flight to one host; more bring rate limits and no speed. */
const requestsPerHost = 8;

/** Lets at most eight requests be in flight to one host; the others wait their turn, in order. */
export function withLimit(send: Transport): Transport {
  const hosts = new Map<string, InTurn>();
  return (request) => {
    const inTurn = hosts.get(request.url.host) ?? turns(requestsPerHost);
    hosts.set(request.url.host, inTurn);
    return inTurn(() => send(request), request.signal);
  };
}
