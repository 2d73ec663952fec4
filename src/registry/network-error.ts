import { ActionError, type ErrorDetails } from '../oci/action-error.ts';

const tlsCodes =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|UNSPECIFIED$|EPROTO$)/;

/** What OpenSSL says of a peer that does not speak TLS at all. */
const notTls = /wrong.version.number|http.request|packet.length.too.long|record.layer.failure/i;

/** The failures of a connection that the next attempt may not meet, with the words for them. */
const transientFailures: Readonly<Record<string, { reason: string; words: string }>> = {
  ECONNREFUSED: { reason: 'refused', words: 'the connection was refused' },
  ECONNRESET: { reason: 'closed', words: 'the connection was closed before the answer was complete' },
  EPIPE: { reason: 'closed', words: 'the connection was closed before the answer was complete' },
  ERR_STREAM_PREMATURE_CLOSE: {
    reason: 'closed',
    words: 'the connection was closed before the answer was complete',
  },
  EAI_AGAIN: { reason: 'dns', words: 'the name server did not answer' },
};

const trustAdvice =
  'If the registry has a certificate of your own authority, give its file to the runner by NODE_EXTRA_CA_CERTS.';

/**
 * Turns what `node:http` reports into an {@link ActionError}: `tls`, `timeout`, `network`, or `registry-error` for an
 * answer that is not HTTP. An error that is one already stays as it is.
 */
export function networkError(error: unknown, url: URL): ActionError {
  if (error instanceof ActionError) return error;
  const { message, code } = describe(error);
  const proxyStatus = /^tunneling socket could not be established, statusCode=(\d+)/.exec(message)?.[1];
  if (proxyStatus !== undefined) return proxyRefused(url, Number(proxyStatus), error);
  if (/^tunneling socket could not be established/.test(message)) return proxyUnreachable(url, message, error);
  if (tlsCodes.test(code)) return tlsError(url, message, code, error);
  if (code === 'HPE_INVALID_CONSTANT') return protocolError(url, message, error).with({ reason: 'not-http' });
  if (code.startsWith('HPE_')) return protocolError(url, message, error);
  if (code === 'ETIMEDOUT') return fail('timeout', url, 'no connection in time', { transient: true, cause: error });
  const failure = Object.hasOwn(transientFailures, code) ? transientFailures[code] : undefined;
  if (failure !== undefined) {
    const { reason, words } = failure;
    return fail('network', url, words, { transient: true, reason, cause: error });
  }
  if (code === 'ENOTFOUND') {
    return fail('network', url, 'there is no host of that name', { advice: 'Check the spelling.', cause: error });
  }
  return fail('network', url, message, { cause: error });
}

/** An answer that breaks HTTP: sending the request again would bring the same. */
export function protocolError(url: URL, what: string, cause?: unknown): ActionError {
  return fail('registry-error', url, `the answer is not valid HTTP: ${what}`, { reason: 'protocol', cause });
}

function tlsError(url: URL, message: string, code: string, cause: unknown): ActionError {
  if (notTls.test(`${code} ${message}`)) {
    const advice = 'If plain HTTP is meant, name the registry in the input plain-http.';
    return fail('tls', url, 'it does not speak TLS', { advice, reason: 'not-tls', cause });
  }
  return fail('tls', url, `no trusted connection: ${message}`, { advice: trustAdvice, reason: 'tls', cause });
}

function proxyRefused(url: URL, status: number, cause: unknown): ActionError {
  const asksForPassword = status === 407;
  return fail('network', url, `the proxy answered ${status} to CONNECT`, {
    transient: status >= 500,
    advice: asksForPassword
      ? 'The proxy asks for a password: put user:password@ before the host in https_proxy.'
      : 'Check https_proxy, http_proxy and no_proxy on the runner.',
    cause,
  });
}

function proxyUnreachable(url: URL, message: string, cause: unknown): ActionError {
  return fail('network', url, `the proxy cannot be used: ${message}`, {
    transient: true,
    advice: 'Check https_proxy, http_proxy and no_proxy on the runner.',
    cause,
  });
}

function fail(code: 'network' | 'tls' | 'timeout' | 'registry-error', url: URL, why: string, details: ErrorDetails) {
  return new ActionError(code, `${url.host}: ${why}.`, details);
}

function describe(error: unknown): { message: string; code: string } {
  if (!(error instanceof Error)) return { message: String(error), code: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { message: error.message || code, code };
}
