import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { isZeroBlock, parseHeader, parsePax } from '../../../src/layout/tar-header.ts';
import { paxRecord, tarHeader } from '../../support/tar.ts';
import { failsWith } from '../../support/transport.ts';

describe('a header', () => {
  test('gives name, type and size', () => {
    assert.deepEqual(parseHeader(tarHeader({ name: 'index.json', size: 1234 })), {
      name: 'index.json',
      type: '0',
      size: 1234,
    });
    const full = tarHeader({ name: 'b'.repeat(100), prefix: 'a'.repeat(155), type: 'x', size: 0o77777777777 });
    assert.deepEqual(parseHeader(full), {
      name: `${'a'.repeat(155)}/${'b'.repeat(100)}`,
      type: 'x',
      size: 0o77777777777,
    });
  });

  test('has a prefix by POSIX alone', () => {
    for (const magic of ['ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar\t00']) {
      assert.equal(parseHeader(tarHeader({ name: 'name', prefix: 'prefix', magic })).name, 'name');
    }
  });

  test('without a type is a file, and a folder where the name ends so', () => {
    assert.equal(parseHeader(tarHeader({ name: 'x', type: '\0' })).type, '0');
    assert.equal(parseHeader(tarHeader({ name: 'x/', type: '\0' })).type, '5');
  });

  test('may write a number with spaces and NULs around it, or nothing for zero', () => {
    for (const rawSize of ['00000000144\0', '    144     ', '144\0\0\0\0\0\0\0\0\0', '000000000144']) {
      assert.equal(parseHeader(tarHeader({ name: 'x', rawSize })).size, 100);
    }
    assert.equal(parseHeader(tarHeader({ name: 'x', rawSize: '\0'.repeat(12) })).size, 0);
  });

  test('may write a number in binary, as far as it can be counted', () => {
    const binary = (bytes: number[]) => String.fromCharCode(0x80, ...Array(11 - bytes.length).fill(0), ...bytes);
    assert.equal(parseHeader(tarHeader({ name: 'x', rawSize: binary([2, 0, 0, 0, 0]) })).size, 8 * 1024 ** 3);
    for (const rawSize of [binary([0x20, 0, 0, 0, 0, 0, 0]), '\xff'.repeat(12)]) {
      assert.throws(
        () => parseHeader(tarHeader({ name: 'x', rawSize })),
        failsWith('invalid-manifest', 'out of range'),
      );
    }
  });

  test('with a number that cannot be read is invalid-manifest', () => {
    for (const rawSize of ['00000000008\0', '1 1\0', '-1\0', '+1\0', '1\x0012\0', '1a\0']) {
      assert.throws(
        () => parseHeader(tarHeader({ name: 'x', rawSize })),
        failsWith('invalid-manifest', 'cannot be read'),
      );
    }
  });

  test('with another checksum is invalid-manifest, and so is one with signed bytes', () => {
    const header = tarHeader({ name: 'é' });
    for (const rawChecksum of ['000000\0 ', '777777\0 ', '        ']) {
      assert.throws(
        () => parseHeader(tarHeader({ name: 'x', rawChecksum })),
        failsWith('invalid-manifest', 'checksum'),
      );
    }
    const signed = header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : (byte << 24) >> 24), 0);
    const rawChecksum = `${signed.toString(8).padStart(6, '0')}\0 `;
    assert.throws(() => parseHeader(tarHeader({ name: 'é', rawChecksum })), failsWith('invalid-manifest', 'checksum'));
  });

  test('of a link, a device or a folder with content is invalid-manifest', () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      assert.equal(parseHeader(tarHeader({ name: 'x', type })).type, type);
      const bad = tarHeader({ name: 'x', type, size: 1 });
      assert.throws(() => parseHeader(bad), failsWith('invalid-manifest', 'has content'));
    }
  });

  test('of any 512 bytes is read or invalid-manifest', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (bytes) => {
        try {
          const { size } = parseHeader(Buffer.from(bytes));
          assert.ok(Number.isSafeInteger(size) && size >= 0);
        } catch (error) {
          assert.ok(error instanceof ActionError && error.code === 'invalid-manifest', String(error));
        }
      }),
    );
  });
});

describe('pax records', () => {
  const keyAndValue = fc.tuple(
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((key) => !key.includes('=') && key !== 'path'),
    fc.string({ maxLength: 40, unit: 'grapheme' }),
  );

  test('are read as they were written, whatever they hold', () => {
    fc.assert(
      fc.property(fc.uniqueArray(keyAndValue, { selector: ([key]) => key, maxLength: 6 }), (pairs) => {
        const text = pairs.map(([key, value]) => paxRecord(key, value)).join('');
        assert.deepEqual([...parsePax(Buffer.from(text))], pairs);
      }),
    );
  });

  test('may hold line breaks and signs in their values', () => {
    assert.equal(parsePax(Buffer.from(paxRecord('comment', 'a\nb=c\n'))).get('comment'), 'a\nb=c\n');
  });

  test('of any bytes are read or invalid-manifest', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.string({ maxLength: 30 }), (bytes, text) => {
        for (const content of [Buffer.from(bytes), Buffer.from(text), Buffer.from(`${text.length} ${text}`)]) {
          try {
            parsePax(content);
          } catch (error) {
            assert.ok(error instanceof ActionError && error.code === 'invalid-manifest', String(error));
          }
        }
      }),
    );
  });
});

test('a block of zeros has not one bit set', () => {
  assert.ok(isZeroBlock(Buffer.alloc(512)));
  for (const at of [0, 100, 511]) {
    const block = Buffer.alloc(512);
    block[at] = 1;
    assert.ok(!isZeroBlock(block));
  }
});
