import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder that is gone when the test is over. */
export async function temporaryFolder(test: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-creds-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file with the folders above it; objects as JSON. */
export async function writeAt(file: string, content: string | Uint8Array | object): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  await writeFile(file, isText ? content : JSON.stringify(content));
  return file;
}

/** Writes the program `docker-credential-NAME`, a shell script. */
export async function writeHelper(folder: string, name: string, script: string): Promise<string> {
  const file = await writeAt(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** The line of a helper that answers with a user name and a secret. */
export function answering(username: string, secret: string): string {
  return `printf '%s' '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`;
}

/** `user:password` as config files and Basic headers have it. */
export function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64');
}
