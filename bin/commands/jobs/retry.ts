import type { Command } from 'commander';
import { type CommandContext, CommandError } from '../../cli/context.ts';
import { withJobs } from './with-jobs.ts';

/** `heavylift jobs retry` */
export function addRetryJob(jobs: Command, context: CommandContext): void {
  jobs
    .command('retry')
    .description('run a failed or cancelled job again, with all its attempts')
    .argument('<id>')
    .action(async (id: string) => {
      await withJobs(context, async ({ producer, find, enter }) => {
        const job = await find(id);
        if (!(await producer.retry(job))) {
          throw new CommandError(`${id} can not run again: it is ${job.state}, neither failed nor cancelled`);
        }
        await enter('job.retry', id);
        context.remark(`${id} runs again.`);
      });
    });
}
