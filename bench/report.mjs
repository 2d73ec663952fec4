// Prints medians, ratios and targets as Markdown.

/** What the action promises, as ratios of medians in one run. `peer` undefined stands for an empty Node. */
const targets = [
  { shape: 'plain', roundTrip: 0, peer: undefined, most: 3 },
  { shape: 'unknown', roundTrip: 0, peer: undefined, most: 3 },
  { shape: 'hub', roundTrip: 0, peer: undefined, most: 3 },
  { shape: 'ghcr', roundTrip: 0, peer: undefined, most: 3 },
  { shape: 'ghcr', roundTrip: 40, peer: 'crane digest', most: 1.05 },
  { shape: 'hub', roundTrip: 40, peer: 'crane digest', most: 0.8 },
  { shape: 'unknown', roundTrip: 40, peer: 'crane digest', most: 1.15 },
  { shape: 'unknown', roundTrip: 40, peer: 'skopeo inspect', most: 0.45 },
  { shape: 'unknown', roundTrip: 40, peer: 'buildx imagetools inspect --format', most: 0.45 },
  { shape: 'twenty', roundTrip: 40, peer: 'crane digest, one by one', most: 0.15 },
  { shape: 'twenty', roundTrip: 40, peer: 'crane digest, eight at a time', most: 0.8 },
];

/** Prints the whole report to standard output. */
export function printReport({ single, plain, twenty, pulls, missing, rounds, roundsForTwenty, machine }) {
  const roundTrips = [...new Set(single.map(({ roundTrip }) => roundTrip))];
  const lines = [
    `Measured ${machine}; medians of ${rounds} rounds (${roundsForTwenty} for twenty images), whole processes, TLS.`,
    ...(missing.length === 0 ? [] : ['', `Not installed, and so not measured: ${missing.join(', ')}.`]),
    '',
    ...roundTrips.flatMap((trip) => [...singleTable(single.filter(({ roundTrip }) => roundTrip === trip)), '']),
    ...twentyTable(twenty),
    '',
    ...targetTable([...single, plain], twenty),
    '',
    ...pullTable(pulls),
  ];
  console.log(lines.join('\n'));
}

/** One table for a round trip: a column for each shape; requests and connections are those of the first. */
function singleTable(blocks) {
  const [first] = blocks;
  const cells = (name) =>
    blocks.map((block) => {
      const { milliseconds } = rowOf(block, name);
      return `${milliseconds.toFixed(0)} ms (× ${(milliseconds / oursIn(block)).toFixed(2)})`;
    });
  const rows = first.rows.map(({ name, requests, connections }) => [name, ...cells(name), requests, connections]);
  const empty = blocks.map((block) => `${block.empty.toFixed(0)} ms`);
  return table(
    [`One image, ${first.roundTrip} ms`, ...blocks.map(({ shape }) => shape.title), 'requests', 'connections'],
    [...rows, ['an empty Node', ...empty, '', '']],
  );
}

function twentyTable(twenty) {
  const [{ rows }] = twenty;
  return table(
    ['Twenty images, unknown registry', ...twenty.map(({ roundTrip }) => `${roundTrip} ms`)],
    rows.map(({ name }, at) => [
      name,
      ...twenty.map((block) => {
        const { milliseconds } = block.rows[at];
        return `${milliseconds.toFixed(0)} ms (× ${(milliseconds / oursIn(block)).toFixed(2)})`;
      }),
    ]),
  );
}

function targetTable(single, twenty) {
  const rows = targets.map(({ shape, roundTrip, peer, most }) => {
    const blocks = shape === 'twenty' ? twenty : single.filter((block) => block.shape.name === shape);
    const block = blocks.find((candidate) => candidate.roundTrip === roundTrip);
    const theirs = peer === undefined ? block.empty : rowOf(block, peer)?.milliseconds;
    const what = `${shape}, ${roundTrip} ms: ours to ${peer ?? 'an empty Node'}`;
    if (theirs === undefined) return [what, `≤ ${most}`, 'not measured', ''];
    const ratio = oursIn(block) / theirs;
    return [what, `≤ ${most}`, ratio.toFixed(2), ratio <= most ? 'held' : 'MISSED'];
  });
  return table(['Target', 'at most', 'measured', ''], rows);
}

function pullTable(pulls) {
  return table(
    ['GETs of manifests, which Docker Hub counts', 'GETs', 'HEADs', 'fewest possible', 'why'],
    pulls.map(({ name, gets, heads, least, why }) => [name, gets, heads, least, why]),
  );
}

function rowOf({ rows }, name) {
  return rows.find((row) => row.name === name);
}

function oursIn({ rows }) {
  return rows.find(({ name }) => name.startsWith('image-digests')).milliseconds;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
