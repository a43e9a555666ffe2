import type { AuditAction } from '../../../src/audit/audit-actions.ts';
import { publicPath, publicUrl } from '../../../src/config/addresses.ts';
import type { Config } from '../../../src/config/platform.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { UPLOADS } from '../../../src/jobs/files/upload-record.ts';
import { type JobView, viewJob } from '../../../src/jobs/job-view.ts';
import type { StoredJob } from '../../../src/jobs/stored-job.ts';
import { createLog } from '../../../src/log.ts';
import { createProducer, type Producer, type ProducerDeps } from '../../../src/queue/producer/producer.ts';
import { createCallbackReader } from '../../../src/queue/upkeep/callbacks/callback-state.ts';
import { createCallbacks, createDerivedJobs } from '../../../src/queue/upkeep/callbacks/callbacks.ts';
import { findSecrets } from '../../../src/signing/secret.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { configureContracts } from '../../../workers/index.ts';
import { enterAudit } from '../../cli/audited.ts';
import { type CommandContext, CommandError } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';

/** What a command about jobs works with. */
export interface Jobs {
  contracts: readonly JobContract[];
  producer: Producer;
  /** Finds a job; throws CommandError when there is none of that id (any more). */
  find(id: string): Promise<StoredJob>;
  /** Enters what was done to a job into the audit log. */
  enter(action: AuditAction, id: string): Promise<void>;
  /** Views a job as the API shows it, without an estimate. */
  view(job: StoredJob): JobView;
}

/** Opens the queues for one command and closes them after it. Nothing is made in the data directory. */
export async function withJobs<T>(context: CommandContext, use: (jobs: Jobs) => Promise<T>): Promise<T> {
  const config = context.loadConfig();
  const contracts = configureContracts(config);
  return withRedis(config, async (redis) => {
    const producer = createProducer({
      redis,
      contracts,
      // Opened at its first use, since that makes its folders.
      storage: createLateStorage(config),
      ...callbacksOf(config, contracts),
      maxQueueDepth: config.MAX_QUEUE_DEPTH,
      allowUnsafe: config.REDIS_ALLOW_UNSAFE,
      log: createLog('silent', 'cli'),
    });
    const enter = (action: AuditAction, id: string) => enterAudit(redis, context, action, id);
    const view = (job: StoredJob): JobView => {
      const contract = contracts.find(({ kind }) => kind === job.kind);
      if (!contract) throw new CommandError(`${job.id}: this version knows no kind ${job.kind}`);
      return viewJob(job, contract, {
        resultTtlMs: config.RESULT_TTL,
        base: publicPath(config),
        publicUrl: config.PUBLIC_URL,
        showsCaller: true,
        errorsBase: publicUrl(config),
      });
    };
    try {
      return await use({ contracts, producer, find: (id) => findJob(producer, id), view, enter });
    } finally {
      await producer.close();
    }
  });
}

/** A job's callbacks are named with the deployment's secret. Where there is none, no web process accepted a job. */
function callbacksOf(config: Config, contracts: readonly JobContract[]) {
  const secrets = findSecrets(config);
  if (secrets === null) return {};
  return {
    derivedJobs: createDerivedJobs({ contracts, secrets }),
    withCallback: createCallbackReader({ contracts, secrets }),
    beforeFinish: createCallbacks({ contracts, secrets, config }),
  };
}

async function findJob(producer: Producer, id: string): Promise<StoredJob> {
  const job = await producer.find(id);
  if (job && job.kind !== UPLOADS.kind) return job;
  const expired = await producer.hasTombstone(id);
  throw new CommandError(expired ? `${id} has ended, and is kept no longer` : `there is no job ${id}`);
}

/** Storage that is opened at its first use. */
const createLateStorage = (config: Config): ProducerDeps['storage'] => ({
  remove: async (key) => (await openStorage(config)).remove(key),
  growing: { remove: async (key) => (await openStorage(config)).growing.remove(key) },
});
