import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { parseDocument } from '../../../src/oci/document.ts';
import { refusal, settle, textOf } from '../../support/refusals.ts';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('c'), size: 7 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('1'), size: 32_654 };
const entry = { mediaType: types.manifest, digest: digest('e'), size: 7143 };
const manifest = { schemaVersion: 2, config, layers: [layer] };
const index = { schemaVersion: 2, manifests: [entry] };

const read = (document: unknown, contentType: string | undefined = '') =>
  parseDocument(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), contentType);

const documents = { index, list: index, manifest, docker: manifest } as const;
const names = ['index', 'list', 'manifest', 'docker'] as const;
const generic = [
  undefined,
  '',
  'application/json',
  'text/plain',
  'application/octet-stream',
  'Application/JSON; charset=utf-8',
  'text/plain; charset=utf-8',
];

describe('the type of a document', () => {
  for (const name of names) {
    it(`is ${types[name]} by its Content-Type, by its field, and by both`, () => {
      const shape = documents[name];
      assert.equal(read(shape, types[name]).mediaType, types[name]);
      assert.equal(read({ ...shape, mediaType: types[name] }, types[name]).mediaType, types[name]);
      for (const type of generic) assert.equal(read({ ...shape, mediaType: types[name] }, type).mediaType, types[name]);
    });

    it(`is ${types[name]} whatever the case and the parameters of the Content-Type`, () => {
      assert.equal(read(documents[name], `${types[name].toUpperCase()} ; charset="utf-8"`).mediaType, types[name]);
    });

    for (const other of names.filter((type) => type !== name)) {
      it(`is invalid when the Content-Type says ${name} and the field ${other} (CVE-2021-41190)`, () => {
        for (const shape of [manifest, index])
          refusal('invalid-manifest', () => read({ ...shape, mediaType: types[other] }, types[name]));
      });
    }
  }

  for (const type of generic) {
    it(`is decided by the shape where nothing else says it: Content-Type ${JSON.stringify(type)}`, () => {
      assert.equal(read(index, type).mediaType, types.index);
      assert.equal(read(manifest, type).mediaType, types.manifest);
    });
  }

  for (const [type, shape] of [
    [types.index, manifest],
    [types.list, manifest],
    [types.manifest, index],
    [types.docker, index],
  ] as const) {
    it(`is invalid when the shape is not that of ${type} (CVE-2021-41190)`, () => {
      for (const [document, contentType] of [
        [shape, type],
        [{ ...shape, mediaType: type }, type],
        [{ ...shape, mediaType: type }, 'application/json'],
      ] as const) {
        assert.match(
          refusal('invalid-manifest', () => read(document, contentType)).message,
          /announced as .* fields of the other kind/,
        );
      }
    });
  }

  for (const extra of [{ config }, { layers: [] }, { config, layers: [layer] }]) {
    it(`is invalid with manifests together with ${Object.keys(extra).join(' and ')} (CVE-2021-41190)`, () => {
      for (const type of ['', types.index, types.list, types.manifest, types.docker]) {
        assert.match(
          refusal('invalid-manifest', () => read({ ...index, ...extra }, type)).message,
          /manifests together with config or layers/,
        );
      }
    });
  }

  it('is invalid with fields of schema 1 beside those of schema 2 (CVE-2021-41190)', () => {
    refusal('invalid-manifest', () => read({ ...manifest, fsLayers: [] }, types.docker));
    refusal('invalid-manifest', () => read({ ...index, fsLayers: [] }, types.list));
  });

  for (const shape of [
    { schemaVersion: 2 },
    { schemaVersion: 2, config },
    { schemaVersion: 2, layers: [] },
    { schemaVersion: 2, errors: [] },
  ]) {
    it(`is invalid without a shape: ${Object.keys(shape).join(' and ')}`, () => {
      refusal('invalid-manifest', () => read(shape, ''));
    });
  }

  for (const type of [
    'text/html',
    'application/vnd.oci.artifact.manifest.v1+json',
    'application/vnd.oci.image.config.v1+json',
    'application/xml',
    'text/json',
    '*/*',
    types.index.replace('v1', 'v2'),
  ]) {
    it(`is unsupported when it is unknown: ${type}`, () => {
      assert.match(
        textOf(refusal('unsupported', () => read(manifest, type))),
        /neither that of an index nor of a manifest.*login page/,
      );
      refusal('unsupported', () => read({ ...manifest, mediaType: type }, 'application/json'));
    });
  }

  it('is unsupported before the body is read, so that a login page is named as such', () => {
    refusal('unsupported', () => read('<html>please log in</html>', 'text/html'));
  });

  for (const field of [1, true, [], {}, [types.manifest]]) {
    it(`is invalid when the field is no text: ${JSON.stringify(field)}`, () => {
      refusal('invalid-manifest', () => read({ ...manifest, mediaType: field }, types.manifest));
    });
  }

  it('has the type of its shape where its field is null or empty, as nydus and oras write it', () => {
    for (const mediaType of [null, '']) {
      assert.equal(read({ ...manifest, mediaType }, '').mediaType, types.manifest);
      assert.equal(read({ ...manifest, mediaType }, types.docker).mediaType, types.docker);
      assert.equal(read({ ...index, mediaType }, 'application/json').mediaType, types.index);
      refusal('invalid-manifest', () => read({ ...index, mediaType }, types.manifest));
    }
  });

  it('is decided by what is there beside a null of the other kind, as Go writes an absent list', () => {
    for (const absent of [{ config: null }, { layers: null }, { config: null, layers: null }]) {
      assert.equal(read({ ...index, ...absent }, '').mediaType, types.index);
    }
    assert.equal(read({ ...manifest, manifests: null }, '').mediaType, types.manifest);
    refusal('invalid-manifest', () =>
      read({ schemaVersion: 2, config: null, layers: null, manifests: [] }, types.manifest),
    );
  });
});

describe('a schema 1 manifest', () => {
  const schema1 = {
    schemaVersion: 1,
    name: 'library/x',
    tag: 'y',
    architecture: 'amd64',
    fsLayers: [],
    history: [],
    signatures: [],
  };
  const types1 = [
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ];
  for (const type of [
    ...types1,
    'Application/vnd.docker.distribution.manifest.v1+PRETTYJWS; charset=utf-8',
    '',
    'application/json',
    types.docker,
  ]) {
    it(`is unsupported, by name: Content-Type ${JSON.stringify(type)}`, () => {
      assert.match(textOf(refusal('unsupported', () => read(schema1, type))), /schema 1.*Push the image again/);
    });
  }

  for (const type of types1) {
    it(`is unsupported when its field says so: ${type}`, () => {
      assert.match(
        refusal('unsupported', () => read({ ...manifest, mediaType: type }, 'application/json')).message,
        /schema 1/,
      );
    });
  }
});

/** Documents that some reader takes, each with something that is not as it must be. */
const malformed: Readonly<Record<string, readonly unknown[]>> = {
  'another schemaVersion than 2': [
    { ...manifest, schemaVersion: undefined },
    { ...manifest, schemaVersion: 3 },
    { ...manifest, schemaVersion: 0 },
    { ...manifest, schemaVersion: '2' },
    { ...manifest, schemaVersion: null },
    { ...manifest, schemaVersion: [2] },
    { ...manifest, schemaVersion: 2.5 },
    JSON.stringify(manifest).replace(':2,', ':2.0,'),
    JSON.stringify(manifest).replace(':2,', ':2e0,'),
  ],
  'no object at its root': ['[]', 'null', '2', '"x"', 'true', `[${JSON.stringify(manifest)}]`],
  'another type where a list must be': [
    { ...manifest, layers: {} },
    { ...manifest, layers: 'x' },
    { ...manifest, layers: { 0: layer, length: 1 } },
    { ...index, manifests: {} },
    { ...index, manifests: entry },
  ],
  'another type where a descriptor must be': [
    { ...manifest, config: null },
    { ...manifest, config: [] },
    { ...manifest, config: digest('c') },
    { ...manifest, layers: [null] },
    { ...manifest, layers: [[layer]] },
    { ...manifest, layers: [digest('1')] },
    { ...index, manifests: ['x'] },
    { ...index, manifests: [entry, null] },
  ],
  'a descriptor that lacks something': [
    ...['mediaType', 'digest', 'size'].flatMap((field) => [
      { ...manifest, config: { ...config, [field]: undefined } },
      { ...manifest, layers: [layer, { ...layer, [field]: undefined }] },
      { ...index, manifests: [{ ...entry, [field]: undefined }] },
      { ...index, manifests: [{ ...entry, [field]: null }] },
    ]),
    { ...manifest, config: {} },
  ],
  'a size that is none': [-1, 1.5, '7', null, true, [7], 2 ** 53, 1e300].map((size) => ({
    ...manifest,
    layers: [{ ...layer, size }],
  })),
  'a media type that is no text': ['', 1, null, [types.manifest], {}].map((mediaType) => ({
    ...index,
    manifests: [{ ...entry, mediaType }],
  })),
  'annotations that are no map of texts': [[], 'x', 1, { a: 1 }, { a: ['b'] }, { a: { b: 'c' } }].flatMap(
    (annotations) => [
      { ...manifest, annotations },
      { ...index, annotations },
      { ...index, manifests: [{ ...entry, annotations }] },
    ],
  ),
  'a platform that is none': [
    [],
    'linux/amd64',
    1,
    true,
    { os: 1 },
    { architecture: [] },
    { os: 'linux', variant: 7 },
    { os: 'linux', 'os.version': {} },
    { os: 'linux', 'os.features': 'a' },
    { os: 'linux', 'os.features': [1] },
  ].map((platform) => ({ ...index, manifests: [{ ...entry, platform }] })),
};

/** Documents with a key that Go's reader, blind to case, takes for another. */
const caseVariants: readonly unknown[] = [
  { ...manifest, SchemaVersion: 2 },
  { ...manifest, MediaType: types.index },
  { ...manifest, Manifests: [] },
  { ...index, Config: config },
  { ...index, LAYERS: [] },
  { ...manifest, Annotations: {} },
  { ...manifest, 'layer\u017f': [] },
  { ...manifest, config: { ...config, Digest: digest('d') } },
  { ...manifest, layers: [{ ...layer, '\u017fize': 1 }] },
  { ...index, manifests: [{ ...entry, DIGEST: digest('d') }] },
  { ...index, manifests: [{ ...entry, Platform: {} }] },
  { ...index, manifests: [{ ...entry, platform: { OS: 'linux' } }] },
  { ...index, manifests: [{ ...entry, platform: { os: 'linux', Architecture: 'arm' } }] },
  { ...manifest, Subject: {} },
  { ...manifest, config: { ...config, URLs: [] } },
  { ...manifest, FSLayers: [] },
];

describe('a document', () => {
  for (const [what, cases] of Object.entries(malformed)) {
    for (const document of cases) {
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      it(`with ${what} is invalid-manifest: ${text
        .replaceAll(/(.)\1{63}/g, '$1…')
        .replaceAll(/application\/vnd[^"]*/g, '…')
        .slice(0, 120)}`, () => {
        refusal('invalid-manifest', () => read(document, ''));
      });
    }
  }

  for (const document of caseVariants) {
    const keys = JSON.stringify(document)
      .match(/"[^":]+":/g)
      ?.join(' ');
    it(`with a key that differs from a known one only in case is invalid-manifest (CVE-2021-41190): ${keys}`, () => {
      assert.match(refusal('invalid-manifest', () => read(document, '')).message, /only in case/);
    });
  }

  it('may have annotations that differ only in case, or are named like fields', () => {
    const annotations = { Config: 'a', config: 'b', MEDIATYPE: 'c', constructor: 'd' };
    assert.deepEqual({ ...read({ ...manifest, annotations }).annotations }, annotations);
    assert.equal(read({ ...index, manifests: [{ ...entry, annotations }] }).kind, 'index');
  });

  for (const [what, [from, to]] of Object.entries({
    'two documents': [/$/, '{}'],
    'a byte order mark': [/^/, '\ufeff'],
    'a duplicate key at its root': [/^\{/, '{"layers":[],'],
    'a duplicate key in its config': [/"size":7/, '"size":7,"size":8'],
    'a duplicate key by an escape': [/"size":7/, '"size":7,"s\\u0069ze":8'],
    'a comma too many': [/\}$/, ',}'],
    'more than 64 levels': [/\}$/, `,"x":${'['.repeat(64)}${']'.repeat(64)}}`],
  } as const)) {
    it(`with ${what} is not strict JSON (CVE-2021-41190 and its kind)`, () => {
      assert.equal(read(manifest, '').kind, 'manifest');
      assert.match(
        refusal('invalid-manifest', () => read(JSON.stringify(manifest).replace(from, to), '')).message,
        /Not strict JSON/,
      );
    });
  }

  for (const bad of [
    '../../../etc/passwd',
    'sha256:../../../../etc/passwd',
    `sha256:${'a'.repeat(63)}/`,
    'sha256:',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(65)}`,
    `${digest('a')}?x=y`,
    `${digest('a')}\n`,
    '',
    'latest',
  ]) {
    it(`with the digest ${JSON.stringify(bad).slice(0, 40)} is refused before it reaches a URL or a path (CVE-2024-3727)`, () => {
      for (const document of [
        { ...manifest, config: { ...config, digest: bad } },
        { ...manifest, layers: [{ ...layer, digest: bad }] },
        { ...index, manifests: [{ ...entry, digest: bad }] },
      ]) {
        refusal('invalid-manifest', () => read(document, ''));
      }
    });
  }

  it('with a digest of an unknown algorithm is unsupported', () => {
    refusal('unsupported', () => read({ ...manifest, layers: [{ ...layer, digest: `sha384:${'a'.repeat(96)}` }] }, ''));
  });

  it('may have a key named __proto__, which is data', () => {
    const text = JSON.stringify({ ...manifest, annotations: {} }).replace(
      '"annotations":{}',
      '"annotations":{"__proto__":"a"},"__proto__":{"manifests":[]}',
    );
    assert.deepEqual(Object.entries(read(text).annotations), [['__proto__', 'a']]);
  });

  it('throws nothing but ActionError, whatever its fields are', () => {
    const anything = fc.jsonValue({ maxDepth: 2 });
    const maybe = <T>(value: T) => fc.oneof(fc.constant(value), anything);
    const descriptor = fc.oneof(
      anything,
      fc.record(
        {
          mediaType: maybe(types.manifest),
          digest: maybe(digest('a')),
          size: maybe(1),
          platform: anything,
          annotations: anything,
        },
        { requiredKeys: [] },
      ),
    );
    const document = fc.record(
      {
        schemaVersion: maybe(2),
        mediaType: maybe(types.manifest),
        config: descriptor,
        layers: fc.array(descriptor, { maxLength: 2 }),
        manifests: fc.array(descriptor, { maxLength: 2 }),
        annotations: anything,
      },
      { requiredKeys: ['schemaVersion'] },
    );
    fc.assert(
      fc.property(
        document,
        fc.oneof(fc.constantFrom(...Object.values(types), '', 'application/json'), fc.string()),
        (value, type) => {
          const parsed = settle(() => read(value, type));
          if (!(parsed instanceof ActionError)) assert.equal(parsed.kind, 'manifests' in value ? 'index' : 'manifest');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('with 90,000 keys or 10,000 layers is read in linear time', () => {
    const keys = Array.from({ length: 90_000 }, (_, at) => `"key ${at}":1`).join();
    assert.equal(read(JSON.stringify(manifest).replace('{', `{${keys},`), '').kind, 'manifest');
    const document = read({ ...manifest, layers: new Array(10_000).fill(layer) });
    assert.equal(document.kind === 'manifest' && document.layers.length, 10_000);
  });
});
