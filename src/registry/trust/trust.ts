import { ActionError } from '../../error.ts';
import { wireHost } from '../../oci/reference.ts';
import { type AddressPolicy, bareHostname, type Connection, portOf } from '../http/transport.ts';
import { knownTokenHosts } from '../known-registries.ts';
import { type AddressClass, addressClass, isPublicName, nameClass } from './address.ts';

/** Which token hosts a registry may name besides its own: `host[:port]` by registry. */
export type AuthHosts = ReadonlyMap<string, ReadonlySet<string>>;

/** Decides which hosts a registry may send us to. Everything throws `untrusted-host` for a host that may not be contacted. */
export interface Trust {
  /** `http` for a registry that may be spoken to in the clear: one that the user lists, or on loopback. */
  readonly scheme: 'http' | 'https';
  /** For requests to the registry itself. */
  registry(): AddressPolicy;
  /** For a token realm that the registry named on this connection. */
  realm(realm: URL, registry: Connection, withCredential: boolean): AddressPolicy;
  /** For a redirect from `from` to `target`, that began on this connection to the registry. */
  redirect(target: URL, from: URL, registry: Connection): AddressPolicy;
}

/** What the user allows besides the rules. */
export interface TrustOptions {
  readonly authHosts: AuthHosts;
  /** Registries that may be spoken to over plain HTTP, besides loopback. */
  readonly plainHttp: ReadonlySet<string>;
}

/**
 * The rules for one registry (ggcr #2193, #2292, #2440; CVE-2026-33540; CVE-2026-33990; CVE-2026-48978).
 *
 * @param registry `host[:port]` as it stands in a name
 * @param namedBy the connection to the registry whose image names this one, where no user does: it may lead where a
 *   redirect may
 */
export function trustFor(registry: string, { authHosts, plainHttp }: TrustOptions, namedBy?: Connection): Trust {
  const own = new URL(`https://${wireHost(registry)}`);
  const allowedHosts = authHosts.get(registry) ?? new Set<string>();
  const isAllowed = (url: URL) => allowedHosts.has(url.host) || allowedHosts.has(`${url.hostname}:${portOf(url)}`);
  const isOwn = (url: URL, { url: origin }: Connection) =>
    url.hostname === own.hostname && portOf(url) === portOf(origin);
  const isListed = plainHttp.has(registry);
  const isLoopback = nameClass(bareHostname(own)) === 'loopback';

  const refuse = (url: URL, what: string, why: string) =>
    new ActionError('untrusted-host', `${registry} ${what} ${url.origin}, ${why}.`, {
      advice:
        namedBy === undefined
          ? `If you trust that host, allow it with this line in the input auth-hosts: ${registry}=${url.host}`
          : 'The publisher of the image names it. If you trust it, write its reference into the input.',
    });
  const refuseForbidden = (hostname: string, kinds: readonly (AddressClass | undefined)[]) => {
    if (!kinds.includes('forbidden')) return;
    throw new ActionError('untrusted-host', `${registry} leads to ${hostname}, a link-local or metadata address.`, {
      advice: 'Nothing allows this. A registry or name server that sends clients there attacks them.',
    });
  };

  const anyPolicy: AddressPolicy = {
    name: 'any',
    check: (hostname, addresses) => refuseForbidden(hostname, addresses.map(addressClass)),
  };
  const loopbackPolicy: AddressPolicy = {
    name: 'loopback',
    check(hostname, addresses) {
      refuseForbidden(hostname, addresses.map(addressClass));
      if (!addresses.every((address) => addressClass(address) === 'loopback')) throw notLoopback(registry);
    },
  };
  // In the clear because it is this machine: then it has to be this machine.
  const ownPolicy = isLoopback && !isListed ? loopbackPolicy : anyPolicy;

  /** Public addresses, and those of the kind that the registry was reached at. */
  const policyBeside = (connection: Connection, url: URL, what: string): AddressPolicy => {
    const home = connection.address === undefined ? undefined : addressClass(connection.address);
    const requireHome = (kind: AddressClass | undefined) => {
      if ((kind !== 'loopback' && kind !== 'private') || kind === home) return;
      throw refuse(url, what, `a ${kind} address, ${whereReached(connection)}`);
    };
    requireHome(nameClass(bareHostname(url)));
    return {
      name: `public or ${home}`,
      check(hostname, addresses) {
        const kinds = addresses.map(addressClass);
        refuseForbidden(hostname, kinds);
        kinds.forEach(requireHome);
      },
    };
  };

  /** Public addresses and names, and local ones for those who are there themselves. */
  const policyForNamed = (url: URL, connection: Connection, what: string): AddressPolicy => {
    const isLocalName = nameClass(bareHostname(url)) === undefined && !isPublicName(url.hostname);
    if (isLocalName && isPublic(connection)) {
      throw refuse(url, what, `a name of a private network, ${whereReached(connection)}`);
    }
    return policyBeside(connection, url, what);
  };

  return {
    scheme: isListed || (isLoopback && namedBy === undefined) ? 'http' : 'https',

    registry() {
      refuseForbidden(own.hostname, [nameClass(bareHostname(own))]);
      return namedBy === undefined ? ownPolicy : policyForNamed(own, namedBy, 'is named at');
    },

    realm(realm, connection, withCredential) {
      const what = 'names a token realm at';
      const kind = nameClass(bareHostname(realm));
      refuseForbidden(realm.hostname, [kind]);
      if (!keepsScheme(realm, connection.url)) throw insecureRealm(registry, realm);
      if (isOwn(realm, connection)) return ownPolicy;
      if (isAllowed(realm)) return anyPolicy;
      const isKnown = knownTokenHosts[registry] === realm.host && realm.protocol === 'https:';
      if (withCredential && !isKnown) throw refuse(realm, what, 'which may not see the credentials of this registry');
      const isNear = kind === 'loopback' || kind === 'private';
      if (!isNear && (realm.protocol !== 'https:' || !isPublicName(realm.hostname))) {
        throw refuse(realm, what, 'which is not an https host with a public name');
      }
      return policyBeside(connection, realm, what);
    },

    redirect(target, from, connection) {
      const what = 'redirects to';
      const kind = nameClass(bareHostname(target));
      refuseForbidden(target.hostname, [kind]);
      if (!keepsScheme(target, from)) throw insecureRedirect(registry, from, target);
      if (isOwn(target, connection)) return ownPolicy;
      if (isAllowed(target)) return anyPolicy;
      return policyForNamed(target, connection, what);
    },
  };
}

/** Through a proxy nobody knows where the registry is: it counts as public. */
function isPublic({ address }: Connection): boolean {
  return address === undefined || addressClass(address) === 'public';
}

function whereReached({ address }: Connection): string {
  if (address === undefined) return 'while the registry was reached through a proxy';
  return `while this connection to the registry is to ${address}, which is ${addressClass(address)}`;
}

/** Whether `url` is https, or http named over http. */
function keepsScheme(url: URL, from: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
}

function notLoopback(registry: string): ActionError {
  return new ActionError('untrusted-host', `${registry} has an address outside this machine.`, {
    advice: 'Plain HTTP is for loopback. If it is meant for this registry, too, list it in the input plain-http.',
  });
}

function insecureRealm(registry: string, realm: URL): ActionError {
  return new ActionError('untrusted-host', `${registry} names a token realm at ${realm.origin}, which is not https.`, {
    advice: 'Tokens are fetched over plain HTTP only for a registry that is itself spoken to over plain HTTP.',
  });
}

function insecureRedirect(registry: string, from: URL, target: URL): ActionError {
  const place = target.host === '' ? target.protocol : target.origin;
  return new ActionError('untrusted-host', `${registry} redirects from ${from.origin} to ${place}.`, {
    advice: 'A redirect may lead to https, or from http to http. Ask the operator of the registry.',
  });
}
