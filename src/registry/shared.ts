import { ActionError } from '../oci/action-error.ts';

/**
 * Gets something once for all who ask for it by the same key. What failed is got anew for whoever asks later, and for
 * those whose own time is not over when that of the one they shared it with was.
 *
 * @param signal ends the caller's own look
 */
export async function shared<Value>(
  cache: Map<string, Promise<Value>>,
  key: string,
  signal: AbortSignal,
  get: () => Promise<Value>,
): Promise<Value> {
  for (let known = cache.get(key); known !== undefined; known = cache.get(key)) {
    try {
      return await known;
    } catch (error) {
      if (!isAnothersTimeout(error, signal)) throw error;
    }
  }
  const fresh = get();
  cache.set(key, fresh);
  try {
    return await fresh;
  } catch (error) {
    cache.delete(key);
    throw error;
  }
}

/** Whether something that was shared failed as the time of another was over, while there is some left here. */
export function isAnothersTimeout(error: unknown, signal: AbortSignal): boolean {
  return error instanceof ActionError && error.code === 'timeout' && !signal.aborted;
}
