import type { Config } from '../src/config/load.ts';
import type { JobContract } from '../src/jobs/contract.ts';
import type { CreateProcessor, StatefulDeps } from '../src/jobs/processor.ts';
import { emails } from './emails/job.ts';
import { images } from './images/job.ts';
import { reports } from './reports/job.ts';
import { webhooks } from './webhooks/job.ts';

/** A kind of job: its contract, how to load its processor, and how many of its jobs one worker process runs at a time. */
export interface Kind {
  contract: JobContract;
  /** Imports the heavy half; only workers call it. */
  load: () => Promise<CreateProcessor<never, unknown, StatefulDeps>>;
  concurrency: (config: Config) => number;
  /** A flag of V8 for its worker processes. */
  v8Flag?: string;
}

/** Every kind of job there is. A new one is a folder here and a line below (and a program in supervisord.conf). */
export const KINDS: readonly Kind[] = [
  kind(
    images,
    () => import('./images/processor.ts'),
    (config) => config.IMAGES_CONCURRENCY,
    // Its heap is small beside the files and pixels that come and go, which V8 counts with it: left alone, V8 would look
    // for garbage every other job, for a third of a PNG's time. So it waits until there is four times what was left.
    '--heap-growing-percent=300',
  ),
  kind(
    reports,
    () => import('./reports/processor.ts'),
    (config) => config.REPORTS_CONCURRENCY,
  ),
  kind(
    emails,
    () => import('./emails/processor.ts'),
    (config) => config.EMAILS_CONCURRENCY,
  ),
  kind(
    webhooks,
    () => import('./webhooks/processor.ts'),
    (config) => config.WEBHOOKS_CONCURRENCY,
  ),
];

/** The contracts of all kinds: what the web process knows of them before it has read its settings. */
export const CONTRACTS: readonly JobContract[] = KINDS.map(({ contract }) => contract);

/** The same, as the settings make them. Throws ConfigError when they are not usable. */
export const configureContracts = (config: Config): readonly JobContract[] =>
  CONTRACTS.map((contract) => contract.configure?.(config) ?? contract);

function kind<Input, Result>(
  contract: JobContract<Input, Result>,
  load: () => Promise<{ createProcessor: CreateProcessor<Input, Result, StatefulDeps> }>,
  concurrency: Kind['concurrency'],
  v8Flag?: string,
): Kind {
  return {
    // One list holds all kinds: here each one's own types end, behind its schema.
    contract: contract as unknown as JobContract,
    load: async () => (await load()).createProcessor as CreateProcessor<never, unknown, StatefulDeps>,
    concurrency,
    ...(v8Flag ? { v8Flag } : {}),
  };
}
