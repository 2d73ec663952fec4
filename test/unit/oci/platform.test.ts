import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import {
  choosePlatform,
  formatPlatform,
  isSamePlatform,
  isUnknownPlatform,
  normalise,
  type Platform,
  parsePlatform,
  withUsedOsVersion,
} from '../../../src/oci/platform.ts';
import { refusal, settle, textOf } from '../../support/refusals.ts';
import { anyText } from '../../support/texts.ts';

/** What is requested, and its one spelling. Many are from the tests of containerd/platforms. */
const accepted: Readonly<Record<string, string>> = {
  'linux/amd64': 'linux/amd64',
  'LINUX/AMD64': 'linux/amd64',
  'Linux/x86_64': 'linux/amd64',
  'linux/x86-64': 'linux/amd64',
  'linux/X86_64/v2': 'linux/amd64/v2',
  'linux/amd64/v1': 'linux/amd64',
  'linux/amd64/V3': 'linux/amd64/v3',
  'linux/i386': 'linux/386',
  'linux/386': 'linux/386',
  'linux/aarch64': 'linux/arm64',
  'linux/Aarch64/v8': 'linux/arm64',
  'linux/arm64/v8': 'linux/arm64',
  'linux/arm64/v9': 'linux/arm64/v9',
  'linux/arm64/v8.2': 'linux/arm64/v8.2',
  'linux/arm': 'linux/arm/v7',
  'linux/arm/v7': 'linux/arm/v7',
  'linux/arm/v6': 'linux/arm/v6',
  'linux/arm/v5': 'linux/arm/v5',
  'linux/armhf': 'linux/arm/v7',
  'linux/armel': 'linux/arm/v6',
  'macos/arm64': 'darwin/arm64',
  'macOS/aarch64': 'darwin/arm64',
  'darwin/amd64': 'darwin/amd64',
  'linux/s390x': 'linux/s390x',
  'linux/ppc64le/power9': 'linux/ppc64le/power9',
  'linux/mips64le': 'linux/mips64le',
  'wasi/wasm': 'wasi/wasm',
  'windows/amd64': 'windows/amd64',
  'Windows(10.0.20348)/AMD64': 'windows(10.0.20348)/amd64',
  'windows(10.0.20348.1850)/amd64': 'windows(10.0.20348.1850)/amd64',
  'windows/amd64:10.0.20348': 'windows(10.0.20348)/amd64',
  'windows/amd64:10.0.20348.1850': 'windows(10.0.20348.1850)/amd64',
  'windows(10.0.17763+win32k)/amd64': 'windows(10.0.17763+win32k)/amd64',
  'linux(+gpu+simd)/amd64': 'linux(+gpu+simd)/amd64',
};

const refused: Readonly<Record<string, readonly string[]>> = {
  'too few parts': ['', 'linux', 'amd64', 'windows(10.0.20348)', 'all', '*', '/'],
  'an empty part': ['/amd64', 'linux/', '/linux/arm', 'linux/arm/', 'linux//v7', '//', 'linux/arm/v7/'],
  'too many parts': ['linux/arm/v7/x', 'linux/arm/foo/bar', 'a/b/c/d/e'],
  'a character that is none of a platform': [
    'linux /arm',
    ' linux/arm',
    'linux/arm\n',
    'linux/&arm',
    'linux/*',
    'linux\\arm',
    'linux/arm,v7',
    'linux/ＡＭＤ64',
    'lınux/arm',
    'linux/arm@v7',
    'linux/$(id)',
    'linux/arm/v7;x',
  ],
  'no OS version': [
    'windows(10)/amd64',
    'windows(10.0)/amd64',
    'windows(10.0.1.2.3)/amd64',
    'windows(10..1)/amd64',
    'windows(.0.1)/amd64',
    'windows(ltsc2022)/amd64',
    'windows/amd64:',
    'windows/amd64:ltsc2022',
    'windows/amd64:10.0',
    'windows/amd64:10.0.1:10.0.1',
    'windows(10.0.20348/amd64',
    'windows10.0.20348)/amd64',
    'windows(10.0.1)x/amd64',
    'windows(10.0.9999999999)/amd64',
  ],
  'two OS versions': ['windows(10.0.20348)/amd64:10.0.20348'],
  'an OS version of something else': ['linux(5.10.0)/amd64', 'linux/amd64:10.0.20348'],
};

describe('a requested platform', () => {
  for (const [text, canonical] of Object.entries(accepted)) {
    it(`as ${text} is ${canonical}`, () => {
      assert.equal(formatPlatform(parsePlatform(text)), canonical);
    });
  }

  for (const [what, texts] of Object.entries(refused)) {
    for (const text of texts) {
      it(`with ${what} is refused with an example: ${JSON.stringify(text)}`, () => {
        const words = textOf(refusal('invalid-input', () => parsePlatform(text)));
        assert.match(words, /linux\/amd64, linux\/arm\/v7 or windows\(10\.0\.20348\)\/amd64/);
        assert.ok(words.includes(`"${text}"`));
      });
    }
  }

  for (const text of [
    `${'a'.repeat(2 ** 18)}/amd64`,
    `linux(${'+a'.repeat(2 ** 18)})/amd64`,
    `linux(${'+a'.repeat(2 ** 18)}`,
    '/'.repeat(2 ** 18),
    ':'.repeat(2 ** 18),
    `windows(${'1.'.repeat(2 ** 18)})/amd64`,
  ]) {
    it(`with half a million characters is refused in linear time: ${text.slice(0, 12)}…`, () => {
      refusal('invalid-input', () => parsePlatform(text));
    });
  }
});

const part = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
const version = fc.array(fc.nat(99_999), { minLength: 3, maxLength: 4 }).map((numbers) => numbers.join('.'));
const feature = fc.stringMatching(/^[a-z0-9_.-]{1,8}$/);

/** Platforms of every shape, as an index may write them. */
const platforms: fc.Arbitrary<Platform> = fc
  .record({
    os: fc.oneof(fc.constantFrom('linux', 'windows', 'macos', 'LINUX'), part),
    architecture: fc.oneof(
      fc.constantFrom('amd64', 'arm', 'arm64', 'aarch64', 'armhf', 'armel', 'x86_64', 'i386'),
      part,
    ),
    variant: fc.oneof(fc.constantFrom('', 'v1', 'v5', 'v6', 'v7', 'V8', 'v9', '7'), part),
    osVersion: version,
    osFeatures: fc.array(feature, { maxLength: 3 }),
  })
  .map((platform) => (platform.os === 'windows' ? platform : { ...platform, osVersion: '' }));

describe('parsing a platform', () => {
  it('is undone by formatting', () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const normal = normalise(platform);
        assert.deepEqual(parsePlatform(formatPlatform(normal)), normal);
        assert.deepEqual(parsePlatform(formatPlatform(platform)), normal);
      }),
      { numRuns: 500 },
    );
  });

  it('throws nothing but ActionError, and gives a platform in its one spelling', () => {
    const pieces = fc.constantFrom(
      'linux',
      'WINDOWS',
      'arm',
      '/',
      '/',
      'v7',
      '(',
      ')',
      '10.0.1',
      ':',
      '+',
      'x',
      ' ',
      '__proto__',
      'constructor',
      '\ud800',
    );
    const text = fc.oneof(
      anyText,
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        const platform = settle(() => parsePlatform(written));
        if (platform instanceof ActionError) return;
        assert.deepEqual(normalise(platform), platform);
        assert.match(formatPlatform(platform), /^[a-z0-9_.()+/-]+$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same for every spelling of what is the same', () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const upper = formatPlatform(platform).toUpperCase();
        assert.deepEqual(parsePlatform(upper), parsePlatform(formatPlatform(platform)));
      }),
    );
  });
});

/** Reads `os[(os.version+feature)]/architecture[/variant]` as an index may write it, unnormalised. */
function written(text: string): Platform {
  const [, os = '', osVersion = '', features = '', architecture = '', variant = ''] =
    /^([^/(]*)(?:\(([^+)]*)((?:\+[^+)]+)*)\))?\/([^/]*)\/?(.*)$/.exec(text) ?? [];
  return { os, architecture, variant, osVersion, osFeatures: features.split('+').slice(1) };
}

const choose = (requested: string, offered: readonly string[]) => {
  const at = choosePlatform(
    offered.map((_, index) => index),
    parsePlatform(requested),
    (index) => written(offered[index] ?? ''),
  );
  return at === undefined ? undefined : `${offered[at]} at ${at}`;
};

/** What is requested, what is offered, and which of these is chosen. */
const choices: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64 at 1'],
  ['linux/amd64', ['Linux/X86_64'], 'Linux/X86_64 at 0'],
  ['linux/amd64', ['linux/amd64/v1'], 'linux/amd64/v1 at 0'],
  ['linux/amd64/v1', ['linux/amd64'], 'linux/amd64 at 0'],
  ['linux/arm64', ['linux/arm64/v8'], 'linux/arm64/v8 at 0'],
  ['linux/arm64/v8', ['linux/aarch64'], 'linux/aarch64 at 0'],
  ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7 at 1'],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm'], 'linux/arm at 1'],
  ['linux/arm/v7', ['linux/armhf'], 'linux/armhf at 0'],
  ['linux/arm/v6', ['linux/armel'], 'linux/armel at 0'],
  ['darwin/arm64', ['macos/aarch64/v8'], 'macos/aarch64/v8 at 0'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6 at 1'],
  ['linux/arm/v7', ['linux/arm/v5'], 'linux/arm/v5 at 0'],
  ['linux/arm/v7', ['linux/arm/v4', 'linux/arm/4'], undefined],
  ['linux/arm/v5', ['linux/arm/v4'], undefined],
  ['linux/arm/v4', ['linux/arm/v5', 'linux/arm/v4'], 'linux/arm/v4 at 1'],
  ['linux/arm64', ['linux/arm64/v7'], undefined],
  ['linux/arm/v6', ['linux/arm/v7', 'linux/arm'], undefined],
  ['linux/arm/v5', ['linux/arm/v6'], undefined],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2 at 1'],
  ['linux/amd64/v3', ['linux/amd64/v1'], 'linux/amd64/v1 at 0'],
  ['linux/amd64/v10', ['linux/amd64/v9', 'linux/amd64/v2'], 'linux/amd64/v9 at 0'],
  ['linux/amd64', ['linux/amd64/v2'], undefined],
  ['linux/arm64/v9', ['linux/arm64/v8.2', 'linux/arm64/v8.10', 'linux/arm64'], 'linux/arm64/v8.10 at 1'],
  ['linux/arm64/v8.1', ['linux/arm64'], 'linux/arm64 at 0'],
  ['linux/arm64', ['linux/arm64/v9', 'linux/arm64/v8.1'], undefined],
  ['linux/amd64', ['linux/386'], undefined],
  ['linux/386', ['linux/amd64'], undefined],
  ['linux/arm64', ['linux/arm/v7', 'linux/arm/v8'], undefined],
  ['linux/arm/v8', ['linux/arm64/v8', 'linux/arm/v7'], 'linux/arm/v7 at 1'],
  ['linux/amd64', ['windows/amd64', 'freebsd/amd64', '/amd64', 'linux/'], undefined],
  ['linux/ppc64le', ['linux/ppc64le/power9'], undefined],
  ['linux/ppc64le/power9', ['linux/ppc64le', 'linux/ppc64le/power8'], undefined],
  ['linux/amd64/v3', ['linux/amd64/vx', 'linux/amd64/2'], undefined],
  ['linux/amd64', ['linux/amd64', 'linux/amd64/v1', 'linux/amd64'], 'linux/amd64 at 0'],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm/v6'], 'linux/arm/v6 at 0'],
  ['linux/constructor', ['linux/amd64'], undefined],
  ['linux/amd64', [], undefined],
  [
    'windows/amd64',
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.20348.9)/amd64', 'windows(10.0.20348.10)/amd64'],
    'windows(10.0.20348.10)/amd64 at 2',
  ],
  [
    'windows/amd64',
    ['windows(10.0.9.1)/amd64', 'windows(10.0.10.1)/amd64', 'windows(9.9.9.9)/amd64'],
    'windows(10.0.10.1)/amd64 at 1',
  ],
  ['windows/amd64', ['windows/amd64'], 'windows/amd64 at 0'],
  ['windows/amd64', ['linux/amd64', 'windows/arm64', 'windows/amd64'], 'windows/amd64 at 2'],
  ['windows/amd64', ['windows(10.0.1.1)/amd64', 'windows/amd64'], 'windows(10.0.1.1)/amd64 at 0'],
  ['windows/amd64', ['windows/amd64', 'windows(10.0.1.1)/amd64'], 'windows(10.0.1.1)/amd64 at 1'],
  ['windows/amd64', ['windows(10.0.1.1)/amd64', 'windows(10.0.1.1)/amd64'], 'windows(10.0.1.1)/amd64 at 0'],
  ['windows/amd64', ['windows(junk)/amd64', 'windows(10.0.1.1)/amd64'], 'windows(10.0.1.1)/amd64 at 1'],
  [
    'windows(10.0.17763)/amd64',
    ['windows(10.0.20348.1)/amd64', 'windows(10.0.17763.1)/amd64'],
    'windows(10.0.17763.1)/amd64 at 1',
  ],
  ['windows/amd64:10.0.17763.99', ['windows(10.0.17763.1)/amd64'], 'windows(10.0.17763.1)/amd64 at 0'],
  [
    'windows/amd64:10.0.17763.2',
    ['windows(10.0.17763.3)/amd64', 'windows(10.0.17763.2)/amd64'],
    'windows(10.0.17763.2)/amd64 at 1',
  ],
  [
    'windows(10.0.17763)/amd64',
    ['windows(10.0.177630.1)/amd64', 'windows(10.0.1776)/amd64', 'windows(10.0)/amd64'],
    undefined,
  ],
  ['windows(10.0.17763)/amd64', ['windows/amd64'], undefined],
  ['windows/arm64', ['windows(10.0.17763.1)/amd64'], undefined],
  ['linux/amd64', ['linux(5.1)/amd64', 'linux/amd64'], 'linux(5.1)/amd64 at 0'],
  ['windows/amd64', ['windows(10.0.17763.1+win32k)/amd64'], 'windows(10.0.17763.1+win32k)/amd64 at 0'],
  [
    'windows(10.0.17763+win32k)/amd64',
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.17763.0+win32k)/amd64'],
    'windows(10.0.17763.0+win32k)/amd64 at 1',
  ],
  ['linux(+gpu)/amd64', ['linux/amd64', 'linux(+simd)/amd64'], undefined],
  ['linux(+gpu)/amd64', ['linux/amd64', 'linux(+simd+gpu)/amd64'], 'linux(+simd+gpu)/amd64 at 1'],
];

describe('choosing a platform', () => {
  for (const [requested, offered, chosen] of choices) {
    it(`for ${requested} among [${offered.join(', ')}] gives ${chosen ?? 'none'}`, () => {
      assert.equal(choose(requested, offered), chosen);
    });
  }

  it('passes over candidates without a platform', () => {
    assert.equal(
      choosePlatform(['none'], parsePlatform('linux/amd64'), () => undefined),
      undefined,
    );
  });

  it('never gives another os or architecture, and an exact one where there is one', () => {
    fc.assert(
      fc.property(fc.array(platforms, { maxLength: 6 }), platforms, (offered, platform) => {
        const requested = normalise(platform);
        const chosen = choosePlatform(offered, requested, (candidate) => candidate);
        const exact = offered.find((candidate) => isSamePlatform(candidate, requested));
        if (chosen === undefined) return assert.equal(exact, undefined);
        assert.deepEqual(
          [normalise(chosen).os, normalise(chosen).architecture],
          [requested.os, requested.architecture],
        );
        if (exact !== undefined) assert.equal(isSamePlatform(chosen, requested), true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('being the same platform', () => {
  for (const [offered, requested, same] of [
    ['linux/arm64/v8', 'linux/arm64', true],
    ['LINUX/aarch64', 'linux/arm64/v8', true],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/amd64', 'linux/amd64/v2', false],
    ['linux/amd64/v2', 'linux/amd64', false],
    ['windows(10.0.20348.1)/amd64', 'windows(10.0.20348)/amd64', true],
    ['windows(10.0.17763.1)/amd64', 'windows(10.0.20348)/amd64', false],
    ['windows(10.0.17763.1)/amd64', 'windows/amd64', true],
  ] as const) {
    it(`takes ${offered} ${same ? '' : 'not '}for ${requested}: no fallback to a lower variant`, () => {
      assert.equal(isSamePlatform(written(offered), parsePlatform(requested)), same);
    });
  }
});

describe('an os.version', () => {
  it('is used for Windows alone, however that is written', () => {
    for (const os of ['windows', 'Windows', 'WINDOWS']) {
      assert.equal(withUsedOsVersion(written(`${os}(10.0.1.1)/amd64`)).osVersion, '10.0.1.1');
    }
    for (const os of ['linux', 'darwin', 'freebsd', '', 'windows2']) {
      const platform = { ...written('linux(Ubuntu 22.04.5+gpu)/amd64/v2'), os };
      assert.deepEqual(withUsedOsVersion(platform), { ...platform, osVersion: '' });
    }
  });
});

describe('unknown/unknown', () => {
  it('is meant in any case, and with both parts', () => {
    assert.deepEqual(['unknown/unknown', 'Unknown/UNKNOWN'].map(written).map(isUnknownPlatform), [true, true]);
    assert.deepEqual(['linux/unknown', 'unknown/amd64', 'linux/amd64'].map(written).map(isUnknownPlatform), [
      false,
      false,
      false,
    ]);
  });
});
