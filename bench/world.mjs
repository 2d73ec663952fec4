// What is on the other side of the wire: registries, their names, and the time that it takes to get there.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry } from '../demo/registry.mjs';
import { makeCertificates } from './certificates.mjs';
import { buildx } from './contenders.mjs';
import { startRelay } from './relay.mjs';
import { hosts, images, plainPort, realms } from './shapes.mjs';

/**
 * Starts registries under their real names, on loopback. Must run in a mount and network namespace of its own: it puts
 * a hosts file over `/etc/hosts` and takes port 443.
 */
export async function startWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'image-digests-bench-'));
  const { authority, ...tls } = makeCertificates(folder, Object.values(hosts).flat());
  const lines = Object.entries(hosts).map(([address, names]) => `${address} ${names.join(' ')}\n`);
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${lines.join('')}`);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const address of Object.keys(hosts)) execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
  execFileSync('mount', ['--bind', join(folder, 'hosts'), '/etc/hosts']);

  if (buildx !== undefined) {
    mkdirSync(join(folder, 'cli-plugins'));
    symlinkSync(buildx, join(folder, 'cli-plugins', 'docker-buildx'));
  }

  const socketPath = join(folder, 'registry.sock');
  const registry = createRegistry({ auth: 'bearer', realms });
  for (const [repository, { parts }] of images) {
    for (const image of parts.images) registry.putImage(repository, image);
    registry.put(repository, parts.top, '1');
  }
  await listen(https.createServer(tls, registry.handler), socketPath);
  await listen(http.createServer(registry.handler), plainPort, '127.0.0.1');
  const network = { roundTrip: 0, connections: 0 };
  for (const host of Object.keys(hosts)) await startRelay(host, socketPath, network);
  return { folder, authority, registry, network, close: () => rmSync(folder, { recursive: true, force: true }) };
}

function listen(server, ...where) {
  return new Promise((resolve) => server.listen(...where, resolve));
}
