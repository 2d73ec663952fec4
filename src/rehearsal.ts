import { systemClock } from './clock.ts';
import { resolveImages } from './each-image.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import { digestOf } from './oci/hash.ts';
import { manifestTypes } from './oci/media-type.ts';
import { parsePlatform } from './oci/platform.ts';
import { parseReference } from './oci/reference.ts';
import { type Outputs, outputsOf } from './outputs.ts';
import { openClient } from './registry/open-client.ts';
import type { Transport } from './registry/transport.ts';
import { printResult } from './report.ts';
import { resultsOf } from './results.ts';
import { summaryOf } from './summary.ts';

const [indexType, , manifestType] = manifestTypes;

/**
 * Resolves an image that is made up, from a registry that is made up, and has no effect. JavaScript is compiled when it
 * is first called: done while the first answer is under way, that costs no time; done when it is there, up to 10 ms.
 */
export async function rehearse(inputs: Inputs, log: Log): Promise<Outputs> {
  const { send, images } = madeUp();
  const silent: Log = { ...log, line: log.safe, group: (title, lines) => void [title, ...lines].map(log.safe) };
  const credentials = async () => undefined;
  const client = openClient(
    { send, credentials, authHosts: new Map(), plainHttp: new Set(), keepToken: () => {} },
    systemClock,
  );
  const { outcomes } = await resolveImages({ ...inputs, ...plainly(), images }, client, silent);
  const files = { pathOf: () => '', discard: () => {} };
  const results = outcomes.map((outcome) => resultsOf(outcome, files, inputs));
  for (const result of results.flat()) printResult(silent, result);
  summaryOf(results.flat(), log.safe);
  return outputsOf(outcomes, results, files, true);
}

/** What is asked of the image: nothing that could fail, wait or fetch another. */
function plainly() {
  return {
    platforms: [parsePlatform('linux/amd64')],
    gates: { expectedDigests: [], expectedLabels: [], requiredPlatforms: [], verifyBlobs: false },
    waitTimeout: 0,
    compareWith: undefined,
    baseImage: undefined,
  };
}

function madeUp(): { send: Transport; images: Inputs['images'] } {
  const documents = new Map<string, { bytes: Buffer; mediaType: string }>();
  const put = (mediaType: string, content: object) => {
    const bytes = Buffer.from(JSON.stringify(content));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    documents.set(descriptor.digest, { bytes, mediaType });
    return descriptor;
  };
  const platform = { os: 'linux', architecture: 'amd64' };
  const config = put('application/vnd.oci.image.config.v1+json', {
    ...platform,
    created: '2026-01-01T00:00:00Z',
    rootfs: { diff_ids: [] },
  });
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: config.digest, size: 1 };
  const manifest = put(manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] });
  const manifests = [{ ...manifest, platform }];
  const { digest } = put(indexType, { schemaVersion: 2, mediaType: indexType, manifests });

  const challenge = 'Bearer realm="https://example.org/token",service="example.org"';
  const send: Transport = async ({ url, phase, headers }) => {
    if (phase === 'token') return { url, status: 200, headers: {}, body: Buffer.from('{"token":"made-up"}') };
    const body = Buffer.alloc(0);
    if (!headers['authorization']) return { url, status: 401, headers: { 'www-authenticate': [challenge] }, body };
    const { bytes, mediaType } = documents.get(url.pathname.split('/').at(-1) ?? '') ?? { bytes: body, mediaType: '' };
    return { url, status: 200, headers: { 'content-type': [mediaType] }, body: bytes };
  };
  const text = `example.org/made-up@${digest}`;
  return { send, images: [{ text, reference: parseReference(text) }] };
}
