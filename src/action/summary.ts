import { humanSize, maxRows } from './progress.ts';
import type { Result } from './results.ts';
import { appendToRunnerFile } from './runner-file.ts';

/** Bytes, far below the 1 MiB that the runner takes from a step. */
const maxSummaryBytes = 512 * 1024;

/** What a summary tells besides the images. */
export interface SummaryDetails {
  /** A sentence for each gate that holds. */
  readonly evidence: readonly string[];
  /** The folder that was exported; empty when there is none. */
  readonly layoutPath: string;
}

/**
 * The job summary: for one manifest the levels of digests and the layers, for several one table.
 *
 * @param safe makes a text from outside fit to print
 */
export function summaryOf(
  results: readonly Result[],
  { evidence, layoutPath }: SummaryDetails,
  safe: (text: string) => string,
): string {
  const [result] = results;
  const cell = (text: string) => escapeCell(safe(text));
  const images = result !== undefined && results.length === 1 ? oneImage(result, cell) : manyImages(results, cell);
  const layout = layoutPath === '' ? '' : `Exported, every byte verified, to ${cell(layoutPath)}.\n\n`;
  return `${images}${referrersTable(results, cell)}${layout}${gates(evidence, cell)}`;
}

/** Writes the summary. Throws an Error that says why it cannot be written. */
export function writeSummary(path: string, text: string): void {
  if (path === '') throw new Error('GITHUB_STEP_SUMMARY is not set');
  appendToRunnerFile(path, [text]);
}

type Cell = (text: string) => string;

function oneImage(result: Result, cell: Cell): string {
  const title = `### ${cell(result.image)}\n\n`;
  if (!result.exists) return `${title}This image does not exist.\n\n`;
  const { layers = [] } = result;
  const levels = [
    [
      'digest',
      result.digest,
      result.indexDigest ? 'what the reference points to: an index' : 'what the reference points to: a manifest',
    ],
    [
      'index-digest',
      result.indexDigest || '',
      result.indexDigest ? 'the index' : 'none: the reference points to a manifest',
    ],
    ['manifest-digest', result.manifestDigest, `the manifest for ${result.platform || 'no platform'}`],
    ['config-digest', result.configDigest, 'the image config (image ID)'],
  ] as const;
  const rows = levels.map(([name, digest, words]) => `| \`${name}\` | ${code(digest ?? '')} | ${cell(words)} |`);
  const shown = layers
    .slice(0, maxRows)
    .map(({ digest, size }, at) => `| ${at + 1} | ${code(digest)} | ${humanSize(size)} |`);
  const rest = layers.length > maxRows ? `\n${layers.length - maxRows} more layers are left out here.\n` : '';
  return [
    title,
    `| level | digest | what it is |\n| --- | --- | --- |\n${rows.join('\n')}\n\n`,
    `| layer | digest | size |\n| --: | --- | --: |\n${shown.join('\n')}\n${rest}\n`,
    `${layers.length} layers, ${humanSize(result.size ?? 0)} with the config.\n\n`,
  ].join('');
}

/** What refers to the images, each once. */
function referrersTable(results: readonly Result[], cell: Cell): string {
  if (results.every(({ referrers }) => referrers === undefined)) return '';
  const all = results.flatMap(({ referrers = [] }) => referrers);
  const distinct = [...new Map(all.map((referrer) => [`${referrer.subject} ${referrer.digest}`, referrer])).values()];
  if (distinct.length === 0) return 'Nothing refers to this.\n\n';
  const rows = distinct.slice(0, maxRows).map(({ digest, artifactType, predicateTypes, subject }) => {
    const types = [artifactType, ...predicateTypes].join(', ');
    return `| ${cell(types)} | ${code(digest)} | ${code(subject)} |`;
  });
  const rest = distinct.length > maxRows ? `\n${distinct.length - maxRows} more rows are left out here.\n` : '';
  return `| what refers to it | digest | subject |\n| --- | --- | --- |\n${rows.join('\n')}\n${rest}\n`;
}

function gates(evidence: readonly string[], cell: Cell): string {
  if (evidence.length === 0) return 'No gate is set.\n\n';
  const shown = evidence.slice(0, maxRows).map((sentence) => `| ${cell(sentence)} |`);
  const rest = evidence.length > maxRows ? `\n${evidence.length - maxRows} more rows are left out here.\n` : '';
  return `| gates |\n| --- |\n${shown.join('\n')}\n${rest}\n`;
}

function manyImages(results: readonly Result[], cell: Cell): string {
  const head =
    '### Image digests\n\n| image | platform | digest | manifest | size |\n| --- | --- | --- | --- | --: |\n';
  const rows: string[] = [];
  let length = head.length;
  for (const result of results) {
    const row = `${rowOf(result, cell)}\n`;
    length += Buffer.byteLength(row);
    if (length > maxSummaryBytes || rows.length >= maxRows) break;
    rows.push(row);
  }
  const total = results.reduce((sum, { size = 0 }) => sum + size, 0);
  const left = results.length - rows.length;
  const rest = left === 0 ? '' : ` ${left} rows are left out here; the output \`results\` has them all.`;
  return `${head}${rows.join('')}\n${results.length} rows, ${humanSize(total)} added up.${rest}\n\n`;
}

function rowOf(result: Result, cell: Cell): string {
  if (!result.exists) return `| ${cell(result.image)} | ${cell(result.platform ?? '')} | does not exist | | |`;
  const { digest = '', manifestDigest = '', platform = '', size = 0 } = result;
  return `| ${cell(result.image)} | ${cell(platform)} | ${folded(digest)} | ${folded(manifestDigest)} | ${humanSize(size)} |`;
}

/** Short to look at, whole to copy. */
function folded(digest: string): string {
  const short = digest.slice(0, digest.indexOf(':') + 1 + 12);
  return `<details><summary><code>${short}</code></summary><code>${digest}</code></details>`;
}

/** A digest, or nothing. */
function code(digest: string): string {
  return digest === '' ? '' : `\`${digest}\``;
}

/** Everything that Markdown or HTML could act on becomes a character reference, and so does what makes a link of a URL. */
function escapeCell(text: string): string {
  return text.replace(
    /[^A-Za-z0-9 ./,:-]|:(?=\/)|(?<=www)\./gu,
    (character) => `&#x${character.codePointAt(0)?.toString(16)};`,
  );
}
