import { publicUrl } from '../../config/addresses.ts';
import type { Config } from '../../config/platform.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { deriveJobId } from '../../jobs/id.ts';
import { viewJob } from '../../jobs/job-view.ts';
import { ENVELOPE_VERSION, jobOrigin, subjectsOf } from '../../jobs/options.ts';
import { END_STATES, type StoredJob } from '../../jobs/stored-job.ts';
import type { Redis } from '../../redis/connect.ts';
import { createLinks } from '../../signing/links.ts';
import { isToBeErased } from '../erase-job.ts';
import { openAdder } from '../producer/enqueue.ts';

/** The kind that carries callbacks; without it jobs are run and none is told of. */
const CALLBACK_KIND = 'webhooks';

/** Finds the contract of the kind that carries callbacks; undefined where this product has none. */
export const findCallbackContract = (contracts: readonly JobContract[]): JobContract | undefined =>
  contracts.find(({ kind }) => kind === CALLBACK_KIND);

export interface CallbackDeps {
  contracts: readonly JobContract[];
  /** The deployment's secret: a callback's id is made with it, and its links to the result files. */
  secret: string;
  config: Config;
}

/** Called by producer and workers before they mark a job as ended. */
export type BeforeFinish = (redis: Redis, job: StoredJob) => Promise<void>;

/** The id of the webhook for this end of the job; `idPrefix` is the webhooks' own. */
export const callbackId = (
  secret: string,
  idPrefix: string,
  { id, state, retries }: Pick<StoredJob, 'id' | 'state' | 'retries'>,
): string => deriveJobId(secret, idPrefix, [id, `job.${state}`, retries]);

/** The ids of all webhooks that may carry the job: they hold copies of it, and are erased with it. */
export function callbackIds(secret: string, idPrefix: string, job: StoredJob): string[] {
  if (!job.envelope.options.callbackUrl) return [];
  return Array.from({ length: job.retries + 1 }, (_, retries) =>
    END_STATES.map((state) => callbackId(secret, idPrefix, { id: job.id, state, retries })),
  ).flat();
}

/**
 * Queues the callback of a job that asked for one. Its id is made of the job's id, its end and how often it was run
 * again: the same end twice (a run repeated after a crash) queues one callback, the next end another.
 */
export function createCallbacks({ contracts, secret, config }: CallbackDeps): BeforeFinish {
  const errorsBase = publicUrl(config);
  const links = createLinks(secret, errorsBase);
  return async (redis, job) => {
    const { callbackUrl } = job.envelope.options;
    const contract = contracts.find(({ kind }) => kind === job.kind);
    const webhooks = findCallbackContract(contracts);
    if (!callbackUrl || !contract || !webhooks || (await isToBeErased(redis, job))) return;
    const event = `job.${job.state}`;
    // Its receiver may have no key: the files' addresses need none, and hold as long as the files are kept.
    const untilMs = (job.finishedAt ?? Date.now()) + config.RESULT_TTL;
    const urlOf = (file: string) => links.resultUrl({ job: job.id, file }, untilMs);
    const body = JSON.stringify({
      type: event,
      timestamp: new Date().toISOString(),
      data: viewJob(job, contract, { resultTtlMs: config.RESULT_TTL, publicUrl: config.PUBLIC_URL, errorsBase, urlOf }),
    });
    await openAdder(redis, webhooks.kind)(callbackId(secret, webhooks.idPrefix, job), {
      v: ENVELOPE_VERSION,
      caller: job.envelope.caller,
      ...jobOrigin(job.envelope),
      title: callbackUrl,
      input: { url: callbackUrl, event, job: job.id, body },
      uploads: {},
      // It is about the same person: who is erased is erased here too.
      subjects: subjectsOf(job.envelope),
      options: {},
    });
  };
}

/** Makes what producer and janitor need to erase a job's callbacks with it. */
export function createDerivedJobs({ contracts, secret }: Pick<CallbackDeps, 'contracts' | 'secret'>) {
  const webhooks = findCallbackContract(contracts);
  return (job: StoredJob): string[] => (webhooks ? callbackIds(secret, webhooks.idPrefix, job) : []);
}
