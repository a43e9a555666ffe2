import fc from 'fast-check';
import type { JobOptions } from '../../../src/jobs/options/options.ts';
import type { ProbeQueue } from '../probe/queue.ts';
import { until } from '../until.ts';
import { findUnfairTurn, watchLine } from './line-events.ts';

export const oneOf = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);

const CALLERS = ['alice', 'bob', 'carol', 'dave'];
const step = (what: string, most: number) =>
  fc.record({ what: fc.constant(what), caller: oneOf(...CALLERS), jobs: fc.integer({ min: 1, max: most }) });
const STEPS = fc.oneof(
  { weight: 6, arbitrary: step('done', 8) },
  { weight: 3, arbitrary: step('delayed', 4) },
  { weight: 2, arbitrary: step('flaky', 3) },
  { weight: 1, arbitrary: step('pause', 1) },
  { weight: 1, arbitrary: step('resume', 1) },
);

/**
 * Takes random steps (jobs of some callers at once, delayed ones, ones that fail twice, pauses) while a worker runs; answers
 * what speaks against fair turns, null for nothing.
 */
export async function runRandomSteps(
  queue: ProbeQueue,
  { places, steps }: { places: number; steps: number },
): Promise<string | null> {
  const callers = new Map<string, string>();
  const events = await watchLine(queue.redis, 'probes');
  queue.startWorker({ IMAGES_CONCURRENCY: String(places) });
  const plan = fc.array(STEPS, { minLength: steps, maxLength: steps });
  const run = async (all: { what: string; caller: string; jobs: number }[]) => {
    for (const { what, caller, jobs } of all) {
      if (what === 'pause' || what === 'resume') await queue.producer.setPaused('probes', what === 'pause');
      else for (let count = 0; count < jobs; count += 1) callers.set(await addOne(queue, what, caller, count), caller);
    }
    await queue.producer.setPaused('probes', false);
    const ended = () => events.filter(({ what }) => what === 'ended').length === callers.size;
    await until('all have ended', ended, { timeoutMs: 300_000 });
  };
  await fc.assert(fc.asyncProperty(plan, run), { numRuns: 1, endOnFailure: true });
  return findUnfairTurn(events, (id) => callers.get(id) as string);
}

async function addOne(queue: ProbeQueue, what: string, caller: string, count: number): Promise<string> {
  const options: JobOptions = what === 'delayed' ? { runAt: new Date(Date.now() + 60 * count).toISOString() } : {};
  return (await queue.add(what === 'flaky' ? 'flaky' : 'done', options, { caller })).id;
}
