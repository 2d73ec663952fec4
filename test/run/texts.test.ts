import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  altered,
  assertGreen,
  assertHarmless,
  assertRed,
  putApp,
  serveManifest,
  startRaw,
  withRegistry,
} from '../support/faults.ts';
import { descriptor, image, index, indexOf } from '../support/images.ts';
import type { Fault, TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const run = promisify(execFile);

/** Everything that a runner, a terminal or a reader could take for something else than text. */
const tricks = [
  '::error::pwned',
  '##[error]pwned',
  '###[group]x',
  '\n::set-output name=digest::sha256:0',
  '\r\n::add-mask::sha256',
  '\r##[add-mask]sha256',
  '\n  \u00a0::stop-commands::x',
  '\u2028::save-state name=a::b',
  '\u0085##[set-env name=PATH]x',
  '%0A::add-path::/tmp',
  '\u001b[2J\u001b]8;;http://evil.example\u0007\u009b1m',
  '\u202edesrever\u2066\u200b\ufeff',
];
const evil = tricks.join(' ');

/** The same as far as a header can carry it. */
const evilHeader = '::error::pwned ##[error]pwned %0A::add-mask::sha256 \u009b1m\u0085';

const errors = (message: string) => JSON.stringify({ errors: [{ code: evil, message }] });

const answer =
  (status: number, headers: Record<string, string>, body = errors(evil)): Fault =>
  ({ url = '' }, response) => {
    if (!url.startsWith('/v2/')) return false;
    response.writeHead(status, evilHeader, headers).end(body);
    return true;
  };

const token =
  (status: number, body: string): Fault =>
  ({ url = '', headers }, response) => {
    if (url.startsWith('/token')) response.writeHead(status).end(body);
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end();
    return true;
  };

interface Case {
  readonly name: string;
  readonly code: string;
  readonly arrange: (registry: TestRegistry) => Record<string, string> | undefined;
}

const fault =
  (play: Fault) =>
  (registry: TestRegistry): undefined => {
    registry.fault = play;
  };

const amd64 = image('linux/amd64');
/** An index whose entries have these fields of a platform besides those of amd64. */
const platforms = (all: readonly object[], inputs?: Record<string, string>) => (registry: TestRegistry) => {
  registry.putImage('app', amd64);
  const list = all.map((fields) => ({
    ...descriptor(amd64.manifest),
    platform: { ...amd64.platform, ...fields },
  }));
  registry.put('app', indexOf(list), '1');
  return inputs;
};

const cases: readonly Case[] = [
  { name: 'an error of a registry', code: 'registry-error', arrange: fault(answer(400, {})) },
  { name: 'an error that is no JSON', code: 'registry-error', arrange: fault(answer(400, {}, evil)) },
  { name: 'a 403', code: 'denied', arrange: fault(answer(403, {})) },
  { name: 'a 404', code: 'not-found', arrange: fault(answer(404, {})) },
  {
    name: 'an OAuth error',
    code: 'unauthorized',
    arrange: fault(token(401, JSON.stringify({ error: evil, error_description: evil }))),
  },
  { name: 'a token', code: 'registry-error', arrange: fault(token(200, JSON.stringify({ token: evil }))) },
  {
    name: 'an error with status 200 of a token service',
    code: 'registry-error',
    arrange: fault(token(200, errors(evil))),
  },
  {
    name: 'a challenge',
    code: 'registry-error',
    arrange: fault(answer(401, { 'www-authenticate': `Bearer realm="${evilHeader}",service="${evilHeader}"` })),
  },
  {
    name: 'a scope and an error in a challenge',
    code: 'unauthorized',
    arrange: fault(answer(401, { 'www-authenticate': `${evilHeader} error="${evilHeader}"` })),
  },
  {
    name: 'the quota headers',
    code: 'rate-limited',
    arrange: fault(answer(429, { 'retry-after': evilHeader, 'ratelimit-limit': evilHeader })),
  },
  { name: 'a Location', code: 'registry-error', arrange: fault(answer(302, { location: `http://${evilHeader}` })) },
  {
    name: 'the path and query of a Location',
    code: 'registry-error',
    arrange: fault((request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.writeHead(302, { location: '/x/##[error]::x?scope=##[error]x&a=##[b]' }).end();
      return true;
    }),
  },
  {
    name: 'a content encoding',
    code: 'registry-error',
    arrange: (registry) => void serveManifest(registry, '{}', { 'content-encoding': evilHeader }),
  },
  {
    name: 'a Content-Type',
    code: 'unsupported',
    arrange: (registry) => void serveManifest(registry, '{}', { 'content-type': evilHeader }),
  },
  {
    name: 'a mediaType',
    code: 'unsupported',
    arrange: (registry) =>
      void serveManifest(registry, altered(amd64, { mediaType: evil }).bytes, { 'content-type': '' }),
  },
  {
    name: 'a digest',
    code: 'invalid-manifest',
    arrange: (registry) =>
      void registry.put('app', altered(amd64, { config: { ...descriptor(amd64.config), digest: evil } }), '1'),
  },
  {
    name: 'a digest algorithm',
    code: 'unsupported',
    arrange: (registry) =>
      void registry.put('app', altered(amd64, { config: { ...descriptor(amd64.config), digest: 'x-error:a' } }), '1'),
  },
  {
    name: 'a key',
    code: 'invalid-manifest',
    arrange: (registry) => void registry.put('app', altered(amd64, { CONFIG: evil }), '1'),
  },
  {
    name: 'platforms that are offered',
    code: 'platform-not-found',
    arrange: platforms(tricks.map((trick) => ({ os: trick, variant: trick }))),
  },
  { name: 'a platform that is too long', code: 'invalid-manifest', arrange: platforms([{ os: evil }]) },
  ...tricks
    .filter((trick) => !/^[\w.()+,:/-]*$/.test(trick))
    .map(
      (trick, at): Case => ({
        name: `the version of Windows in a platform, ${at}`,
        code: 'invalid-manifest',
        arrange: platforms([{ os: 'windows', 'os.version': trick }], { platform: 'windows/amd64' }),
      }),
    ),
  {
    name: 'HTML in the version of Windows in a platform',
    code: 'invalid-manifest',
    arrange: platforms([{ os: 'windows', 'os.version': '<img src=x onerror=alert(1)>' }], {
      platform: 'windows/amd64',
    }),
  },
  {
    name: 'the media type of a layer',
    code: 'invalid-manifest',
    arrange: (registry) =>
      void registry.put('app', altered(amd64, { layers: [{ ...descriptor(amd64.config), mediaType: evil }] }), '1'),
  },
  {
    name: 'a label that is expected',
    code: 'gate-failed',
    arrange(registry) {
      registry.putImage('app', image('linux/amd64', { labels: { a: evil } }), '1');
      return { 'expected-labels': 'a=b' };
    },
  },
  {
    name: 'the labels that are missing a platform',
    code: 'gate-failed',
    arrange(registry) {
      registry.putImage('app', image({ os: 'linux', architecture: 'amd64', variant: 'v1' }), '1');
      const others = tricks.map((trick) => image({ os: trick, architecture: trick }));
      for (const other of others) registry.putImage('app', other);
      registry.put('app', index([amd64, ...others]), '2');
      registry.putImage('app', amd64);
      return { image: `${registry.host}/app:2`, 'require-platforms': 'linux/arm64' };
    },
  },
];

describe('the runner obeys no command and shows no trick', { concurrency: 4 }, () => {
  for (const { name, code, arrange } of cases) {
    test(`in ${name}`, () =>
      withRegistry(async (registry) => {
        const inputs = arrange(registry);
        assertRed(await runInProcess({ image: `${registry.host}/app:1`, ...inputs }), code);
      }));
  }

  for (const line of ['HTTP/1.1 200 ##[error]x', '::error::x', '##[error]HTTP/1.1 200 OK', 'HTTP/1.1 ::error:: x']) {
    test(`in the status line "${line}"`, async () => {
      const raw = await startRaw((socket) =>
        socket.once('data', () => socket.end(`${line}\r\n::error::x: ##[x]\r\n\r\n`)),
      );
      const step = await runInProcess({ image: `${raw.host}/app:1` });
      await raw.close();
      assert.equal(step.status, 1);
      assertHarmless(step);
    });
  }

  test('in what is green: labels, annotations, platforms and versions', () =>
    withRegistry(async (registry) => {
      const annotated = image('linux/amd64', { labels: { [evil]: evil }, annotations: { [evil]: evil } });
      registry.putImage('app', annotated);
      const platform = { ...annotated.platform, 'os.version': evil.slice(0, 64) };
      const others = tricks.map((trick) => ({
        ...descriptor(amd64.manifest),
        platform: { os: trick, architecture: 'x' },
      }));
      registry.put('app', indexOf([{ ...descriptor(annotated.manifest), platform }, ...others]), '1');
      const step = await runInProcess({ image: `${registry.host}/app:1`, inspect: 'true' });
      assertGreen(step);
      assert.deepEqual(JSON.parse(step.outputs['labels'] ?? ''), { [evil]: evil });
      assert.deepEqual(JSON.parse(step.outputs['annotations'] ?? ''), { [evil]: evil });
      assert.equal(step.outputs['platform'], 'linux/amd64');
      assert.equal(JSON.parse(step.outputs['platforms'] ?? '').length, tricks.length + 1);
    }));

  test('and no file of the runner is written but outputs and summary', () =>
    withRegistry(async (registry) => {
      const folder = await mkdtemp(join(tmpdir(), 'image-digests-runner-'));
      const names = ['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'];
      const env = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
      putApp(registry, { labels: { a: evil } });
      assertGreen(await runInProcess({ image: `${registry.host}/app:1`, inspect: 'true' }, { env }));
      assert.deepEqual(await readdir(folder), []);
    }));
});

const breakOuts = [
  '$(touch pwned)',
  '`touch pwned`',
  '"; touch pwned; "',
  "'; touch pwned; '",
  ' touch pwned ',
  ' & touch pwned & ',
  '\ntouch pwned\n',
  '\\"; touch pwned #',
  '$(touch$IFS"pwned")',
  'x\nEOF\ntouch pwned\n',
  '{touch,pwned}',
  '<(touch pwned)',
  '!!',
];

describe('outputs that are pasted into a script run nothing', { concurrency: 4 }, () => {
  const ways: readonly (readonly [string, (value: string) => string, shell?: string])[] = [
    ['in double quotes', (value) => `X="${value}"`],
    ['in single quotes', (value) => `X='${value}'; printf %s "$X" > value`],
    // Not by bash: its brace expansion makes millions of words of nested JSON.
    ['without quotes', (value) => `true ${value}`, 'sh'],
    ['in a here document', (value) => `cat > value <<EOF\n${value}\nEOF`],
  ];
  for (const [how, paste, shell = 'bash'] of ways) {
    test(how, () =>
      withRegistry(async (registry) => {
        const texts = Object.fromEntries(breakOuts.map((text) => [text, text]));
        const bad = image('linux/amd64', { labels: texts, annotations: texts });
        registry.putImage('app', bad);
        const others = breakOuts.map((os) => ({ ...descriptor(bad.manifest), platform: { os, architecture: os } }));
        registry.put('app', indexOf([{ ...descriptor(bad.manifest), platform: bad.platform }, ...others]), '1');
        const step = await runInProcess({ image: `${registry.host}/app:1`, inspect: 'true' });
        assertGreen(step);
        for (const [name, value] of Object.entries(step.outputs)) {
          const cwd = await mkdtemp(join(tmpdir(), 'image-digests-paste-'));
          await writeFile(join(cwd, 'script'), paste(value));
          await run(shell, ['script'], { cwd }).catch(() => undefined);
          assert.ok(!(await readdir(cwd)).includes('pwned'), `${name} ran a command: ${value}`);
        }
        assert.deepEqual(JSON.parse(step.outputs['labels'] ?? ''), texts);
      }),
    );
  }
});

const password = 'correct-horse-battery-staple';
const secrets = [password, Buffer.from(password).toString('base64'), Buffer.from(`ci:${password}`).toString('base64')];

describe('secrets', { concurrency: 4 }, () => {
  /** Says back whatever it is sent, on every channel. */
  const echo: Fault = ({ url = '', headers }, response) => {
    const heard = headers.authorization ?? '';
    const plain = Buffer.from(heard.replace(/^Basic /, ''), 'base64').toString();
    if (heard === '') response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else {
      response.writeHead(url.includes('/manifests/') ? 403 : 400, { 'www-authenticate': `${heard} realm="${plain}"` });
      response.end(errors(`${heard} ${plain} http://${plain}@h/?password=${encodeURIComponent(password)}`));
    }
    return true;
  };

  test('that a registry says back are cut out', () =>
    withRegistry(async (registry) => {
      registry.fault = echo;
      const step = await runInProcess({ image: `${registry.host}/app:1`, username: 'ci', password });
      assertRed(step, 'denied', /\*\*\*/, secrets);
    }));

  test('that are shorter than what the runner masks are cut out, too', () =>
    withRegistry(async (registry) => {
      registry.fault = echo;
      const step = await runInProcess({ image: `${registry.host}/app:1`, username: 'ci', password: 'hunter2&' });
      assertRed(step, 'denied', /\*\*\*/, ['hunter2&', encodeURIComponent('hunter2&')]);
      assert.doesNotMatch(step.stdout, /add-mask::hunter2/);
    }));

  test('such as tokens are cut out of what the registry says of them', () =>
    withRegistry(
      async (registry) => {
        registry.fault = ({ url = '', headers: { authorization = '' } }, response) => {
          if (!url.startsWith('/v2/') || authorization === '') return false;
          response.writeHead(403).end(errors(`${authorization} is not enough`));
          return true;
        };
        const step = await runInProcess({ image: `${registry.host}/app:1`, username: 'ci', password });
        assertRed(step, 'denied', /Bearer \*\*\* is not enough/, [...secrets, ...registry.tokens]);
        assert.equal(registry.tokens.size, 1);
      },
      { auth: 'bearer', users: { ci: password } },
    ));

  for (const word of ['sha256', 'linux', 'part of the digest']) {
    test(`that are ${word} hide nothing of ours`, () =>
      withRegistry(async (registry) => {
        const { index } = putApp(registry);
        const token = word.startsWith('part') ? index.digest.slice(10, 22) : word;
        registry.fault = ({ url = '', headers }, response) => {
          if (url.startsWith('/token')) response.end(JSON.stringify({ token }));
          else if (headers.authorization === undefined) {
            response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end();
          } else return false;
          return true;
        };
        const step = await runInProcess({ image: `${registry.host}/app:1` });
        assertGreen(step);
        assert.doesNotMatch(step.stdout, /add-mask/);
        assert.match(step.stdout, new RegExp(`index-digest +${index.digest}`));
        assert.match(step.stdout, /platform +linux\/amd64/);
        assert.match(step.summary, new RegExp(index.digest));
      }));
  }

  test('of others in URLs that a registry speaks of are left out', () =>
    withRegistry(async (registry) => {
      const said =
        'see https://bob:swordfish@h.example/a?digest=x&sig=swordfish&scope=y#swordfish and docker://h?p=swordfish';
      registry.fault = answer(403, {}, errors(said));
      const step = await runInProcess({ image: `${registry.host}/app:1` });
      assertRed(step, 'denied', /https:\/\/h\.example\/a\?digest=x&sig=\*\*\*&scope=y/, ['swordfish', 'bob']);
    }));
});

describe('the summary', () => {
  test('has no Markdown and no HTML of a platform in it', () =>
    withRegistry(async (registry) => {
      const list = ['(x)', '(+a_b_)', '(https://evil.example/x)', '_x_'].map((version) => {
        const one = image({ os: 'windows', architecture: 'amd64', 'os.version': version });
        registry.putImage('app', one);
        return { ...descriptor(one.manifest), platform: one.platform };
      });
      registry.put('app', indexOf(list), '1');
      const step = await runInProcess({ image: `${registry.host}/app:1`, platform: 'all' });
      assertHarmless(step);
      const foreign = step.summary.split('\n').filter((line) => line.includes('windows'));
      for (const line of foreign) {
        const cell = line.split('|')[2] ?? '';
        assert.doesNotMatch(cell.replace(/&#x[0-9a-f]+;/g, ''), /[()_*[\]<>`!~]|https?:\/\//, line);
      }
    }));
});
