import assert from 'node:assert/strict';
import { mkdtemp, readFile } from 'node:fs/promises';
import type http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { runAction, type Step, type StepOptions } from './action.ts';
import { type Blob, blob, type Image, image, index, types } from './images.ts';
import { type RegistryOptions, startRegistry, type TestRegistry } from './registry.ts';

/** A step with the most memory that its process ever had, in bytes. */
export interface WatchedStep extends Step {
  readonly memory: number;
}

/** A step of which the memory may be known: one that ran in the process of the tests has none of its own. */
export type MaybeWatched = Step & Partial<Pick<WatchedStep, 'memory'>>;

export interface WatchOptions extends StepOptions {
  /** What names stand for, in place of what the name server says. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** What `Math.random` gives: a small number makes the pauses between attempts short. */
  readonly random?: number;
}

/** 256 MiB: what no registry may make a step exceed. */
export const memoryBudget = 256 * 1024 * 1024;

/**
 * Runs the action with its memory watched. The high-water mark comes from `/proc`: `maxRSS` counts what the test had
 * before the process became another program.
 */
export async function runWatched(
  inputs: Readonly<Record<string, string>>,
  { hosts = {}, random = 0.02, ...options }: WatchOptions = {},
): Promise<WatchedStep> {
  const report = join(await mkdtemp(join(tmpdir(), 'image-digests-memory-')), 'memory');
  const preload = `
    import dns from 'node:dns';
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const hosts = ${JSON.stringify(hosts)};
    Math.random = () => ${random};
    const found = (name) => hosts[name].map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const { lookup } = dns;
    dns.lookup = (name, options, callback) => {
      if (!Object.hasOwn(hosts, name)) return lookup(name, options, callback);
      const all = found(name);
      process.nextTick(() => options.all ? callback(null, all) : callback(null, all[0].address, all[0].family));
    };
    const later = dns.promises.lookup;
    dns.promises.lookup = async (name, options) => Object.hasOwn(hosts, name) ? found(name) : later(name, options);
    syncBuiltinESMExports();
    process.on('exit', () => {
      const status = fs.existsSync('/proc/self/status') ? fs.readFileSync('/proc/self/status', 'utf8') : '';
      const kibibytes = /VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
      fs.writeFileSync(${JSON.stringify(report)}, String(kibibytes));
    });`;
  const step = await runAction(inputs, {
    ...options,
    nodeArguments: [
      '--import',
      `data:text/javascript,${encodeURIComponent(preload)}`,
      ...(options.nodeArguments ?? []),
    ],
  });
  const kibibytes = await readFile(report, 'utf8').catch(() => '0');
  return { ...step, memory: Number(kibibytes) * 1024 };
}

/** The commands that the action itself gives to the runner. */
const ownCommands =
  /^::(?:error title=Image Digests%3A [a-z-]+::|warning title=Image Digests::|group::|endgroup::$|add-mask::)/;

/**
 * What must hold of every step, green or red: the runner is told nothing but what the action itself says, nothing moves
 * a cursor or hides text, no secret is shown, and memory stays in its bounds.
 */
export function assertHarmless(step: MaybeWatched, secrets: readonly string[] = []): void {
  for (const line of `${step.stdout}\n${step.stderr}`.split('\n')) {
    assert.ok(!line.includes('##['), `an old-style command: ${line}`);
    if (line.trim().startsWith('::')) assert.match(line, ownCommands, 'a command that is not ours');
    assert.doesNotMatch(line, /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u, 'control characters');
  }
  const shown = [
    step.stdout.replace(/^::add-mask::.*$/gm, ''),
    step.stderr,
    step.summary,
    JSON.stringify(step.outputs),
  ];
  for (const secret of secrets)
    for (const text of shown) assert.ok(!text.includes(secret), `${secret} is shown: ${text}`);
  if (step.memory !== undefined) {
    assert.ok(step.memory > 0 && step.memory < memoryBudget, `${step.memory} bytes of memory`);
  }
  for (const { text } of step.errors) assert.ok(text.length < 4096, `an annotation of ${text.length} characters`);
  assert.ok(step.errors.length <= 10);
  assert.ok(Buffer.byteLength(step.summary) < 1024 * 1024, 'a summary that the runner drops');
}

/** That the step failed as it must: one annotation, `error-code` and no other output, no file. */
export function assertRed(step: MaybeWatched, code: string, text: RegExp = /./, secrets: readonly string[] = []): void {
  const about = `${step.stdout}\n${step.stderr}`;
  assert.equal(step.status, 1, about);
  assert.deepEqual(step.outputs, { 'error-code': code }, about);
  assert.deepEqual(
    step.errors.map(({ title }) => title),
    [`Image Digests: ${code}`],
    about,
  );
  assert.match(step.errors[0]?.text ?? '', text);
  assert.equal(step.summary, '');
  assert.deepEqual(step.files, [], 'files are left of unverified bytes');
  assertHarmless(step, secrets);
}

/** That the step passed. */
export function assertGreen(step: MaybeWatched, secrets: readonly string[] = []): void {
  assert.equal(step.status, 0, `${step.stdout}\n${step.stderr}`);
  assert.deepEqual(step.errors, []);
  assertHarmless(step, secrets);
}

/** Runs `body` with a registry of its own. */
export async function withRegistry(
  body: (registry: TestRegistry) => Promise<void>,
  options: RegistryOptions = {},
): Promise<void> {
  const registry = await startRegistry(options);
  try {
    await body(registry);
  } finally {
    await registry.close();
  }
}

/** An index of two platforms in `app:1`, with everything below it. */
export function putApp(
  registry: TestRegistry,
  options: Parameters<typeof image>[1] = {},
): { index: Blob; amd64: Image } {
  const amd64 = image('linux/amd64', options);
  const arm64 = image('linux/arm64', options);
  const both = index([amd64, arm64]);
  for (const each of [amd64, arm64]) registry.putImage('app', each);
  registry.put('app', both, '1');
  return { index: both, amd64 };
}

/** The manifest of an image with other fields. */
export function altered({ manifest }: Image, fields: object): Blob {
  return blob({ ...JSON.parse(manifest.bytes.toString()), ...fields }, manifest.mediaType);
}

/** Answers every request for a manifest with these bytes. */
export function serveManifest(
  registry: TestRegistry,
  body: string | Uint8Array,
  headers: http.OutgoingHttpHeaders = {},
): void {
  registry.fault = ({ url = '' }, response) => {
    if (!url.includes('/manifests/')) return false;
    response.writeHead(200, { 'content-type': types.manifest, ...headers }).end(body);
    return true;
  };
}

/** Writes until the other side has had enough. */
export function pour(response: Writable, chunk: Uint8Array): void {
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

/** A server that does what it likes with each connection. */
export async function startRaw(
  onSocket: (socket: Socket, count: number) => void,
): Promise<{ host: string; port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    count += 1;
    onSocket(socket, count);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A proxy that leads to this port of this machine, whatever was asked for. */
export function startTunnel(port: number): ReturnType<typeof startRaw> {
  return startRaw((socket) => {
    socket.once('data', (first: Buffer) => {
      const inner = net.connect(port, '127.0.0.1', () => {
        if (first.toString('latin1').startsWith('CONNECT ')) socket.write('HTTP/1.1 200 OK\r\n\r\n');
        else inner.write(first);
        socket.pipe(inner).pipe(socket);
      });
      inner.on('error', () => socket.destroy());
      socket.on('close', () => inner.destroy());
    });
  });
}
