import { expect, it } from '@jest/globals';
import { openProbeQueue } from '../../support/probe/queue.ts';
import { runRandomSteps } from '../../support/properties/line-property.ts';

it.each([1, 2, 3, 6])(
  '%i places, random arrivals, delays, retries, pauses: nobody without one waits for more than one job of each other',
  async (places) => {
    const queue = await openProbeQueue([], { maxQueueDepth: 10_000 });
    try {
      expect(await runRandomSteps(queue, { places, steps: 200 })).toBeNull();
    } finally {
      await queue.close();
    }
  },
);
