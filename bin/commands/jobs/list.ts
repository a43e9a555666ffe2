import { type Command, InvalidArgumentError, Option } from 'commander';
import { normalSubject } from '../../../src/fields/normal-subject.ts';
import { JOB_STATES, type JobState, type StoredJob } from '../../../src/jobs/stored-job.ts';
import type { Position } from '../../../src/queue/listing/job-index.ts';
import type { Producer } from '../../../src/queue/producer/producer.ts';
import { CONTRACTS } from '../../../workers/index.ts';
import type { CommandContext } from '../../cli/context.ts';
import { formatTable, formatTime } from '../../cli/table.ts';
import { withJobs } from './with-jobs.ts';

const PAGE_JOBS = 100;
const MOST_JOBS = 10_000;

interface Query {
  kind?: string;
  state?: JobState;
  subject?: string;
  search?: string;
  caller?: string;
  limit: number;
}

/** `heavylift jobs list` */
export function addListJobs(jobs: Command, context: CommandContext): void {
  jobs
    .command('list')
    .description("list everybody's jobs, the newest first")
    .addOption(new Option('--kind <kind>', 'of this kind').choices(CONTRACTS.map(({ kind }) => kind)))
    .addOption(new Option('--state <state>', 'in this state').choices(JOB_STATES))
    .option('--subject <subject>', 'about this person or thing')
    .option('--search <words>', 'with all these words in id, facts, title, tags, subject, error or caller')
    .option('--caller <name>', "posted with this caller's key")
    .option('--limit <number>', 'at most so many', readLimit, 20)
    .option('--json', 'print a JSON list, each job as the API shows it')
    .action(async ({ json, ...query }: Query & { json?: true }) => {
      await withJobs(context, async ({ producer, view }) => {
        const found = await findJobs(producer, query);
        context.print(json ? JSON.stringify(found.map(view), null, 2) : formatJobs(found));
      });
    });
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= MOST_JOBS) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_JOBS}.`);
}

/** Reads pages until enough jobs match, or there are no more. */
async function findJobs(
  producer: Producer,
  { kind, state, subject, search, caller, limit }: Query,
): Promise<StoredJob[]> {
  const found: StoredJob[] = [];
  let after: Position | null = null;
  do {
    const query = {
      caller: caller ?? null,
      ...(kind === undefined ? {} : { kinds: [kind] }),
      ...(state === undefined ? {} : { states: [state] }),
      ...(subject === undefined ? {} : { subject: normalSubject(subject) }),
      ...(search === undefined ? {} : { text: search }),
      after,
      limit: PAGE_JOBS,
    };
    const page: Awaited<ReturnType<Producer['list']>> = await producer.list(query);
    found.push(...page.jobs.filter((job) => !state || job.state === state));
    after = page.next;
  } while (after && found.length < limit);
  return found.slice(0, limit);
}

function formatJobs(jobs: readonly StoredJob[]): string {
  const rows = jobs.map(({ id, state, envelope, createdAt, attemptsMade, error }) => [
    id,
    state,
    envelope.caller,
    formatTime(new Date(createdAt).toISOString()),
    String(attemptsMade),
    error?.code ?? '-',
  ]);
  return formatTable([['ID', 'STATE', 'CALLER', 'CREATED', 'ATTEMPTS', 'ERROR'], ...rows]);
}
