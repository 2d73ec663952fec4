import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runAction } from '../support/action.ts';
import { assertHarmless, putApp, runWatched, type WatchOptions, withRegistry } from '../support/faults.ts';
import { withoutSignals } from '../support/posix.ts';
import { startRegistry } from '../support/registry.ts';

describe('a signal', { skip: withoutSignals, concurrency: 4 }, () => {
  const phases: readonly (readonly [string, (url: string) => boolean])[] = [
    ['the first request', () => true],
    ['the token', (url) => url.startsWith('/token')],
    ['the child', (url) => url.includes('/manifests/sha256:')],
    ['the config', (url) => url.includes('/blobs/')],
  ];
  for (const [phase, isPhase] of phases) {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      test(`${signal} during ${phase} ends the step red, without outputs and files`, () =>
        withRegistry(
          async (registry) => {
            putApp(registry);
            let end = () => {};
            registry.fault = ({ url = '' }) => {
              if (!isPhase(url)) return false;
              end();
              return true;
            };
            const inputs = { image: `${registry.host}/app:1`, inspect: 'true' };
            const onStart: WatchOptions['onStart'] = (child) => {
              end = () => child.kill(signal);
            };
            const step = await runWatched(inputs, { onStart });
            assert.equal(step.status, 1, 'the action ended, not the system');
            assert.deepEqual(step.outputs, { 'error-code': 'timeout' });
            assert.match(step.errors[0]?.text ?? '', new RegExp(`ended by ${signal}`));
            assert.deepEqual(step.files, []);
            assert.equal(step.summary, '');
            assertHarmless(step);
          },
          { auth: 'bearer' },
        ));
    }
  }
});

test('a step that is ended tells why, also where its log is read slowly', { skip: withoutSignals }, async () => {
  const registry = await startRegistry();
  const hanging = await startRegistry();
  hanging.fault = () => true;
  const images = Array.from({ length: 400 }, (_, at) => `${registry.host}/o/absent-${at}:v1`);
  try {
    const step = await runAction(
      { image: [...images, `${hanging.host}/o/app:v1`].join('\n') },
      {
        onStart(child) {
          child.stdout?.pause();
          const end = () => {
            child.kill('SIGTERM');
            setTimeout(() => child.stdout?.resume(), 500);
          };
          const waiting = setInterval(() => {
            if (hanging.seen.length === 0) return;
            clearInterval(waiting);
            end();
          }, 50);
        },
      },
    );
    assert.deepEqual(step.outputs, { 'error-code': 'timeout' });
    assert.match(step.stdout, /::error title=Image Digests%3A timeout::/);
  } finally {
    await hanging.close();
    await registry.close();
  }
});
