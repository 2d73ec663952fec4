import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionError, messageOf } from '../error.ts';
import type { MissingImage, ResolvedImage } from '../image/resolved-image.ts';
import type { Digest } from '../oci/digest.ts';

/** Verified documents on disk. */
export interface SavedFiles {
  /** The path of the file whose bytes have this digest. */
  pathOf(digest: Digest): string;
  /** Writes a file of another kind beside them, and gives its path. Throws `runner-error`. */
  write(name: string, content: string): string;
  /** Removes them all, for a step that fails after all. */
  discard(): void;
}

/**
 * Writes every document of the images into a new folder below `temp`, each named by its digest, so that nothing from
 * outside becomes part of a path.
 *
 * @param temp `RUNNER_TEMP`
 * @throws ActionError `runner-error`
 */
export function saveFiles(temp: string, images: readonly (ResolvedImage | MissingImage)[]): SavedFiles {
  const documents = documentsOf(images);
  const folder = makeFolder(temp);
  const pathOf = (digest: Digest) => join(folder, `${digest.replace(':', '-')}.json`);
  const discard = () => rmSync(folder, { recursive: true, force: true });
  orFail(temp, () => {
    try {
      for (const [digest, bytes] of documents) writeFileSync(pathOf(digest), bytes, { flag: 'wx' });
    } catch (error) {
      // What was written in part does not have the digest that it is named by.
      discard();
      throw error;
    }
  });
  const write = (name: string, content: string) => {
    const path = join(folder, name);
    orFail(temp, () => writeFileSync(path, content, { flag: 'wx' }));
    return path;
  };
  return { pathOf, write, discard };
}

function documentsOf(images: readonly (ResolvedImage | MissingImage)[]): Map<Digest, Uint8Array> {
  const documents = new Map<Digest, Uint8Array>();
  for (const image of images) {
    if (!image.exists) continue;
    documents.set(image.digest, image.bytes);
    for (const { manifest, manifestDigest, manifestBytes, config } of image.entries) {
      documents.set(manifestDigest, manifestBytes);
      if (config) documents.set(manifest.config.digest, config.bytes);
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
    throw unwritable(`${temp}: ${messageOf(error)}`);
  }
}

function unwritable(why: string): ActionError {
  return new ActionError('runner-error', `RUNNER_TEMP cannot be written: ${why}`, {
    advice: 'The runner sets RUNNER_TEMP to a folder for each job; check the runner and its disk.',
  });
}
