import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/folder.ts';
import { type Image, image } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

/** How a response breaks off after a part of its body. */
const breaks: Readonly<Record<string, (response: ServerResponse, bytes: Buffer) => void>> = {
  'before the length that it announces': (response, bytes) => response.setHeader('content-length', bytes.length),
  'before its last chunk': (response) => response.setHeader('transfer-encoding', 'chunked'),
};

/** What is fetched, by its place in the registry. */
const parts: Readonly<Record<string, (one: Image) => string>> = {
  'the manifest': () => '/manifests/1',
  'the config': ({ config }) => `/blobs/${config.digest}`,
  'a layer': ({ layers }) => `/blobs/${layers[0]?.digest}`,
};

/** A step that exports an image, of which one response always breaks off. */
async function runBroken(t: TestContext, part: string, breakOff: (response: ServerResponse, bytes: Buffer) => void) {
  const registry = await startRegistry();
  t.after(() => registry.close());
  const one = image('linux/amd64', { layers: ['x'.repeat(1000)] });
  registry.putImage('app', one, '1');
  const path = parts[part]?.(one) ?? '';
  const whole = [one.manifest, one.config, ...one.layers].find(({ digest }) => path.endsWith(digest)) ?? one.manifest;
  registry.fault = ({ method, url = '' }, response) => {
    if (method !== 'GET' || !url.endsWith(path)) return false;
    response.setHeader('content-type', part === 'the manifest' ? whole.mediaType : 'application/octet-stream');
    breakOff(response, whole.bytes);
    response.write(whole.bytes.subarray(0, 100), () => response.destroy());
    return true;
  };
  const workspace = await temporaryFolder(t);
  const inputs = { image: `${registry.host}/app:1`, inspect: 'true', 'export-to': 'layout' };
  const step = await runInProcess(inputs, { env: { GITHUB_WORKSPACE: workspace } });
  assert.equal(existsSync(join(workspace, 'layout')), false);
  return step;
}

for (const part of Object.keys(parts)) {
  for (const [where, breakOff] of Object.entries(breaks)) {
    test(`${part} is not taken for complete when the response ends ${where}`, async (t) => {
      const step = await runBroken(t, part, breakOff);
      assert.equal(step.status, 1, step.stdout);
      assert.deepEqual(step.outputs, { 'error-code': 'network' });
      assert.match(step.errors[0]?.text ?? '', /was closed before the response was complete|broke off/);
    });
  }
}

/** Node tells of a response that breaks off by an error. Here it tells nothing, as clients above it may not either. */
function silenceNode(t: TestContext): void {
  const { request } = http;
  const silent = mock.method(http, 'request', (...parameters: Parameters<typeof request>) => {
    const sent = request(...parameters);
    sent.on('response', (message: IncomingMessage) => {
      const destroy = message.destroy.bind(message);
      message.destroy = (error) => {
        if (error === undefined) return destroy();
        message.push(null);
        return message;
      };
    });
    return sent;
  });
  t.after(() => silent.mock.restore());
}

for (const part of Object.keys(parts)) {
  test(`${part} is not taken for complete when nothing tells that the response broke off`, async (t) => {
    silenceNode(t);
    const step = await runBroken(t, part, (response) => response.setHeader('transfer-encoding', 'chunked'));
    assert.deepEqual(step.outputs, { 'error-code': 'network' }, step.stdout);
    assert.match(step.errors[0]?.text ?? '', /broke off/);
  });
}
