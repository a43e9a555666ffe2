import type { Command } from 'commander';
import type { CommandContext } from '../../cli/context.ts';
import { withJobs } from './with-jobs.ts';

/** `heavylift jobs show` */
export function addShowJob(jobs: Command, context: CommandContext): void {
  jobs
    .command('show')
    .description('print a job as the API shows it, in JSON')
    .argument('<id>')
    .action(async (id: string) => {
      await withJobs(context, async ({ find, view }) => context.print(JSON.stringify(view(await find(id)), null, 2)));
    });
}
