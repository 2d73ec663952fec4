import { connect, type Socket } from 'node:net';
import { wireHost } from '../oci/reference.ts';
import { addressClass, nameClass } from './address.ts';
import { challengeOf } from './known.ts';
import { briefLookup, checkedLookup } from './lookup.ts';
import { type AddressCheck, bareHostname, portOf } from './transport.ts';

/** Hosts that are connected to before the first request. */
const mostHosts = 4;

/** TCP connections that were opened before they were needed, while the rest of the program was being loaded. */
export interface EarlySockets {
  /** Judges, by a check of the request's own, the addresses that a connection to this origin may have; throws what it throws. */
  check(origin: string, checkAddresses: AddressCheck): Promise<void>;
  /** A connection to this origin, which may still be under way; undefined when there is none left. */
  take(origin: string): Socket | undefined;
  /** Closes those that nobody took. */
  close(): void;
}

/** A connection, and the addresses of the host that it is to. */
interface Early {
  readonly socket: Socket;
  /** Undefined when the name server takes its time: then the connection is given up. */
  readonly addresses: Promise<readonly string[] | undefined>;
}

/**
 * Opens a connection to each registry, and to the token service that it is known to have: it takes a round trip, in
 * which TLS and HTTP can be loaded. Nothing is sent on it before the rules of the request that takes it have been
 * applied to its address. Loopback is left out, as it may speak plain HTTP and takes no time.
 *
 * @param registries as they stand in names; those that may be spoken to over plain HTTP left out
 */
export function openEarly(registries: readonly string[]): EarlySockets {
  const sockets = new Map<string, Early[]>();
  for (const registry of new Set(registries)) {
    const realm = challengeOf(registry)?.realm;
    for (const place of [`https://${wireHost(registry)}`, ...(realm === undefined ? [] : [realm])]) {
      const url = new URL(place);
      if (nameClass(bareHostname(url)) !== undefined || sockets.size >= mostHosts) continue;
      sockets.set(url.origin, [...(sockets.get(url.origin) ?? []), open(url)]);
    }
  }
  const first = (origin: string): Early | undefined => sockets.get(origin)?.find(({ socket }) => !socket.destroyed);
  return {
    async check(origin, checkAddresses) {
      const addresses = await first(origin)?.addresses;
      if (addresses === undefined) for (const { socket } of sockets.get(origin) ?? []) socket.destroy();
      else if (addresses.length > 0) await checkAddresses(new URL(origin).hostname, addresses);
    },
    take(origin) {
      const early = first(origin);
      if (early === undefined) return undefined;
      sockets.set(origin, sockets.get(origin)?.filter((each) => each !== early) ?? []);
      return early.socket;
    },
    close() {
      for (const { socket } of [...sockets.values()].flat()) socket.destroy();
    },
  };
}

function open(url: URL): Early {
  const { promise, resolve } = settable<readonly string[] | undefined>();
  const check: AddressCheck = async (_, found) => {
    resolve(found);
    if (found.some((address) => addressClass(address) === 'forbidden')) throw new Error('forbidden');
  };
  const lookup = checkedLookup(check);
  const socket = connect({ host: bareHostname(url), port: portOf(url), lookup, noDelay: true });
  // A connection that fails is gone; the request then opens its own, and reports what becomes of that.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve([]));
  setTimeout(() => resolve(undefined), briefLookup).unref();
  return { socket, addresses: promise };
}

function settable<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
