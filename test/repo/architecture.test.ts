import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, it } from 'node:test';

const root = new URL('../../../', import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** The sources below `src`, by their paths there. */
const sources = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .sort();

/** How a module is named where it is imported: `import … from`, `export … from`, `import '…'`, `import()`, `require()`. */
const specifier =
  /^(?:import|export)\b(\s+type\b)?[^'"`;=()]*?\bfrom\s*'([^']+)'|^import\s*'([^']+)'|\b(?:import|require)\s*\(\s*(?:\/\*.*?\*\/\s*)?['"`]([^'"`]+)/gm;

const resolved = (file: string, name: string) => (name.startsWith('.') ? posix.join(posix.dirname(file), name) : name);

/** Every import of every source: the importer, and what it imports, as a path below `src` where it is one of ours. */
const imports = sources.flatMap((file) =>
  [...text(`src/${file}`).matchAll(specifier)].map(([, type, from, bare, called]) => ({
    file,
    isType: type !== undefined,
    name: resolved(file, from ?? bare ?? called ?? ''),
  })),
);

/** A room: a folder of `src`, or a file beside the folders by its name. */
const roomOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
const isOurs = (name: string) => sources.includes(name);
/** Those that import one of `names`, be it only a type. */
const importersOf = (...names: string[]) => [
  ...new Set(imports.filter(({ name }) => names.includes(name)).map(({ file }) => file)),
];
/** Those of our sources that `file` imports. */
const nextOf = (file: string) => imports.filter((one) => one.file === file && isOurs(one.name)).map(({ name }) => name);

/** The code of a source, without comments and texts. */
const codeOf = (file: string) =>
  text(`src/${file}`)
    .replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/`(?:[^`\\]|\\.)*`/g, (whole) =>
      [...whole.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => inner).join(';'),
    );

/** The floors of the house, and what each stands on: imports go down only. */
const below: Readonly<Record<string, readonly string[]>> = {
  index: ['process-guard'],
  'process-guard': ['run', 'action', 'error'],
  run: ['action', 'resolve-images', 'image', 'registry', 'layout', 'attestation', 'content', 'oci', 'async', 'error'],
  'resolve-images': ['action', 'image', 'content', 'oci', 'async', 'error'],
  action: ['image', 'content', 'oci', 'async', 'error'],
  image: ['content', 'oci', 'async', 'error'],
  attestation: ['content', 'oci', 'async', 'error'],
  registry: ['content', 'oci', 'async', 'error'],
  layout: ['content', 'oci', 'async', 'error'],
  content: ['oci', 'async', 'error'],
  oci: ['error'],
  async: ['error'],
  error: [],
};

/** Where a floor may look into another all the same. */
const exceptions: readonly ((one: (typeof imports)[number]) => boolean)[] = [
  // Inputs are read into the settings of these, and results tell what they have shown.
  ({ file, name, isType }) =>
    ['action', 'resolve-images'].includes(roomOf(file)) && ['registry', 'attestation'].includes(roomOf(name)) && isType,
  // The one gate that reads attestations loads them when it is set, and shares the transport and its trust.
  ({ file, name, isType }) =>
    roomOf(name) === 'attestation' && (file === 'image/gates/attestation.ts' || (roomOf(file) === 'image' && isType)),
  ({ file, name }) => roomOf(file) === 'attestation' && /^registry\/(?:http|trust)\//.test(name),
];

describe('the imports', () => {
  it('are found: every source but those that need none has some, and all of ours exist', () => {
    assert.ok(imports.length > sources.length);
    const lost = imports.filter(
      ({ name }) => !isOurs(name) && !isBuiltin(name) && !/^@(?:actions|sigstore)\//.test(name),
    );
    assert.deepEqual(lost, []);
  });

  it('go down only, from floor to floor', () => {
    const rooms = new Set(sources.map(roomOf));
    assert.deepEqual(
      [...rooms].filter((room) => below[room] === undefined),
      [],
      'a room without a floor',
    );
    const wrong = imports.filter((one) => {
      const [from, to] = [roomOf(one.file), roomOf(one.name)];
      if (!isOurs(one.name) || from === to || below[from]?.includes(to)) return false;
      return !exceptions.some((isAllowed) => isAllowed(one));
    });
    assert.deepEqual(wrong, []);
  });

  it('of oci/ are itself, error.ts and node:crypto, so that it is pure', () => {
    const foreign = imports.filter(({ file, name }) => roomOf(file) === 'oci' && roomOf(name) !== 'oci');
    assert.deepEqual([...new Set(foreign.map(({ name }) => name))].sort(), ['error.ts', 'node:crypto']);
    const impure =
      /\b(?:process|globalThis|setTimeout|setInterval|fetch|Math\.random|performance)\b|\bDate\.now\b|\bnew Date\(\)|\bDate\(\)/;
    for (const file of sources.filter((source) => roomOf(source) === 'oci')) {
      assert.doesNotMatch(codeOf(file), impure, file);
    }
  });

  it('name Node by node:', () => {
    assert.deepEqual(
      imports.filter(({ name }) => isBuiltin(name) && !name.startsWith('node:')),
      [],
    );
  });

  it('make no circle, of types neither', () => {
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      assert.equal(path.includes(file), false, [...path, file].join(' → '));
      if (done.has(file)) return;
      for (const name of nextOf(file)) walk(name, [...path, file]);
      done.add(file);
    };
    for (const file of sources) walk(file, []);
    assert.equal(done.size, sources.length);
  });

  it('reach every source from index.ts, so that none is dead', () => {
    const reached = new Set(['index.ts']);
    for (const file of reached) for (const name of nextOf(file)) reached.add(name);
    assert.deepEqual(
      sources.filter((file) => !reached.has(file)),
      [],
    );
  });
});

describe('the house', () => {
  it('has at most five files beside its folders', () => {
    const files = sources.filter((file) => !file.includes('/'));
    assert.ok(files.length <= 5, files.join());
  });

  it('has no value that is named by a participle, which tells nothing of its type', () => {
    const participles = /\b(?:asked|said|known|found|given|held|wanted)\b/g;
    const wrong = sources.flatMap((file) =>
      [...codeOf(file).matchAll(participles)].map(([name]) => `${name} in ${file}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('has no barrel, and no file for what has no place', () => {
    const vague = /(?:^|\/)(?:utils?|helpers|common|misc|shared|types)\.ts$/;
    assert.deepEqual(
      sources.filter((file) => vague.test(file)),
      [],
    );
    assert.deepEqual(
      sources.filter((file) => /^export \*/m.test(text(`src/${file}`))),
      [],
    );
  });
});

describe('what touches the outside', () => {
  for (const [names, allowed] of [
    [['@actions/core'], ['action/log.ts']],
    [['@actions/http-client'], ['registry/http/sockets.ts']],
    [['node:child_process'], ['registry/credentials/helper.ts']],
  ] as const) {
    it(`by ${names.join(', ')} is ${allowed.join(' and ')}`, () => {
      assert.deepEqual(importersOf(...names), [...allowed]);
    });
  }

  it('by @sigstore/ is attestation/', () => {
    const importers = imports.filter(({ name }) => name.startsWith('@sigstore/')).map(({ file }) => roomOf(file));
    assert.deepEqual([...new Set(importers)], ['attestation']);
  });

  it('by node:fs reads credentials and layouts, and writes outputs and files', () => {
    const all = importersOf('node:fs', 'node:fs/promises');
    const others = all.filter((file) => !/^(?:registry\/credentials|layout|attestation)\//.test(file));
    assert.deepEqual(others, ['action/runner-file.ts', 'action/saved-files.ts']);
    assert.ok(all.length > others.length);
  });

  it('by sockets is registry/http/; others that import node:net tell addresses apart', () => {
    const openers = importersOf('node:http', 'node:https', 'node:tls', 'node:http2', 'node:dgram', 'undici');
    assert.ok(openers.length > 0);
    for (const file of openers) assert.match(file, /^registry\/http\//);
    for (const file of importersOf('node:net').filter((name) => !name.startsWith('registry/http/'))) {
      assert.doesNotMatch(codeOf(file), /\b(?:connect|createConnection|createServer|Socket)\b/, file);
    }
  });

  it('by process.env is run.ts, which hands it on', () => {
    const readers = sources.filter((file) =>
      /\bprocess\s*(?:\.\s*env\b|\[)|\benv\b[^\n]*\bfrom 'node:process'/.test(text(`src/${file}`)),
    );
    assert.deepEqual(readers, ['run.ts']);
    assert.deepEqual(importersOf('node:process', 'process'), []);
  });
});

describe('the bundle', () => {
  const bundle = text('dist/index.js');

  it('is below 500 kB', () => {
    assert.ok(Buffer.byteLength(bundle) < 500_000, `${Buffer.byteLength(bundle)} bytes`);
  });

  it('holds no undici, only the stub that stands in for it', () => {
    assert.doesNotMatch(bundle, /node_modules\/undici|MockAgent|RetryAgent|kDispatch/);
    assert.doesNotMatch(bundle, /UND_ERR_|llhttp|undici\.(?:error|globalDispatcher)|DispatcherBase/);
    assert.match(bundle, /undici is not part of this build/);
  });

  it('is not minified, so that it can be reviewed', () => {
    const lines = bundle.split('\n');
    assert.ok(lines.length > Math.max(3000, bundle.length / 100), `${lines.length} lines`);
    assert.ok(lines.every((line) => line.length < 2000));
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    const { version } = JSON.parse(text('package.json')) as { version: string };
    assert.match(
      text('src/action/version.ts'),
      new RegExp(`export const version = '${version.replaceAll('.', '\\.')}';`),
    );
    assert.ok(text('dist/index.js').includes(`'${version}'`));
  });
});
