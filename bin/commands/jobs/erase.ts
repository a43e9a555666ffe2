import type { Command } from 'commander';
import type { CommandContext } from '../../cli/context.ts';
import { withJobs } from './with-jobs.ts';

/** `heavylift jobs erase` */
export function addEraseJob(jobs: Command, context: CommandContext): void {
  jobs
    .command('erase')
    .description('erase a job with its files; one that runs is stopped first')
    .argument('<id>')
    .action(async (id: string) => {
      await withJobs(context, async ({ producer, find, enter }) => {
        const erased = await producer.erase(await find(id));
        await enter('job.erase', id);
        context.remark(erased ? `${id} is erased.` : `${id} is stopping; it is erased when it has.`);
      });
    });
}
