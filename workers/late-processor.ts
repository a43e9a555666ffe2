import { AppError } from '../src/errors.ts';
import type { Processor } from '../src/jobs/processor.ts';

/**
 * Makes a processor that is made itself, and loads its libraries, with its first job. Where that fails, `onFault` is told, and
 * the job goes back to the queue without using an attempt: Node remembers the fault, so the process is of no use any more.
 */
export function createLateProcessor(make: () => Promise<Processor>, onFault: (error: unknown) => void): Processor {
  let making: Promise<Processor> | undefined;
  let made: Processor | undefined;
  const open = async (): Promise<Processor> => {
    making ??= make();
    try {
      made = await making;
      return made;
    } catch (cause) {
      onFault(cause);
      throw new AppError('interrupted', 'The worker could not load what the job needs.', { cause });
    }
  };
  return {
    process: async (job, context) => (await open()).process(job, context),
    drain: () => made?.drain?.(),
    close: async () => made?.close?.(),
  };
}
