import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, it } from 'node:test';

const root = new URL('../../', import.meta.url);
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

const layerOf = (file: string) =>
  file.startsWith('oci/') ? 'oci' : file.startsWith('registry/') ? 'registry' : 'shell';
const isOurs = (name: string) => sources.includes(name);
/** Those that import one of `names` in earnest: types are gone when the program runs. */
const importersOf = (...names: string[]) => [
  ...new Set(imports.filter(({ name, isType }) => !isType && names.includes(name)).map(({ file }) => file)),
];

describe('the imports', () => {
  it('are found: every source but those that need none has some, and all of ours exist', () => {
    assert.ok(imports.length > sources.length);
    const lost = imports.filter(({ name }) => !isOurs(name) && !isBuiltin(name) && !name.startsWith('@actions/'));
    assert.deepEqual(lost, []);
  });

  it('go from the shell to registry/ to oci/, never back', () => {
    const below = { shell: ['shell', 'registry', 'oci'], registry: ['registry', 'oci'], oci: ['oci'] };
    const wrong = imports.filter(({ file, name }) => isOurs(name) && !below[layerOf(file)].includes(layerOf(name)));
    assert.deepEqual(wrong, []);
  });

  it('of oci/ are itself and node:crypto, so that it is pure', () => {
    const foreign = imports.filter(({ file, name }) => layerOf(file) === 'oci' && layerOf(name) !== 'oci');
    assert.deepEqual([...new Set(foreign.map(({ name }) => name))], ['node:crypto']);
    const impure =
      /\b(?:process|globalThis|setTimeout|setInterval|fetch|Math\.random|performance)\b|\bDate\.now\b|\bnew Date\(\)|\bDate\(\)/;
    for (const file of sources.filter((source) => layerOf(source) === 'oci')) {
      const code = text(`src/${file}`).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
      assert.doesNotMatch(code, impure, file);
    }
  });

  it('name Node by node:', () => {
    assert.deepEqual(
      imports.filter(({ name }) => isBuiltin(name) && !name.startsWith('node:')),
      [],
    );
  });

  it('make no circle, those of types apart, which are gone when the program runs', () => {
    const next = (file: string) =>
      imports.filter((one) => one.file === file && !one.isType && isOurs(one.name)).map(({ name }) => name);
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      assert.equal(path.includes(file), false, [...path, file].join(' → '));
      if (done.has(file)) return;
      for (const name of next(file)) walk(name, [...path, file]);
      done.add(file);
    };
    for (const file of sources) walk(file, []);
    assert.equal(done.size, sources.length);
  });

  it('reach every source from index.ts, so that none is dead', () => {
    const reached = new Set(['index.ts']);
    for (const file of reached) {
      for (const { name } of imports.filter((one) => one.file === file && isOurs(one.name))) reached.add(name);
    }
    assert.deepEqual(
      sources.filter((file) => !reached.has(file)),
      [],
    );
  });
});

describe('what touches the outside', () => {
  for (const [names, allowed] of [
    [['@actions/core'], ['log.ts']],
    [['@actions/http-client'], ['registry/http.ts']],
    [['node:child_process'], ['registry/credentials/helper.ts']],
  ] as const) {
    it(`by ${names.join(', ')} is ${allowed.join(' and ')}`, () => {
      assert.deepEqual(importersOf(...names), [...allowed]);
    });
  }

  it('by node:fs reads credentials, and writes outputs and files', () => {
    const readers = importersOf('node:fs', 'node:fs/promises');
    const outside = readers.filter((file) => !file.startsWith('registry/credentials/'));
    assert.deepEqual(outside, ['runner-file.ts', 'saved-files.ts']);
    assert.ok(readers.length > outside.length);
  });

  it('by sockets is registry/http.ts, and registry/early.ts before it; others that import node:net tell addresses apart', () => {
    const openers = importersOf('node:http', 'node:https', 'node:tls', 'node:http2', 'node:dgram', 'undici');
    assert.deepEqual(openers, ['registry/http.ts']);
    const connecting = ['registry/http.ts', 'registry/early.ts'];
    for (const file of importersOf('node:net').filter((name) => !connecting.includes(name))) {
      assert.doesNotMatch(text(`src/${file}`), /\b(?:connect|createConnection|createServer|Socket)\b/, file);
    }
  });

  it('by process.env is inputs.ts', () => {
    const readers = sources.filter((file) =>
      /\bprocess\s*(?:\.\s*env\b|\[)|\benv\b[^\n]*\bfrom 'node:process'/.test(text(`src/${file}`)),
    );
    assert.deepEqual(readers, ['inputs.ts']);
    assert.deepEqual(importersOf('node:process', 'process'), []);
  });
});

describe('the bundle', () => {
  const bundle = text('dist/index.js');

  it('is below 350 kB', () => {
    assert.ok(Buffer.byteLength(bundle) < 350_000, `${Buffer.byteLength(bundle)} bytes`);
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
    assert.match(text('src/version.ts'), new RegExp(`export const version = '${version.replaceAll('.', '\\.')}';`));
    assert.ok(text('dist/index.js').includes(`'${version}'`));
  });
});
