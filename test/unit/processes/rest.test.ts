import { expect, it } from '@jest/globals';
import { startProcess } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

it('a process that does nothing any more: its heap becomes small again', async () => {
  const resting = startProcess(process.execPath, ['test/support/resting.ts']);
  try {
    const sizes = () => resting.output().split('\n').filter(Boolean).map(Number);
    await until('it has begun', () => sizes().length > 0);
    expect(sizes()[0]).toBeGreaterThan(40);
    await until('it is small', () => (sizes().at(-1) ?? Number.POSITIVE_INFINITY) < 15, { timeoutMs: 30_000 });
  } finally {
    await resting.stop('SIGKILL');
  }
});
