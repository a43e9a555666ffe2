import { createHash } from 'node:crypto';
import { now } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { queueKey } from '../../src/redis/keys.ts';
import { ownKey, type Redis } from '../../src/redis/script.ts';
import { enterHostScript, leaveHostScript } from './host-scripts.ts';

const KIND = 'webhooks';
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
/** A webhook without a place asks again after this; it is promoted earlier when there is room. */
const ASK_AGAIN_SECONDS = { first: 1, last: 60 };

/** How an attempt went, as its host sees it: any answer but "not now" shows that somebody is there. */
export type HostOutcome = 'answered' | 'failed' | 'stopped';

/** A webhook on its way. */
export interface Sending {
  id: string;
  caller: string;
  url: string;
}

/** Keeps one host from the others' places: it has a share of them, and rests when it fails. */
export interface Hosts {
  /**
   * Takes a place. Throws slots_full, which uses up no attempt, while the host rests or has its share; `force` takes
   * one in any case.
   */
  enter(sending: Sending, force: boolean): Promise<void>;
  /** Gives the place back, and lets those run that wait for the host. */
  leave(sending: Sending, outcome: HostOutcome): Promise<void>;
}

export interface HostsDeps {
  redis: Redis;
  /** Places of all workers. */
  places: number;
  /** One attempt takes no longer. */
  attemptMs: number;
}

/** Makes the shares of all hosts; they are counted in Redis, over all workers. */
export function createHosts({ redis, places, attemptMs }: HostsDeps): Hosts {
  return {
    async enter({ id, caller, url }, force) {
      const at = now();
      const placeMs = attemptMs + SPARE_MS;
      const limits = [places, FAILURES_UNTIL_REST, placeMs, force ? 1 : 0, FORGET_MS, SHARE, severalOf(places)];
      const answer = await enterHostScript(redis, keysOf(caller, url), [at, id, at + placeMs, ...limits]);
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
        throw new AppError('slots_full', `Other webhooks are on their way to ${host}; this one waits for its turn.`, {
          retryAfterSeconds: Math.min(first + count / 20, last),
        });
      }
    },
    async leave({ id, caller, url }, outcome) {
      const limits = [
        places,
        FAILURES_UNTIL_REST,
        FIRST_REST_MS,
        LONGEST_REST_MS,
        FORGET_MS,
        SHARE,
        queueKey(KIND, ''),
      ];
      const keys = [...keysOf(caller, url), queueKey(KIND, 'delayed')];
      await leaveHostScript(redis, keys, [now(), id, outcome, ...limits]);
    },
  };
}

/**
 * Up to so many places of a host a receiver that has none gets one: another receiver on its host is not in its way
 * either, and two places are left to other hosts.
 */
const severalOf = (places: number): number => Math.max(SHARE, Math.min(Math.ceil(places / 2) + SHARE, places - SHARE));

/** A receiver is an address of one caller's; a query names no other one. */
function keysOf(caller: string, url: string): string[] {
  const { host, pathname } = new URL(url);
  const receiver = createHash('sha256').update(`${caller}\0${host}${pathname}`).digest('base64url');
  return [
    ownKey(KIND, `host:${host}:places`),
    ownKey(KIND, `receiver:${receiver}:places`),
    ownKey(KIND, 'places'),
    ownKey(KIND, `host:${host}:rest`),
    ownKey(KIND, `host:${host}:waiting`),
  ];
}
