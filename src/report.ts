import type { Log } from './log.ts';
import { formatReference } from './oci/reference.ts';
import type { Note, Phase } from './registry/transport.ts';
import type { Outcome, Result } from './results.ts';

const titles: Readonly<Record<Phase, string>> = {
  token: 'Token',
  index: 'What the reference points to',
  manifest: "The platform's manifest",
};

/** Collects what happens for one image, so that it can be read as one even when many are resolved at a time. */
export interface Progress {
  readonly note: Note;
  /** Prints what was collected, and `last`: a group a phase for one image, one group for each of several. */
  print(headline: string, last: readonly string[]): void;
}

/** A progress that prints urgent lines at once, and collects the others. */
export function progressOf(name: string, isOneOfMany: boolean, log: Log): Progress {
  const lines: Record<Phase, string[]> = { token: [], index: [], manifest: [] };
  return {
    note(phase, line, urgent) {
      if (urgent) log.line(isOneOfMany ? `${name}: ${line}` : line);
      else lines[phase].push(line);
    },
    print(headline, last) {
      if (isOneOfMany) return log.group(headline, [...Object.values(lines).flat(), ...last]);
      for (const [phase, noted] of Object.entries(lines)) {
        if (noted.length > 0) log.group(titles[phase as Phase], noted);
      }
      log.line(headline);
    },
  };
}

/** Prints the digests of one image in plain view. */
export function printResult(log: Log, result: Result): void {
  if (!result.exists) return;
  const layers = result.layers ?? [];
  const rows: readonly (readonly [string, string])[] = [
    ['platform', result.platform || '(none)'],
    ['digest', result.digest ?? ''],
    ['index-digest', result.indexDigest || '(none: the reference points to a manifest)'],
    ['manifest-digest', result.manifestDigest ?? ''],
    ['config-digest', result.configDigest ?? ''],
    ...layers.map(({ digest, size }, at): [string, string] => [
      at === 0 ? 'layer-digests' : '',
      `${digest}  ${humanSize(size)}`,
    ]),
    ['size', humanSize(result.size ?? 0)],
    ...optionalRow('changed', result.changed),
    ...optionalRow('needs-updating', result.needsUpdating),
  ];
  for (const [name, value] of rows) log.line(`${name.padEnd(17)}${value}`);
}

/** What to say of an image that is done. */
export function headlineOf({ asked, found }: Outcome): string {
  const name = formatReference(asked.reference);
  return found === undefined ? `${name} does not exist` : `${name} is ${found.image.digest}`;
}

/** Bytes in units that a person reads: `12.3 MB`. */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function optionalRow(name: string, value: boolean | undefined): (readonly [string, string])[] {
  return value === undefined ? [] : [[name, String(value)]];
}
