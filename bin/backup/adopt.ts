import type { Config } from '../../src/config/platform.ts';
import { DEPLOYMENT_FILE, knowsSecrets } from '../../src/deployment/join.ts';
import { AppError } from '../../src/errors.ts';
import { tellSchedules } from '../../src/http/api/schedules/tell-schedules.ts';
import { UPLOADS } from '../../src/jobs/files/upload-record.ts';
import { hasEnded, type StoredJob } from '../../src/jobs/stored-job.ts';
import { readCounts } from '../../src/queue/counts.ts';
import { createTellEndpoints } from '../../src/queue/upkeep/callbacks/tell-endpoints.ts';
import { sweepOrphans } from '../../src/queue/upkeep/erasing/orphans.ts';
import { markInDoubt, putRunsBack, readAllJobs, silenceQueue } from '../../src/queue/upkeep/restored.ts';
import { passTimesInDoubt } from '../../src/queue/upkeep/restored-schedules.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { NO_GUARDS } from '../../src/redis/guards.ts';
import { createSchedules } from '../../src/schedules/store.ts';
import { createScheduleTimes } from '../../src/schedules/times-store.ts';
import { findSecrets, type Secrets } from '../../src/signing/secret.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { CONTRACTS } from '../../workers/index.ts';
import { CommandError } from '../cli/context.ts';
import type { Manifest } from './contents.ts';

/** More ids than these are not told. */
const MOST_TOLD = 1000;

/** What became of the jobs of a backup. */
export interface Adopted {
  /** Mails, calls, webhooks and flows that waited, and are not sent by this deployment. */
  cancelled: number;
  /** Mails, calls and flows that the deployment of the backup may have gone on with since. */
  inDoubt: number;
  /** Schedules that send, and whose times that have come are not run: the deployment of the backup may have run them since. */
  schedulesInDoubt: number;
  /** Jobs that lack a file that they need, or had made. */
  lacking: string[];
  /** Whether the start will find the deployment's secret. */
  hasSecret: boolean;
}

interface Parts {
  redis: Redis;
  /** Its data directory is the one that is prepared. */
  config: Config;
  manifest: Manifest;
  /** The secrets that are there already, where the backup has none. */
  secretsHere: readonly string[];
  options: { asCopy: boolean; sendWaiting: boolean };
}

/**
 * Compares a queue that was loaded from a backup with what the backup says of it and with the files that came with it,
 * and makes of it what was asked for. Rejects with CommandError where the queue is not the backup's.
 */
export async function adopt({ redis, config, manifest, secretsHere, options }: Parts): Promise<Adopted> {
  await assertCounts(redis, manifest);
  const storage = await openStorage(config);
  if (manifest.bucket !== undefined && !options.asCopy) await assertOwn(storage, manifest);
  const lacking = await findLacking(redis, storage);
  await putRunsBack(redis, CONTRACTS);
  const cancelled = options.asCopy ? await silenceQueue(redis, CONTRACTS) : 0;
  const mayBeSent = manifest.running && !options.asCopy && !options.sendWaiting;
  const secrets = findSecrets(config) ?? secretsHere;
  const inDoubt = mayBeSent ? await markInDoubt(redis, CONTRACTS, manifest.createdAt) : 0;
  const schedulesInDoubt = mayBeSent ? await passTimes(redis, secrets, manifest.createdAt) : 0;
  // What was erased just before the moment of the backup, or was not whole then, is nobody's. What came since lies in a bucket
  // until it is too old.
  if (manifest.bucket === undefined) await sweepOrphans({ redis, contracts: CONTRACTS, storage }, 0);
  const hasSecret = secrets.length > 0 && (await knowsSecrets(redis, secrets));
  return { cancelled, inDoubt, schedulesInDoubt, lacking, hasSecret };
}

/** Passes over times that the deployment of the backup may have run since a moment, and tells endpoints, where there is a secret. */
async function passTimes(redis: Redis, given: readonly string[], since: string): Promise<number> {
  const [newest, ...before] = given;
  if (newest === undefined) {
    const times = createScheduleTimes(redis, NO_GUARDS);
    return passTimesInDoubt(redis, { contracts: CONTRACTS, since, openWork: () => null, times });
  }
  const secrets: Secrets = [newest, ...before];
  const schedules = createSchedules(redis, secrets);
  const tellEndpoints = createTellEndpoints(redis, { contracts: CONTRACTS, secrets });
  const times = { ...schedules, ...tellSchedules({ schedules, tellEndpoints, guards: NO_GUARDS }) };
  return passTimesInDoubt(redis, { contracts: CONTRACTS, since, openWork: schedules.openWork, times });
}

async function assertCounts(redis: Redis, { jobs }: Manifest): Promise<void> {
  const kinds = CONTRACTS.map(({ kind }) => kind).filter((kind) => jobs[kind]);
  const loaded = await readCounts(redis, kinds);
  for (const kind of kinds) {
    for (const [state, expected] of Object.entries(jobs[kind] ?? {})) {
      const found = loaded[kind]?.[state as 'waiting'];
      if (found === expected) continue;
      throw new CommandError(
        `the backup says ${expected} ${state} ${kind} and its queue has ${found}; nothing was restored`,
      );
    }
  }
}

/** Rejects with CommandError where the files in a bucket are not those of the backup's deployment. */
async function assertOwn(storage: Storage, { deployment }: Manifest): Promise<void> {
  const id = String(await storage.read(DEPLOYMENT_FILE).catch(noneIfMissing)).trim();
  if (id === deployment) return;
  throw new CommandError(
    `the backup is of the deployment ${deployment}, and STORAGE_URL leads to files of ${id || 'none'}; nothing was restored`,
  );
}

function noneIfMissing(error: unknown): '' {
  if (error instanceof AppError && error.code === 'not_found') return '';
  throw error;
}

async function findLacking(redis: Redis, storage: Storage): Promise<string[]> {
  const there = new Set<string>();
  for await (const { key } of storage.walk()) there.add(key);
  const lacking: string[] = [];
  for (const { kind } of [...CONTRACTS, UPLOADS]) {
    for await (const job of readAllJobs(redis, kind)) {
      const isWhole = filesOf(job).every((key) => there.has(key));
      if (!isWhole && lacking.length < MOST_TOLD) lacking.push(job.id);
    }
  }
  return lacking;
}

/** What a job needs to run, or has to show; one that failed may have lost its upload, which was of no use. */
function filesOf({ kind, state, envelope, outcome, damaged }: StoredJob): string[] {
  if (damaged) return [];
  if (kind === UPLOADS.kind) return Object.values(envelope.uploads).map(({ key }) => key);
  if (state === 'completed') return outcome?.files.map(({ key }) => key) ?? [];
  if (hasEnded(state)) return [];
  const { uploads, inputFile } = envelope;
  return [...Object.values(uploads), ...(inputFile ? [inputFile] : [])].map(({ key }) => key);
}
