// `node bench/exports.mjs`: whole images into OCI layouts, side by side with crane, skopeo and oras. See README.md.
import { execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blob, descriptor, types } from '../demo/images.mjs';
import { makeCertificates } from './certificates.mjs';
import { find as findProgram, node } from './contenders.mjs';
import { median } from './measure.mjs';

const mebibyte = 1024 * 1024;
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
/** Bytes in flight on one connection: with 40 ms about 79 MB/s. */
const window = Number(process.env.BENCH_WINDOW ?? 3 * mebibyte);
const action = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const near = 'near.bench.test';
const far = 'far.bench.test';

/** What is exported. `most` are the targets: our median to that of a peer, or of the best of them. */
const shapes = [
  { name: 'twelve', title: '12 layers of 50 MiB', layers: Array(12).fill(50 * mebibyte) },
  { name: 'one', title: '1 layer of 600 MiB', layers: [600 * mebibyte] },
  { name: 'sixty', title: '60 layers of 100 KiB', layers: Array(60).fill(100 * 1024) },
];
const measurements = [
  { shape: 'twelve', host: far, roundTrip: 40, most: { crane: 0.5, skopeo: 1 } },
  { shape: 'one', host: far, roundTrip: 40, most: { best: 0.45 } },
  { shape: 'sixty', host: far, roundTrip: 40, most: { crane: 1.5 } },
  { shape: 'twelve', host: near, roundTrip: 0, most: { crane: 1.5 } },
];

/** MiB that the process may take, whatever the size. */
const maxMemory = 256;

/** Bytes of the blob that is broken once. */
const hugeBytes = Math.round(Number(process.env.BENCH_HUGE_GIB ?? 4.25) * 1024 * mebibyte);

/** How each is told to write `reference` into the layout `target`. */
const contenders = [
  { name: 'image-digests', isOurs: true },
  { name: 'crane', command: (reference, target) => ['pull', '--format=oci', reference, target] },
  {
    name: 'skopeo',
    command: (reference, target) => ['--insecure-policy', 'copy', '-q', `docker://${reference}`, `oci:${target}:v1`],
  },
  { name: 'oras', command: (reference, target) => ['copy', '--no-tty', reference, '--to-oci-layout', `${target}:v1`] },
].filter(({ isOurs, name }) => isOurs || findProgram(name) !== undefined);

if (process.env.BENCH_INSIDE === undefined) enterNamespace();
else await main();

/** Starts this again where names and port 443 are ours alone. */
function enterNamespace() {
  const script = fileURLToPath(import.meta.url);
  const apart = ['--map-root-user', '--mount', '--net', process.execPath, script];
  const { status, error } = spawnSync('unshare', apart, {
    stdio: 'inherit',
    env: { ...process.env, BENCH_INSIDE: '1' },
  });
  if (error || status === null) console.error('The benchmark needs Linux, with unshare, ip, mount and openssl.');
  process.exit(status ?? 1);
}

async function main() {
  const world = await startWorld();
  try {
    for (const { name, layers } of shapes) pushImage(world, name, layers);
    const lines = [];
    for (const measurement of measurements) lines.push(await measure(measurement, world));
    printTable(lines);
    if (hugeBytes > 0) await measureHuge(world);
  } finally {
    world.close();
  }
  process.exit(0);
}

/** A real registry with TLS on 127.0.0.1:443, and the relay to it on 127.0.0.2:443. */
async function startWorld() {
  const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'image-digests-export-bench-'));
  makeCertificates(folder, [near, far]);
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost ${near}\n127.0.0.2 ${far}\n`);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  execFileSync('mount', ['--bind', join(folder, 'hosts'), '/etc/hosts']);
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: {
      addr: '127.0.0.1:443',
      secret: 'x',
      tls: { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') },
    },
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const registry = spawn(findProgram('docker-registry'), ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const relay = fork(fileURLToPath(new URL('window-relay.mjs', import.meta.url)), [
    '127.0.0.2',
    '443',
    '127.0.0.1',
    '443',
  ]);
  await new Promise((resolve) => relay.once('message', resolve));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return {
    folder,
    env: { PATH: process.env.PATH, HOME: folder, SSL_CERT_FILE: join(folder, 'ca.pem') },
    setNetwork(network) {
      relay.send(network);
      return new Promise((resolve) => relay.once('message', resolve));
    },
    close() {
      registry.kill('SIGKILL');
      relay.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes an image of random layers and pushes it by crane. */
function pushImage({ folder, env }, name, sizes) {
  const layout = join(folder, `push-${name}`);
  const blobs = join(layout, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const layers = sizes.map((size) => writeRandom(blobs, size));
  const put = (part) => writeFileSync(join(blobs, part.digest.slice('sha256:'.length)), part.bytes);
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
  const config = blob({ os: 'linux', architecture: 'amd64', config: {}, rootfs }, types.config);
  const manifest = blob(
    { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers },
    types.manifest,
  );
  put(config);
  put(manifest);
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [descriptor(manifest)] }));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  execFileSync(findProgram('crane'), ['push', layout, `${near}/${name}:v1`], {
    env,
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  rmSync(layout, { recursive: true });
}

/** Writes a blob of random bytes, 64 MiB at a time, and gives its descriptor. */
function writeRandom(blobs, size) {
  const part = join(blobs, 'part');
  const hash = createHash('sha256');
  writeFileSync(part, '');
  for (let left = size; left > 0; left -= 64 * mebibyte) {
    const bytes = randomBytes(Math.min(left, 64 * mebibyte));
    hash.update(bytes);
    writeFileSync(part, bytes, { flag: 'a' });
  }
  const hex = hash.digest('hex');
  execFileSync('mv', [part, join(blobs, hex)]);
  return { mediaType: types.layer, digest: `sha256:${hex}`, size };
}

async function measure({ shape, host, roundTrip, most }, world) {
  await world.setNetwork({ roundTrip, window });
  const { title, layers } = shapes.find(({ name }) => name === shape);
  const bytes = layers.reduce((sum, size) => sum + size, 0);
  const times = new Map(contenders.map(({ name }) => [name, []]));
  let memory = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      const run = await exportOnce(contender, `${host}/${shape}:v1`, bytes, world);
      times.get(contender.name).push(run.seconds);
      if (contender.isOurs) memory = Math.max(memory, run.memory);
    }
  }
  process.stderr.write(`measured: ${title}, ${roundTrip} ms\n`);
  const medians = new Map([...times].map(([name, seconds]) => [name, median(seconds)]));
  return { title: `${title}, ${roundTrip === 0 ? 'loopback' : `${roundTrip} ms`}`, medians, memory, most };
}

/** One whole process, timed; its layout is checked for its size and removed. */
function exportOnce(contender, reference, bytes, { folder, env }) {
  const workspace = mkdtempSync(join(folder, 'workspace-'));
  const target = join(workspace, 'out');
  const files = { GITHUB_OUTPUT: join(workspace, '.output'), GITHUB_STEP_SUMMARY: join(workspace, '.summary') };
  const report = join(workspace, '.memory');
  if (contender.isOurs) for (const file of Object.values(files)) writeFileSync(file, '');
  const preload = `import fs from 'node:fs'; process.on('exit', () => fs.writeFileSync(${JSON.stringify(report)},
    /VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]));`;
  const [file, args, more] = contender.isOurs
    ? [
        node,
        ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, action],
        {
          ...files,
          INPUT_IMAGE: reference,
          'INPUT_EXPORT-TO': 'out',
          NODE_EXTRA_CA_CERTS: env.SSL_CERT_FILE,
          RUNNER_TEMP: workspace,
          GITHUB_WORKSPACE: workspace,
        },
      ]
    : [findProgram(contender.name), contender.command(reference, target), {}];
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(file, args, { env: { ...env, ...more } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => {
      const seconds = (performance.now() - begin) / 1000;
      const size = existsSync(target) ? sizeOf(join(target, 'blobs', 'sha256')) : 0;
      if (status !== 0 || size < bytes)
        return reject(new Error(`${contender.name}: ${status}, ${size} bytes\n${text}`));
      const memory = contender.isOurs ? Number(readFileSync(report, 'utf8')) / 1024 : 0;
      rmSync(workspace, { recursive: true });
      return resolve({ seconds, memory, text });
    });
  });
}

function sizeOf(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function printTable(lines) {
  const [{ medians }] = lines;
  const names = [...medians.keys()];
  const [ours] = names;
  const machine =
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim()}, ${execFileSync(node, ['--version'])}`.trim();
  console.log(`Exports over TLS, medians of ${rounds} rounds, ${window / mebibyte} MiB a connection; ${machine}\n`);
  console.log(`| | ${names.join(' | ')} | memory | targets |\n|${' --- |'.repeat(names.length + 3)}`);
  for (const line of lines) {
    const cells = names.map((name) => {
      const seconds = line.medians.get(name);
      return name === ours
        ? `${seconds.toFixed(2)} s`
        : `${seconds.toFixed(2)} s (× ${(line.medians.get(ours) / seconds).toFixed(2)})`;
    });
    console.log(`| ${line.title} | ${cells.join(' | ')} | ${line.memory.toFixed(0)} MiB | ${verdicts(line, ours)} |`);
  }
  console.log('\nIn parentheses: our time to theirs.\n');
}

function verdicts({ medians, memory, most }, ours) {
  const best = Math.min(...[...medians].filter(([name]) => name !== ours).map(([, seconds]) => seconds));
  const ratios = Object.entries(most).map(([peer, limit]) => {
    const theirs = peer === 'best' ? best : medians.get(peer);
    if (theirs === undefined) return `${peer}: not measured`;
    const ratio = medians.get(ours) / theirs;
    return `${peer} ${ratio.toFixed(2)} ≤ ${limit}: ${ratio <= limit ? 'held' : 'MISSED'}`;
  });
  const isSmall = memory <= maxMemory;
  return [...ratios, `memory ≤ ${maxMemory}: ${isSmall ? 'held' : 'MISSED'}`].join('; ');
}

/** One blob whose connection breaks once, half-way: only the memory is of interest. */
async function measureHuge(world) {
  pushImage(world, 'huge', [hugeBytes]);
  await world.setNetwork({ roundTrip: 0, window, breakAfter: hugeBytes / 2 });
  const { seconds, memory, text } = await exportOnce(contenders[0], `${far}/huge:v1`, hugeBytes, world);
  const breaks = text.split('\n').filter((line) => line.includes('broke off')).length;
  const size = `${(hugeBytes / 1024 / mebibyte).toFixed(2)} GiB`;
  console.log(
    `${size} in one layer, broken ${breaks} times: ${seconds.toFixed(1)} s, ${memory.toFixed(0)} MiB (≤ ${maxMemory}: ${memory <= maxMemory ? 'held' : 'MISSED'})`,
  );
}
