/**
 * Reads the YAML that this repository itself writes: block maps and lists, block scalars, quoted and plain scalars on
 * one line, and flow lists and maps of plain scalars. Every scalar stays a string, as the runner hands it to an action.
 * Whatever it does not know is an error, so that nothing is misread.
 */
export type Yaml = string | Yaml[] | { [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
  /** As it stands in the document, for block scalars. */
  readonly raw: string;
  readonly number: number;
}

/** Reads one document. Throws an Error that names the line. */
export function parseYaml(document: string): Yaml {
  const lines = document.split('\n').map((raw, at): Line => {
    const text = withoutComment(raw.trimStart()).trimEnd();
    return { indent: raw.length - raw.trimStart().length, text, raw, number: at + 1 };
  });
  const reader = { lines, at: 0 };
  const value = readBlock(reader, 0);
  const rest = peek(reader);
  if (rest !== undefined) throw unreadable(rest);
  return value;
}

interface Reader {
  readonly lines: Line[];
  at: number;
}

/** The next line that is neither empty nor a comment. */
function peek(reader: Reader): Line | undefined {
  while (reader.lines[reader.at]?.text === '') reader.at += 1;
  return reader.lines[reader.at];
}

function readBlock(reader: Reader, least: number): Yaml {
  const first = peek(reader);
  if (first === undefined || first.indent < least) return '';
  return /^-(?: |$)/.test(first.text) ? readList(reader, first.indent) : readMap(reader, first.indent);
}

function readList(reader: Reader, indent: number): Yaml[] {
  const items: Yaml[] = [];
  for (let line = peek(reader); line?.indent === indent && line.text.startsWith('- '); line = peek(reader)) {
    const text = line.text.slice(2).trimStart();
    const inner = indent + line.text.length - text.length;
    if (isMember(text)) {
      reader.lines[reader.at] = { ...line, indent: inner, text };
      items.push(readMap(reader, inner));
    } else {
      reader.at += 1;
      items.push(readScalar(text, line));
    }
  }
  return items;
}

function readMap(reader: Reader, indent: number): { [key: string]: Yaml } {
  const map: { [key: string]: Yaml } = {};
  for (let line = peek(reader); line?.indent === indent && !line.text.startsWith('- '); line = peek(reader)) {
    const [, key, text] = /^([A-Za-z][A-Za-z0-9_-]*):(?: +(.*))?$/.exec(line.text) ?? [];
    if (key === undefined || Object.hasOwn(map, key)) throw unreadable(line);
    reader.at += 1;
    if (text === undefined) map[key] = readMember(reader, indent);
    else if (/^[|>][-+]?$/.test(text)) map[key] = readText(reader, indent, text);
    else map[key] = readScalar(text, line);
  }
  return map;
}

/** The value below a key: a list may stand at the indentation of the key itself. */
function readMember(reader: Reader, indent: number): Yaml {
  const next = peek(reader);
  const isList = next?.indent === indent && next.text.startsWith('- ');
  return readBlock(reader, isList ? indent : indent + 1);
}

/** A block scalar; `#` begins no comment in it. */
function readText(reader: Reader, indent: number, style: string): string {
  const lines: string[] = [];
  let margin: number | undefined;
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    const isBlank = line.raw.trim() === '';
    if (!isBlank && line.indent <= indent) break;
    if (!isBlank) margin ??= line.indent;
    lines.push(isBlank ? '' : line.raw.slice(margin));
    reader.at += 1;
  }
  const text = lines.join(style.startsWith('>') ? ' ' : '\n').trimEnd();
  return style.endsWith('-') ? text : `${text}\n`;
}

function readScalar(text: string, line: Line): Yaml {
  const flow = /^\[(.*)\]$/.exec(text) ?? /^\{(.*)\}$/.exec(text);
  if (flow !== null) return readFlow(text, flow[1] ?? '', line);
  const quoted = /^'((?:[^']|'')*)'$/.exec(text) ?? /^"([^"\\]*)"$/.exec(text);
  if (quoted !== null) return text.startsWith("'") ? (quoted[1] ?? '').replaceAll("''", "'") : (quoted[1] ?? '');
  if (/^[-?:,[\]{}#&*!|>'"%@`]/.test(text) || /: |:$/.test(text)) throw unreadable(line);
  return text;
}

function readFlow(text: string, inner: string, line: Line): Yaml {
  const items = inner.split(',').map((item) => item.trim());
  if (inner.trim() === '') return text.startsWith('[') ? [] : {};
  if (text.startsWith('{') || items.some((item) => !/^[A-Za-z0-9_./-]+$/.test(item))) throw unreadable(line);
  return items;
}

function isMember(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*:(?: |$)/.test(text);
}

function withoutComment(text: string): string {
  if (text.startsWith('#')) return '';
  const isQuoted = /^(?:- )?(?:[A-Za-z][A-Za-z0-9_-]*: +)?['"]/.test(text);
  return isQuoted ? text : text.replace(/\s#.*$/, '');
}

function unreadable({ number, raw }: Line): Error {
  return new Error(`Line ${number} is beyond this reader of YAML: ${raw}`);
}
