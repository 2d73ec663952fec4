import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blob, digestOf, type Image } from './images.ts';
import { findProgram, runPeer } from './peers.ts';
import { startRegistry, type TestRegistry } from './registry.ts';

/** A place for images: the same to a test whether it is in memory or a real registry. */
export interface Shelf {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Puts a manifest or index under tags, or under its digest alone. */
  put(repository: string, document: Blob, ...tags: string[]): Promise<void>;
  /** Puts an image with its blobs. */
  putImage(repository: string, image: Image, ...tags: string[]): Promise<void>;
  /** Puts an image of which one blob is gone. */
  putWithout(repository: string, image: Image, missing: Blob, tag: string): Promise<void>;
  deleteManifest(repository: string, digest: string): Promise<void>;
  close(): Promise<void>;
}

/** A `docker-registry` on loopback. */
export interface RealRegistry {
  readonly host: string;
  close(): Promise<void>;
}

export interface RealRegistryOptions {
  /** The folder that it keeps its images in; several registries may share it, each with a login of its own. */
  readonly storage: string;
  readonly tls?: Certificate;
  /** The section `auth` of its config. */
  readonly auth?: object;
}

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Starts Debian's `docker-registry` with a config made for it. */
export async function startRealRegistry({ storage, tls, auth }: RealRegistryOptions): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-registry-'));
  const config = {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    compatibility: { schema1: { enabled: true } },
    health: { storagedriver: { enabled: false } },
    http: { addr: '127.0.0.1:0', secret: 'of no use', ...(tls === undefined ? {} : { tls }) },
    ...(auth === undefined ? {} : { auth }),
  };
  const file = join(folder, 'config.yml');
  await writeFile(file, JSON.stringify(config));
  const child = spawn(findProgram('docker-registry') ?? 'docker-registry', ['serve', file], {
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    host: await addressOf(child),
    async close() {
      process.removeListener('exit', kill);
      kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** It picks its port itself, and says which in its log: no other process can take it in between. */
function addressOf(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    const read = (chunk: Buffer) => {
      log += chunk;
      const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(log) ?? [];
      if (address !== undefined) resolve(address);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('error', reject).on('close', () => reject(new Error(`docker-registry did not start: ${log}`)));
  });
}

/** A shelf in a `docker-registry` without a login. */
export async function realShelf(storage: string): Promise<Shelf> {
  const registry = await startRealRegistry({ storage });
  const base = `http://${registry.host}`;
  const put = async (repository: string, document: Blob, ...tags: string[]) => {
    for (const target of tags.length === 0 ? [document.digest] : tags) {
      const headers = { 'content-type': document.mediaType };
      const url = `${base}/v2/${repository}/manifests/${target}`;
      await expectStatus(201, url, { method: 'PUT', headers, body: new Uint8Array(document.bytes) });
    }
  };
  const putImage = async (repository: string, image: Image, ...tags: string[]) => {
    const blobs = new Map([image.config, ...image.layers].map((blob) => [blob.digest, blob]));
    await Promise.all([...blobs.values()].map((blob) => uploadBlob(base, repository, blob)));
    await put(repository, image.manifest, ...tags);
  };
  const remove = (path: string) => expectStatus(202, `${base}/v2/${path}`, { method: 'DELETE' });
  return {
    host: registry.host,
    put,
    putImage,
    async putWithout(repository, image, missing, tag) {
      await putImage(repository, image, tag);
      await remove(`${repository}/blobs/${missing.digest}`);
    },
    deleteManifest: (repository, digest) => remove(`${repository}/manifests/${digest}`).then(() => undefined),
    close: registry.close,
  };
}

/** A shelf in memory. */
export async function memoryShelf(): Promise<Shelf & { readonly registry: TestRegistry }> {
  const registry = await startRegistry();
  return {
    registry,
    host: registry.host,
    put: async (...document) => registry.put(...document),
    putImage: async (...image) => registry.putImage(...image),
    async putWithout(repository, image, missing, tag) {
      registry.put(repository, image.manifest, tag);
      for (const blob of [image.config, ...image.layers]) {
        if (blob.digest !== missing.digest) registry.putBlob(repository, blob);
      }
    },
    deleteManifest: async (repository, digest) => registry.remove(repository, digest),
    close: registry.close,
  };
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-monolithically */
async function uploadBlob(base: string, repository: string, blob: Blob): Promise<void> {
  const begun = await expectStatus(202, `${base}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', base);
  location.searchParams.set('digest', blob.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await expectStatus(201, location.href, { method: 'PUT', headers, body: new Uint8Array(blob.bytes) });
}

async function expectStatus(status: number, url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (response.status === status) return response;
  throw new Error(`${request.method} ${url} answered ${response.status}, not ${status}: ${text}`);
}

/** The same blob or document, named by another algorithm. */
export function named(algorithm: 'sha256' | 'sha512', blob: Blob): Blob {
  return { ...blob, digest: digestOf(blob.bytes, algorithm) };
}

/** A certificate authority of this test, and a certificate by it for 127.0.0.1, made by `openssl`. */
export async function makeAuthority(folder: string): Promise<Certificate & { readonly authority: string }> {
  const [authority, authorityKey] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  const [certificate, key] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await runPeer('openssl', [...make, '-subj', '/CN=Test authority', '-keyout', authorityKey, '-out', authority]);
  const signed = ['-CA', authority, '-CAkey', authorityKey, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await runPeer('openssl', [...make, ...signed, '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', certificate]);
  return { authority, certificate, key };
}
