import { AppError, type QuotaLimit } from '../errors.ts';
import {
  addUsage,
  type Grant,
  type KindUsage,
  NO_USAGE,
  type Usage,
  type UsageByKind,
  type UsageLimits,
} from '../jobs/usage.ts';
import type { CallerHoldings } from './keyring.ts';

/** A caller may have half of what others leave. Where nobody else ever posted, a tenth is kept for who comes. */
const SHARE = 0.5;
const SHARE_OF_ONE = 0.9;
/** All that waits of one kind may have this share of what all may have in Redis. */
const KIND_SHARE = 0.5;
const RETRY_AFTER_SECONDS = 10;

/** A key, by its name and what it may hold. */
export type Holder = { name: string } & CallerHoldings;

/** The callers' jobs and the room for them, at one moment. */
export interface Look {
  usage: UsageByKind;
  /** What all jobs may have in Redis, and what is left of it; Infinity where Redis has no limit. */
  memory: { budgetBytes: number; freeBytes: number };
  /** What storage may still be given. */
  storageBytes: number;
}

/** What accounts are opened over. */
export interface Books extends Look {
  /** The kinds that callers post. */
  kinds: readonly string[];
  /** How many jobs of a kind may wait. */
  maxQueueDepth: number;
  /** Whoever ever posted. */
  callers: ReadonlySet<string>;
  /** What all callers have of a kind. */
  totals: ReadonlyMap<string, { waiting: number; redisBytes: number }>;
}

/** How much a caller has of something, and may have; null: no limit. */
export interface Allotment {
  used: number;
  max: number | null;
}

/** What a caller has and may have, over all kinds. */
export interface AccountView {
  waiting: Allotment;
  waitingBytes: Allotment;
  storedBytes: Allotment;
  running: Allotment;
}

/** A caller's account at one moment. */
export interface CallerAccount {
  /** What its jobs of a kind take. */
  usage(kind: string): KindUsage;
  /** What it may add to a kind. */
  grant(kind: string): Grant;
  /** Whether it is the disk that has no room for so much, rather than the caller. */
  isBeyondDisk(bytes: number): boolean;
  view(): AccountView;
}

const NOTHING: KindUsage = { ...NO_USAGE, running: 0 };
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const waitingOf = ({ jobs, running }: KindUsage): number => Math.max(0, jobs - running);

/** Adds up what there is, once for all accounts that are opened over it. */
export function openBooks(look: Look, { kinds, maxQueueDepth }: Pick<Books, 'kinds' | 'maxQueueDepth'>): Books {
  const totals = [...look.usage].map(([kind, callers]) => {
    const all = [...callers.values()];
    return [kind, { waiting: sum(all.map(waitingOf)), redisBytes: sum(all.map((one) => one.redisBytes)) }] as const;
  });
  const callers = new Set([...look.usage.values()].flatMap((some) => [...some.keys()]));
  return { ...look, kinds, maxQueueDepth, callers, totals: new Map(totals) };
}

/** Opens a caller's account: its limits are those of its key, or else its share of what others leave. */
export function openAccount(
  { usage, memory, storageBytes, kinds, maxQueueDepth, callers, totals }: Books,
  caller: Holder,
): CallerAccount {
  const { name, maxWaiting, maxWaitingBytes, maxStored, maxRunning } = caller;
  const totalOf = (kind: string) => totals.get(kind) ?? { waiting: 0, redisBytes: 0 };
  const of = (kind: string): KindUsage => usage.get(kind)?.get(name) ?? NOTHING;
  const isAlone = callers.size === 0 || (callers.size === 1 && callers.has(name));
  const share = isAlone ? SHARE_OF_ONE : SHARE;
  const own = [...usage.keys()].map(of).reduce<Usage>(addUsage, NO_USAGE);
  // Webhooks of its jobs take room, but no place among the jobs that it may post.
  const waiting = sum(kinds.map((kind) => waitingOf(of(kind))));
  const redisLimit = share * (own.redisBytes + memory.freeBytes);
  const storedLimit = maxStored ?? share * (own.storedBytes + storageBytes);

  /** How many of its jobs of a kind may wait, where its key does not say it. */
  const depthOf = (kind: string): number => {
    const left = maxQueueDepth - totalOf(kind).waiting + waitingOf(of(kind));
    // Of a small queue nothing is kept: a tenth in whole hundreds.
    const kept = 100 * Math.floor(maxQueueDepth / 1000);
    return Math.max(0, isAlone ? left - kept : Math.ceil(SHARE * left));
  };

  const limitsOf = (kind: string): UsageLimits => {
    const { jobs, running, redisBytes, inputBytes, storedBytes } = of(kind);
    const waitingElsewhere = waiting - waitingOf(of(kind));
    const ofKind = KIND_SHARE * memory.budgetBytes - totalOf(kind).redisBytes + redisBytes;
    const isDefault = maxWaitingBytes === null;
    const inputsElsewhere = own.redisBytes + own.inputBytes - redisBytes - inputBytes;
    return {
      jobs: Math.min(jobs, running) + (maxWaiting === null ? depthOf(kind) : maxWaiting - waitingElsewhere),
      redisBytes: Math.min(
        isDefault ? redisLimit - (own.redisBytes - redisBytes) : Number.POSITIVE_INFINITY,
        share * ofKind,
      ),
      waitingBytes: isDefault ? Number.POSITIVE_INFINITY : maxWaitingBytes - inputsElsewhere,
      storedBytes: storedLimit - (own.storedBytes - storedBytes),
    };
  };

  /** A limit within a kind as one over all kinds, as callers know it. */
  const toQuota = (kind: string, limit: keyof UsageLimits, usedHere: number): QuotaLimit => {
    const here = of(kind);
    const inputs = own.redisBytes + own.inputBytes;
    const [quota, elsewhere]: [QuotaLimit['name'], number] = {
      jobs: ['waiting', waiting - waitingOf(here) - Math.min(here.jobs, here.running)] as const,
      redisBytes: ['waitingBytes', inputs - here.redisBytes] as const,
      waitingBytes: ['waitingBytes', inputs - here.redisBytes - here.inputBytes] as const,
      storedBytes: ['storedBytes', own.storedBytes - here.storedBytes] as const,
    }[limit] as [QuotaLimit['name'], number];
    const max = Math.max(0, Math.floor(limitsOf(kind)[limit] + elsewhere));
    return { name: quota, used: usedHere + elsewhere, max };
  };

  return {
    usage: of,
    grant: (kind) => ({
      limits: limitsOf(kind),
      refuse: (limit, usedHere, wanted = 0) => quotaExceeded(caller, toQuota(kind, limit, usedHere), wanted),
    }),
    isBeyondDisk: (bytes) => maxStored === null && bytes > storageBytes,
    view: () => ({
      waiting: { used: waiting, max: maxWaiting ?? sum(kinds.map(depthOf)) },
      waitingBytes: {
        used: own.redisBytes + own.inputBytes,
        max: maxWaitingBytes ?? toMax(redisLimit + own.inputBytes),
      },
      storedBytes: { used: own.storedBytes, max: toMax(storedLimit) },
      running: { used: sum(kinds.map((kind) => of(kind).running)), max: maxRunning },
    }),
  };
}

const toMax = (bytes: number): number | null => (Number.isFinite(bytes) ? Math.max(0, Math.floor(bytes)) : null);

const WHAT = {
  waiting: 'jobs that wait',
  waitingBytes: 'bytes of jobs that wait',
  storedBytes: 'bytes in storage',
  unfinishedUploads: 'unfinished uploads',
} as const satisfies Record<QuotaLimit['name'], string>;

/** Makes the error for a caller whose jobs have come to a limit: in vain where `wanted` alone is more than its key may ever have. */
function quotaExceeded(caller: Holder, limit: QuotaLimit, wanted: number): AppError {
  const { name, used, max } = limit;
  const { maxWaiting, maxWaitingBytes, maxStored } = caller;
  // What is the caller's by the share that others leave may be more later.
  const own = { waiting: maxWaiting, waitingBytes: maxWaitingBytes, storedBytes: maxStored, unfinishedUploads: null };
  const isNever = wanted > (own[name] ?? Number.POSITIVE_INFINITY);
  const wait = name === 'storedBytes' ? 'erase jobs, or wait until some are too old' : 'wait until some have run';
  const way = isNever ? 'this alone is more' : wait;
  const message = `The key "${caller.name}" has ${used} ${WHAT[name]}, and ${max} is the limit (${name}): ${way}.`;
  return new AppError('quota_exceeded', message, { limit, retryAfterSeconds: RETRY_AFTER_SECONDS, isVain: isNever });
}
