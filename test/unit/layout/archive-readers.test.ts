import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evilIndex, goodEntries, openArchive, textIn, without } from '../../support/archives.ts';
import { paxEntry, type TarEntry, tar, tarEntry } from '../../support/tar.ts';
import { failsWith } from '../../support/transport.ts';

/** By which reader, tried with skopeo 1.9 (Go), GNU tar 1.34 and Python 3.11, another `index.json` is read. */
const disagreements: Readonly<Record<string, readonly (TarEntry | Uint8Array)[]>> = {
  'an empty path among the pax records, which Go ignores': [
    paxEntry({ path: '' }),
    { name: 'index.json', content: evilIndex },
  ],
  'an empty long name, which Go ignores': [
    { name: '././@LongLink', type: 'L', content: '' },
    { name: 'index.json', content: evilIndex },
  ],
  'a long name of one NUL, which Go ignores': [
    { name: '././@LongLink', type: 'L', content: '\0' },
    { name: 'index.json', content: evilIndex },
  ],
  'records for all between an entry and its own records, which Go drops then': [
    paxEntry({ path: 'other' }),
    paxEntry({ comment: 'x' }, 'g'),
    { name: 'index.json', content: evilIndex },
  ],
  'records for all between an entry and its long name, which Go drops then': [
    { name: '././@LongLink', type: 'L', content: 'other' },
    paxEntry({ comment: 'x' }, 'g'),
    { name: 'index.json', content: evilIndex },
  ],
  'a folder of an old writer with content, which Go, GNU tar and Python do not skip': [
    { name: 'other/', type: '\0', content: tarEntry({ name: 'index.json', content: evilIndex }) },
  ],
  'the same with the slash in a pax record': [
    paxEntry({ path: 'other/' }),
    { name: 'other', type: '\0', content: tarEntry({ name: 'index.json', content: evilIndex }) },
  ],
  'the same with the slash in a long name': [
    { name: '././@LongLink', type: 'L', content: 'other/' },
    { name: 'other', type: '\0', content: tarEntry({ name: 'index.json', content: evilIndex }) },
  ],
  'a file with a slash behind its name and content, which is a folder to GNU tar': [
    { name: 'other/', type: '0', content: tarEntry({ name: 'index.json', content: evilIndex }) },
  ],
  'the pax records of Solaris, which GNU tar and Python read': [
    paxEntry({ path: 'index.json' }, 'X'),
    { name: 'other', content: evilIndex },
  ],
  'a file below a link, which skopeo and GNU tar write through it': [
    { name: 'other', type: '2', linkName: '.' },
    { name: 'other/index.json', content: evilIndex },
  ],
  'a size with a NUL before it, which Python takes for nothing': [
    {
      name: 'other',
      rawSize: '\x000000004000\0',
      content: Buffer.concat([tarEntry({ name: 'index.json', content: evilIndex }), Buffer.alloc(2048)], 2048),
    },
  ],
  'a prefix of the format star, whose end are times to Go': [
    {
      name: 'index.json',
      content: evilIndex,
      prefix: `${'./'.repeat(65)}.${'0'.repeat(24)}`,
      trailer: '\0\0\0\0\0\0\0\0tar\0',
    },
  ],
};

describe('an archive that another reader takes for another image is refused:', () => {
  for (const [name, entries] of Object.entries(disagreements)) {
    test(name, () =>
      assert.rejects(openArchive(tar([...goodEntries, ...entries])), failsWith('invalid-manifest', 'read for certain')),
    );
  }

  test('index.json as a file with a slash behind its name, which is a folder to GNU tar', () =>
    assert.rejects(
      openArchive(tar([...without('index.json'), { name: 'index.json/', content: evilIndex }])),
      failsWith('invalid-manifest', 'read for certain'),
    ));
});

test('a link with a size of 9 GiB among its pax records is refused: Go does not skip what a link has', async () => {
  const records = paxEntry({ size: String(9 * 1024 ** 3) });
  const archive = tar([...goodEntries, records, { name: 'other', type: '2', linkName: 'x' }]);
  await assert.rejects(openArchive(archive), failsWith('invalid-manifest', 'has content'));
});

test('an archive whose first entry begins with BZh is not compressed', async () => {
  assert.notEqual(await textIn(tar([{ name: 'BZhello', content: 'x' }, ...goodEntries]), 'index.json'), undefined);
});
