import { ActionError, type ErrorCause, type ErrorDetails } from '../../error.ts';

const tlsCodes =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|UNSPECIFIED$|EPROTO$)/;

/** What OpenSSL says of a peer that does not speak TLS at all. */
const notTls = /wrong.version.number|http.request|packet.length.too.long|record.layer.failure/i;

/** The failures of a connection that the next attempt may not meet, with the words for them. */
const transientFailures: Readonly<Record<string, { cause: ErrorCause; words: string }>> = {
  ECONNREFUSED: { cause: 'refused', words: 'the connection was refused' },
  ECONNRESET: { cause: 'closed', words: 'the connection was closed before the response was complete' },
  EPIPE: { cause: 'closed', words: 'the connection was closed before the response was complete' },
  ERR_STREAM_PREMATURE_CLOSE: {
    cause: 'closed',
    words: 'the connection was closed before the response was complete',
  },
  EAI_AGAIN: { cause: 'dns', words: 'the name server did not answer' },
};

/** The alerts by which a server says that it lacks our certificate, by the names of OpenSSL. */
const clientCertificateAlert = /alert.(?:certificate.required|bad.certificate)/i;

/** What an alert means most often. */
const hints: Readonly<Record<string, string>> = {
  'handshake failure': ': most often it wants a client certificate, which this action cannot give',
};

/** Any other alert of the other side. */
const otherAlert = /\balert ([a-z0-9 ]+)/i;

const clientCertificateAdvice =
  'Ask its operator for an address that takes user name and password, or put a proxy in front that holds the certificate.';

const alertAdvice =
  'Ask its operator which TLS versions it takes, and for an address that needs no client certificate.';

const trustAdvice =
  'If the certificate is from an authority of your own, set NODE_EXTRA_CA_CERTS to a file with the certificate of that authority.';

/**
 * Turns what `node:http` reports into an {@link ActionError}: `tls`, `timeout`, `network`, or `registry-error` for a
 * response that is not HTTP. An {@link ActionError} stays as it is.
 */
export function networkError(error: unknown, url: URL): ActionError {
  if (error instanceof ActionError) return error;
  const { message, code } = describe(error);
  const proxyStatus = /^tunneling socket could not be established, statusCode=(\d+)/.exec(message)?.[1];
  if (proxyStatus !== undefined) return proxyRefused(url, Number(proxyStatus));
  if (/^tunneling socket could not be established/.test(message)) return proxyUnreachable(url, message);
  if (tlsCodes.test(code)) return tlsError(url, message, code);
  if (code === 'HPE_INVALID_CONSTANT') return protocolError(url, message).with({ cause: 'not-http' });
  if (code.startsWith('HPE_')) return protocolError(url, message);
  if (code === 'ETIMEDOUT') return fail('timeout', url, 'no connection in time', { transient: true });
  const failure = Object.hasOwn(transientFailures, code) ? transientFailures[code] : undefined;
  if (failure !== undefined) {
    const { cause, words } = failure;
    return fail('network', url, words, { transient: true, cause });
  }
  if (code === 'ENOTFOUND') {
    return fail('network', url, 'there is no host of that name', { advice: 'Check the spelling.' });
  }
  return fail('network', url, message);
}

/** A response that breaks HTTP: sending the request again would bring the same. */
export function protocolError(url: URL, what: string): ActionError {
  return fail('registry-error', url, `the response is not valid HTTP: ${what}`, { cause: 'protocol' });
}

function tlsError(url: URL, message: string, code: string): ActionError {
  if (notTls.test(`${code} ${message}`)) {
    const advice = 'If plain HTTP is meant, list the registry in the input plain-http.';
    return fail('tls', url, 'it does not speak TLS', { advice, cause: 'not-tls' });
  }
  if (clientCertificateAlert.test(`${code} ${message}`)) {
    const words = 'it wants a client certificate, which this action cannot give';
    return fail('tls', url, words, { advice: clientCertificateAdvice, cause: 'tls' });
  }
  const alert = otherAlert.exec(message)?.[1];
  if (alert !== undefined) {
    const words = `it ended the TLS handshake with the alert "${alert}"${hints[alert] ?? ''}`;
    return fail('tls', url, words, { advice: alertAdvice, cause: 'tls' });
  }
  return fail('tls', url, `no trusted connection: ${message}`, { advice: trustAdvice, cause: 'tls' });
}

function proxyRefused(url: URL, status: number): ActionError {
  const wantsPassword = status === 407;
  return fail('network', url, `the proxy responded ${status} to CONNECT`, {
    transient: status >= 500,
    advice: wantsPassword
      ? 'The proxy wants a password: put user:password@ before the host in https_proxy.'
      : 'Check https_proxy, http_proxy and no_proxy on the runner.',
  });
}

function proxyUnreachable(url: URL, message: string): ActionError {
  return fail('network', url, `the proxy cannot be used: ${message}`, {
    transient: true,
    advice: 'Check https_proxy, http_proxy and no_proxy on the runner.',
  });
}

function fail(
  code: 'network' | 'tls' | 'timeout' | 'registry-error',
  url: URL,
  why: string,
  details: ErrorDetails = {},
) {
  return new ActionError(code, `${url.host}: ${why}.`, details);
}

function describe(error: unknown): { message: string; code: string } {
  if (!(error instanceof Error)) return { message: String(error), code: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { message: error.message || code, code };
}
