import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isErrorList, remoteMessageOf, statusError } from '../../../../src/registry/http/response-error.ts';
import { failsWith, responseTo } from '../../../support/transport.ts';

const url = 'https://registry.example/v2/a/manifests/b';
const messageIn = (body: string | object) => remoteMessageOf(responseTo(url, { status: 400, body }));

describe('what an error response says', () => {
  const readable: Record<string, { body: string | object; says: string | undefined }> = {
    'code and message of the distribution specification': {
      body: { errors: [{ code: 'DENIED', message: 'not yours', detail: {} }] },
      says: 'DENIED: not yours',
    },
    'several errors': {
      body: { errors: [{ code: 'A', message: 'a' }, { code: 'B' }, { message: 'c' }] },
      says: 'A: a; B; c',
    },
    'an OAuth error': {
      body: { error: 'invalid_grant', error_description: 'expired' },
      says: 'invalid_grant: expired',
    },
    "the Hub's details": {
      body: { details: 'incorrect username or password' },
      says: 'incorrect username or password',
    },
    'a message alone': { body: { message: 'teapot' }, says: 'teapot' },
    'plain text, as it is, so that secrets are found in it': { body: '  Too\n\n  many ', says: '  Too\n\n  many ' },
    'a web page': { body: '<h1>Oops</h1>', says: '<h1>Oops</h1>' },
    'JSON that says nothing': { body: { ok: false }, says: '{"ok":false}' },
    'errors of wrong types, which are shown as they are': {
      body: { errors: [null, 1, { code: 1 }] },
      says: '{"errors":[null,1,{"code":1}]}',
    },
    nothing: { body: '', says: undefined },
    'white space': { body: ' \r\n ', says: undefined },
  };
  for (const [what, { body, says }] of Object.entries(readable)) {
    test(`is read from ${what}`, () => {
      assert.equal(messageIn(body), says);
    });
  }

  test('is text or nothing, whatever bytes there are, and never an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
        ),
        (body) => {
          const message = messageIn(body);
          assert.ok(message === undefined || message.length > 0);
        },
      ),
    );
    const bytes = Uint8Array.of(0xff, 0xfe, 0x00, 0x80);
    assert.equal(typeof remoteMessageOf({ ...responseTo(url, 400), body: bytes }), 'string');
  });
});

describe('the code of a response', () => {
  const codes = { 401: 'unauthorized', 403: 'denied', 429: 'rate-limited' } as const;
  for (const [status, code] of Object.entries(codes)) {
    test(`${status} is ${code}`, () => {
      failsWith(
        code,
        `the request: registry.example responded ${status}.`,
      )(statusError(responseTo(url, Number(status)), 'the request'));
    });
  }
  for (const status of [201, 204, 206, 300, 304, 400, 402, 404, 405, 406, 410, 418, 451, 500, 503, 599]) {
    test(`${status} is registry-error`, () => {
      failsWith('registry-error', `${status}`)(statusError(responseTo(url, status), 'the request'));
    });
  }
});

test('rate-limited gives every quota header and the wait', () => {
  const headers = {
    'ratelimit-limit': '100;w=21600',
    'ratelimit-remaining': '0;w=21600',
    'x-ratelimit-reset': '1767323045',
    'retry-after': '60',
    'x-other': 'hidden',
    'ratelimit-reset': 'z'.repeat(1000),
  };
  const { message } = statusError(responseTo(url, { status: 429, headers }), 'the request');
  for (const name of Object.keys(headers)) assert.equal(message.includes(name), name !== 'x-other', name);
  assert.ok(message.includes('ratelimit-remaining: 0;w=21600') && message.includes('retry-after: 60'));
});

test('quota headers of other responses are not shown', () => {
  const unavailable = { status: 503, headers: { 'ratelimit-limit': '100', 'retry-after': '5' } };
  assert.equal(
    statusError(responseTo(url, unavailable), 'the request').message,
    'the request: registry.example responded 503.',
  );
});

test('the words of the registry are kept apart from our own', () => {
  const error = statusError(responseTo(url, { status: 500, body: 'mine' }), 'the request');
  assert.equal(error.remoteMessage, 'mine');
  assert.equal(error.message.includes('mine'), false);
  assert.equal(statusError(responseTo(url, 500), 'the request').remoteMessage, undefined);
});

test('an error list of the distribution specification is told from what others respond', () => {
  const isList = (body: string | object) => isErrorList(responseTo(url, { status: 404, body }));
  assert.equal(isList({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }), true);
  assert.equal(isList({ errors: [{ code: 'NAME_UNKNOWN', message: 'x', detail: {} }, { code: 'OTHER' }] }), true);
  for (const body of [
    ...['', 'default backend - 404', '<html>404</html>', 'null', '[]', '"errors"', '{"errors":'],
    ...[{}, { errors: [] }, { errors: {} }, { errors: 'x' }, { errors: [{}] }, { errors: [{ code: 404 }] }],
    ...[{ errors: [{ code: 'A' }, {}] }, { errors: [null] }, { errors: ['MANIFEST_UNKNOWN'] }, { error: 'not found' }],
  ]) {
    assert.equal(isList(body), false, JSON.stringify(body));
  }
});
