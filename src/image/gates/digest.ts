import { type Digest, isDigestOf } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Image } from '../image.ts';
import type { PlatformImage } from '../resolved-image.ts';
import { type Gate, ofPlatform } from './gate.ts';

/** Digests that are listed of those that are expected. */
const maxListedDigests = 5;

/** `expected-digest`: what the reference points to, or each platform's manifest, is one of these. */
export function digestGate(expected: readonly Digest[]): Gate {
  const isExpected = (bytes: Uint8Array) => expected.some((digest) => isDigestOf(bytes, digest));
  return {
    input: 'expected-digest',
    async judge({ image, entries }) {
      if (isExpected(image.bytes)) return { faults: [], evidence: `digest is ${image.digest}` };
      const wrong = entries.filter(({ manifestBytes }) => !isExpected(manifestBytes));
      const approved = [...new Set(entries.map(({ manifestDigest }) => manifestDigest))];
      return {
        faults: wrong.map((entry) => `expected ${listed(expected)}, but ${actualDigests(image, entry)}`),
        evidence: `manifest-digest is ${listed(approved, 'and')}`,
        approved,
        advice: wrong[0] && levelHint(expected, image, wrong[0]),
      };
    },
  };
}

function actualDigests({ entries, digest }: Image, entry: PlatformImage): string {
  const platform = ofPlatform(entry, 'of');
  return entries === undefined
    ? `digest, a manifest${platform}, is ${digest}`
    : `digest, an index, is ${digest}, and manifest-digest${platform} is ${entry.manifestDigest}`;
}

/** The first few, as there must be room for the rest of the message. */
function listed(digests: readonly Digest[], conjunction = 'or'): string {
  const left = digests.length - maxListedDigests;
  const shown = digests.slice(0, maxListedDigests).join(` ${conjunction} `);
  return left > 0 ? `${shown} ${conjunction} ${left} others` : shown;
}

/** People take one level of digests for another more often than they get a wrong image. */
function levelHint(expected: readonly Digest[], { entries = [] }: Image, { manifest }: PlatformImage): string {
  const other = entries.find(({ digest }) => expected.includes(digest));
  if (other !== undefined) {
    const platform = other.platform === undefined ? 'another entry' : formatPlatform(other.platform);
    return `The expected digest is the manifest-digest of ${platform} in the same index. Set platform to that one, or expect this one's digest.`;
  }
  if (expected.includes(manifest.config.digest)) {
    return 'The expected digest is the config-digest (the image ID). Expect digest or manifest-digest instead.';
  }
  if (manifest.layers.some(({ digest }) => expected.includes(digest))) {
    return 'The expected digest is that of a layer. Expect digest or manifest-digest instead.';
  }
  return 'Do not deploy it: the reference points to another image than the expected one. If that is right, expect the new digest.';
}
