import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { endLeftovers, OWNER } from '../support/jest/leftovers.ts';
import { startProcess } from '../support/processes.ts';
import { until } from '../support/until.ts';

it('what a test file leaves running is found by its mark, grandchildren and frozen ones too, and ended', async () => {
  const mark = `fast-leftovers-${process.pid}:`;
  const family = startProcess('sh', ['-c', 'sleep 300 & sleep 300'], { [OWNER]: `${mark}a` });
  const frozen = startProcess('sleep', ['300'], { [OWNER]: `${mark}b` });
  const other = startProcess('sleep', ['300']);
  frozen.signal('SIGSTOP');
  await until('the shell has its children', () =>
    readFileSync(`/proc/${family.pid}/task/${family.pid}/children`, 'utf8'),
  );
  expect(endLeftovers(mark).length).toBeGreaterThanOrEqual(3);
  expect(await Promise.all([family.exited, frozen.exited])).toEqual(['SIGKILL', 'SIGKILL']);
  expect(endLeftovers(mark)).toEqual([]);
  expect(await other.stop()).toBe('SIGTERM');
});

it('a process carries the name of the test file that started it', async () => {
  const printed = startProcess('sh', ['-c', `echo "$${OWNER}"`]);
  expect(await until('the name is printed', () => printed.output() || null)).toMatch(
    /^\d+:\/.*\/test\/fast\/leftovers\.test\.ts\n$/,
  );
});
