import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const drill = (...args: string[]) => startProcess(process.execPath, ['test/drill/drill.ts', ...args]);

it('a minute of it: what was accepted is there once, and it ends with 0', async () => {
  const run = drill(
    '--minutes',
    '1',
    '--rate',
    '5',
    '--faults',
    'web-killed,worker-killed,redis-killed,relay-cuts-off',
  );
  const status = await run.exited;
  expect(run.output()).toContain('lost 0\ndoubled 0\n');
  expect(run.output()).toMatch(/^accepted [1-9]\d* = completed [1-9]/m);
  expect([status, run.output()]).toEqual([0, expect.stringContaining('It balances.')]);
});

it('a folder that is in use: refused, and left as it is', async () => {
  const { path, remove } = makeTempDir();
  const folder = join(path, 'data');
  mkdirSync(folder);
  writeFileSync(join(folder, 'api-key'), 'somebody has worked with it');
  const run = drill('--data-dir', folder);
  expect(await run.exited).toBe(2);
  expect(run.output()).toContain(`--data-dir: ${folder} is in use`);
  remove();
});

it.each([
  ['--rate', '0'],
  ['--faults', 'earthquake'],
  ['--seed', 'x'],
])('%s %s: refused with what there is', async (...args) => {
  const run = drill(...args);
  expect(await run.exited).toBe(2);
  expect(run.output()).toContain('faults: web-killed, ');
});
