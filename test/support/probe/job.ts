import { z } from 'zod';
import { defineJob } from '../../../src/jobs/contract.ts';
import type { ImagesConfig } from '../../../workers/images/settings.ts';

/** A kind whose jobs do what their input says: what the tests of the queue run. */
export const probes = defineJob({
  kind: 'probes',
  idPrefix: 'prb',
  summary: 'Does what its input says.',
  input: z.strictObject({
    /**
     * `done` ends well at once; `wait` runs until told to go on or stopped, `heavy` the same in a heavy slot; `deaf`
     * ignores its signal.
     */
    act: z
      .enum(['done', 'wait', 'heavy', 'deaf', 'fail', 'flaky', 'refuse', 'crash', 'progress', 'not-yet', 'after'])
      .default('done'),
    /** How long `done` takes; at once without it. */
    ms: z.int().optional(),
    /** The job that `after` needs a file of. */
    job: z.string().optional(),
  }),
  result: z.object({ attempt: z.number() }),
  attempts: 3,
  backoff: { firstMs: 50, factor: 1, maxMs: 50 },
  timeoutMs: (config: ImagesConfig) => config.IMAGES_TIMEOUT_SECONDS * 1000,
  accepts: 'json',
  example: { act: 'done' },
});
