import { expect, it } from '@jest/globals';
import { createServiceTime } from '../../../src/queue/run/service-time.ts';

it('the mean time of runs: none before the first, then the first, and it moves towards what follows', () => {
  const time = createServiceTime();
  expect(time.meanMs()).toBeNull();
  time.add(1000);
  expect(time.meanMs()).toBe(1000);
  time.add(2000);
  const longer = time.meanMs() ?? 0;
  expect(longer).toBeGreaterThan(1000);
  expect(longer).toBeLessThan(2000);
  for (let run = 0; run < 100; run += 1) time.add(100);
  expect(time.meanMs()).toBeLessThan(110);
  expect(time.meanMs()).toBeGreaterThanOrEqual(100);
});
