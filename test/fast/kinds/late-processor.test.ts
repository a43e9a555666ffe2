import { expect, it } from '@jest/globals';
import type { Processor, RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import { createLateProcessor } from '../../../workers/late-processor.ts';

const job = { id: 'prb_1' } as RunningJob<unknown>;
const context = {} as RunContext;
const outcome = { result: {}, files: [] };

it('made with the first job, once; what it has to do at the end is done only then', async () => {
  const steps: string[] = [];
  const make = async (): Promise<Processor> => {
    steps.push('make');
    return {
      process: async ({ id }) => {
        steps.push(id);
        return outcome;
      },
      drain: () => void steps.push('drain'),
      close: async () => void steps.push('close'),
    };
  };
  const idle = createLateProcessor(make, () => {});
  idle.drain?.();
  await idle.close?.();
  expect(steps).toEqual([]);
  const used = createLateProcessor(make, () => {});
  expect(await Promise.all([used.process(job, context), used.process(job, context)])).toEqual([outcome, outcome]);
  used.drain?.();
  await used.close?.();
  expect(steps).toEqual(['make', 'prb_1', 'prb_1', 'drain', 'close']);
});

it('a library that does not load: its worker is told, and each job goes back without using an attempt', async () => {
  const faults: unknown[] = [];
  const fault = new Error('no library');
  const late = createLateProcessor(
    () => Promise.reject(fault),
    (error) => void faults.push(error),
  );
  await expect(late.process(job, context)).rejects.toMatchObject({ code: 'interrupted', cause: fault });
  await expect(late.process(job, context)).rejects.toMatchObject({ code: 'interrupted' });
  expect(faults).toEqual([fault, fault]);
});
