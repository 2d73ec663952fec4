import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError, type ErrorCode } from '../../../../src/error.ts';
import { networkError, protocolError } from '../../../../src/registry/http/network-error.ts';
import { failsWith } from '../../../support/transport.ts';

const url = new URL('https://user:password@registry.example:8443/v2/?token=secret');

function reported(code: string, message = 'what node says'): ActionError {
  return networkError(Object.assign(new Error(message), { code }), url);
}

type Kind = { code: ErrorCode; transient: boolean; cause: string | undefined };
const kindOf = ({ code, transient, cause }: ActionError): Kind => ({ code, transient, cause });

const kinds: Record<string, Kind> = {
  ECONNREFUSED: { code: 'network', transient: true, cause: 'refused' },
  ECONNRESET: { code: 'network', transient: true, cause: 'closed' },
  EPIPE: { code: 'network', transient: true, cause: 'closed' },
  ERR_STREAM_PREMATURE_CLOSE: { code: 'network', transient: true, cause: 'closed' },
  EAI_AGAIN: { code: 'network', transient: true, cause: 'dns' },
  ETIMEDOUT: { code: 'timeout', transient: true, cause: undefined },
  ENOTFOUND: { code: 'network', transient: false, cause: undefined },
  EHOSTUNREACH: { code: 'network', transient: false, cause: undefined },
  ENETUNREACH: { code: 'network', transient: false, cause: undefined },
  HPE_INVALID_CONSTANT: { code: 'registry-error', transient: false, cause: 'not-http' },
  HPE_HEADER_OVERFLOW: { code: 'registry-error', transient: false, cause: 'protocol' },
  EPROTO: { code: 'tls', transient: false, cause: 'tls' },
  ERR_SSL_WRONG_VERSION_NUMBER: { code: 'tls', transient: false, cause: 'not-tls' },
  ERR_TLS_CERT_ALTNAME_INVALID: { code: 'tls', transient: false, cause: 'tls' },
  CERT_HAS_EXPIRED: { code: 'tls', transient: false, cause: 'tls' },
  CERT_NOT_YET_VALID: { code: 'tls', transient: false, cause: 'tls' },
  CERT_REVOKED: { code: 'tls', transient: false, cause: 'tls' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { code: 'tls', transient: false, cause: 'tls' },
  SELF_SIGNED_CERT_IN_CHAIN: { code: 'tls', transient: false, cause: 'tls' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { code: 'tls', transient: false, cause: 'tls' },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { code: 'tls', transient: false, cause: 'tls' },
  HOSTNAME_MISMATCH: { code: 'tls', transient: false, cause: 'tls' },
  INVALID_CA: { code: 'tls', transient: false, cause: 'tls' },
  PATH_LENGTH_EXCEEDED: { code: 'tls', transient: false, cause: 'tls' },
};

describe('what node reports has a code', () => {
  for (const [code, kind] of Object.entries(kinds)) {
    test(`${code} is ${kind.code}, ${kind.transient ? '' : 'not '}worth another attempt`, () => {
      assert.deepEqual(kindOf(reported(code)), kind);
    });
  }
});

test('a code that is the name of an object property is no code of its own', () => {
  assert.deepEqual(kindOf(reported('constructor')), { code: 'network', transient: false, cause: undefined });
});

test('the message names host and port, and neither user nor query', () => {
  for (const code of [...Object.keys(kinds), 'EUNKNOWN']) {
    const { message } = reported(code);
    assert.match(message, /^registry\.example:8443: /);
    assert.doesNotMatch(message, /user|password|secret/);
  }
});

test('an error of our own stays as it is', () => {
  const refusal = new ActionError('untrusted-host', 'no');
  assert.equal(networkError(refusal, url), refusal);
});

test('what is thrown that is no error is network, with its words', () => {
  failsWith('network', 'just words')(networkError('just words', url));
  failsWith('network', 'undefined')(networkError(undefined, url));
});

test('tls says how to trust an authority of your own', () => {
  failsWith('tls', 'self-signed', 'NODE_EXTRA_CA_CERTS')(reported('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'));
});

describe('a TLS alert of the other side is told in words, with no advice on our own trust', () => {
  const alerts: Readonly<Record<string, RegExp>> = {
    'error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:SSL alert number 116':
      /it wants a client certificate, which this action cannot give/,
    'error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:SSL alert number 42':
      /it wants a client certificate, which this action cannot give/,
    'error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:SSL alert number 40':
      /handshake failure/,
    'error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:SSL alert number 70': /protocol version/,
  };
  for (const [message, words] of Object.entries(alerts)) {
    test(message.split(':')[3] ?? '', () => {
      const error = reported('ERR_SSL_ALERT', message);
      failsWith('tls', words)(error);
      assert.equal(error.cause, 'tls');
      assert.doesNotMatch(`${error.message} ${error.advice}`, /NODE_EXTRA_CA_CERTS|SSL routines/);
    });
  }
});

describe('a proxy', () => {
  const proxy = (rest: string) => reported('ECONNRESET', `tunneling socket could not be established, ${rest}`);

  test('that wants a password is network, is not tried again, and says where the password goes', () => {
    const error = proxy('statusCode=407');
    failsWith('network', 'the proxy responded 407', 'https_proxy')(error);
    assert.equal(error.transient, false);
  });

  test('that refuses is network and is not tried again', () => {
    assert.equal(proxy('statusCode=403').transient, false);
    failsWith('network', 'the proxy responded 403', 'no_proxy')(proxy('statusCode=403'));
  });

  test('that is at fault itself is tried again', () => {
    assert.equal(proxy('statusCode=503').transient, true);
  });

  test('that cannot be reached is network and is tried again', () => {
    const error = proxy('cause=connect ECONNREFUSED 127.0.0.1:9');
    failsWith('network', 'the proxy cannot be used', 'ECONNREFUSED', 'https_proxy')(error);
    assert.equal(error.transient, true);
  });
});

test('a response that breaks HTTP is registry-error and is not tried again', () => {
  const error = protocolError(url, 'it is a poem');
  failsWith('registry-error', 'not valid HTTP: it is a poem')(error);
  assert.deepEqual(kindOf(error), { code: 'registry-error', transient: false, cause: 'protocol' });
});
