import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type InputName, inputDefaults, type Machine } from '../../../src/action/input-table.ts';
import { readInputs } from '../../../src/action/inputs.ts';
import { formatPlatform } from '../../../src/oci/platform.ts';
import { formatSource } from '../../../src/oci/source.ts';
import { failsWith } from '../../support/transport.ts';

const machine: Machine = { platform: 'linux', homeFolder: '/home/runner', userId: 1001 };
const digest = `sha256:${'a'.repeat(64)}`;

/** Reads these inputs, as the runner gives them, with an image. */
function read(inputs: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) {
  const variables = Object.entries({ image: 'nginx', ...inputs }).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return readInputs({ ...Object.fromEntries(variables), ...env }, machine);
}

describe('inputs that are not given', () => {
  test('have the defaults of the table', () => {
    const { images, platforms, gates, ...rest } = read();
    assert.deepEqual(
      images.map(({ text, source }) => [text, formatSource(source)]),
      [['nginx', 'docker.io/library/nginx:latest']],
    );
    assert.deepEqual(platforms === 'all' ? [] : platforms.map(formatPlatform), ['linux/amd64']);
    assert.deepEqual(
      Object.entries(gates).filter(([, value]) => value !== undefined),
      [['verifyBlobs', false]],
    );
    assert.deepEqual(
      [rest.inspect, rest.failOnMissing, rest.summary, rest.waitTimeoutMs, rest.waitIntervalMs, rest.timeoutMs],
      [false, true, true, 0, 5000, 120_000],
    );
    assert.deepEqual(
      [rest.compareWith, rest.baseImage, rest.authHosts.size, rest.plainHttp.size],
      [undefined, undefined, 0, 0],
    );
  });

  test('are the same as inputs that have their defaults', () => {
    assert.deepEqual(read({ ...inputDefaults, image: 'nginx' }), read());
  });

  const mayBeEmpty = (Object.keys(inputDefaults) as InputName[]).filter(
    (name) =>
      ![
        ...['image', 'expected-digest', 'expected-labels', 'require-platforms', 'require-referrers'],
        ...['verify-blobs', 'fail-on-missing', 'runners', 'predicate-type', 'transparency-log', 'attested-digest'],
      ].includes(name),
  );
  const plain = mayBeEmpty.filter((name) => inputDefaults[name] !== 'none');
  for (const name of plain) {
    test(`are the same as an empty one: ${name}`, () => {
      assert.deepEqual(read({ [name]: ' \n ' }), read());
    });
  }
});

describe('a gate', () => {
  const gates: Readonly<Record<string, string>> = {
    'expected-digest': digest,
    'expected-labels': 'a=b',
    'require-platforms': 'linux/arm64',
  };
  for (const [name, value] of Object.entries(gates)) {
    test(`that arrives empty is invalid-input, as a dropped output looks so: ${name}`, () => {
      for (const empty of ['', ' ', '\n\n']) {
        assert.throws(
          () => read({ [name]: empty }),
          failsWith('invalid-input', `${name} is empty`, 'may have been dropped or misspelt', 'write none'),
        );
      }
    });

    test(`that demands nothing is invalid-input: ${name}`, () => {
      if (name === 'expected-labels') assert.throws(() => read({ [name]: ',' }), failsWith('invalid-input'));
      else assert.throws(() => read({ [name]: ' , ,\n' }), failsWith('invalid-input', 'nothing to check'));
    });

    test(`is not set by none, which stands alone and in lower case: ${name}`, () => {
      assert.deepEqual(read({ [name]: ' none ' }), read());
      for (const text of [`none\n${value}`, `${value}\nnone`, 'None', 'NONE', 'none\nnone']) {
        assert.throws(() => read({ [name]: text }), failsWith('invalid-input'), text);
      }
    });

    test(`that is bad is named: ${name}`, () => {
      assert.throws(() => read({ [name]: 'junk/' }), failsWith('invalid-input', `The input ${name}`));
    });
  }

  for (const name of ['verify-blobs', 'fail-on-missing'] as const) {
    test(`that is a boolean is invalid-input when it arrives empty, too: ${name}`, () => {
      assert.throws(() => read({ [name]: ' ' }), failsWith('invalid-input', `${name} is empty`));
      assert.throws(() => read({ [name]: 'yes' }), failsWith('invalid-input', name));
    });
  }

  test('has what it demands', () => {
    const { gates: settings, inspect } = read({
      'expected-digest': `${digest}, sha512:${'b'.repeat(128)}`,
      'expected-labels': 'a=b,c=d\n e = f=g \nempty=',
      'require-platforms': 'linux/arm64/v8\nlinux/amd64',
      'verify-blobs': 'True',
    });
    assert.deepEqual(settings.expectedDigests, [digest, `sha512:${'b'.repeat(128)}`]);
    assert.deepEqual(settings.expectedLabels, [
      ['a', 'b,c=d'],
      ['e ', ' f=g'],
      ['empty', ''],
    ]);
    assert.deepEqual(settings.requiredPlatforms?.map(formatPlatform), ['linux/arm64', 'linux/amd64']);
    assert.equal(settings.verifyBlobs, true);
    assert.equal(inspect, true, 'labels are in the config');
  });

  test('with a digest of another algorithm is unsupported', () => {
    assert.throws(() => read({ 'expected-digest': `sha384:${'a'.repeat(96)}` }), failsWith('unsupported'));
  });
});

describe('images', () => {
  test('are one a line, in order, also those that repeat others', () => {
    const { images } = read({ image: ' nginx \r\n\nghcr.io/o/i:1\ndocker.io/library/nginx\n' });
    assert.deepEqual(
      images.map(({ text, source }) => [text, formatSource(source)]),
      [
        ['nginx', 'docker.io/library/nginx:latest'],
        ['ghcr.io/o/i:1', 'ghcr.io/o/i:1'],
        ['docker.io/library/nginx', 'docker.io/library/nginx:latest'],
      ],
    );
  });

  test('must be there, and be references', () => {
    for (const image of ['', ' \n '])
      assert.throws(() => read({ image }), failsWith('invalid-input', 'image', 'empty'));
    for (const image of ['Nginx', 'nginx,redis', 'nginx\nhttps://x/y']) {
      assert.throws(() => read({ image }), failsWith('invalid-input'), image);
    }
  });
});

describe('platforms', () => {
  const platforms = (platform: string) => {
    const { platforms: read_ } = read({ platform });
    return read_ === 'all' ? 'all' : read_.map(formatPlatform);
  };

  test('are a list, normalised, each once', () => {
    assert.deepEqual(platforms('linux/arm64/v8, linux/x86_64\nlinux/amd64'), ['linux/arm64', 'linux/amd64']);
  });

  test('are all by that word alone, in any case', () => {
    for (const text of ['all', 'ALL', ' All ']) assert.equal(platforms(text), 'all');
    assert.throws(() => platforms('all, linux/amd64'), failsWith('invalid-input', 'platform', 'all'));
    assert.throws(() => platforms('all\nall'), failsWith('invalid-input'));
  });

  test('that are none, or bad, are refused by name', () => {
    assert.throws(() => platforms(','), failsWith('invalid-input', 'platform'));
    assert.throws(() => platforms('amd64'), failsWith('invalid-input', 'The input platform', '"amd64"'));
  });
});

describe('hosts', () => {
  test('of auth-hosts are pairs, several for a registry, the Hub under its one name', () => {
    const { authHosts } = read({
      'auth-hosts': 'R.example:5000 = auth.example\nr.example:5000=B.example:8443,index.docker.io=c.example',
    });
    assert.deepEqual(
      [...authHosts].map(([registry, hosts]) => [registry, ...hosts]),
      [
        ['r.example:5000', 'auth.example', 'b.example:8443'],
        ['docker.io', 'c.example'],
      ],
    );
  });

  for (const line of [
    'r.example',
    'r.example=',
    '=h.example',
    'a=b=c',
    'https://r.example=h.example',
    'r.example=http://h/',
  ]) {
    test(`of auth-hosts that are no pair are refused: ${line}`, () => {
      assert.throws(() => read({ 'auth-hosts': line }), failsWith('invalid-input', 'auth-hosts'));
    });
  }

  test('of plain-http are registries', () => {
    assert.deepEqual([...read({ 'plain-http': 'r.example:5000, 10.0.0.1' }).plainHttp], ['r.example:5000', '10.0.0.1']);
    assert.throws(() => read({ 'plain-http': 'http://r.example' }), failsWith('invalid-input', 'plain-http'));
  });
});

describe('durations and booleans', () => {
  test('are read in milliseconds, by name where they are bad', () => {
    const inputs = read({
      timeout: '10m',
      'wait-timeout': '1h',
      'wait-interval': '30',
      inspect: 'TRUE',
      summary: 'False',
    });
    assert.deepEqual(
      [inputs.timeoutMs, inputs.waitTimeoutMs, inputs.waitIntervalMs, inputs.inspect, inputs.summary],
      [600_000, 3_600_000, 30_000, true, false],
    );
    for (const name of ['timeout', 'wait-timeout', 'wait-interval', 'inspect', 'summary']) {
      assert.throws(() => read({ [name]: 'soon' }), failsWith('invalid-input', name), name);
    }
  });

  test('are no time-out of nothing, in which nothing can be resolved', () => {
    assert.throws(() => read({ timeout: '0' }), failsWith('invalid-input', 'timeout'));
  });
});

test('references to compare with are read, and named where they are bad', () => {
  const { compareWith, baseImage } = read({ 'compare-with': 'a:1', 'base-image': 'b:2' });
  assert.equal(compareWith && formatSource(compareWith), 'docker.io/library/a:1');
  assert.ok(baseImage !== 'auto' && baseImage !== undefined);
  assert.equal(formatSource(baseImage), 'docker.io/library/b:2');
  for (const name of ['compare-with', 'base-image']) {
    assert.throws(() => read({ [name]: 'A' }), failsWith('invalid-input', `The input ${name}`));
  }
});

test('a proxy setting that cannot be read is refused, and not shown', () => {
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
    assert.throws(
      () => read({}, { [name]: 'user:secret@bad host:1' }),
      (error: unknown) => {
        failsWith('invalid-input', name)(error);
        assert.doesNotMatch(String((error as Error).message), /secret/);
        return true;
      },
    );
    assert.ok(read({}, { [name]: 'http://proxy:3128' }));
  }
});

test('variables of others do not matter', () => {
  assert.deepEqual(read({}, { INPUT_FOO: 'x', INSPECT: 'true', input_inspect: 'true' }).inspect, false);
});

test('two lines that would have one name in a layout are refused where one is exported', () => {
  const exported = (image: string) => read({ image, 'export-to': 'out' });
  for (const image of [
    'nginx\ndocker.io/library/nginx:latest',
    'oci-layout://a.tar:v1\noci-layout://b.tar:v1',
    'ghcr.io/o/i:1\noci-layout://a.tar:ghcr.io/o/i:1',
    'oci-layout://a.tar\noci-layout://a.tar',
  ]) {
    assert.throws(() => exported(image), failsWith('invalid-input', 'one name for each'), image);
    assert.equal(read({ image }).images.length, 2);
  }
  assert.equal(exported('nginx:1\nnginx:2\noci-layout://a.tar\noci-layout://b.tar').images.length, 4);
});
