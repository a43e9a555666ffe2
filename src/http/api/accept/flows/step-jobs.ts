import { setTimeout as delay } from 'node:timers/promises';
import { createBrands } from '../../../../brands/store.ts';
import { publicUrl } from '../../../../config/addresses.ts';
import type { Config } from '../../../../config/platform.ts';
import { createCallerSecrets } from '../../../../delivery/caller-secrets.ts';
import { AppError } from '../../../../errors.ts';
import type { JobContract } from '../../../../jobs/contract.ts';
import type { JobName } from '../../../../jobs/job-name.ts';
import { FLOWS_KIND } from '../../../../jobs/options/flow.ts';
import type { Grant } from '../../../../jobs/usage.ts';
import { openKeyCache } from '../../../../keys/key-cache.ts';
import { type Caller, createKeyring, FIRST_KEY_NAME, findCaller, randomKey } from '../../../../keys/keyring.ts';
import { createQuotas } from '../../../../keys/quotas.ts';
import { createKeyStore } from '../../../../keys/store.ts';
import type { AskingCaller, StepJobs } from '../../../../kinds/step-jobs.ts';
import type { Log } from '../../../../log.ts';
import { walkPendingJobs } from '../../../../queue/flows/flow-jobs.ts';
import { findEnds } from '../../../../queue/flows/step-ends.ts';
import { createProducer } from '../../../../queue/producer/producer.ts';
import {
  createCallbacks,
  createDerivedJobs,
  findCallbackContract,
} from '../../../../queue/upkeep/callbacks/callbacks.ts';
import { keepBytes } from '../../../../queue/usage.ts';
import { watchAnswers } from '../../../../redis/answers.ts';
import { openProducerRedis, openReplicas } from '../../../../redis/connect.ts';
import { createGuards } from '../../../../redis/guards.ts';
import type { Secrets } from '../../../../signing/secret.ts';
import { folderOf } from '../../../../storage/place.ts';
import type { Storage } from '../../../../storage/storage.ts';
import { createStorageBudget } from '../../../../storage/storage-budget.ts';
import { createTemplates } from '../../../../templates/store.ts';
import { type Asker, askAs, callerOf } from '../../../auth/identify.ts';
import { createLargeJson } from '../../../large-json/large-json.ts';
import { originAs } from '../../../request-origin.ts';
import { assertAllowed } from '../assert-allowed.ts';
import { enqueueJob } from '../enqueue-job.ts';
import type { QueueDeps } from '../queue-deps.ts';
import { NO_PLACES } from '../tokens/token-places.ts';
import { readAsked, withoutPending } from './conduct.ts';

/** What a job stores is kept below its id and this: the same whenever the job is asked for. */
const NONCE = 'flowstep';
/** Cancelled at the same time. */
const TOGETHER = 20;
/** Whether Redis takes jobs is known within this, or is not for the start to wait for. */
const READY_TRIES = 40;
const READY_EVERY_MS = 50;

export interface StepJobsDeps {
  config: Config;
  /** As the settings make them. */
  contracts: readonly JobContract[];
  /** What a key may be given, all of it. */
  scopes: readonly string[];
  storage: Storage;
  secrets: Secrets;
  log: Log;
}

/** Opens what asks for the jobs of flows on behalf of their callers, within the limits of their keys, over a connection of its own. */
export async function openStepJobs(deps: StepJobsDeps): Promise<StepJobs> {
  const { contracts } = deps;
  const redis = openProducerRedis(deps.config, deps.log);
  const { findNamed, isOperator } = openCallers(deps, redis);
  const queueDeps = createQueueDeps(deps, redis, isOperator);
  const { producer } = queueDeps;
  for (let tries = 0; tries < READY_TRIES && !(await isFit(producer)); tries += 1) await delay(READY_EVERY_MS);
  const guards = createGuards(watchAnswers(redis));
  const count = guards.write((_isRepeated, id: string, bytes: number, grant?: Grant) =>
    keepBytes(redis, { kind: FLOWS_KIND, id }, bytes, grant),
  );
  return {
    contracts,
    async keep({ id, caller: name }, bytes, isThere = false) {
      if (isThere) return count(id, bytes);
      const caller = await findNamed(name);
      if (!caller) throw new AppError('unauthorized', 'The key that posted the flow was revoked.');
      const tryWith = async (anew: boolean) => count(id, bytes, await queueDeps.quotas.grant(caller, FLOWS_KIND, anew));
      await tryWith(false).catch((error) => {
        // Room may have come since the last look.
        if (error instanceof AppError && error.code === 'quota_exceeded') return tryWith(true);
        throw error;
      });
    },
    async actFor(name, origin) {
      const caller = await findNamed(name);
      return (
        caller &&
        actAs(
          originAs(
            askAs(caller, () => findNamed(name)),
            origin,
          ),
          queueDeps,
        )
      );
    },
    findEnds: guards.read((jobs) => findEnds(redis, jobs)),
    async retry({ id }) {
      const job = await producer.find(id);
      // Where running it again can not help, it stays as it is.
      if (job && (job.state === 'failed' || job.state === 'cancelled')) await producer.retry(job).catch(passUseless);
    },
    async cancelAll(flow, kinds) {
      const stopping: JobName[] = [];
      for await (const jobs of walkPendingJobs(redis, flow, kinds)) {
        for (let first = 0; first < jobs.length; first += TOGETHER) {
          const some = jobs.slice(first, first + TOGETHER);
          const stopped = await Promise.all(some.map(cancel));
          stopping.push(...some.filter((_job, place) => !stopped[place]));
        }
      }
      return stopping;
    },
  };

  /** Whether it has ended with that. */
  async function cancel({ id }: JobName): Promise<boolean> {
    const job = await producer.find(id);
    return !job || (await producer.cancel(job)) !== 'stopping';
  }
}

const isFit = (producer: QueueDeps['producer']): Promise<boolean> =>
  producer.check().then(
    () => true,
    () => false,
  );

function passUseless(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'retry_useless')) throw error;
}

function actAs(asker: Asker, deps: QueueDeps): AskingCaller {
  const { contracts, producer, secrets } = deps;
  return {
    async read(kind, body) {
      const contract = contracts.find((one) => one.kind === kind);
      if (!contract) throw new AppError('invalid_request', `There is no kind ${kind}.`);
      return readAsked(asker, contract, body, deps);
    },
    async judge(asked, pending) {
      await assertAllowed(asker, withoutPending({ ...asked, pending }), deps, { ...asked, uploads: {} });
    },
    findRefused: (kinds) => kinds.find((kind) => !callerOf(asker).scopes.has(kind)),
    async add({ contract, ...asked }, { id, flow }) {
      // What it stores would be removed with a refusal, though the job is there.
      if (await producer.findRecord(id)) return;
      const chosen = { id, nonce: NONCE, repeatable: false, secret: secrets[0], requestId: undefined };
      await enqueueJob(asker, contract, deps, { chosen, job: { ...asked, uploads: {} }, flow });
    },
  };
}

/** Finds callers by the names of their keys, as they are now. */
function openCallers({ config, scopes, secrets }: StepJobsDeps, redis: Parameters<typeof createKeyStore>[0]) {
  const cache = openKeyCache(createKeyStore(redis));
  // Nobody proves to be somebody here: the text of the first key is not asked for.
  const keys = config.API_KEYS ?? [{ name: FIRST_KEY_NAME, key: randomKey(), scopes: [...scopes] }];
  const keyring = createKeyring(keys, secrets, publicUrl(config), { cache });
  return {
    findNamed: (name: string): Promise<Caller | null> => findCaller(keyring, () => keyring.find(name)),
    isOperator: (name: string): boolean => keyring.find(name)?.scopes.has('admin') ?? false,
  };
}

/** Makes what accepting a job takes, as the web process has it. */
function createQueueDeps(
  { config, contracts, storage, secrets, log }: StepJobsDeps,
  redis: ReturnType<typeof openProducerRedis>,
  isOperator: (name: string) => boolean,
): QueueDeps {
  const guards = createGuards(watchAnswers(redis));
  const producer = createProducer({
    ...{ redis, contracts, storage, log },
    replicas: openReplicas(config, log),
    derivedJobs: createDerivedJobs({ contracts, secrets }),
    beforeFinish: createCallbacks({ contracts, secrets, config }),
    maxQueueDepth: config.MAX_QUEUE_DEPTH,
    allowUnsafe: config.REDIS_ALLOW_UNSAFE,
  });
  const quotas = createQuotas({
    contracts,
    readUsage: producer.usage,
    readMemory: producer.memory,
    readStorageBudget: createStorageBudget(folderOf(config), producer.unfinished.pendingBytes),
    maxQueueDepth: config.MAX_QUEUE_DEPTH,
  });
  return {
    ...{ config, contracts, producer, storage, secrets, quotas, log },
    callerSecrets: createCallerSecrets(redis, secrets, guards),
    brands: createBrands(redis, { guards, isOperator }),
    templates: createTemplates(redis, { guards, isOperator }),
    largeJson: createLargeJson(new URL('../../../../json-thread.ts', import.meta.url), config),
    tokenPlaces: NO_PLACES,
    findCallbackFault: (url) => findCallbackContract(contracts)?.findCallbackFault?.(url, config) ?? null,
  };
}
