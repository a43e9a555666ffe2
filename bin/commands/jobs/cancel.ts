import type { Command } from 'commander';
import { hasEnded } from '../../../src/jobs/stored-job.ts';
import { type CommandContext, CommandError } from '../../cli/context.ts';
import { withJobs } from './with-jobs.ts';

/** `heavylift jobs cancel` */
export function addCancelJob(jobs: Command, context: CommandContext): void {
  jobs
    .command('cancel')
    .description('cancel a job: at once when it waits, within about a second when it runs')
    .argument('<id>')
    .action(async (id: string) => {
      await withJobs(context, async ({ producer, find, enter }) => {
        const job = await find(id);
        const cancellation = hasEnded(job.state) ? 'ended' : await producer.cancel(job);
        if (cancellation !== 'ended') await enter('job.cancel', id);
        if (cancellation === 'stopping') return context.remark(`${id} is stopping.`);
        const { state } = await find(id);
        // Cancelling twice is no mistake.
        if (state !== 'cancelled') throw new CommandError(`${id} can not be cancelled any more: it is ${state}`);
        context.remark(`${id} is cancelled.`);
      });
    });
}
