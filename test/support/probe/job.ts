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
     * `done` ends well at once; `wait` runs until it is let go or stopped, `heavy` the same in a heavy slot, `fetch` the
     * same without its place; `deaf`
     * ignores its signal, `stubborn` too but ends well when its worker is let go; `later` fails and is tried again in
     * an hour, `snoozed` waits for a relay as long.
     */
    act: z
      .enum([
        'done',
        'wait',
        'heavy',
        'fetch',
        'deaf',
        'fail',
        'later',
        'snoozed',
        'flaky',
        'refuse',
        'crash',
        'progress',
        'not-yet',
        'after',
        'after-late',
        'stubborn',
      ])
      .default('done'),
    /** How long `done` takes; at once without it. */
    ms: z.int().optional(),
    /** The job that `after` needs a file of; `after-late` answers only when it is let go, what it saw before. */
    job: z.string().optional(),
  }),
  result: z.object({ attempt: z.number() }),
  attempts: 3,
  backoff: { firstMs: 50, factor: 1, maxMs: 50 },
  timeoutMs: (config: ImagesConfig) => config.IMAGES_TIMEOUT_SECONDS * 1000,
  accepts: 'json',
  example: { act: 'done' },
});
