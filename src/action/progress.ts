import type { Phase, Trace } from '../async/operation.ts';
import type { MissingImage, ResolvedImage } from '../image/resolved-image.ts';
import { formatSource } from '../oci/source.ts';
import type { Log } from './log.ts';
import type { Result } from './results.ts';

const titles: Readonly<Record<Phase, string>> = {
  token: 'Token',
  index: 'What the reference points to',
  manifest: "The platform's manifest",
};

/** Characters of the log of one image that its requests may take, and those lines that are printed at once. */
const maxTraceLength = 12_000;
const maxUrgentLength = 8_000;

/** Rows that are shown of a list. */
export const maxRows = 100;

/** Collects what happens for one image, so that it can be read as one even when many are resolved at a time. */
export interface Progress {
  readonly trace: Trace;
  /** Prints what was collected, and `last`: a group a phase for one image, one group for each of several. */
  print(headline: string, last: readonly string[]): void;
}

/** A progress that prints urgent lines at once, and collects the others. */
export function progressOf(name: string, isOneOfMany: boolean, log: Log): Progress {
  const lines: Record<Phase, string[]> = { token: [], index: [], manifest: [] };
  const room = { trace: maxTraceLength, urgent: maxUrgentLength };
  let leftOut = 0;
  return {
    trace(phase, line, urgent) {
      const kind = urgent ?? 'trace';
      room[kind] -= line.length;
      if (room[kind] < 0) leftOut += 1;
      else if (urgent) log.line(isOneOfMany ? `${name}: ${line}` : line);
      else lines[phase].push(line);
    },
    print(headline, last) {
      const more = leftOut === 0 ? [] : [`${leftOut} more lines are left out.`];
      if (isOneOfMany) return log.group(headline, [...Object.values(lines).flat(), ...more, ...last]);
      for (const [phase, traced] of Object.entries(lines)) {
        if (traced.length > 0) log.group(titles[phase as Phase], traced);
      }
      for (const line of [...more, headline]) log.line(line);
    },
  };
}

/** Prints the digests of one image in plain view. */
export function printResult(log: Log, result: Result): void {
  if (!result.exists) return;
  const { layers = [] } = result;
  const rows: readonly (readonly [string, string])[] = [
    ['platform', result.platform || '(none)'],
    ['digest', result.digest ?? ''],
    ['index-digest', result.indexDigest || '(none: the reference points to a manifest)'],
    ['manifest-digest', result.manifestDigest ?? ''],
    ['config-digest', result.configDigest ?? ''],
    ...layers
      .slice(0, maxRows)
      .map(({ digest, size }, at): [string, string] => [
        at === 0 ? 'layer-digests' : '',
        `${digest}  ${humanSize(size)}`,
      ]),
    ...(layers.length > maxRows ? [['', `and ${layers.length - maxRows} more`] as const] : []),
    ['size', humanSize(result.size ?? 0)],
    ...optionalRow('changed', result.changed),
    ...optionalRow('needs-updating', result.needsUpdating),
  ];
  for (const [name, value] of rows) log.line(`${name.padEnd(17)}${value}`);
}

/** What to say of an image that is done. */
export function headlineOf(image: ResolvedImage | MissingImage): string {
  const name = formatSource(image.request.source);
  return image.exists ? `${name} is ${image.digest}` : `${name} does not exist`;
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
