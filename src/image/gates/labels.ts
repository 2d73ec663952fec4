import type { PlatformImage } from '../resolved-image.ts';
import { type Gate, ofPlatform } from './gate.ts';

/** Characters that are shown of a label. */
const maxLabelLength = 200;

/** A label, and the value that it must have. */
export type ExpectedLabel = readonly [key: string, value: string];

/** `expected-labels`: the config of every platform has these labels. Every pair must hold, also those of one key. */
export function labelsGate(expected: readonly ExpectedLabel[]): Gate {
  return {
    input: 'expected-labels',
    async judge({ entries }) {
      return {
        faults: entries.flatMap((entry) => faultsOf(entry, expected)),
        evidence: expected.map(([key, value]) => `${key} is "${value.slice(0, maxLabelLength)}"`).join(', '),
      };
    },
  };
}

function faultsOf(entry: PlatformImage, expected: readonly ExpectedLabel[]): string[] {
  const labels = entry.config?.content?.labels ?? {};
  return expected.flatMap(([key, value]) => {
    const actual = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (actual === value) return [];
    const shown = actual === undefined ? 'not set' : `"${actual.slice(0, maxLabelLength)}"`;
    return [`${key}${ofPlatform(entry, 'for')} is ${shown}, expected "${value}"`];
  });
}
