import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProxy, parseBoolean, parseDuration, parseLines, parseList } from '../../../src/action/input-values.ts';

test('a list has one item per line, commas also separate, blank items and CRLF are ignored', () => {
  assert.deepEqual(parseList(' a, b\r\n\n c ,,d\n'), ['a', 'b', 'c', 'd']);
  assert.deepEqual(parseList(' \n,'), []);
});

test('lines keep their commas', () => {
  assert.deepEqual(parseLines('a=1,2\r\n\n  b=3 \n'), ['a=1,2', 'b=3']);
});

test('booleans are those of YAML 1.2', () => {
  for (const text of ['true', 'True', 'TRUE']) assert.equal(parseBoolean('inspect', text), true);
  for (const text of ['false', 'False', 'FALSE']) assert.equal(parseBoolean('inspect', text), false);
  for (const text of ['yes', 'no', '1', '0', 'on', 'tRUE', 'truee', '']) {
    assert.throws(() => parseBoolean('inspect', text), { code: 'invalid-input', message: /inspect/ });
  }
});

test('durations are 0, a number of seconds, or a number with a unit', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['90', 90_000],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['120h', 432_000_000],
  ];
  for (const [text, milliseconds] of cases) assert.equal(parseDuration('timeout', text), milliseconds, text);
});

test('what is no duration, or longer than any job, is refused by name', () => {
  for (const text of ['', '-1', '1.5m', '1d', '1h30m', ' 5', 's', 'm5', '5 s', '1e3', '121h', '999999999h', '٣s']) {
    assert.throws(() => parseDuration('wait-timeout', text), { code: 'invalid-input', message: /wait-timeout/ }, text);
  }
});

test('a lone carriage return is no line end, so that it is refused where it stands', () => {
  assert.deepEqual(parseLines('a\rb'), ['a\rb']);
  assert.deepEqual(parseList('a\rb'), ['a\rb']);
});

test('a proxy is a URL of http or https, or host and port', () => {
  for (const text of ['http://proxy:8080', 'HTTP://proxy:8080', 'https://u:p%40@proxy', '10.0.0.1:3128']) {
    assert.equal(isProxy(text), true, text);
  }
  for (const text of ['socks5://proxy:1080', 'proxy:8080', 'http://', 'http://u:%zz@proxy']) {
    assert.equal(isProxy(text), false, text);
  }
});
