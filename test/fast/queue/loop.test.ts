import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { createLoop } from '../../../src/queue/loop.ts';
import { until } from '../../support/until.ts';

it('the first step comes at once, and each further one a pause after the end of the one before', async () => {
  const starts: number[] = [];
  const ends: number[] = [];
  const run = async () => {
    starts.push(performance.now());
    await delay(30);
    ends.push(performance.now());
  };
  const startedAt = performance.now();
  const loop = createLoop({ everyMs: 50, run, onError: () => {} });
  loop.start();
  await until('there were three steps', () => starts.length === 3);
  loop.stop();
  expect((starts[0] ?? 0) - startedAt).toBeLessThan(25);
  // A timer may fire up to a millisecond early.
  for (const step of [1, 2]) expect((starts[step] ?? 0) - (ends[step - 1] ?? 0)).toBeGreaterThanOrEqual(49);
});

it.each([
  ['rejects', async () => Promise.reject(new Error('Redis is away'))],
  [
    'throws',
    () => {
      throw new Error('Redis is away');
    },
  ],
])('a step that %s: the error is handed on, and the next step comes', async (_how, fail) => {
  let steps = 0;
  const errors: unknown[] = [];
  const run = (): Promise<void> => {
    steps += 1;
    return steps === 1 ? fail() : Promise.resolve();
  };
  const loop = createLoop({ everyMs: 1, run, onError: (error) => errors.push(error) });
  loop.start();
  await until('there were two steps', () => steps >= 2);
  loop.stop();
  expect(errors).toEqual([new Error('Redis is away')]);
});

it('stopped in a pause: no further step comes', async () => {
  let steps = 0;
  const run = async () => {
    steps += 1;
  };
  const loop = createLoop({ everyMs: 20, run, onError: () => {} });
  loop.start();
  await until('the first step is done', () => steps === 1);
  loop.stop();
  await delay(60);
  expect(steps).toBe(1);
});

it('stopped during a step: the step sees its signal abort', async () => {
  const seen = Promise.withResolvers<boolean>();
  const run = async (signal: AbortSignal) => signal.addEventListener('abort', () => seen.resolve(signal.aborted));
  const loop = createLoop({ everyMs: 10_000, run, onError: () => {} });
  loop.start();
  loop.stop();
  expect(await seen.promise).toBe(true);
});

it('it keeps no process alive: what waits for the next step is let go', async () => {
  const script = `
    import { createLoop } from ${JSON.stringify(new URL('../../../src/queue/loop.ts', import.meta.url).href)};
    createLoop({ everyMs: 60_000, run: async () => {}, onError: () => {} }).start();`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 10_000 });
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
