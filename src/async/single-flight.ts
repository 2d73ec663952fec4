import { ActionError } from '../error.ts';

/**
 * Gets something once for all who want it by the same key. What failed is got anew for whoever comes later, and for
 * those who have time left when the operation that they shared it with had none.
 *
 * @param signal ends the caller's own operation
 */
export async function singleFlight<Value>(
  flights: Map<string, Promise<Value>>,
  key: string,
  signal: AbortSignal,
  get: () => Promise<Value>,
): Promise<Value> {
  for (let flight = flights.get(key); flight !== undefined; flight = flights.get(key)) {
    try {
      return await flight;
    } catch (error) {
      if (!isTimeoutOfAnother(error, signal)) throw error;
    }
  }
  const flight = get();
  flights.set(key, flight);
  try {
    return await flight;
  } catch (error) {
    flights.delete(key);
    throw error;
  }
}

/** Gets something once, when it is first wanted. */
export function once<Value>(get: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= get();
    return value;
  };
}

/** Whether something shared failed because the time of another operation was over, while this one has some left. */
export function isTimeoutOfAnother(error: unknown, signal: AbortSignal): boolean {
  return error instanceof ActionError && error.code === 'timeout' && !signal.aborted;
}
