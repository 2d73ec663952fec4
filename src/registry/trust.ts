import { promises as dns } from 'node:dns';
import { ActionError } from '../oci/action-error.ts';
import { wireHost } from '../oci/reference.ts';
import { type AddressClass, addressClass, isPublicName, nameClass } from './address.ts';
import { knownTokenHosts } from './known.ts';
import { type AddressCheck, bareHostname, portOf } from './transport.ts';

/** Which token hosts a registry may name besides its own: `host[:port]` by registry. */
export type AuthHosts = ReadonlyMap<string, ReadonlySet<string>>;

/** Decides which hosts a registry may send us to. */
export interface Trust {
  /** For requests to the registry itself. Throws `untrusted-host` for a link-local or metadata address. */
  registry(): AddressCheck;
  /** For a token realm that the registry at `origin` named. Throws `untrusted-host`. */
  realm(realm: URL, origin: URL, withCredentials: boolean): Promise<AddressCheck>;
  /** For a redirect from `from` to `target`, that began at `origin`, the registry. Throws `untrusted-host`. */
  redirect(target: URL, from: URL, origin: URL): Promise<AddressCheck>;
}

/**
 * The rules for one registry (ggcr #2193, #2292, #2440; CVE-2026-33540; CVE-2026-33990; CVE-2026-48978).
 *
 * @param registry `host[:port]` as it stands in a name
 */
export function trustFor(registry: string, authHosts: AuthHosts): Trust {
  const own = new URL(`https://${wireHost(registry)}`);
  const allowed = authHosts.get(registry) ?? new Set<string>();
  const isAllowed = (url: URL) => allowed.has(url.host) || allowed.has(`${url.hostname}:${portOf(url)}`);
  const isOwn = (url: URL, origin: URL) => url.hostname === own.hostname && portOf(url) === portOf(origin);

  const refuse = (url: URL, what: string, why: string) =>
    new ActionError('untrusted-host', `${registry} ${what} ${url.origin}, ${why}.`, {
      advice: `If you trust that host, allow it with this line in the input auth-hosts: ${registry}=${url.host}`,
    });
  const forbid = (host: string) =>
    new ActionError('untrusted-host', `${registry} leads to ${host}, a link-local or metadata address.`, {
      advice: 'Nothing allows this. A registry or name server that sends clients there attacks them.',
    });

  const notForbidden: AddressCheck = async (hostname, addresses) => {
    if (addresses.some((address) => addressClass(address) === 'forbidden')) throw forbid(hostname);
  };
  const refuseForbiddenName = (url: URL) => {
    if (nameClass(bareHostname(url)) === 'forbidden') throw forbid(url.hostname);
  };
  const noNearerThanRegistry = async (classes: readonly (AddressClass | undefined)[], url: URL, what: string) => {
    const near = classes.filter((kind) => kind === 'loopback' || kind === 'private');
    if (near.length === 0) return;
    const home = await classesOf(own);
    const nearer = near.find((kind) => home.length === 0 || home.some((at) => at !== kind));
    if (nearer !== undefined) throw refuse(url, what, `a ${nearer} address where the registry itself is not`);
  };
  // One check per host, as sockets are shared by requests with the same check.
  const checks = new Map<string, AddressCheck>();
  const checkAgainstRegistry = (url: URL, what: string): AddressCheck => {
    const check: AddressCheck = async (hostname, addresses) => {
      await notForbidden(hostname, addresses);
      await noNearerThanRegistry(addresses.map(addressClass), url, what);
    };
    const shared = checks.get(url.origin) ?? check;
    checks.set(url.origin, shared);
    return shared;
  };

  return {
    registry() {
      refuseForbiddenName(own);
      return notForbidden;
    },

    async realm(realm, origin, withCredentials) {
      const what = 'asks for tokens to be fetched from';
      refuseForbiddenName(realm);
      if (!keepsScheme(realm, origin)) {
        throw refuseInsecureRealm(registry, realm);
      }
      if (isOwn(realm, origin) || isAllowed(realm)) return notForbidden;
      const isKnown = knownTokenHosts[registry] === realm.host && realm.protocol === 'https:';
      if (withCredentials && !isKnown) throw refuse(realm, what, 'which may not see the credentials of this registry');
      const kind = nameClass(bareHostname(realm));
      const isNear = kind === 'loopback' || kind === 'private';
      if (!isNear && (realm.protocol !== 'https:' || !isPublicName(realm.hostname))) {
        throw refuse(realm, what, 'which is not an https host with a public name');
      }
      await noNearerThanRegistry([kind], realm, what);
      return checkAgainstRegistry(realm, what);
    },

    async redirect(target, from, origin) {
      const what = 'redirects to';
      refuseForbiddenName(target);
      if (!keepsScheme(target, from)) {
        throw refuseScheme(registry, from, target);
      }
      if (isOwn(target, origin) || isAllowed(target)) return notForbidden;
      const kind = nameClass(bareHostname(target));
      if (kind === undefined && !isPublicName(target.hostname) && isPublicName(own.hostname)) {
        throw refuse(target, what, 'a name of a private network');
      }
      await noNearerThanRegistry([kind], target, what);
      return checkAgainstRegistry(target, what);
    },
  };
}

/** Whether `url` is https, or http named over http. */
function keepsScheme(url: URL, from: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
}

function refuseInsecureRealm(registry: string, realm: URL): ActionError {
  return new ActionError(
    'untrusted-host',
    `${registry} asks for tokens to be fetched from ${realm.origin}, which is not https.`,
    {
      advice: 'Tokens are fetched over plain HTTP only for a registry that is itself spoken to over plain HTTP.',
    },
  );
}

function refuseScheme(registry: string, from: URL, target: URL): ActionError {
  const place = target.host === '' ? target.protocol : target.origin;
  return new ActionError('untrusted-host', `${registry} redirects from ${from.origin} to ${place}.`, {
    advice: 'A redirect may lead to https, or from http to http. Ask the operator of the registry.',
  });
}

/** Where a host is. A name that does not resolve here is reached by a proxy, and taken for public. */
async function classesOf(url: URL): Promise<readonly (AddressClass | undefined)[]> {
  const known = nameClass(bareHostname(url));
  if (known !== undefined) return [known];
  const addresses = await dns.lookup(url.hostname, { all: true }).catch(() => []);
  return addresses.map(({ address }) => addressClass(address));
}
