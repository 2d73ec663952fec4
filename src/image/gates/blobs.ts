import { semaphore } from '../../async/semaphore.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isNonDistributableType } from '../../oci/media-type.ts';
import type { Gate, GateSubject } from './gate.ts';

/** Blobs that are looked at at once. */
const maxBlobsAtOnce = 8;

/** `verify-blobs`: the store has the config and every layer, with the sizes that the manifests state. */
export function blobsGate(): Gate {
  return {
    input: 'verify-blobs',
    async judge(subject) {
      const blobs = subject.entries.flatMap(({ manifest }) => [manifest.config, ...manifest.layers]);
      const distinct = [...new Map(blobs.map((blob) => [`${blob.digest} ${blob.size}`, blob])).values()];
      const slots = semaphore(maxBlobsAtOnce);
      const faults = await Promise.all(distinct.map((blob) => slots.run(() => faultsOf(blob, subject))));
      return {
        faults: faults.flat(),
        evidence: `${distinct.length} blobs are there, as the manifest describes them`,
        advice: 'Push the image again, whole.',
        cause: 'bad-blob',
      };
    },
  };
}

async function faultsOf(blob: Descriptor, { store, trace }: GateSubject): Promise<string[]> {
  const { digest, size, mediaType } = blob;
  const claim = await store.size(blob);
  if (claim.kind === 'present') {
    return claim.size === size ? [] : [`${digest} has ${claim.size} bytes, but the manifest says ${size}`];
  }
  if (claim.kind === 'wrong') return [`${digest} is not what its name says: ${claim.why}`];
  if (claim.kind === 'missing' && isNonDistributableType(mediaType)) {
    trace('manifest', `${digest} is left out: it is not distributable, and the registry does not have it`);
    return [];
  }
  return [claim.kind === 'missing' ? `${digest} is missing` : `${digest} could not be judged: ${claim.why}`];
}
