// Registries that lie in one way, and the tests that every such lie is refused.
import { describe, test } from 'node:test';
import { assertRed, type MaybeWatched, serveManifest, withRegistry } from './faults.ts';
import { type Image, indexOf } from './images.ts';
import type { TestRegistry } from './registry.ts';

/** Prepares a registry. Gives back the inputs besides `image`, which is `app:1` on it. */
export type Arrange = (registry: TestRegistry) => Record<string, string> | undefined;

/** A registry that lies in one way. */
export interface Lie {
  readonly name: string;
  /** The error code that the step must end with. */
  readonly code: string;
  readonly text?: RegExp;
  readonly arrange: Arrange;
}

/** One test for each lie: a step that `run` runs against it fails as the lie says. */
export function refusesEach(
  title: string,
  run: (inputs: Record<string, string>) => Promise<MaybeWatched>,
  lies: readonly Lie[],
): void {
  describe(title, { concurrency: 4 }, () => {
    for (const { name, code, text, arrange } of lies) {
      test(name, () =>
        withRegistry(async (registry) => {
          const inputs = arrange(registry);
          assertRed(await run({ image: `${registry.host}/app:1`, timeout: '20s', ...inputs }), code, text);
        }),
      );
    }
  });
}

/** Serves these bytes as the manifest. */
export function raw(body: string | Uint8Array, headers: Record<string, string | string[]> = {}): Arrange {
  return (registry) => {
    serveManifest(registry, body, headers);
    return undefined;
  };
}

/** Serves an index with these entries, and the content of an image. */
export function entriesBeside(of: Image, list: readonly object[]): Arrange {
  return (registry) => {
    registry.putImage('app', of);
    registry.put('app', indexOf(list), '1');
    return undefined;
  };
}
