import { ActionError } from '../../error.ts';
import { bodyText } from './response-error.ts';
import { portOf, type Request, type Response, type Transport } from './transport.ts';

/** Milliseconds for finding out whether TLS is spoken where plain HTTP was not understood. */
const maxTlsTrialMs = 5_000;

/**
 * Speaks plain HTTP to the hosts that it is allowed for until one of them shows that it wants TLS, then TLS. Requests
 * come in as `http:` where plain HTTP may be spoken.
 *
 * The first request to a registry carries no credentials, so that none are sent in the clear to a host that has TLS.
 */
export function withScheme(send: Transport): Transport {
  /** The origin that requests for a host go to. */
  const origins = new Map<string, string>();

  const tryTls = async (request: Request, target: Request, plainFailure: () => Response): Promise<Response> => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(maxTlsTrialMs)]);
    try {
      const response = await send({ ...target, signal });
      origins.set(request.url.host, target.url.origin);
      return response;
    } catch (error) {
      if (!(error instanceof ActionError) || error.code !== 'tls' || error.cause === 'not-tls') return plainFailure();
      origins.set(request.url.host, target.url.origin);
      throw error;
    }
  };

  return async (request) => {
    const { host, protocol, origin } = request.url;
    if (protocol === 'https:') return send(request);
    const knownOrigin = origins.get(host);
    if (knownOrigin !== undefined) return send(movedTo(request, knownOrigin));
    try {
      const response = await send(request);
      const tlsOrigin = originWithTls(request, response);
      if (tlsOrigin !== undefined) return await tryTls(request, movedTo(request, tlsOrigin), () => response);
      origins.set(host, origin);
      return response;
    } catch (error) {
      if (!maySpeakTls(error)) throw error;
      return tryTls(request, movedTo(request, samePortWithTls(request.url)), () => {
        throw error;
      });
    }
  };
}

/** The same request to another origin. */
function movedTo(request: Request, origin: string): Request {
  return { ...request, url: new URL(`${request.url.pathname}${request.url.search}`, origin) };
}

function samePortWithTls(url: URL): string {
  return new URL(`https://${url.hostname}:${portOf(url)}`).origin;
}

/**
 * The origin where TLS is spoken, by a redirect to the same place under https, or by the 400 with which Go, nginx and
 * Apache respond to plain HTTP on a TLS port: its body says so, but to HEAD it has none. Any other redirect is for
 * others to judge, and so is every one of a token service.
 */
function originWithTls(request: Request, { status, headers, body }: Response): string | undefined {
  const { method, url, phase } = request;
  const location = status > 300 && status < 400 ? (headers['location']?.[0] ?? '') : '';
  const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  const upgraded = new URL(url);
  upgraded.protocol = 'https:';
  if (phase !== 'token' && target?.href === upgraded.href) return target.origin;
  const isPlainRefused = status === 400 && (method === 'HEAD' || /\bHTTPS\b|SSL/.test(bodyText(body)));
  return isPlainRefused ? samePortWithTls(url) : undefined;
}

/** Others close the connection, or send a TLS alert, which is no HTTP from its first byte. */
function maySpeakTls(error: unknown): boolean {
  return error instanceof ActionError && (error.cause === 'closed' || error.cause === 'not-http');
}
