import { ActionError } from '../../error.ts';
import type { Trust } from '../trust/trust.ts';
import { type Connection, header, isSameOrigin, type Request, type Transport } from './transport.ts';

/** Hops; storage back ends need one or two. */
const maxRedirects = 5;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects where `trust` lets it. `Authorization` goes to the registry's exact scheme, host and port only, and
 * not again after a redirect has left it.
 *
 * @throws ActionError `untrusted-host`, or `registry-error` for a redirect without an end or a target
 */
export function withRedirects(send: Transport, trust: Trust): Transport {
  return async (first) => {
    let request = first;
    let registry: Connection | undefined;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const response = await send(request);
      if (!redirectStatuses.has(response.status)) return response;
      registry ??= response;
      const target = targetOf(header(response, 'location'), response.url);
      const addressPolicy = trust.redirect(target, response.url, registry);
      request.trace(request.phase, `${response.status}: redirected to ${target.href}`);
      request = { ...request, url: target, addressPolicy, headers: headersFor(request, response.url, target) };
    }
    throw new ActionError('registry-error', `${first.url.href} redirects more than ${maxRedirects} times.`);
  };
}

function targetOf(location: string | undefined, from: URL): URL {
  if (location === undefined || location.trim() === '' || !URL.canParse(location, from.href)) {
    throw new ActionError('registry-error', `${from.href} redirects without a usable Location: "${location ?? ''}".`);
  }
  const target = new URL(location, from);
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}

function headersFor({ headers }: Request, from: URL, target: URL): Request['headers'] {
  if (isSameOrigin(from, target)) return headers;
  const { authorization: _, ...rest } = headers;
  return rest;
}
