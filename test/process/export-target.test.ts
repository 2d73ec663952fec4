import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { runAction, type Step } from '../support/action.ts';
import { assertGreen, assertRed, runWatched, withRegistry } from '../support/faults.ts';
import { image } from '../support/images.ts';
import { archiveOf, layoutOf, named } from '../support/layouts.ts';
import { withoutSignals } from '../support/posix.ts';
import type { TestRegistry } from '../support/registry.ts';

const mebibyte = 1024 * 1024;
const app = image('linux/amd64', { layers: ['base', Buffer.alloc(3 * mebibyte, 'layer')] });
const [, bigLayer] = app.layers;

async function workspaceOf(context: TestContext): Promise<string> {
  const workspace = await mkdtemp(join(tmpdir(), 'image-digests-workspace-'));
  context.after(() => rm(workspace, { recursive: true, force: true }));
  return workspace;
}

/** A step that exports `app:v1` of the registry. */
function exporting(registry: TestRegistry, workspace: string, inputs: Readonly<Record<string, string>> = {}) {
  const all = { image: `${registry.host}/app:v1`, 'export-to': 'out', ...inputs };
  return runWatched(all, { env: { GITHUB_WORKSPACE: workspace } });
}

const isLayer = ({ url = '' }: { url?: string | undefined }) => url.includes(bigLayer?.digest ?? 'no layer');

describe('a target that cannot be used is invalid-input before any request', () => {
  const targets: Readonly<Record<string, (workspace: string) => Promise<string>>> = {
    'outside the workspace': async () => join(tmpdir(), 'image-digests-elsewhere'),
    'above the workspace': async () => '../out',
    'the workspace itself': async () => '.',
    'below a folder that is not there': async () => 'a/b',
    'that is not empty': async (workspace) => {
      await mkdir(join(workspace, 'full'));
      await writeFile(join(workspace, 'full', '.hidden'), '');
      return 'full';
    },
    'that is a file': async (workspace) => {
      await writeFile(join(workspace, 'file'), '');
      return 'file';
    },
    'that is a link to an empty folder': async (workspace) => {
      await mkdir(join(workspace, 'empty'));
      await symlink('empty', join(workspace, 'link'));
      return 'link';
    },
    'whose parent is a link that leads outside': async (workspace) => {
      const outside = await mkdtemp(join(tmpdir(), 'image-digests-outside-'));
      await symlink(outside, join(workspace, 'away'));
      return 'away/out';
    },
    'with a line break': async () => 'a\nb',
  };
  for (const [name, prepare] of Object.entries(targets)) {
    test(name, (context) =>
      withRegistry(async (registry) => {
        const workspace = await workspaceOf(context);
        registry.putImage('app', app, 'v1');
        const target = await prepare(workspace);
        const before = await readdir(workspace, { recursive: true });
        assertRed(await exporting(registry, workspace, { 'export-to': target }), 'invalid-input', /export-to/);
        assert.deepEqual(registry.seen, []);
        assert.deepEqual(await readdir(workspace, { recursive: true }), before);
      }),
    );
  }
});

test('an export into a new folder is green, and told in outputs, log and summary', (context) =>
  withRegistry(async (registry) => {
    const workspace = await workspaceOf(context);
    registry.putImage('app', app, 'v1');
    const step = await exporting(registry, workspace);
    assertGreen(step);
    assert.equal(step.outputs['layout-path'], join(workspace, 'out'));
    assert.equal(step.outputs['layout-name'], 'v1');
    assert.match(step.stdout, /Exporting 3 blobs, 3\.1 MB, to /);
    assert.match(step.stdout, /Exported 3 blobs, .* every byte verified/);
    assert.match(step.summary, /Exported, every byte verified/);
    assert.deepEqual(await readdir(workspace), ['out']);
  }));

test('an image that is missing, and may be, makes no folder', (context) =>
  withRegistry(async (registry) => {
    const workspace = await workspaceOf(context);
    const step = await exporting(registry, workspace, { 'fail-on-missing': 'false' });
    assertGreen(step);
    assert.equal(step.outputs['exists'], 'false');
    assert.equal(step.outputs['layout-path'], undefined);
    assert.deepEqual(await readdir(workspace), []);
  }));

describe('what goes wrong in an export leaves no folder, no output and nothing else', () => {
  const send = (response: ServerResponse, bytes: Uint8Array) => void response.end(bytes);
  const bytes = bigLayer?.bytes ?? Buffer.alloc(0);
  const faults: Readonly<Record<string, { code: string; serve: (response: ServerResponse, count: number) => void }>> = {
    'a wrong bit': {
      code: 'digest-mismatch',
      serve(response) {
        const wrong = Buffer.from(bytes);
        wrong[2 * mebibyte] = 0;
        send(response, wrong);
      },
    },
    'one byte more': {
      code: 'size-mismatch',
      serve: (response) => send(response, Buffer.concat([bytes, Buffer.from('x')])),
    },
    'one byte less': { code: 'size-mismatch', serve: (response) => send(response, bytes.subarray(1)) },
    'no end': {
      code: 'size-mismatch',
      serve(response) {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more);
        more();
      },
    },
    'a layer that is not there': {
      code: 'registry-error',
      serve(response) {
        response.statusCode = 404;
        response.end('{"errors":[{"code":"BLOB_UNKNOWN"}]}');
      },
    },
    'a redirect into the metadata network': {
      code: 'untrusted-host',
      serve: (response) => void response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end(),
    },
    'a content encoding': {
      code: 'registry-error',
      serve(response) {
        response.setHeader('content-encoding', 'gzip');
        send(response, bytes);
      },
    },
    'a connection that always breaks at the same byte': {
      code: 'network',
      serve(response) {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
      },
    },
    'other bytes after a break, twice': {
      code: 'digest-mismatch',
      serve(response, count) {
        response.writeHead(200, { 'content-length': bytes.length });
        if (count % 2 === 1) response.write(bytes.subarray(0, 100_000), () => response.destroy());
        else response.end(Buffer.alloc(bytes.length, 'other'));
      },
    },
  };
  for (const [name, { code, serve }] of Object.entries(faults)) {
    test(name, (context) =>
      withRegistry(async (registry) => {
        const workspace = await workspaceOf(context);
        registry.putImage('app', app, 'v1');
        let count = 0;
        registry.fault = (request, response) => {
          if (!isLayer(request)) return false;
          count += 1;
          serve(response, count);
          return true;
        };
        assertRed(await exporting(registry, workspace), code);
        assert.deepEqual(await readdir(workspace), []);
      }),
    );
  }

  test('a first failure in an existing folder, which stays empty', (context) =>
    withRegistry(async (registry) => {
      const workspace = await workspaceOf(context);
      await mkdir(join(workspace, 'out'));
      registry.putImage('app', app, 'v1');
      registry.fault = (request, response) => {
        if (isLayer(request)) response.end('wrong');
        return isLayer(request);
      };
      assertRed(await exporting(registry, workspace), 'size-mismatch');
      assert.deepEqual(await readdir(workspace, { recursive: true }), ['out']);
    }));
});

test('a token that expires in mid-run is asked for anew, and 503 is borne', (context) =>
  withRegistry(
    async (registry) => {
      const workspace = await workspaceOf(context);
      registry.putImage('app', app, 'v1');
      let count = 0;
      registry.fault = (request, response) => {
        if (!isLayer(request)) return false;
        count += 1;
        if (count === 1) registry.expireTokens();
        if (count === 2) response.writeHead(503).end();
        return count === 2;
      };
      assertGreen(await exporting(registry, workspace));
      assert.equal(count, 3);
      assert.deepEqual(await readdir(workspace), ['out']);
    },
    { auth: 'bearer' },
  ));

describe('a signal in mid-export', { skip: withoutSignals }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} leaves nothing, and no output`, (context) =>
      withRegistry(async (registry) => {
        const workspace = await workspaceOf(context);
        registry.putImage('app', app, 'v1');
        let begun = () => {};
        const sent = new Promise<void>((resolve) => {
          begun = resolve;
        });
        registry.fault = (request, response) => {
          if (!isLayer(request)) return false;
          response.write((bigLayer?.bytes ?? Buffer.alloc(0)).subarray(0, 2 * mebibyte), () => begun());
          return true;
        };
        let during: string[] = [];
        const step = await runAction(
          { image: `${registry.host}/app:v1`, 'export-to': 'out' },
          {
            env: { GITHUB_WORKSPACE: workspace },
            onStart(child) {
              void sent.then(async () => {
                during = await readdir(workspace);
                child.kill(signal);
              });
            },
          },
        );
        assertRed(step, 'timeout', new RegExp(`ended by ${signal}`));
        assert.match(during.join(), /^\.out-/, 'the export was under way');
        assert.deepEqual(await readdir(workspace), []);
      }));
  }
});

describe('a layout', () => {
  const layout = layoutOf([named(app.manifest, 'v1')], [app]);

  test('is read without a request, a credential or a helper', async (context) => {
    const workspace = await workspaceOf(context);
    const home = await workspaceOf(context);
    const helper = join(home, 'docker-credential-trap');
    await writeFile(helper, `#!/bin/sh\ntouch ${join(home, 'ran')}\n`, { mode: 0o755 });
    await mkdir(join(home, '.docker'));
    await writeFile(join(home, '.docker', 'config.json'), '{"credsStore":"trap" this is not read');
    await writeFile(join(workspace, 'image.tar'), archiveOf(layout));
    const env = {
      GITHUB_WORKSPACE: workspace,
      HOME: home,
      PATH: `${home}:${process.env['PATH']}`,
      https_proxy: 'http://127.0.0.1:9',
    };
    const inputs = { 'verify-blobs': 'true', inspect: 'true', 'export-to': 'out' };
    const step: Step = await runWatched({ image: 'oci-layout://image.tar:v1', ...inputs }, { env });
    assertGreen(step);
    assert.equal(step.outputs['digest'], app.manifest.digest);
    assert.equal(step.outputs['layout-name'], 'v1');
    assert.deepEqual((await readdir(home)).sort(), ['.docker', 'docker-credential-trap']);
    assert.deepEqual((await readdir(workspace)).sort(), ['image.tar', 'out']);
  });

  test('with a wrong layer fails its gate, and its export', async (context) => {
    const workspace = await workspaceOf(context);
    const wrong = Object.fromEntries(
      Object.entries(layout).map(([path, bytes]) => [
        path,
        path.includes(bigLayer?.digest.slice(7) ?? '-') ? Buffer.alloc(bytes.length, 'x') : bytes,
      ]),
    );
    await writeFile(join(workspace, 'image.tar'), archiveOf(wrong));
    const env = { GITHUB_WORKSPACE: workspace };
    const image = 'oci-layout://image.tar:v1';
    assertRed(await runWatched({ image, 'verify-blobs': 'true' }, { env }), 'gate-failed', /not what its name says/);
    assertRed(await runWatched({ image, 'export-to': 'out' }, { env }), 'digest-mismatch');
    assert.deepEqual(await readdir(workspace), ['image.tar']);
  });
});

/** Why no small disk can be mounted here; false where it can. */
const withoutMount =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'only root can mount a small disk' : false;
describe('a disk that is too small', { skip: withoutMount }, () => {
  const smallDisk = async (context: TestContext): Promise<string> => {
    const workspace = await mkdtemp(join(tmpdir(), 'image-digests-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', workspace]);
    context.after(async () => {
      execFileSync('umount', [workspace]);
      await rm(workspace, { recursive: true });
    });
    return workspace;
  };

  test('is runner-error before any layer is requested', (context) =>
    withRegistry(async (registry) => {
      const workspace = await smallDisk(context);
      registry.putImage('app', app, 'v1');
      assertRed(await exporting(registry, workspace), 'runner-error', /needs .* are free/);
      assert.ok(!registry.paths().some((url) => isLayer({ url })));
      assert.deepEqual(await readdir(workspace), []);
    }));

  test('is runner-error also when it fills up in the act', (context) =>
    withRegistry(async (registry) => {
      const workspace = await smallDisk(context);
      const half = image('linux/amd64', { layers: [Buffer.alloc(1.5 * mebibyte, 'layer')] });
      registry.putImage('app', half, 'v1');
      registry.fault = ({ url = '' }) => {
        if (url.includes(half.layers[0]?.digest ?? '-')) {
          execFileSync('dd', ['if=/dev/zero', `of=${join(workspace, 'other')}`, 'bs=1k', 'count=1000'], {
            stdio: 'ignore',
          });
        }
        return false;
      };
      assertRed(await exporting(registry, workspace), 'runner-error', /the disk is full/);
      assert.deepEqual(await readdir(workspace), ['other']);
    }));
});
