import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActionError, type ErrorCode } from '../../src/oci/action-error.ts';
import { networkError, protocolError } from '../../src/registry/network-error.ts';
import { failsWith } from '../support/transport.ts';

const url = new URL('https://user:password@registry.example:8443/v2/?token=secret');

function reported(code: string, message = 'what node says'): ActionError {
  return networkError(Object.assign(new Error(message), { code }), url);
}

type Kind = { code: ErrorCode; transient: boolean; reason: string | undefined };
const kindOf = ({ code, transient, reason }: ActionError): Kind => ({ code, transient, reason });

const kinds: Record<string, Kind> = {
  ECONNREFUSED: { code: 'network', transient: true, reason: 'refused' },
  ECONNRESET: { code: 'network', transient: true, reason: 'closed' },
  EPIPE: { code: 'network', transient: true, reason: 'closed' },
  ERR_STREAM_PREMATURE_CLOSE: { code: 'network', transient: true, reason: 'closed' },
  EAI_AGAIN: { code: 'network', transient: true, reason: 'dns' },
  ETIMEDOUT: { code: 'timeout', transient: true, reason: undefined },
  ENOTFOUND: { code: 'network', transient: false, reason: undefined },
  EHOSTUNREACH: { code: 'network', transient: false, reason: undefined },
  ENETUNREACH: { code: 'network', transient: false, reason: undefined },
  HPE_INVALID_CONSTANT: { code: 'registry-error', transient: false, reason: 'not-http' },
  HPE_HEADER_OVERFLOW: { code: 'registry-error', transient: false, reason: 'protocol' },
  EPROTO: { code: 'tls', transient: false, reason: 'tls' },
  ERR_SSL_WRONG_VERSION_NUMBER: { code: 'tls', transient: false, reason: 'not-tls' },
  ERR_TLS_CERT_ALTNAME_INVALID: { code: 'tls', transient: false, reason: 'tls' },
  CERT_HAS_EXPIRED: { code: 'tls', transient: false, reason: 'tls' },
  CERT_NOT_YET_VALID: { code: 'tls', transient: false, reason: 'tls' },
  CERT_REVOKED: { code: 'tls', transient: false, reason: 'tls' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { code: 'tls', transient: false, reason: 'tls' },
  SELF_SIGNED_CERT_IN_CHAIN: { code: 'tls', transient: false, reason: 'tls' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { code: 'tls', transient: false, reason: 'tls' },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { code: 'tls', transient: false, reason: 'tls' },
  HOSTNAME_MISMATCH: { code: 'tls', transient: false, reason: 'tls' },
  INVALID_CA: { code: 'tls', transient: false, reason: 'tls' },
  PATH_LENGTH_EXCEEDED: { code: 'tls', transient: false, reason: 'tls' },
};

describe('what node reports has a code', () => {
  for (const [code, kind] of Object.entries(kinds)) {
    test(`${code} is ${kind.code}, ${kind.transient ? '' : 'not '}worth another attempt`, () => {
      assert.deepEqual(kindOf(reported(code)), kind);
    });
  }
});

test('a code that is the name of an object property is no known code', () => {
  assert.deepEqual(kindOf(reported('constructor')), { code: 'network', transient: false, reason: undefined });
});

test('the message names host and port, and neither user nor query', () => {
  for (const code of [...Object.keys(kinds), 'EUNKNOWN']) {
    const { message } = reported(code);
    assert.match(message, /^registry\.example:8443: /);
    assert.doesNotMatch(message, /user|password|secret/);
  }
});

test('an error that is known already stays as it is', () => {
  const known = new ActionError('untrusted-host', 'no');
  assert.equal(networkError(known, url), known);
});

test('what is thrown that is no error is network, with its words', () => {
  failsWith('network', 'just words')(networkError('just words', url));
  failsWith('network', 'undefined')(networkError(undefined, url));
});

test('tls says how to trust an authority of your own', () => {
  failsWith('tls', 'self-signed', 'NODE_EXTRA_CA_CERTS')(reported('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'));
});

test('the cause is kept', () => {
  const cause = Object.assign(new Error('x'), { code: 'ECONNRESET' });
  assert.equal(networkError(cause, url).cause, cause);
});

describe('a proxy', () => {
  const proxy = (rest: string) => reported('ECONNRESET', `tunneling socket could not be established, ${rest}`);

  test('that wants a password is network, is not tried again, and says where the password goes', () => {
    const error = proxy('statusCode=407');
    failsWith('network', 'the proxy answered 407', 'https_proxy')(error);
    assert.equal(error.transient, false);
  });

  test('that refuses is network and is not tried again', () => {
    assert.equal(proxy('statusCode=403').transient, false);
    failsWith('network', 'the proxy answered 403', 'no_proxy')(proxy('statusCode=403'));
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

test('an answer that breaks HTTP is registry-error and is not tried again', () => {
  const error = protocolError(url, 'it is a poem');
  failsWith('registry-error', 'not valid HTTP: it is a poem')(error);
  assert.deepEqual(kindOf(error), { code: 'registry-error', transient: false, reason: 'protocol' });
});
