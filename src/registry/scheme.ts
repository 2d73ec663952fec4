import { ActionError } from '../oci/action-error.ts';
import { bodyOf } from './error.ts';
import type { Request, Response, Transport } from './transport.ts';

/** Milliseconds for finding out whether TLS is spoken where plain HTTP was not understood. */
const tlsTrial = 3_000;

/**
 * Speaks plain HTTP to the hosts that it is allowed for until one of them shows that it wants TLS, then TLS. Requests
 * come in as `http:` where plain HTTP may be spoken.
 *
 * The first request to a registry carries no credentials, so that none are sent in the clear to a host that has TLS.
 */
export function withScheme(send: Transport): Transport {
  const settled = new Map<string, 'http:' | 'https:'>();

  const trySecure = async (request: Request, plainFailure: () => Response): Promise<Response> => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(tlsTrial)]);
    try {
      const response = await send({ ...secure(request), signal });
      settled.set(request.url.host, 'https:');
      return response;
    } catch (error) {
      if (!(error instanceof ActionError) || error.code !== 'tls' || error.reason === 'handshake')
        return plainFailure();
      settled.set(request.url.host, 'https:');
      throw error;
    }
  };

  return async (request) => {
    const { host, protocol } = request.url;
    if (protocol === 'https:') return send(request);
    if (settled.get(host) === 'https:') return send(secure(request));
    if (settled.get(host) === 'http:') return send(request);
    try {
      const response = await send(request);
      if (asksForTls(response)) return await trySecure(request, () => response);
      settled.set(host, 'http:');
      return response;
    } catch (error) {
      if (!mayBeTls(error, request.url)) throw error;
      return trySecure(request, () => {
        throw error;
      });
    }
  };
}

function secure(request: Request): Request {
  const url = new URL(request.url);
  url.protocol = 'https:';
  return { ...request, url };
}

/** Go, nginx and Apache answer plain HTTP on a TLS port with a 400 that says so. */
function asksForTls({ status, body }: Response): boolean {
  return status === 400 && /\bHTTPS\b|SSL/.test(bodyOf(body));
}

/** Others close the connection, or send a TLS alert; without a port, nobody may be there. */
function mayBeTls(error: unknown, url: URL): boolean {
  if (!(error instanceof ActionError)) return false;
  return error.reason === 'closed' || error.reason === 'protocol' || (error.reason === 'refused' && url.port === '');
}
