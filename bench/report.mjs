// Prints medians, ratios and targets as Markdown.

/** What the action promises, as ratios of medians in one run. `peer` undefined stands for an empty Node. */
const targets = [
  { shape: 'plain', roundTrip: 0, peer: undefined, max: 3 },
  { shape: 'unknown', roundTrip: 0, peer: undefined, max: 3 },
  { shape: 'hub', roundTrip: 0, peer: undefined, max: 3 },
  { shape: 'ghcr', roundTrip: 0, peer: undefined, max: 3 },
  { shape: 'ghcr', roundTrip: 40, peer: 'crane digest', max: 1.05 },
  { shape: 'hub', roundTrip: 40, peer: 'crane digest', max: 0.8 },
  { shape: 'unknown', roundTrip: 40, peer: 'crane digest', max: 1.15 },
  { shape: 'unknown', roundTrip: 40, peer: 'skopeo inspect', max: 0.45 },
  { shape: 'unknown', roundTrip: 40, peer: 'buildx imagetools inspect --format', max: 0.45 },
  { shape: 'twenty', roundTrip: 40, peer: 'crane digest, one by one', max: 0.15 },
  { shape: 'twenty', roundTrip: 40, peer: 'crane digest, eight at a time', max: 0.8 },
];

/** The round trip of the table on the page, in milliseconds: that of a runner to a registry of another region. */
const pageRoundTrip = 40;

/** Prints the whole report to standard output: first what stands in docs/speed.md, between the markers there. */
export function printReport({ single, plain, twenty, pulls, missing, rounds, roundsForTwenty, machine }) {
  const roundTrips = [...new Set(single.map(({ roundTrip }) => roundTrip))];
  const at = (trip) => single.filter(({ roundTrip }) => roundTrip === trip);
  const lines = [
    '<!-- bench:start -->',
    `Measured ${machine}; medians of ${rounds} rounds (${roundsForTwenty} for twenty images), whole processes, TLS. Ratios are to this action in the same column.`,
    '',
    ...singleTable(at(pageRoundTrip)),
    '',
    ...twentyTable(twenty),
    '<!-- bench:end -->',
    ...(missing.length === 0 ? [] : ['', `Not installed, and so not measured: ${missing.join(', ')}.`]),
    '',
    ...roundTrips.flatMap((trip) => [...singleTable(at(trip), { hasCounts: true }), '']),
    ...targetTable([...single, plain], twenty),
    '',
    ...pullTable(pulls),
  ];
  console.log(lines.join('\n'));
}

/** One table for a round trip: a column for each shape; requests and connections, where counted, are those of the first. */
function singleTable(blocks, { hasCounts = false } = {}) {
  const [first] = blocks;
  const cells = (name) =>
    blocks.map((block) => {
      const { milliseconds } = rowOf(block, name);
      return `${milliseconds.toFixed(0)} ms (× ${(milliseconds / oursIn(block)).toFixed(2)})`;
    });
  const counted = (...values) => (hasCounts ? values : []);
  const rows = first.rows.map(({ name, requests, connections }) => [
    name,
    ...cells(name),
    ...counted(requests, connections),
  ]);
  const empty = blocks.map((block) => `${block.empty.toFixed(0)} ms`);
  return table(
    [
      `One image, ${first.roundTrip} ms`,
      ...blocks.map(({ shape }) => shape.title),
      ...counted('requests', 'connections'),
    ],
    [...rows, ['an empty Node', ...empty, ...counted('', '')]],
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
  const rows = targets.map(({ shape, roundTrip, peer, max }) => {
    const blocks = shape === 'twenty' ? twenty : single.filter((block) => block.shape.name === shape);
    const block = blocks.find((candidate) => candidate.roundTrip === roundTrip);
    const theirs = peer === undefined ? block.empty : rowOf(block, peer)?.milliseconds;
    const what = `${shape}, ${roundTrip} ms: ours to ${peer ?? 'an empty Node'}`;
    if (theirs === undefined) return [what, `≤ ${max}`, 'not measured', ''];
    const ratio = oursIn(block) / theirs;
    return [what, `≤ ${max}`, ratio.toFixed(2), ratio <= max ? 'held' : 'MISSED'];
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
