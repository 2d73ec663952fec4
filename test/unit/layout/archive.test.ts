import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { evilIndex, good, goodEntries, openArchive, textIn, without } from '../../support/archives.ts';
import { indexJson, layoutFile, named, pathOf } from '../../support/layouts.ts';
import { paxEntry, paxRecord, type TarEntry, tar, tarEntry, tarHeader } from '../../support/tar.ts';
import { failsWith } from '../../support/transport.ts';

const goodIndex = indexJson([named(good.manifest, 'v1')]);
const refusal = failsWith('invalid-manifest', 'cannot be read for certain');

/** That nothing at all is read of an archive. */
async function refuses(entries: readonly (TarEntry | Uint8Array)[], end?: Uint8Array): Promise<void> {
  await assert.rejects(openArchive(tar(entries, end)), refusal);
}

describe('a sound archive', () => {
  test('gives its files, by their paths in the layout', async () => {
    const archive = tar(goodEntries);
    assert.equal(await textIn(archive, 'oci-layout'), layoutFile);
    assert.equal(await textIn(archive, 'index.json'), goodIndex);
    assert.equal(await textIn(archive, pathOf(good.config)), good.config.bytes.toString());
    assert.equal(await textIn(archive, 'blobs/sha256/absent'), undefined);
  });

  test('may write ./ before its names, and a slash behind its folders', async () => {
    const folders = ['./', './blobs/', './blobs/sha256/', 'blobs/'].map((name) => ({ name, type: '5' }));
    const archive = tar([...folders, ...goodEntries.map((entry) => ({ ...entry, name: `./${entry.name}` }))]);
    assert.equal(await textIn(archive, 'index.json'), goodIndex);
  });

  test('may hold anything else beside the layout', async () => {
    const others: TarEntry[] = [
      { name: 'repositories', content: '{}' },
      { name: 'aa/layer.tar', type: '2', linkName: '../blobs/sha256/x' },
      { name: 'disk', type: '4' },
      { name: 'pipe', type: '6' },
      { name: 'index.json.bak', content: evilIndex },
      { name: 'sub/index.json', content: evilIndex },
      { name: 'blobs.txt', content: 'x' },
    ];
    assert.equal(await textIn(tar([...others, ...goodEntries, ...others.slice(3)]), 'index.json'), goodIndex);
  });

  test('may give a long name by GNU’s entry or a pax record, or both when they agree', async () => {
    const [path, content] = [pathOf(good.config), good.config.bytes];
    const long = tarEntry({ name: '././@LongLink', type: 'L', content: `${path}\0` });
    for (const before of [[long], [paxEntry({ path, mtime: '1.5' })], [long, paxEntry({ path })]]) {
      const archive = tar([...without(path), ...before, { name: 'short', content }]);
      assert.equal(await textIn(archive, path), content.toString());
      assert.equal(await textIn(archive, 'short'), undefined);
    }
  });

  test('may split a name into prefix and name', async () => {
    const path = pathOf(good.config);
    const split = { name: path.slice('blobs/sha256/'.length), prefix: 'blobs/sha256', content: good.config.bytes };
    assert.equal(await textIn(tar([...without(path), split]), path), good.config.bytes.toString());
  });

  test('of an old writer marks files by NUL and folders by a slash', async () => {
    const archive = tar([
      { name: 'blobs/', type: '\0' },
      ...goodEntries.map((entry) => ({ ...entry, type: '\0', magic: '\0\0\0\0\0\0\0\0' })),
    ]);
    assert.equal(await textIn(archive, 'index.json'), goodIndex);
  });

  test('may give the size twice when both are equal, and in binary', async () => {
    const size = String(Buffer.byteLength(goodIndex));
    const binary = Buffer.alloc(12);
    binary[0] = 0x80;
    binary.writeUInt32BE(Number(size), 8);
    const entry = { name: 'index.json', content: goodIndex, rawSize: binary.toString('latin1') };
    const archive = tar([...without('index.json'), paxEntry({ size }), entry]);
    assert.equal(await textIn(archive, 'index.json'), goodIndex);
  });

  test('may end with any number of zeros', async () => {
    assert.equal(await textIn(tar(goodEntries, Buffer.alloc(512 * 20)), 'index.json'), goodIndex);
  });

  test('is read to its end alone, and closed', async () => {
    const controller = new AbortController();
    controller.abort(new ActionError('timeout', 'The time is over.'));
    await assert.rejects(openArchive(tar(goodEntries), controller.signal), failsWith('timeout'));
  });

  test('without any entry has no files', async () => {
    assert.equal(await textIn(tar([]), 'index.json'), undefined);
  });
});

describe('an entry of the layout that stands there twice is refused', () => {
  const path = pathOf(good.config);
  const twice: Readonly<Record<string, TarEntry>> = {
    'index.json with other content': { name: 'index.json', content: evilIndex },
    'index.json with the same content': { name: 'index.json', content: goodIndex },
    'index.json behind ./': { name: './index.json', content: evilIndex },
    'oci-layout': { name: 'oci-layout', content: layoutFile },
    'a blob': { name: path, content: good.config.bytes },
  };
  for (const [name, entry] of Object.entries(twice)) {
    test(name, async () => {
      await refuses([...goodEntries, entry]);
      await refuses([entry, ...goodEntries]);
    });
  }
});

describe('a spelling that some reader takes for a place in the layout is refused', () => {
  const spellings = [
    '/index.json',
    '//index.json',
    './/index.json',
    '././index.json',
    'x/../index.json',
    '../index.json',
    'blobs/../index.json',
    'INDEX.JSON',
    'Index.json',
    'index.json.',
    'index.json ',
    '.\\index.json',
    '\\index.json',
    'ｉｎｄｅｘ.json',
    'OCI-Layout',
    '/oci-layout',
    'Blobs/sha256/aa',
    'blobs//sha256/aa',
    'blobs/./sha256/aa',
    'blobs/sha256/../sha256/aa',
    'blobs/sha256/../../index.json',
    'blobs\\sha256\\aa',
    'BLOBS/SHA256/AA',
    'blobs/sha256/AA',
  ];
  for (const name of spellings) {
    test(JSON.stringify(name), async () => {
      await refuses([...goodEntries, { name, content: evilIndex }]);
      await refuses([...goodEntries, paxEntry({ path: name }), { name: 'plain', content: evilIndex }]);
    });
  }
});

describe('what is not a plain file is refused in the places of the layout', () => {
  const kinds = {
    'a hard link': '1',
    'a link': '2',
    'a device': '3',
    'a block device': '4',
    'a folder': '5',
    'a pipe': '6',
  };
  for (const [kind, type] of Object.entries(kinds)) {
    for (const name of ['index.json', 'oci-layout', pathOf(good.config)]) {
      test(`${kind} as ${name.slice(0, 13)}`, () => refuses([...without(name), { name, type, linkName: 'x' }]));
    }
  }

  test('a link or a file as the folder of the blobs', async () => {
    for (const name of ['blobs', 'blobs/sha256', './blobs']) {
      await refuses([{ name, type: '2', linkName: 'x' }, ...goodEntries]);
      await refuses([{ name, content: 'x' }, ...goodEntries]);
    }
  });

  test('types of other systems, and unknown ones', async () => {
    for (const type of ['7', 'D', 'M', 'N', 'S', 'V', 'Z']) {
      await refuses([...without('index.json'), { name: 'index.json', type, content: evilIndex }]);
    }
  });

  test('sparse files in every way to write them', async () => {
    const index = { name: 'index.json', content: goodIndex };
    await refuses([...without('index.json'), paxEntry({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' }), index]);
    await refuses([...goodEntries, paxEntry({ 'GNU.sparse.name': 'index.json' }), { name: 'GNUSparseFile.0/x' }]);
    await refuses([paxEntry({ 'GNU.sparse.size': '9' }, 'g'), ...goodEntries]);
    await refuses([...goodEntries, { name: 'other', type: 'S', content: 'x' }]);
  });
});

describe('pax records against headers', () => {
  const index: TarEntry = { name: 'index.json', content: goodIndex };
  const rest = without('index.json');

  test('another size than that of the header is refused, larger or smaller', async () => {
    for (const size of ['0', '1', String(goodIndex.length - 1), String(goodIndex.length + 512)]) {
      await refuses([...rest, paxEntry({ size }), index, Buffer.alloc(1024)]);
    }
  });

  test('a size that is no number is refused', async () => {
    for (const size of ['', '-1', '+3', ' 3', '3 ', '0x3', '1e3', '3.0', '9'.repeat(15), '9'.repeat(30), '٣']) {
      await refuses([...rest, paxEntry({ size }), index]);
    }
  });

  test('a path or a size for all entries is refused, and a comment for all is not', async () => {
    for (const records of [{ path: 'index.json' }, { size: '5' }, { comment: 'x', path: 'x' }]) {
      await refuses([paxEntry(records, 'g'), ...goodEntries]);
    }
    assert.equal(await textIn(tar([paxEntry({ comment: '1a2b3c' }, 'g'), ...goodEntries]), 'index.json'), goodIndex);
  });

  test('a record that stands there twice is refused, also when both are equal', async () => {
    for (const path of ['index.json', 'other']) {
      const content = paxRecord('path', 'other') + paxRecord('path', path);
      await refuses([...rest, { name: 'PaxHeaders/x', type: 'x', content }, index]);
    }
    await refuses([...rest, paxEntry({ path: 'index.json' }), paxEntry({ path: 'index.json' }), index]);
  });

  test('two long names, and names that differ, are refused', async () => {
    const long = (content: string) => ({ name: '././@LongLink', type: 'L', content });
    await refuses([...rest, long('index.json'), long('index.json'), index]);
    await refuses([...rest, long('index.json'), paxEntry({ path: 'other' }), index]);
    await refuses([...rest, paxEntry({ path: 'index.json' }), long('other'), index]);
  });

  test('records that are malformed are refused', async () => {
    const bad = [
      'x',
      '5',
      ' path=x\n',
      '0 a=b\n',
      '6 a=bc',
      '60 path=x\n',
      '8 path=x\n',
      '-9 a=b\n',
      '06 a=b\n',
      '5 =b\n',
    ];
    for (const content of bad) await refuses([...rest, { name: 'PaxHeaders/x', type: 'x', content }, index]);
    await refuses([...rest, { name: 'PaxHeaders/x', type: 'x', content: paxRecord('path', 'a\0b') }, index]);
  });

  test('records or a long name before nothing are refused', async () => {
    await refuses([...goodEntries, paxEntry({ path: 'index.json' })]);
    await refuses([...goodEntries, { name: '././@LongLink', type: 'L', content: 'index.json' }]);
  });

  test('a megabyte of records is read, and more is refused', async () => {
    const padded = (bytes: number) => paxEntry({ comment: 'x'.repeat(bytes) });
    assert.equal(await textIn(tar([padded(1_000_000), ...goodEntries]), 'index.json'), goodIndex);
    await refuses([padded(1_100_000), ...goodEntries]);
  });
});

describe('numbers and checksums', () => {
  test('a size that is no octal number, or out of range, is refused', async () => {
    for (const rawSize of [
      '00000000009\0',
      '-0000000001\0',
      '0x000000010\0',
      '1 2        \0',
      '\xff'.repeat(12),
      `\x80${'\xff'.repeat(11)}`,
    ]) {
      await refuses([...without('index.json'), { name: 'index.json', content: goodIndex, rawSize }]);
    }
  });

  test('a wrong checksum is refused, wherever it stands', async () => {
    await refuses([{ name: 'other', rawChecksum: '000000\0 ' }, ...goodEntries]);
    await refuses([...goodEntries, { name: 'other', rawChecksum: '        ' }]);
  });

  test('a bit that changes in any header is noticed', async () => {
    const archive = tar(goodEntries);
    for (let at = 0; at < 512; at += 7) {
      const changed = Buffer.from(archive);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      await assert.rejects(openArchive(changed), ActionError, `byte ${at}`);
    }
  });

  test('a link or a folder with content is refused: readers disagree whether to skip it', async () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      await refuses([
        ...goodEntries,
        { name: 'other', type, content: tarEntry({ name: 'index.json', content: evilIndex }) },
      ]);
    }
  });
});

describe('the end of an archive', () => {
  const archive = tar(goodEntries);

  test('that is cut off anywhere is refused', async () => {
    for (let length = 0; length < archive.length; length += 256) {
      await assert.rejects(openArchive(archive.subarray(0, length)), refusal, `${length} bytes`);
    }
  });

  test('needs two blocks of zeros', async () => {
    for (const bytes of [0, 511, 512, 1023]) await refuses(goodEntries, Buffer.alloc(bytes));
  });

  test('has nothing but zeros after it: not another archive, and not one bit', async () => {
    const other = tar([{ name: 'index.json', content: evilIndex }]);
    await refuses(goodEntries, Buffer.concat([Buffer.alloc(1024), other]));
    await refuses(goodEntries, Buffer.concat([Buffer.alloc(512), other]));
    const late = Buffer.alloc(3 * 1024 * 1024);
    late[late.length - 1] = 1;
    await refuses(goodEntries, late);
  });

  test('may be far behind a size that nothing stands behind, which is refused', async () => {
    await refuses([...goodEntries, { name: 'other', size: 2 ** 32, content: '' }]);
    await refuses([...goodEntries, tarHeader({ name: 'other', size: 8 * 1024 ** 3 - 1 })]);
  });
});

test('a compressed archive is unsupported, with what to do', async () => {
  const beginnings = ['\x28\xb5\x2f\xfd', 'BZh91AY&SY', '\xfd7zXZ\0'];
  const others = beginnings.map((text) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(1024)]));
  for (const bytes of [gzipSync(tar(goodEntries)), ...others]) {
    const padded = Buffer.concat([bytes, Buffer.alloc(512)]);
    await assert.rejects(openArchive(padded), failsWith('unsupported', 'compressed', 'Decompress it first'));
  }
});

test('100,000 headers are read, and one more is refused', async () => {
  const block = tarEntry({ name: 'other' });
  const many = (count: number) => Buffer.concat(Array.from({ length: count }, () => block));
  const left = 100_000 - goodEntries.length;
  assert.equal(await textIn(tar([...goodEntries, many(left)]), 'index.json'), goodIndex);
  await refuses([...goodEntries, many(left + 1)]);
});

test('nothing of an archive is quoted in an error', async () => {
  const secret = 'hunter2hunter2';
  const archives = [
    tar([{ name: secret, content: secret, rawChecksum: '000000\0 ' }]),
    tar([...goodEntries, { name: `index.json/../${secret}/../index.json`, content: secret }]),
    tar([paxEntry({ path: secret, size: secret }), { name: secret }]),
    tar(goodEntries, Buffer.from(`${secret.padEnd(512)}${secret.padEnd(512)}`)),
  ];
  for (const archive of archives) {
    await assert.rejects(openArchive(archive), (error: ActionError) => {
      assert.equal(error.code, 'invalid-manifest');
      assert.ok(!`${error.message} ${error.advice}`.includes(secret), error.message);
      return true;
    });
  }
});

describe('whatever an archive holds', () => {
  const entry = fc.record({
    name: fc.oneof(
      fc.constantFrom('index.json', './index.json', 'oci-layout', 'blobs/', 'blobs/sha256/aa', 'other', 'x/'),
      fc.string({ maxLength: 30 }),
    ),
    type: fc.constantFrom('0', '\0', '1', '2', '3', '5', '6', '7', 'L', 'K', 'x', 'g', 'S', 'M'),
    content: fc.oneof(
      fc.constantFrom('', evilIndex, goodIndex, paxRecord('path', 'index.json'), paxRecord('size', '3')),
      fc.uint8Array({ maxLength: 600 }),
    ),
    size: fc.option(fc.nat({ max: 5000 }), { nil: undefined }),
  });
  const noise = fc.uint8Array({ minLength: 512, maxLength: 2048 });
  /** Fails unless the archive is refused, or read as its one `index.json` and nothing else. */
  const isReadRightly = async (archive: Buffer) => {
    const text = await textIn(archive, 'index.json', 'latin1').catch((error: unknown) => {
      assert.ok(error instanceof ActionError, String(error));
      assert.match(error.code, /^(?:invalid-manifest|unsupported)$/);
      return undefined;
    });
    assert.ok(text === undefined || archive.includes(text, 0, 'latin1'), 'what was read stands in the archive');
    return text;
  };

  test('noise is refused or read, and never hangs', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            entry.map((one) => tarEntry(one as TarEntry)),
            noise,
          ),
          { maxLength: 8 },
        ),
        async (parts) => {
          await isReadRightly(tar(parts));
        },
      ),
      { numRuns: 500 },
    ));

  test('changed bytes in a sound archive never make it another image', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 512 * 30 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const decoy = { name: 'other', content: tarEntry({ name: 'index.json', content: evilIndex }) };
          const archive = tar([decoy, ...goodEntries]);
          for (const [at, byte] of changes) if (at < archive.length) archive[at] = byte;
          const text = await isReadRightly(archive);
          assert.notEqual(text, evilIndex);
        },
      ),
      { numRuns: 500 },
    ));

  test('a cut anywhere leaves nothing to read', () =>
    fc.assert(
      fc.asyncProperty(fc.nat({ max: tar(goodEntries).length - 1 }), async (length) => {
        assert.equal(await isReadRightly(tar(goodEntries).subarray(0, length)), undefined);
      }),
      { numRuns: 200 },
    ));
});
