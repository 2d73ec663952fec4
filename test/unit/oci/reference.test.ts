import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionError } from '../../../src/error.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import {
  formatReference,
  nameOf,
  parseReference,
  parseRegistry,
  wireHost,
  withoutUserinfo,
} from '../../../src/oci/reference.ts';
import { refusal, settle, textOf } from '../../support/refusals.ts';
import { anyText } from '../../support/texts.ts';

const sha256 = `sha256:${'f'.repeat(64)}`;
const sha512 = `sha512:${'f'.repeat(128)}`;
const hex = '1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a';

/** What people write, and what docker takes it for. Many are from the tests of distribution/reference. */
const accepted: Readonly<Record<string, string>> = {
  nginx: 'docker.io/library/nginx:latest',
  a: 'docker.io/library/a:latest',
  'nginx:1.27': 'docker.io/library/nginx:1.27',
  'docker:dind': 'docker.io/library/docker:dind',
  'registry:2': 'docker.io/library/registry:2',
  test_com: 'docker.io/library/test_com:latest',
  'test.com:tag': 'docker.io/library/test.com:tag',
  'ghcr.io': 'docker.io/library/ghcr.io:latest',
  'lowercase:Uppercase': 'docker.io/library/lowercase:Uppercase',
  'bitnami/redis': 'docker.io/bitnami/redis:latest',
  'library/ubuntu': 'docker.io/library/ubuntu:latest',
  'library/foo/bar': 'docker.io/library/foo/bar:latest',
  'docker/docker': 'docker.io/docker/docker:latest',
  'foo/foo_bar.com:8080': 'docker.io/foo/foo_bar.com:8080',
  'test_com/foo': 'docker.io/test_com/foo:latest',
  'docker---rules/docker': 'docker.io/docker---rules/docker:latest',
  'dock__er/d': 'docker.io/dock__er/d:latest',
  'localhost/foo': 'localhost/foo:latest',
  'localhost:5000/foo:5000': 'localhost:5000/foo:5000',
  'LocalHost:5000/foo': 'localhost:5000/foo:latest',
  'GHCR.io/owner/image': 'ghcr.io/owner/image:latest',
  'Host:5000/a': 'host:5000/a:latest',
  'test:5000/repo': 'test:5000/repo:latest',
  'host:1/a': 'host:1/a:latest',
  'host:65535/a': 'host:65535/a:latest',
  'b.gcr.io/test.example.com/my-app:test.example.com': 'b.gcr.io/test.example.com/my-app:test.example.com',
  'registry.io/foo/project--id.module--name.ver---sion--name':
    'registry.io/foo/project--id.module--name.ver---sion--name:latest',
  'xn--n3h.com/myimage:xn--n3h.com': 'xn--n3h.com/myimage:xn--n3h.com',
  '192.168.1.1/repo': '192.168.1.1/repo:latest',
  '127.0.0.1:5000/library/debian': '127.0.0.1:5000/library/debian:latest',
  '127.0.0.1:5000/debian': '127.0.0.1:5000/debian:latest',
  '[::1]:5000/repo': '[::1]:5000/repo:latest',
  '[2001:db8::1]/repo': '[2001:db8::1]/repo:latest',
  '[2001:db8:1:2:3:4:5:6]/repo:tag': '[2001:db8:1:2:3:4:5:6]/repo:tag',
  'registry.hub.docker.com/library/nginx': 'registry.hub.docker.com/library/nginx:latest',
  [`docker.io/${hex}`]: `docker.io/library/${hex}:latest`,
  [`${hex.slice(1)}`]: `docker.io/library/${hex.slice(1)}:latest`,
  thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev:
    'docker.io/library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev:latest',
};

/** Each kind of mistake, examples of it, and what the refusal says of it. */
const refused: Readonly<Record<string, { texts: readonly string[]; says: RegExp }>> = {
  'nothing at all': { texts: ['', 'docker://', 'oci://'], says: /empty/ },
  'upper case in the path': {
    texts: [
      'Nginx',
      'Uppercase:tag',
      'Uppercase/lowercase:tag',
      'docker/Docker',
      'ghcr.io/Owner/Repo',
      'test:5000/Up/low',
      `A@${sha256}`,
    ],
    says: /repository names are lower case.*github\.repository/,
  },
  'a URL': {
    texts: ['http://nginx', 'https://ghcr.io/o/i', 'HTTPS://ghcr.io/o/i:tag', 'docker://https://ghcr.io/o/i'],
    says: /it is a URL.*without http:\/\/ or https:\/\//,
  },
  'the transport of another tool': {
    texts: [
      'docker-daemon:nginx:latest',
      'containers-storage:nginx',
      'dir:/tmp/x',
      'ostree:x',
      'sif:x.sif',
      'tarball:x.tar',
    ],
    says: /local image.*as for docker pull/,
  },
  'the transport of another tool for a layout': {
    texts: ['oci:layout', 'oci-archive:layout', 'docker-archive:layout', 'OCI:layout'],
    says: /local image.*Write oci-layout:\/\/layout/,
  },
  'a digest without a repository': {
    texts: [sha256, sha512, 'sha256:abc', hex, `docker://${hex}`],
    says: /without a repository.*name@sha256:/,
  },
  'a registry without a repository': {
    texts: ['localhost:5000', 'LOCALHOST:5000', `localhost:5000@${sha256}`],
    says: /names a registry and no repository.*Add the repository/,
  },
  'a user name or password': {
    texts: [
      'user@ghcr.io/o/i',
      'user:secret@ghcr.io/o/i:tag',
      'user:secret@ghcr.io:5000/o/i',
      'user:secret@ghcr.io:5000',
      'user:se@cret@ghcr.io/o/i',
      'name@latest',
      'name@',
    ],
    says: /follows the @ is not a digest.*inputs of that name/,
  },
  'white space, control characters or letters beyond ASCII': {
    texts: [
      'a b',
      'nginx latest',
      'nginx\t',
      'nginx\n',
      ' nginx',
      'nginx\u0000',
      'nginx\u007f',
      'ngınx',
      'nginx\u200b',
      'nginx\u00a0',
      'ghcr。io/a',
      'bücher.de/a',
      '{{ x }}',
    ],
    says: /white space or a character that is not ASCII/,
  },
  'no host before the slash': {
    texts: [
      '-docker.io/a',
      'docker-.io/a',
      'foo..com/a',
      'foo.com./a',
      '.com/a',
      'a_b.com:80/a',
      'host:/a',
      'host:http/a',
      'host:0/a',
      'host:65536/a',
      'fc00::1:5000/a',
      '[fe80::1%eth0]:5000/a',
      '[2001:db8:3:4::192.0.2.33]:5000/a',
      '[::1/a',
      'ftp://host/a',
      'file:///a',
    ],
    says: /is not a host.*1 to 65535/,
  },
  'a host that a URL reads as another': {
    texts: ['127.1/a', '0x7f.1/a', '2130706433:80/a', '0177.0.0.1/a', '256.1.1.1/a'],
    says: /is not a host.*four decimal parts/,
  },
  'no path': {
    texts: ['ghcr.io/', 'localhost/', 'docker.io/', ':justtag', `@${sha256}`, `:tag@${sha256}`, '/', '.'],
    says: /is not a repository path/,
  },
  'separators where none may be': {
    texts: [
      '-foo',
      'foo-',
      'foo/-bar',
      'foo-/bar',
      '_foo/bar',
      '.foo',
      'foo.',
      'a..b',
      'a.-b',
      'a_.b',
      'a-_b',
      'a___b',
      '____/____',
      'ghcr.io/..dots/a',
      'docker_/docker_',
    ],
    says: /is not a repository path.*single separators/,
  },
  'a path that climbs or has an empty part': {
    texts: ['a//b', '//a', '/a', 'a/', 'docker///docker', 'a/../b', '../a', 'ghcr.io/../a', 'a/./b', 'ghcr.io//a'],
    says: /is not a (?:repository path|host)/,
  },
  'a character that a URL treats in its own way': {
    texts: [
      'a%2fb',
      'nginx%3Alatest',
      'nginx?x=y',
      'nginx#x',
      'a\\b',
      'ghcr.io\\a',
      'a^b',
      'aa/asdf$$^/aa',
      'ghcr.io/a;b',
      'a,b',
      '~a',
      '"nginx"',
    ],
    says: /is not a repository path|is not a host/,
  },
  'no tag': {
    texts: [
      'nginx:',
      'nginx:.tag',
      'nginx:-tag',
      'nginx:a~b',
      'nginx:a+b',
      'nginx:%41',
      `nginx:${'a'.repeat(129)}`,
      `nginx:@${sha256}`,
    ],
    says: /is not a tag.*1 to 128/,
  },
  'two tags': { texts: ['nginx:a:b', 'a/b:c/d'], says: /is not a repository path/ },
  'a digest that is none': {
    texts: [
      'nginx@sha256:abc',
      `nginx@${sha256.slice(0, -1)}`,
      `nginx@sha256:${'F'.repeat(64)}`,
      `nginx@${sha256}:tag`,
      'nginx@sha256:',
      `nginx@sha512:${'f'.repeat(64)}`,
    ],
    says: /^"(?:nginx|…)@.* cannot be used: .*is not a digest.*lower-case hexadecimal/,
  },
  'two digests': { texts: [`nginx@${sha256}@${sha256}`], says: /@ is not a digest/ },
};

describe('a reference', () => {
  for (const [text, canonical] of Object.entries(accepted)) {
    it(`${text} is ${canonical}`, () => {
      assert.equal(formatReference(parseReference(text)), canonical);
    });
  }

  for (const [what, { texts, says }] of Object.entries(refused)) {
    for (const text of texts) {
      it(`with ${what} is refused with a hint: ${JSON.stringify(text).slice(0, 60)}`, () => {
        assert.match(textOf(refusal('invalid-input', () => parseReference(text))), says);
      });
    }
  }

  for (const prefix of ['docker://', 'oci://']) {
    it(`may begin with ${prefix}, once`, () => {
      assert.equal(formatReference(parseReference(`${prefix}ghcr.io/o/i:tag`)), 'ghcr.io/o/i:tag');
      refusal('invalid-input', () => parseReference(`${prefix}${prefix}ghcr.io/o/i`));
    });
  }

  for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'Index.Docker.IO']) {
    it(`on ${name} is on the one Docker Hub`, () => {
      assert.equal(nameOf(parseReference(`${name}/nginx`)), 'docker.io/library/nginx');
      assert.equal(nameOf(parseReference(`${name}/a/b`)), 'docker.io/a/b');
      assert.equal(parseRegistry(name), 'docker.io');
    });
  }

  it('on the Hub is requested at registry-1.docker.io, elsewhere at its own host', () => {
    assert.equal(wireHost('docker.io'), 'registry-1.docker.io');
    assert.equal(wireHost('ghcr.io:443'), 'ghcr.io:443');
  });

  it('has the tag latest, unless it has a digest', () => {
    assert.equal(parseReference('nginx').tag, 'latest');
    assert.deepEqual(
      { ...parseReference(`nginx@${sha256}`) },
      { registry: 'docker.io', path: 'library/nginx', tag: undefined, digest: sha256 },
    );
  });

  it('with a tag and a digest has both', () => {
    const { tag, digest } = parseReference(`localhost:5000/a/b:v1@${sha512}`);
    assert.deepEqual([tag, digest], ['v1', sha512]);
  });

  for (const digest of [
    `sha384:${'f'.repeat(96)}`,
    'md5:d41d8cd98f00b204e9800998ecf8427e',
    `invaliddigest:${'f'.repeat(64)}`,
  ]) {
    it(`with a digest of an algorithm that cannot be verified is unsupported: ${digest.slice(0, 16)}`, () => {
      refusal('unsupported', () => parseReference(`validname@${digest}`));
    });
  }

  it('has a path of at most 255 characters, the host not counted', () => {
    const longest = `${'a/'.repeat(127)}a`;
    assert.equal(longest.length, 255);
    for (const host of ['', 'registry.example.com:5000/']) {
      assert.equal(parseReference(`${host}${longest}:tag-puts-this-over-max`).path, longest);
      assert.match(refusal('invalid-input', () => parseReference(`${host}${longest}a:tag`)).message, /longer than 255/);
    }
    assert.equal(parseReference('a'.repeat(247)).path.length, 255);
    assert.match(refusal('invalid-input', () => parseReference('a'.repeat(248))).message, /longer than 255/);
  });

  it('has at most 1024 characters in all, of which a refusal shows few', () => {
    const error = refusal('invalid-input', () => parseReference(`${'x/'.repeat(511)}xyz`));
    assert.match(error.message, /longer than 1024 characters/);
    assert.ok(error.message.length < 200);
  });

  it('has a tag of at most 128 characters', () => {
    const tag = `_${'A.-'.repeat(42)}z`;
    assert.equal(parseReference(`nginx:${tag}`).tag, tag);
    assert.equal(tag.length, 128);
  });

  for (const text of [
    'user:hunter2@ghcr.io/o/i',
    'user:hunter2@ghcr.io:5000/o/i',
    'u:hunter2@x@ghcr.io/o/i',
    'http://u:hunter2@ghcr.io/o/i',
    'u ser:hunter2@ghcr.io/o/i',
    `user:hunter2@ghcr.io/o/i@${sha256}`,
    'user:hunter2@ghcr.io/o/i@sha256:abc',
  ]) {
    it(`with a password is refused without showing it: ${text.replace('hunter2', '…')}`, () => {
      const error = settle(() => parseReference(text));
      assert.ok(error instanceof ActionError && !textOf(error).includes('hunter2'), String(error));
    });
  }

  for (const text of [
    'nginx@latest',
    'ghcr.io/o/i@latest',
    'ghcr.io/o/i:v1@sha256:abc',
    `nginx@${sha256}@${sha256}`,
    'ghcr.io/O/I:v1',
    'a b@c',
  ]) {
    it(`without a password is shown as it was written, as of several lines the reader has to find the one: ${text.slice(0, 30)}`, () => {
      const { message } = refusal('invalid-input', () => parseReference(text));
      assert.ok(message.includes(`"${text}"`), message);
    });
  }

  it('is shown whole, but for user name and password before a host and a slash', () => {
    for (const text of ['nginx:1', `nginx:1@${sha256}`, 'a@b', 'o/i@latest', `o/i:1@${sha256}`]) {
      assert.equal(withoutUserinfo(text), text);
    }
    for (const host of ['ghcr.io', 'ghcr.io:5000', '[::1]:5000', 'localhost']) {
      assert.equal(withoutUserinfo(`user:hunter2@${host}/o/i@${sha256}`), `…@${host}/o/i@${sha256}`);
    }
  });
});

/** References in their canonical spelling, of every shape. */
const references = (() => {
  const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const separator = fc.constantFrom('.', '_', '__', '-', '---');
  const component = fc
    .tuple(alphanumeric, fc.array(fc.tuple(separator, alphanumeric), { maxLength: 3 }))
    .map(([first, rest]) => `${first}${rest.flat().join('')}`);
  const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
  const name = fc.oneof(
    fc.domain(),
    fc.constant('localhost'),
    fc.ipV4(),
    fc.ipV6().map((address) => new URL(`http://[${address}]`).hostname),
  );
  const host = fc.tuple(name, port).map(([text, number]) => (number === undefined ? text : `${text}:${number}`));
  return fc.record({
    host: host.filter((text) => parseRegistry(text) === text),
    path,
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/),
    digest: fc
      .tuple(fc.uint8Array(), fc.constantFrom('sha256', 'sha512'))
      .map(([bytes, algorithm]) => digestOf(bytes, algorithm)),
    ending: fc.constantFrom('tag', 'digest', 'both'),
  });
})();

describe('parsing a reference', () => {
  it('is undone by formatting', () => {
    fc.assert(
      fc.property(references, ({ host, path, tag, digest, ending }) => {
        const text = `${host}/${path}${ending === 'digest' ? '' : `:${tag}`}${ending === 'tag' ? '' : `@${digest}`}`;
        const reference = parseReference(text);
        assert.equal(formatReference(reference), text);
        assert.deepEqual(parseReference(formatReference(reference)), reference);
      }),
    );
  });

  it('throws nothing but ActionError, and what it takes is canonical and safe in a URL', () => {
    const pieces = fc.constantFrom(
      'nginx',
      'Library',
      '/',
      ':',
      '@',
      '.',
      '..',
      '-',
      '_',
      '5000',
      'localhost',
      'ghcr.io',
      '[::1]',
      sha256,
      'sha256:',
      '//',
      '%',
      'docker://',
      '?',
      '#',
      ' ',
      '\u0000',
      '\ud800',
    );
    const text = fc.oneof(
      anyText,
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        const reference = settle(() => parseReference(written));
        if (reference instanceof ActionError) return;
        assert.deepEqual(parseReference(formatReference(reference)), reference);
        const target = reference.digest ?? reference.tag ?? '';
        const url = new URL(`https://${wireHost(reference.registry)}/v2/${reference.path}/manifests/${target}`);
        assert.equal(url.pathname, `/v2/${reference.path}/manifests/${target}`);
        assert.equal(`${url.username}${url.password}${url.search}${url.hash}`, '');
      }),
      { numRuns: 1000 },
    );
  });

  for (const [what, text] of Object.entries({
    letters: 'a'.repeat(2 ** 20),
    separators: 'a-'.repeat(2 ** 19),
    slashes: '/'.repeat(2 ** 20),
    colons: ':'.repeat(2 ** 20),
    'at signs': '@'.repeat(2 ** 20),
    'dots in a host': `${'a.'.repeat(2 ** 19)}/a`,
    'letters, just few enough to be read': `${'a'.repeat(240)}!`,
    'separators, just few enough to be read': `${'a-'.repeat(120)}!`,
    'double underscores, just few enough to be read': `${'a__'.repeat(80)}!`,
    'dots in a host, just short enough to be read': `${'a.'.repeat(500)}/a`,
  })) {
    it(`takes linear time for ${what}`, () => {
      refusal('invalid-input', () => parseReference(text));
    });
  }
});
