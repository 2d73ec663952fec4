import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressPolicy } from './transport.ts';

/** Milliseconds for looking up a name that a proxy will look up again. */
const maxBriefLookupMs = 1_000;

/** Resolves a name and lets `policy` judge the addresses before one of them is used. */
export function checkedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, entries) => {
      if (error) return callback(error, '', 0);
      try {
        policy.check(
          hostname,
          entries.map(({ address }) => address),
        );
      } catch (refusal) {
        return callback(refusal as NodeJS.ErrnoException, '', 0);
      }
      const [first] = entries;
      if (options.all || first === undefined) callback(null, entries);
      else callback(null, first.address, first.family);
    });
  };
}

/** The addresses of a name, as far as this machine knows them within a second. */
export function resolveBriefly(hostname: string): Promise<string[]> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve([]), maxBriefLookupMs);
    lookup(hostname, { all: true }, (error, entries) => {
      clearTimeout(timer);
      resolve(error ? [] : entries.map(({ address }) => address));
    });
  });
}
