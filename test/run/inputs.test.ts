import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { image, index } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'];
const images = platforms.map((platform) => image(platform, { annotations: { note: 'a b' } }));
const top = index(images);
let registry: TestRegistry;
let app: string;

before(async () => {
  registry = await startRegistry({ auth: 'bearer' });
  for (const each of images) registry.putImage('o/app', each);
  registry.put('o/app', top, 'v1');
  registry.putImage('o/single', images[1] ?? assert.fail(), 'v1');
  app = `${registry.host}/o/app`;
});
after(() => registry.close());

const badInputs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no image': { image: '' },
  'a bad reference among good ones': { image: 'nginx\nFoo' },
  'a bad platform': { platform: 'linux' },
  'all with another platform': { platform: 'all,linux/amd64' },
  'a bad boolean': { inspect: 'yes' },
  'a bad duration': { timeout: '1.5m' },
  'a timeout of nothing': { timeout: '0' },
  'a bad wait': { 'wait-timeout': 'soon' },
  'a bad expected digest': { 'expected-digest': 'sha256:abc' },
  'a bad expected label': { 'expected-labels': 'revision' },
  'a bad required platform': { 'require-platforms': 'amd64' },
  'a platform that names none': { platform: ',' },
  'an expected digest that names none': { 'expected-digest': ',' },
  'required platforms that name none': { 'require-platforms': ' ,\n, ' },
  'a bad reference to compare with': { 'compare-with': 'a b' },
  'a bad base image': { 'base-image': 'http://x' },
  'a bad plain-http host': { 'plain-http': 'http://x' },
  'a bad auth-hosts line': { 'auth-hosts': 'ghcr.io' },
  'a bad auth-hosts host': { 'auth-hosts': 'ghcr.io=https://x' },
  'a bad registry': { registry: 'https://ghcr.io', username: 'u', password: 'p' },
  'a user name without a password': { username: 'u' },
  'a password without a user name': { password: 'p' },
  'a user name with a colon': { username: 'a:b', password: 'p' },
  'credentials whose host is unclear': { image: 'nginx\nghcr.io/o/i', username: 'u', password: 'p' },
};
for (const [what, inputs] of Object.entries(badInputs)) {
  test(`${what} is invalid-input, and no request is sent`, async () => {
    const sent = registry.seen.length;
    const step = await runInProcess({ image: `${app}:v1`, ...inputs });
    assert.equal(step.status, 1);
    assert.deepEqual(step.outputs, { 'error-code': 'invalid-input' });
    assert.equal(step.errors.length, 1);
    assert.match(step.errors[0]?.text ?? '', /What to do/);
    assert.equal(registry.seen.length, sent);
  });
}

const badProxies = ['proxy:3128', 'socks5://proxy:1', 'http://ci:secret%zz@proxy:1', 'http://[::1', 'ci:secret@a b:1'];
for (const [at, value] of badProxies.entries()) {
  const name = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'][at % 4] ?? '';
  test(`the proxy ${value} in ${name} is invalid-input that names the variable, never its content`, async () => {
    const sent = registry.seen.length;
    const step = await runInProcess({ image: `${app}:v1` }, { env: { [name]: value } });
    assert.deepEqual(step.outputs, { 'error-code': 'invalid-input' });
    assert.match(step.errors[0]?.text ?? '', new RegExp(`variable ${name} is not a proxy`));
    assert.doesNotMatch(step.stdout, /secret/);
    assert.equal(registry.seen.length, sent);
  });
}

test('a digest of another algorithm is unsupported before any request', async () => {
  const sent = registry.seen.length;
  for (const inputs of [
    { image: `${app}@sha384:${'a'.repeat(96)}` },
    { image: `${app}:v1`, 'expected-digest': `blake3:${'a'.repeat(64)}` },
  ]) {
    const step = await runInProcess(inputs);
    assert.deepEqual(step.outputs, { 'error-code': 'unsupported' });
  }
  assert.equal(registry.seen.length, sent);
});

const gates = ['expected-digest', 'expected-labels', 'require-platforms', 'built-from', 'signed-by', 'public-key'];
for (const gate of [...gates, 'require-referrers', 'verify-blobs', 'fail-on-missing']) {
  test(`${gate} that arrives empty is invalid-input: it is what a dropped output looks like`, async () => {
    const sent = registry.seen.length;
    for (const empty of ['', ' \n ']) {
      const step = await runInProcess({ image: `${app}:v1`, [gate]: empty });
      assert.deepEqual(step.outputs, { 'error-code': 'invalid-input' });
      assert.match(step.errors[0]?.text ?? '', new RegExp(`^${gate} is empty\\. An output that it comes from`));
    }
    assert.equal(registry.seen.length, sent);
  });
}

for (const gate of [...gates, 'require-referrers']) {
  test(`${gate} that is none sets no gate, and none beside another line is invalid-input`, async () => {
    const none = await runInProcess({ image: `${app}:v1`, [gate]: 'none' });
    assert.equal(none.status, 0, none.stdout);
    assert.match(none.stdout, /^No gate is set\.$/m);
    const beside = await runInProcess({ image: `${app}:v1`, [gate]: `none\n${top.digest}` });
    assert.deepEqual(beside.outputs, { 'error-code': 'invalid-input' });
  });
}
