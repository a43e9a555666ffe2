import type { Command } from 'commander';
import type { CommandContext } from '../../cli/context.ts';
import { addCancelJob } from './cancel.ts';
import { addEraseJob } from './erase.ts';
import { addListJobs } from './list.ts';
import { addRetryJob } from './retry.ts';
import { addShowJob } from './show.ts';

/** `heavylift jobs`: everybody's jobs, straight from Redis; no web process is needed. */
export function addJobs(program: Command, context: CommandContext): void {
  const jobs = program
    .command('jobs')
    .description(
      "list, show, cancel, retry and erase everybody's jobs; alone, or with an id: your own, as the API has them",
    );
  for (const add of [addListJobs, addShowJob, addCancelJob, addRetryJob, addEraseJob]) add(jobs, context);
}
