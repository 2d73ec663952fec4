import { type Semaphore, semaphore } from '../../async/semaphore.ts';
import type { OpenTransport } from './transport.ts';

/** Requests in flight to one host; more bring rate limits and no speed. */
const maxRequestsPerHost = 8;

/** Lets at most eight requests be in flight to one host, each until its body has been read. The others queue in order. */
export function withConcurrencyLimit(send: OpenTransport): OpenTransport {
  const hosts = new Map<string, Semaphore>();
  return async (request) => {
    const slots = hosts.get(request.url.host) ?? semaphore(maxRequestsPerHost);
    hosts.set(request.url.host, slots);
    const release = await slots.acquire(request.signal);
    try {
      const response = await send(request);
      return {
        ...response,
        body: releasedAfter(response.body, release),
        close() {
          response.close();
          release();
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  };
}

async function* releasedAfter(body: AsyncIterable<Uint8Array>, release: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    release();
  }
}
