import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionError, messageOf } from './oci/action-error.ts';
import type { Digest } from './oci/digest.ts';
import type { Outcome } from './results.ts';

/** Verified documents on disk. */
export interface SavedFiles {
  /** The path of the file whose bytes have this digest. */
  pathOf(digest: Digest): string;
  /** Removes them all, for a step that fails after all. */
  discard(): void;
}

/**
 * Writes every document of the outcomes into a new folder below `temp`, each named by its digest, so that nothing from
 * outside becomes part of a path.
 *
 * @param temp `RUNNER_TEMP`
 * @throws ActionError `runner-error`
 */
export function saveFiles(temp: string, outcomes: readonly Outcome[]): SavedFiles {
  const documents = documentsOf(outcomes);
  const folder = documents.size === 0 ? '' : makeFolder(temp);
  const pathOf = (digest: Digest) => join(folder, `${digest.replace(':', '-')}.json`);
  const discard = () => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  };
  orFail(temp, () => {
    try {
      for (const [digest, bytes] of documents) writeFileSync(pathOf(digest), bytes, { flag: 'wx' });
    } catch (error) {
      // What was written in part has not the digest that it is named by.
      discard();
      throw error;
    }
  });
  return { pathOf, discard };
}

function documentsOf(outcomes: readonly Outcome[]): Map<Digest, Uint8Array> {
  const documents = new Map<Digest, Uint8Array>();
  for (const { found } of outcomes) {
    if (found === undefined) continue;
    documents.set(found.image.digest, found.image.bytes);
    for (const { resolution } of found.subjects) {
      documents.set(resolution.manifestDigest, resolution.manifestBytes);
      if (resolution.config) documents.set(resolution.manifest.config.digest, resolution.config.bytes);
    }
  }
  return documents;
}

function makeFolder(temp: string): string {
  if (temp === '') throw unwritable('it is not set');
  return orFail(temp, () => mkdtempSync(join(temp, 'image-digests-')));
}

function orFail<Result>(temp: string, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    throw unwritable(`${temp}: ${messageOf(error)}`, error);
  }
}

function unwritable(why: string, cause?: unknown): ActionError {
  return new ActionError('runner-error', `RUNNER_TEMP cannot be written: ${why}`, {
    advice: 'The runner sets RUNNER_TEMP to a folder for each job; look at the runner and its disk.',
    cause,
  });
}
