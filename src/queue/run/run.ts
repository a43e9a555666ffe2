import type { Job } from 'bull';
import type { Redis } from 'ioredis';
import type { Config } from '../../config/platform.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { Processor } from '../../jobs/processor.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import type { Secrets } from '../../signing/secret.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Completions } from '../worker/completions.ts';
import type { Places } from '../worker/places.ts';
import type { IsolationLock } from './bounds/isolation.ts';
import type { StandstillWatch } from './bounds/standstill.ts';
import type { RunRecord } from './run-record.ts';
import type { ServiceTime } from './service-time.ts';

/** The parts that all runs of a worker share. */
export interface RunDeps {
  config: Config;
  contract: JobContract;
  processor: Processor;
  storage: Storage;
  /** The deployment's secrets: secret fields of inputs are sealed with them. */
  secrets: Secrets;
  /** All kinds: jobs may refer to jobs of another. */
  contracts: readonly JobContract[];
  log: Log;
  redis: Redis;
  workerId: string;
  /** The worker's name for people: `images-0@host`. */
  by: string;
  active: ActiveRuns;
  serviceTime: ServiceTime;
  /** Called before Bull marks the job finished. */
  beforeFinish?: (redis: Redis, job: StoredJob) => Promise<void>;
  isolation: IsolationLock;
  places: Pick<Places, 'total' | 'withoutPlace'>;
  completions: Completions;
}

/** One run of a job, from its claim to its report. */
export interface Run {
  bullJob: Job;
  record: RunRecord;
  /** Aborting it stops the run; the reason decides what becomes of the job. */
  controller: AbortController;
  log: Log;
  /** Time since the worker took the job, in whole ms. */
  elapsedMs(): number;
  /** Tells whether the worker stood still meanwhile. */
  standstill: StandstillWatch;
  /** Set once the run holds a heavy slot. */
  isHeavy: boolean;
}

/** A worker's runs under way, by job id. */
export type ActiveRuns = Map<string, Run>;
