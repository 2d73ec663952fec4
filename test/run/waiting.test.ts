import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { image, index } from '../support/images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { runInProcess } from '../support/run.ts';

const revision = 'org.opencontainers.image.revision';
const amd64 = image('linux/amd64');
const arm64 = image('linux/arm64');
const stale = image('linux/amd64', { labels: { [revision]: 'stale' } });
const waiting = { 'wait-timeout': '20s', 'wait-interval': '1s' };

/** Runs `body` with a registry; `onRequest` is told the number of each request before it is answered. */
async function withRegistry(
  onRequest: (registry: TestRegistry, count: number) => void,
  body: (registry: TestRegistry) => Promise<void>,
): Promise<void> {
  const registry = await startRegistry();
  registry.fault = (_request, _response, count) => {
    onRequest(registry, count);
    return false;
  };
  try {
    await body(registry);
  } finally {
    await registry.close();
  }
}

// Each waits for seconds; together they take as long as one.
describe('waiting', { concurrency: true }, () => {
  test('with verify-blobs, too, what a digest makes unchangeable is not waited for', async () => {
    await withRegistry(
      () => undefined,
      async (registry) => {
        registry.putImage('o/app', stale);
        const inputs = { 'verify-blobs': 'true', 'expected-labels': `${revision}=fresh`, ...waiting };
        const step = await runInProcess({ image: `${registry.host}/o/app@${stale.manifest.digest}`, ...inputs });
        assert.equal(step.outputs['error-code'], 'gate-failed', step.stdout);
        assert.doesNotMatch(step.stdout, /Still waiting/);
      },
    );
  });

  test('it waits until the image is published, and a HEAD that finds none is never the last word', async () => {
    const publish = (registry: TestRegistry, count: number) => {
      if (count === 4) registry.putImage('o/app', amd64, 'v1');
    };
    await withRegistry(publish, async (registry) => {
      const step = await runInProcess({ image: `${registry.host}/o/app:v1`, ...waiting });
      assert.equal(step.status, 0, step.stdout);
      assert.equal(step.outputs['digest'], amd64.manifest.digest);
      const path = '/v2/o/app/manifests/v1';
      assert.deepEqual(registry.paths().slice(0, 4), [`GET ${path}`, `HEAD ${path}`, `GET ${path}`, `HEAD ${path}`]);
      assert.equal(step.stdout.match(/Still waiting: not published yet/g)?.length, 2);
    });
  });

  test('while HEAD shows the same digest nothing is fetched, and what is waited for is said each time', async () => {
    const publish = (registry: TestRegistry, count: number) => {
      if (count === 1) registry.putImage('o/app', stale, 'v1');
      if (count === 5) registry.putImage('o/app', amd64, 'v1');
    };
    await withRegistry(publish, async (registry) => {
      const inputs = { image: `${registry.host}/o/app:v1`, 'expected-labels': `${revision}=1a2b3c`, ...waiting };
      const step = await runInProcess(inputs);
      assert.equal(step.status, 0, step.stdout);
      assert.match(step.stdout, /Still waiting: .*revision for linux\/amd64 is "stale", expected "1a2b3c"/);
      const gets = registry.paths().filter((path) => path.includes('/manifests/') && path.startsWith('GET'));
      assert.equal(gets.length, 2, String(registry.paths()));
    });
  });

  test('it waits for a platform that is added to the index', async () => {
    const publish = (registry: TestRegistry, count: number) => {
      for (const each of [amd64, arm64]) registry.putImage('o/app', each);
      registry.put('o/app', index(count < 3 ? [amd64] : [amd64, arm64]), 'v1');
    };
    await withRegistry(publish, async (registry) => {
      const step = await runInProcess({ image: `${registry.host}/o/app:v1`, platform: 'linux/arm64', ...waiting });
      assert.equal(step.status, 0, step.stdout);
      assert.equal(step.outputs['manifest-digest'], arm64.manifest.digest);
    });
  });

  test('blobs that come later are waited for, without fetching the manifest again', async () => {
    const publish = (registry: TestRegistry, count: number) => {
      if (count === 1) {
        registry.put('o/app', amd64.manifest, 'v1');
        registry.putBlob('o/app', amd64.config);
      }
      if (count > 5) for (const layer of amd64.layers) registry.putBlob('o/app', layer);
    };
    await withRegistry(publish, async (registry) => {
      const step = await runInProcess({ image: `${registry.host}/o/app:v1`, 'verify-blobs': 'true', ...waiting });
      assert.equal(step.status, 0, step.stdout);
      assert.equal(registry.paths().filter((path) => path === 'GET /v2/o/app/manifests/v1').length, 1);
    });
  });

  test('a manifest that the index names and the registry lacks as yet is waited for', async () => {
    const publish = (registry: TestRegistry, count: number) => {
      if (count === 1) registry.put('o/app', index([amd64]), 'v1');
      if (count === 3) registry.putImage('o/app', amd64);
    };
    await withRegistry(publish, async (registry) => {
      const step = await runInProcess({ image: `${registry.host}/o/app:v1`, ...waiting });
      assert.equal(step.status, 0, step.stdout);
      assert.equal(step.outputs['manifest-digest'], amd64.manifest.digest);
    });
  });

  test('a registry without HEAD is asked by GET', async () => {
    const registry = await startRegistry();
    registry.fault = (request, response, count) => {
      if (count === 4) registry.putImage('o/app', amd64, 'v1');
      if (request.method !== 'HEAD') return false;
      response.writeHead(405).end();
      return true;
    };
    const step = await runInProcess({ image: `${registry.host}/o/app:v1`, ...waiting });
    await registry.close();
    assert.equal(step.status, 0, step.stdout);
  });

  test('when the wait is over it fails as wait-timeout, saying what still did not hold', async () => {
    await withRegistry(
      () => undefined,
      async (registry) => {
        const step = await runInProcess({ image: `${registry.host}/o/app:v1`, 'wait-timeout': '1' });
        assert.equal(step.status, 1);
        assert.deepEqual(step.outputs, { 'error-code': 'wait-timeout' });
        assert.match(step.errors[0]?.text ?? '', /o\/app:v1 does not exist/);
      },
    );
  });

  test('with fail-on-missing false an image that does not come passes after the wait, but not with a gate', async () => {
    await withRegistry(
      () => undefined,
      async (registry) => {
        const inputs = { image: `${registry.host}/o/app:v1`, 'wait-timeout': '1', 'fail-on-missing': 'false' };
        const step = await runInProcess(inputs);
        assert.equal(step.status, 0, step.stdout);
        assert.equal(step.outputs['exists'], 'false');
        const path = '/v2/o/app/manifests/v1';
        assert.deepEqual(registry.paths(), [`GET ${path}`, `HEAD ${path}`, `GET ${path}`]);
        const gated = await runInProcess({ ...inputs, 'verify-blobs': 'true' });
        assert.deepEqual(gated.outputs, { 'error-code': 'wait-timeout' });
      },
    );
  });

  test('what waiting cannot fix ends it at once', async () => {
    const registry = await startRegistry();
    registry.fault = (_request, response) => {
      response.writeHead(403).end();
      return true;
    };
    const step = await runInProcess({ image: `${registry.host}/o/app:v1`, 'wait-timeout': '1h' });
    await registry.close();
    assert.deepEqual(step.outputs, { 'error-code': 'denied' });
    assert.equal(registry.seen.length, 1);
  });

  for (const [code, lacking] of [
    ['platform-not-found', { platform: 'linux/arm64' }],
    ['gate-failed', { 'require-platforms': 'linux/arm64' }],
    ['gate-failed', { 'expected-digest': arm64.manifest.digest }],
  ] as const) {
    test(`what has a digest cannot come to have another ${Object.keys(lacking)[0]}: that is ${code} at once`, async () => {
      const registry = await startRegistry();
      registry.putImage('o/app', amd64);
      registry.put('o/app', index([amd64]));
      const image = `${registry.host}/o/app@${index([amd64]).digest}`;
      const step = await runInProcess({ image, ...lacking, 'wait-timeout': '1h' });
      await registry.close();
      assert.deepEqual(step.outputs, { 'error-code': code });
      assert.doesNotMatch(step.stdout, /Still waiting/);
      assert.equal(new Set(registry.paths()).size, registry.seen.length, 'nothing was asked for twice');
    });
  }

  test('a digest that does not exist yet is waited for', async () => {
    const publish = (registry: TestRegistry, count: number) => {
      if (count === 2) registry.putImage('o/app', amd64);
    };
    await withRegistry(publish, async (registry) => {
      const step = await runInProcess({ image: `${registry.host}/o/app@${amd64.manifest.digest}`, ...waiting });
      assert.equal(step.status, 0, step.stdout);
    });
  });

  test('what has a digest cannot come to have another label, so that is not waited for', async () => {
    const registry = await startRegistry();
    registry.putImage('o/app', stale);
    const image = `${registry.host}/o/app@${stale.manifest.digest}`;
    const step = await runInProcess({ image, 'expected-labels': `${revision}=1a2b3c`, 'wait-timeout': '1h' });
    await registry.close();
    assert.deepEqual(step.outputs, { 'error-code': 'gate-failed' });
  });

  test('an image that fails for good ends the wait for the others, as the step cannot pass', async () => {
    const registry = await startRegistry();
    registry.fault = (request, response) => {
      if (!request.url?.includes('denied')) return false;
      response.writeHead(403).end();
      return true;
    };
    const image = `${registry.host}/o/later:v1\n${registry.host}/o/denied:v1`;
    const step = await runInProcess({ image, 'wait-timeout': '1h' });
    await registry.close();
    assert.deepEqual(step.outputs, { 'error-code': 'denied' });
    assert.deepEqual(
      step.errors.map(({ title }) => title),
      ['Image Digests: denied', 'Image Digests: not-found'],
    );
  });
});
