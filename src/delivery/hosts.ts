import { createHash } from 'node:crypto';
import { now } from '../clock.ts';
import { AppError } from '../errors.ts';
import { callersKey, queueKey } from '../redis/keys.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { enterHostScript, leaveHostScript } from './host-scripts.ts';

/** Places that a host has in any case; beyond them it has some only while half of all are free. */
const SHARE = 2;
/** Failures of a host in a row, over all workers, after which nothing is sent to it for a while. */
export const FAILURES_UNTIL_REST = 5;
const FIRST_REST_MS = 15_000;
const LONGEST_REST_MS = 300_000;
/** A host that has not failed for so long starts from zero. */
const FORGET_MS = 3_600_000;
/** A place outlives its attempt by this when its worker has died. */
const SPARE_MS = 15_000;
/** A job without a place asks again after this; it is promoted earlier when there is room. */
const ASK_AGAIN_SECONDS = { first: 1, last: 60 };

/** What is kept of hosts that fail, for an operator; no caller's hide those of another one. */
const [MOST_FAILING, MOST_WHY] = [100, 200];
const failingHostsKey = (kind: string): string => ownKey(kind, 'hosts:failing');
const takenKey = (kind: string): string => ownKey(kind, 'hosts:taken');

/** How an attempt went, for an operator: whatever it was sent was taken, or the sentence of why not. */
export interface ShownOutcome {
  failure: string | null;
}

/** A host that has taken nothing of late. */
export interface FailingHost {
  host: string;
  /** Since when, and its last failure (ms). */
  since: number;
  at: number;
  why: string;
  /** How many attempts have failed since it took something. */
  failures: number;
  /** The caller whose they all were; absent where several callers' were. */
  caller?: string;
}

/** The hosts that fail, and when any has taken something last (ms); null for not within the hour. */
export interface HostsHealth {
  failing: FailingHost[];
  takenAt: number | null;
  /** How many callers have jobs of the kind. */
  callers: number;
}

/** Reads which hosts fail for the jobs of a kind, over all workers. */
export async function readHostsHealth(redis: Redis, kind: string): Promise<HostsHealth> {
  const [failing, takenAt, callers] = await Promise.all([
    redis.hgetall(failingHostsKey(kind)),
    redis.get(takenKey(kind)),
    redis.scard(callersKey(kind)),
  ]);
  const hosts = Object.entries(failing).map(([host, text]): FailingHost => ({ host, ...JSON.parse(text) }));
  // One that nothing is sent to any more says nothing.
  const old = hosts.filter(({ at }) => at < now() - FORGET_MS).map(({ host }) => host);
  if (old.length > 0) await redis.hdel(failingHostsKey(kind), ...old);
  return {
    failing: hosts.filter(({ host }) => !old.includes(host)),
    takenAt: takenAt === null ? null : Number(takenAt),
    callers,
  };
}

/** How an attempt went, as its host sees it: any answer but "not now" shows that somebody is there. */
export type HostOutcome = 'answered' | 'failed' | 'stopped';

/** Whether the answer says that the host is in trouble; any other shows that it is there. */
export const isHostFailure = (status: number): boolean => status >= 500 || status === 429 || status === 408;

/** A request of a job's that is on its way. */
export interface Sending {
  id: string;
  caller: string;
  url: string;
  /** The attempt takes no longer; that of all attempts unless given. */
  attemptMs?: number;
}

/** Keeps one host from the others' places: it has a share of them, and rests when it fails. */
export interface Hosts {
  /**
   * Takes a place. Throws slots_full, which uses up no attempt, while the host rests or has its share; `force` takes
   * one in any case.
   */
  enter(sending: Sending, force: boolean): Promise<void>;
  /** Gives the place back, and lets those run that wait for the host; `shown` is what an operator is told. */
  leave(sending: Sending, outcome: HostOutcome, shown?: ShownOutcome): Promise<void>;
}

export interface HostsDeps {
  redis: Redis;
  /** The kind whose jobs send; each has places of its own. */
  kind: string;
  /** Places of all workers. */
  places: number;
  /** One attempt takes no longer. */
  attemptMs: number;
  /** Whether a host rests from the caller alone whose requests have failed there; else from everybody. */
  restsByCaller?: boolean;
}

/** Makes the shares of all hosts for one kind; they are counted in Redis, over all workers. */
export function createHosts({ redis, kind, places, attemptMs: longestMs, restsByCaller = false }: HostsDeps): Hosts {
  const keysOf = (sending: Sending) => hostKeys(kind, sending, restsByCaller);
  return {
    async enter(sending, force) {
      const { id, url, attemptMs = longestMs } = sending;
      const at = now();
      const placeMs = attemptMs + SPARE_MS;
      const limits = [places, FAILURES_UNTIL_REST, placeMs, force ? 1 : 0, FORGET_MS, SHARE, severalOf(places)];
      const answer = await enterHostScript(redis, keysOf(sending), [at, id, at + placeMs, ...limits]);
      const [kept, count] = answer as ['in' | 'rest' | 'full', number];
      const { host } = new URL(url);
      if (kept === 'rest') {
        throw new AppError('slots_full', `${host} has failed ${FAILURES_UNTIL_REST} times in a row, and rests.`, {
          // All come back at once otherwise.
          retryAfterSeconds: count / 1000 + Math.random() * 2,
        });
      }
      if (kept === 'full') {
        const { first, last } = ASK_AGAIN_SECONDS;
        throw new AppError('slots_full', `Other ${kind} are on their way to ${host}; this one waits for its turn.`, {
          retryAfterSeconds: Math.min(first + count / 20, last),
        });
      }
    },
    async leave(sending, outcome, shown) {
      const limits = [
        places,
        FAILURES_UNTIL_REST,
        FIRST_REST_MS,
        LONGEST_REST_MS,
        FORGET_MS,
        SHARE,
        queueKey(kind, ''),
        shown ? new URL(sending.url).host : '',
        shown?.failure?.slice(0, MOST_WHY) ?? '',
        MOST_FAILING,
        sending.caller,
      ];
      const keys = [...keysOf(sending), queueKey(kind, 'delayed'), failingHostsKey(kind), takenKey(kind)];
      await leaveHostScript(redis, keys, [now(), sending.id, outcome, ...limits]);
    },
  };
}

/**
 * Up to so many places of a host a receiver that has none gets one: another receiver on its host is not in its way
 * either, and two places are left to other hosts.
 */
const severalOf = (places: number): number => Math.max(SHARE, Math.min(Math.ceil(places / 2) + SHARE, places - SHARE));

/** A receiver is an address of one caller's; a query names no other one. */
function hostKeys(kind: string, { caller, url }: Sending, restsByCaller: boolean): string[] {
  const { host, pathname } = new URL(url);
  const resting = restsByCaller ? hashOf(caller, host) : host;
  return [
    ownKey(kind, `host:${host}:places`),
    ownKey(kind, `receiver:${hashOf(caller, `${host}${pathname}`)}:places`),
    ownKey(kind, 'places'),
    ownKey(kind, `host:${resting}:rest`),
    ownKey(kind, `host:${resting}:waiting`),
  ];
}

const hashOf = (caller: string, text: string): string =>
  createHash('sha256').update(`${caller}\0${text}`).digest('base64url');
