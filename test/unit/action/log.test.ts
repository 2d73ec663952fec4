import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { openLog } from '../../../src/action/log.ts';

const realWrite = process.stdout.write;
let printed = '';

beforeEach(() => {
  printed = '';
  process.stdout.write = ((text: string) => {
    printed += text;
    return true;
  }) as typeof process.stdout.write;
});
afterEach(() => {
  process.stdout.write = realWrite;
});

/** What `body` prints, given back after standard output is the real one again. */
function prints(body: () => void): string {
  body();
  process.stdout.write = realWrite;
  return printed;
}

test('of a secret, each line of 16 characters and more is masked, and shorter ones are not', () => {
  const long = 'a-line-of-more-than-16-characters';
  const shown = prints(() => openLog().keepSecret(`${long}\nshort\r\n${long}-2`));
  assert.equal(shown, `::add-mask::${long}\n::add-mask::${long}-2\n`);
});

test('a secret too short to mask is cut out of all that is printed, in every form', () => {
  const secret = 'p+w/1';
  const shown = prints(() => {
    const log = openLog();
    log.keepSecret(secret);
    log.line(`raw ${secret} query ${encodeURIComponent(secret)} base64 ${Buffer.from(secret).toString('base64')}`);
    log.error('denied', [`quoted ${secret}`]);
    log.warning(secret);
    log.group(secret, [secret]);
  });
  assert.doesNotMatch(shown, /p\+w|p%2Bw|cCt3/);
  assert.match(shown, /raw \*\*\* query \*\*\* base64 \*\*\*/);
});

test('a hostile token can mask no digest', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const shown = prints(() => {
    const log = openLog();
    log.keepToken('sha256');
    log.keepToken('00000000');
    log.line(digest);
  });
  assert.equal(shown, `${digest}\n`);
});

test('no text from outside is a command, in lines, groups, warnings and errors', () => {
  const hostile = '::set-output name=x::y\n::add-mask::z ##[error]q';
  const shown = prints(() => {
    const log = openLog();
    log.line(hostile);
    log.group(hostile, [hostile]);
    log.warning(hostile);
    log.error('internal', [hostile, hostile]);
  });
  assert.doesNotMatch(shown, /##\[/);
  const commands = [...shown.matchAll(/^::([a-z-]+)/gm)].map(([, name]) => name);
  assert.deepEqual(commands, ['group', 'endgroup', 'warning', 'error']);
});

test('an annotation stays below 4,096 characters, however long its parts are, which are whole in the log', () => {
  const shown = prints(() => openLog().error('internal', ['\u0001'.repeat(9000), 'x'.repeat(9000), 'y'.repeat(9000)]));
  const lines = shown.split('\n');
  const annotation = lines.find((line) => line.startsWith('::error')) ?? '';
  assert.match(annotation, /^::error .*x{100}/);
  assert.ok(annotation.length < 4096, String(annotation.length));
  assert.ok(
    lines.some((line) => /^x{7000}/.test(line)),
    'what it has no room for is in the log',
  );
});

test('warnings beyond the third are lines, so that there is room for errors', () => {
  let left = 0;
  const shown = prints(() => {
    const log = openLog();
    for (let count = 0; count < 5; count += 1) log.warning('w');
    left = log.annotationsLeft();
  });
  assert.equal(shown.match(/^::warning/gm)?.length, 3);
  assert.equal(shown.match(/^Warning: w$/gm)?.length, 2);
  assert.equal(left, 7);
});

test('a short secret that is a part of a long one does not unhide it', () => {
  const log = openLog();
  prints(() => {
    log.keepToken('header.J9.payload-of-the-long-token');
    log.keepToken('J9.');
  });
  assert.equal(log.quote('it was header.J9.payload-of-the-long-token'), 'it was ***');
});

test('the words of another are on one line, and secrets are cut out of them before that', () => {
  const log = openLog();
  prints(() => log.keepSecret('my  very\tspaced  secret'));
  assert.equal(log.quote('  Too\n\n  many\trequests '), 'Too many requests');
  assert.equal(log.quote('bad: my  very\tspaced  secret'), 'bad: ***');
  assert.equal(log.quote(' \n'), '');
});

test('a secret that was cut in two where its text was cut is not shown', () => {
  const log = openLog();
  const password = 'correct-horse-battery-staple-0123456789';
  prints(() => log.keepSecret(password));
  const cut = (text: string) => log.quote(text.slice(0, 65_536));
  assert.doesNotMatch(cut(`${' '.repeat(65_503)}ok ${password}`), /correct/);
  for (const length of [16, 1164]) {
    const echoed = `${password}${'x'.repeat(length)}`;
    prints(() => log.keepSecret(echoed));
    for (let shift = 0; shift < echoed.length; shift += 7) {
      assert.doesNotMatch(cut(' '.repeat(shift) + `${echoed} `.repeat(6000)), /correct|xxx/);
    }
  }
});

test('a secret is cut out as JSON writes it', () => {
  const log = openLog();
  prints(() => log.keepSecret('pa"ss\\word-with-quote'));
  assert.equal(log.quote('["bad","pa\\"ss\\\\word-with-quote"]'), '["bad","***"]');
});

test('a token of a registry is never masked, and is cut out of all that is printed', () => {
  const token = 'a-token-of-more-than-16-characters';
  const shown = prints(() => {
    const log = openLog();
    log.keepToken(token);
    log.line(`Bearer ${token}`);
    log.error('denied', [token]);
  });
  assert.doesNotMatch(shown, /add-mask/);
  assert.doesNotMatch(shown, new RegExp(token));
});

test('a token that is the very digest of the image hides nothing of it', () => {
  const hex = 'ab'.repeat(32);
  const shown = prints(() => {
    const log = openLog();
    log.keepToken(hex);
    log.line(`sha256:${hex}`);
  });
  assert.equal(shown, `sha256:${hex}\n`);
});

test('a group has its lines between a title and its end', () => {
  const shown = prints(() => openLog().group('title', ['one', 'two']));
  assert.equal(shown, '::group::title\none\ntwo\n::endgroup::\n');
});

test('a line of the log is cut, and tells how many characters are left out', () => {
  const shown = prints(() => openLog().line('x'.repeat(9000))).trimEnd();
  assert.ok(shown.length <= 8000, String(shown.length));
  const left = Number(/^x+… \((\d+) more characters\)$/.exec(shown)?.[1]);
  assert.equal(shown.replace(/….*/, '').length + left, 9000);
});
