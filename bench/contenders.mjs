// The programs that are measured: how each is asked for one image or for twenty, and where it is found.
import { accessSync, constants, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { images } from './shapes.mjs';

const peersFolder = process.env.PEERS_DIR ?? join(tmpdir(), 'peers');
const action = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const script = fileURLToPath(new URL('seed.sh', import.meta.url));

/** What the runner has: Node 24 where this machine has one, else the Node that runs this. */
export const node =
  firstProgram([
    process.env.BENCH_NODE ?? '',
    ...(process.version.startsWith('v24.') ? [process.execPath] : []),
    join(peersFolder, 'node24', 'node_modules', 'node', 'bin', 'node'),
  ]) ?? process.execPath;

function firstProgram(files) {
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return file !== '';
    } catch {
      return false;
    }
  });
}

/** Looks for a program on PATH, then among the peers that were unpacked. */
export function find(name, ...more) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(peersFolder, 'usr', 'bin'), ...more];
  return firstProgram(folders.map((folder) => join(folder, name)));
}

const crane = find('crane');
const oras = find('oras');
const skopeo = find('skopeo');
const docker = find('docker');
const pluginFolders = ['/usr/local', '/usr', join(peersFolder, 'usr')].flatMap((root) =>
  ['libexec', 'lib'].map((folder) => join(root, folder, 'docker', 'cli-plugins')),
);
/** The plug-in that `docker buildx` starts; it is found under the `DOCKER_CONFIG` of the benchmark. */
export const buildx = find('docker-buildx', ...pluginFolders, join(process.env.HOME ?? '/', '.docker', 'cli-plugins'));

const reference = ({ registry }, repository) => `${registry}/${repository}:1`;
const manifestDigest = ({ manifest }) => manifest;
const indexDigest = ({ index }) => index;
const forAmd64 = ['--override-os=linux', '--override-arch=amd64'];

/** A program that takes one image as its last argument; `proof` gives what must be in its output. */
const peer = (name, file, args, proof, prefix = '') => ({
  name,
  file,
  command: () => args,
  item: (shape, repository) => prefix + reference(shape, repository),
  proof,
});
const inspect = ['buildx', 'imagetools', 'inspect'];

/** Ours, then the peers as their users write them; `forTwenty` are those that are also run over twenty images. */
export const contenders = [
  { name: 'image-digests', file: node, isOurs: true, proof: manifestDigest, forTwenty: true },
  { ...peer('crane digest', crane, ['digest', '--platform=linux/amd64'], manifestDigest), forTwenty: true },
  { ...peer('oras resolve', oras, ['resolve', '--platform=linux/amd64'], manifestDigest), forTwenty: true },
  { ...peer('skopeo inspect', skopeo, ['inspect', ...forAmd64], indexDigest, 'docker://'), forTwenty: true },
  peer('skopeo inspect --no-tags', skopeo, ['inspect', '--no-tags', ...forAmd64], indexDigest, 'docker://'),
  {
    ...peer(
      'buildx imagetools inspect --format',
      buildx && docker,
      [...inspect, '--format={{json .}}'],
      manifestDigest,
    ),
    forTwenty: true,
  },
  peer('buildx imagetools inspect', buildx && docker, inspect, manifestDigest),
  {
    name: 'shell script',
    file: find('curl') && find('jq') && script,
    command: ({ tokenUrl, wire }) => [tokenUrl, wire, '1'],
    item: (_, repository) => repository,
    proof: ({ config }) => config,
    forTwenty: true,
  },
];

/**
 * What to start for `contender`, for these repositories.
 *
 * @param atOnce processes at a time, for a contender that takes one image each
 */
export function invocation(contender, shape, repositories, world, atOnce = 1) {
  const env = environment(world);
  if (contender.isOurs) return ourInvocation(shape, repositories, env, world);
  const items = repositories.map((repository) => contender.item(shape, repository));
  const args = contender.command(shape);
  const [only] = items;
  if (items.length === 1) return { file: contender.file, args: [...args, only], env };
  return { file: 'xargs', args: ['-n1', `-P${atOnce}`, contender.file, ...args], env, stdin: items.join('\n') };
}

/** An environment without logins, that trusts the authority of the benchmark. */
function environment({ folder, authority }) {
  const trusted = { SSL_CERT_FILE: authority, CURL_CA_BUNDLE: authority };
  return { PATH: process.env.PATH, HOME: folder, DOCKER_CONFIG: folder, ...trusted };
}

/** `dist/index.js` as the runner starts it: inputs and files in the environment. */
function ourInvocation(shape, repositories, env, { folder, authority }) {
  const temp = mkdtempSync(join(folder, 'temp-'));
  const output = join(temp, 'output');
  writeFileSync(output, '');
  writeFileSync(join(temp, 'summary'), '');
  return {
    file: node,
    args: [action],
    env: {
      ...env,
      INPUT_IMAGE: repositories.map((repository) => reference(shape, repository)).join('\n'),
      NODE_EXTRA_CA_CERTS: authority,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: join(temp, 'summary'),
      RUNNER_TEMP: temp,
    },
    outcome: () => readFileSync(output, 'utf8'),
  };
}

/** Throws unless an output proves that the work was done. */
export function checkProof({ name, proof }, repositories, text) {
  for (const repository of repositories) {
    const digest = proof(images.get(repository));
    if (!text.includes(digest)) throw new Error(`${name} did not find ${digest} of ${repository}:\n${text}`);
  }
}
