import assert from 'node:assert/strict';
import { ActionError, type ErrorCode } from '../../src/error.ts';

/** What `action` throws, which must be an {@link ActionError} of this code. */
export function refusal(code: ErrorCode, action: () => unknown): ActionError {
  const error = settle(action);
  if (!(error instanceof ActionError)) assert.fail(`nothing was refused: ${JSON.stringify(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** What `promise` rejects with, which must be an {@link ActionError} of this code. */
export async function rejection(code: ErrorCode, promise: Promise<unknown>): Promise<ActionError> {
  const error = await promise.then(
    (value) => assert.fail(`nothing was refused: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  return refusal(code, () => {
    throw error;
  });
}

/** The value of `action`, or the {@link ActionError} that it throws. Anything else that it throws goes through. */
export function settle<Value>(action: () => Value): Value | ActionError {
  try {
    return action();
  } catch (error) {
    if (error instanceof ActionError) return error;
    throw error;
  }
}

/** What a person would read of a refusal. */
export function textOf({ message, advice }: ActionError): string {
  return advice === undefined ? message : `${message} ${advice}`;
}
