import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressCheck } from './transport.ts';

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
