// Prints a step in a terminal as GitHub shows it on a page.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Characters of an output that are shown. */
const maxShownLength = 160;

const isColoured = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (isColoured ? `\x1b[1m${text}\x1b[0m` : text);

/** A headline. */
export function title(text) {
  console.log(`\n${bold(`━━ ${text} ${'━'.repeat(Math.max(3, 76 - text.length))}`)}\n`);
}

/** The headline of a part of what a step shows. */
export function heading(text) {
  console.log(`\n${bold(text)}\n`);
}

/** A step, as it stands in a workflow. */
export function showInputs(inputs) {
  console.log('  - uses: image-digests/image-digests@v1\n    with:');
  for (const [name, value] of Object.entries(inputs)) console.log(`      ${name}: ${value}`);
}

/** A printer of log lines: the runner's commands become what they stand for. Folded groups show their name alone. */
export function logPrinter(isFolded = false) {
  let indent = '';
  return (line) => {
    const [, command, properties = '', text = ''] = /^::([a-z-]+)( [^:]*)?::(.*)$/.exec(line) ?? [];
    if (command === 'group') {
      console.log(bold(`${isFolded ? '▸' : '▾'} ${text}`));
      indent = '  ';
    } else if (command === 'endgroup') {
      indent = '';
    } else if (command === 'error' || command === 'warning') {
      const [, heading = ''] = /title=([^,]*)/.exec(properties) ?? [];
      console.log(bold(`${command === 'error' ? '✖' : '⚠'} ${decode(heading)}`));
      for (const part of decode(text).split('\n')) console.log(`  ${part}`);
    } else if (command === undefined && (indent === '' || !isFolded)) {
      console.log(`${indent}${line}`);
    }
  };
}

/** The outputs, one a line; long ones are cut. */
export function showOutputs(outputs) {
  const width = Math.max(0, ...outputs.map(([name]) => name.length));
  for (const [name, value] of outputs) {
    const rest = value.length > maxShownLength ? `… (${value.length} characters)` : '';
    console.log(`${name.padEnd(width)}  ${value.slice(0, maxShownLength)}${rest}`);
  }
}

/** The digests of the files that the outputs name, computed here: the bytes are exactly those of the registry. */
export function showFiles(outputs) {
  const files = outputs.filter(([name, value]) => name.endsWith('-path') && value !== '');
  if (files.length === 0) console.log('(none)');
  for (const [name, path] of files) {
    const [algorithm] = /sha(?:256|512)(?=-[0-9a-f]+\.json$)/.exec(path) ?? ['sha256'];
    console.log(`${name.padEnd(13)}  ${algorithm}:${createHash(algorithm).update(readFileSync(path)).digest('hex')}`);
  }
}

/** The files of a layout, the digest of each blob computed here. */
export function showLayout(folder) {
  console.log(folder);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
  for (const path of paths) {
    const bytes = readFileSync(path);
    const shown = path.slice(folder.length + 1).replaceAll('\\', '/');
    const [, algorithm, hex] = /^blobs\/([a-z0-9]+)\/([0-9a-f]+)$/.exec(shown) ?? [];
    const isRight = algorithm === undefined || createHash(algorithm).update(bytes).digest('hex') === hex;
    console.log(`  ${shown.padEnd(84)} ${String(bytes.length).padStart(8)} bytes${isRight ? '' : '  WRONG'}`);
  }
}

/** The Markdown of a summary, its tables in columns. */
export function showSummary(markdown) {
  if (markdown === '') return console.log('(none)');
  let table = [];
  for (const line of [...markdown.trimEnd().split('\n'), '']) {
    if (line.startsWith('|')) {
      table.push(cellsOf(line));
    } else {
      showTable(table);
      table = [];
      console.log(readable(line));
    }
  }
}

function showTable(rows) {
  const shown = rows.filter((cells) => !cells.every((cell) => /^:?-+:?$/.test(cell)));
  const widths = (shown[0] ?? []).map((_, at) => Math.max(...shown.map((cells) => (cells[at] ?? '').length)));
  for (const cells of shown)
    console.log(
      cells
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function cellsOf(line) {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => readable(cell.trim()));
}

/** Markdown without its marks: the escapes that keep foreign text harmless on a page are for no terminal. */
function readable(text) {
  return text
    .replace(/<summary>.*?<\/summary>/g, '')
    .replace(/<[^>]*>|`|^#+ /g, '')
    .replace(/&#x([0-9a-f]+);/g, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

function decode(text) {
  return text
    .replace(/%0A/g, '\n')
    .replace(/%0D/g, '\r')
    .replace(/%3A/g, ':')
    .replace(/%2C/g, ',')
    .replace(/%25/g, '%');
}
