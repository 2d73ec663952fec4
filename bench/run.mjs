// `npm run bench`: whole processes side by side, over the same delay. See README.md.
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { checkProof, contenders, invocation, node } from './contenders.mjs';
import { runOnce, sideBySide } from './measure.mjs';
import { countPulls } from './pulls.mjs';
import { printReport } from './report.mjs';
import { images, plainShape, repositories, shapes } from './shapes.mjs';
import { startWorld } from './world.mjs';

const roundTrips = [0, 40];
const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
/** Twenty images take each peer a while. */
const roundsForTwenty = Math.max(1, Math.round(rounds / 5));
const emptyNode = { name: 'empty Node', file: node, args: ['--eval', ''], env: { PATH: process.env.PATH } };

if (process.env.BENCH_INSIDE === undefined) enterNamespace();
else await main();

/** Starts this again where names and port 443 are ours alone. */
function enterNamespace() {
  const script = fileURLToPath(import.meta.url);
  const apart = ['--map-root-user', '--mount', '--net', process.execPath, script];
  const env = { ...process.env, BENCH_INSIDE: '1' };
  const { status, error } = spawnSync('unshare', apart, { stdio: 'inherit', env });
  if (error || status === null) {
    console.error('The benchmark needs Linux, with unshare, ip, mount and openssl: it plays real names on loopback.');
  }
  process.exit(status ?? 1);
}

async function main() {
  const world = await startWorld();
  try {
    const present = contenders.filter(({ file }) => file !== undefined);
    const single = [];
    for (const roundTrip of roundTrips) {
      world.network.roundTrip = roundTrip;
      for (const shape of shapes) single.push(await measureOne(present, shape, roundTrip, world));
    }
    // The others would each have to be told that plain HTTP is meant.
    const ours = present.filter(({ isOurs }) => isOurs);
    const plain = await measureOne(ours, plainShape, 0, world);
    const twenty = [];
    for (const roundTrip of roundTrips) twenty.push(await measureTwenty(present, roundTrip, world));
    world.network.roundTrip = 0;
    const pulls = await countPulls(world, images);
    const missing = contenders.filter(({ file }) => file === undefined).map(({ name }) => name);
    printReport({ single, plain, twenty, pulls, missing, rounds, roundsForTwenty, machine: await describeMachine() });
  } finally {
    world.close();
  }
  process.exit(0);
}

/** One image: an empty Node, then every contender. */
async function measureOne(present, shape, roundTrip, world) {
  const one = repositories.slice(0, 1);
  const counts = new Map();
  const tasks = present.map((contender) => async () => {
    world.registry.seen.length = 0;
    world.network.connections = 0;
    const milliseconds = await timeOf(contender, shape, one, world);
    counts.set(contender.name, { requests: world.registry.seen.length, connections: world.network.connections });
    return milliseconds;
  });
  const [empty, ...medians] = await sideBySide([async () => (await runOnce(emptyNode)).milliseconds, ...tasks], rounds);
  const rows = present.map(({ name }, at) => ({ name, milliseconds: medians[at], ...counts.get(name) }));
  progress(`${shape.title}, ${roundTrip} ms`);
  return { shape, roundTrip, empty, rows };
}

/** Twenty images on an unknown registry: ours in one step, the peers one by one, crane eight at a time as well. */
async function measureTwenty(present, roundTrip, world) {
  world.network.roundTrip = roundTrip;
  const [shape] = shapes;
  const ways = present
    .filter(({ forTwenty }) => forTwenty)
    .flatMap((contender) => {
      if (contender.isOurs) return [{ name: `${contender.name}, one step`, contender, atOnce: 1 }];
      const oneByOne = { name: `${contender.name}, one by one`, contender, atOnce: 1 };
      return contender.name === 'crane digest'
        ? [oneByOne, { name: `${contender.name}, eight at a time`, contender, atOnce: 8 }]
        : [oneByOne];
    });
  const tasks = ways.map(
    ({ contender, atOnce }) =>
      () =>
        timeOf(contender, shape, repositories, world, atOnce),
  );
  const medians = await sideBySide(tasks, roundsForTwenty, 0);
  progress(`${repositories.length} images, ${roundTrip} ms`);
  return { roundTrip, rows: ways.map(({ name }, at) => ({ name, milliseconds: medians[at] })) };
}

async function timeOf(contender, shape, wanted, world, atOnce) {
  const { milliseconds, text } = await runOnce(invocation(contender, shape, wanted, world, atOnce));
  checkProof(contender, wanted, text);
  return milliseconds;
}

async function describeMachine() {
  const { text } = await runOnce({ file: node, args: ['--version'], env: {} });
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'a CPU'}, Node ${text.trim()}`;
}

function progress(what) {
  process.stderr.write(`measured: ${what}\n`);
}
