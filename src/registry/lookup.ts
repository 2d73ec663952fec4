import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressCheck } from './transport.ts';

/** Milliseconds for looking up a name that will be looked up again, by a proxy or under the deadline of a request. */
export const briefLookup = 1_000;

/** Resolves a name and lets `check` judge the addresses before one of them is used. */
export function checkedLookup(check: AddressCheck): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const addresses = found.map(({ address }) => address);
      check(hostname, addresses).then(
        () => {
          const [first] = found;
          if (options.all || first === undefined) callback(null, found);
          else callback(null, first.address, first.family);
        },
        (refusal) => callback(refusal, '', 0),
      );
    });
  };
}

/** The addresses of a name, as far as this machine knows them within a second. */
export function resolveBriefly(hostname: string): Promise<string[]> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle([]), briefLookup);
    lookup(hostname, { all: true }, (error, found) => {
      clearTimeout(timer);
      settle(error ? [] : found.map(({ address }) => address));
    });
  });
}
