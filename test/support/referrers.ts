import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Blob, blob, types } from './images.ts';
import { errorAnswer, type TestRegistry } from './registry.ts';
import type { OldSignature } from './sigstore.ts';

/** How the referrers API of a registry responds. */
export type ReferrersApi = 'complete' | 'empty' | 'paged' | 'missing' | 'no-index' | number;

/** Things that refer to images in a registry. */
export interface Referrers {
  /** How the API responds from now on. */
  api: ReferrersApi;
  /** Lets something with its blobs refer to a subject; `annotations` are of the descriptor. */
  attach(
    subject: Blob,
    artifact: { readonly manifest: Blob; readonly layers: readonly Blob[] },
    annotations?: object,
  ): void;
  /** Writes the tag of a subject, with everything that refers to it. */
  writeTag(subject: Blob): void;
  /** Writes what cosign keeps under the tag that ends so. */
  writeCosign(subject: Blob, suffix: '.sig' | '.att' | '.sbom', signatures: readonly OldSignature[]): void;
}

/** Gives a repository of a registry a referrers API, and more places for what refers to images. */
export function referrersOf(registry: TestRegistry, repository: string): Referrers {
  const bySubject = new Map<string, object[]>();
  const listOf = (subject: string) => bySubject.get(subject) ?? [];
  const indexOf = (manifests: readonly object[]) => ({ schemaVersion: 2, mediaType: types.index, manifests });
  const previous = registry.fault;

  const respond = (url: URL, response: ServerResponse): void => {
    const subject = url.pathname.slice(`/v2/${repository}/referrers/`.length);
    const all = listOf(subject);
    const page = Number(url.searchParams.get('page') ?? '0');
    if (typeof referrers.api === 'number') {
      errorAnswer(response, referrers.api, 'DENIED', 'no');
    } else if (referrers.api === 'missing') {
      errorAnswer(response, 404, 'NOT_FOUND', 'no API');
    } else if (referrers.api === 'no-index') {
      response.setHeader('content-type', 'text/html').end('<html>');
    } else {
      response.setHeader('content-type', types.index);
      const isPaged = referrers.api === 'paged';
      if (isPaged && page + 1 < all.length)
        response.setHeader('link', `<${url.pathname}?page=${page + 1}>; rel="next"`);
      const shown = isPaged ? all.slice(page, page + 1) : all;
      response.end(JSON.stringify(indexOf(referrers.api === 'empty' ? [] : shown)));
    }
  };

  const referrers: Referrers = {
    api: 'complete',
    attach(subject, { manifest, layers }, annotations) {
      registry.put(repository, manifest);
      for (const layer of layers) registry.putBlob(repository, layer);
      const { artifactType } = JSON.parse(manifest.bytes.toString());
      const { mediaType, digest, bytes } = manifest;
      const entry = { mediaType, digest, size: bytes.length, artifactType, ...(annotations && { annotations }) };
      bySubject.set(subject.digest, [...listOf(subject.digest), entry]);
    },
    writeTag(subject) {
      registry.put(repository, blob(indexOf(listOf(subject.digest)), types.index), subject.digest.replace(':', '-'));
    },
    writeCosign(subject, suffix, signatures) {
      const config = blob('{}', types.config);
      for (const part of [config, ...signatures.map(({ payload }) => payload)]) registry.putBlob(repository, part);
      const describe = ({ mediaType, digest, bytes }: Blob) => ({ mediaType, digest, size: bytes.length });
      const manifest = blob(
        {
          schemaVersion: 2,
          mediaType: types.manifest,
          config: describe(config),
          layers: signatures.map(({ payload, annotations }) => ({ ...describe(payload), annotations })),
        },
        types.manifest,
      );
      registry.put(repository, manifest, `${subject.digest.replace(':', '-')}${suffix}`);
    },
  };
  registry.fault = (request: IncomingMessage, response, count) => {
    if (previous?.(request, response, count)) return true;
    const url = new URL(request.url ?? '', `http://${registry.host}`);
    if (!url.pathname.startsWith(`/v2/${repository}/referrers/`)) return false;
    respond(url, response);
    return true;
  };
  return referrers;
}
