import type { ResolvedImage } from '../image/resolved-image.ts';
import type { Log } from './log.ts';

/** Characters of the manifests of one image that are printed. */
const maxPrintedLength = 32 * 1024;

/** Prints the manifest of each platform, indented, in a group of its own. */
export function printManifests(log: Log, { entries }: ResolvedImage): void {
  let room = maxPrintedLength;
  for (const { manifestBytes, manifestDigest, platformText } of entries) {
    if (room <= 0) return;
    const lines = JSON.stringify(JSON.parse(Buffer.from(manifestBytes).toString()), undefined, 2).split('\n');
    const shown: string[] = [];
    for (const line of lines) {
      const safeLine = log.safe(line);
      room -= safeLine.length + 1;
      if (room <= 0) break;
      shown.push(safeLine);
    }
    if (shown.length < lines.length)
      shown.push(`… ${lines.length - shown.length} more lines are in the file of manifest-path`);
    log.group(`Manifest ${manifestDigest}${platformText === '' ? '' : ` (${platformText})`}`, shown);
  }
}
