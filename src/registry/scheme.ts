import { ActionError } from '../oci/action-error.ts';
import { bodyOf } from './error.ts';
import { portOf, type Request, type Response, type Transport } from './transport.ts';

/** Milliseconds for finding out whether TLS is spoken where plain HTTP was not understood. */
const tlsTrial = 5_000;

/**
 * Speaks plain HTTP to the hosts that it is allowed for until one of them shows that it wants TLS, then TLS. Requests
 * come in as `http:` where plain HTTP may be spoken.
 *
 * The first request to a registry carries no credentials, so that none are sent in the clear to a host that has TLS.
 */
export function withScheme(send: Transport): Transport {
  /** The origin that requests for a host go to. */
  const settled = new Map<string, string>();

  const trySecure = async (request: Request, target: Request, plainFailure: () => Response): Promise<Response> => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(tlsTrial)]);
    try {
      const response = await send({ ...target, signal });
      settled.set(request.url.host, target.url.origin);
      return response;
    } catch (error) {
      if (!(error instanceof ActionError) || error.code !== 'tls' || error.reason === 'not-tls') return plainFailure();
      settled.set(request.url.host, target.url.origin);
      throw error;
    }
  };

  return async (request) => {
    const { host, protocol, origin } = request.url;
    if (protocol === 'https:') return send(request);
    const known = settled.get(host);
    if (known !== undefined) return send(movedTo(request, known));
    try {
      const response = await send(request);
      const secureOrigin = asksForTls(request, response);
      if (secureOrigin !== undefined) return await trySecure(request, movedTo(request, secureOrigin), () => response);
      settled.set(host, origin);
      return response;
    } catch (error) {
      if (!mayBeTls(error)) throw error;
      return trySecure(request, movedTo(request, tlsOrigin(request.url)), () => {
        throw error;
      });
    }
  };
}

/** The same request to another origin. */
function movedTo(request: Request, origin: string): Request {
  return { ...request, url: new URL(`${request.url.pathname}${request.url.search}`, origin) };
}

/** TLS on the same port. */
function tlsOrigin(url: URL): string {
  return new URL(`https://${url.hostname}:${portOf(url)}`).origin;
}

/**
 * The origin where TLS is spoken, by a redirect to the same place under https, or by the 400 with which Go, nginx and
 * Apache answer plain HTTP on a TLS port: its body says so, but to HEAD it has none. Any other redirect is for others to
 * judge, and so is every one of a token service.
 */
function asksForTls(request: Request, { status, headers, body }: Response): string | undefined {
  const { method, url, phase } = request;
  const location = status > 300 && status < 400 ? (headers['location']?.[0] ?? '') : '';
  const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  const upgraded = new URL(url);
  upgraded.protocol = 'https:';
  if (phase !== 'token' && target?.href === upgraded.href) return target.origin;
  const isPlainRefused = status === 400 && (method === 'HEAD' || /\bHTTPS\b|SSL/.test(bodyOf(body)));
  return isPlainRefused ? tlsOrigin(url) : undefined;
}

/** Others close the connection, or send a TLS alert, which is no HTTP from its first byte. */
function mayBeTls(error: unknown): boolean {
  return error instanceof ActionError && (error.reason === 'closed' || error.reason === 'not-http');
}
