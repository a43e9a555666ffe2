import { now } from '../../../src/clock.ts';
import type { Rate } from '../../../src/config/values.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import { createScript, ownKey, type Redis } from '../../../src/redis/script.ts';

/** A slot that was missed by more than this (its mail stood in the queue, the relay was away) is lost. */
const MISSED_SLOT_KEPT_MS = 10_000;

/**
 * Reserves the next free slot of a rate. KEYS: 1 the rate's next free slot. ARGV: 1 now, 2 milliseconds between slots.
 * Returns the slot, in milliseconds with three decimals: whole ones would add up to a lower rate than the one set.
 */
const reserveScript = createScript(
  'heavyliftReserveMailSlot',
  1,
  `
local now = tonumber(ARGV[1])
local slot = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local following = slot + ARGV[2]
redis.call('SET', KEYS[1], string.format('%.3f', following), 'PX', math.ceil(following - now + 1000))
return string.format('%.3f', slot)`,
);

/** One attempt of one job. */
interface Attempt {
  id: string;
  attempt: number;
}

/** Spaces mails evenly, over all hosts. */
export interface Throttle {
  /**
   * Reserves the attempt's slots in the rates of these domains and of the relay; an attempt that asks again keeps those
   * it has. Resolves with the milliseconds until it may send; 0 for now.
   */
  reserve(job: Attempt, domains: readonly string[]): Promise<number>;
}

export interface ThrottleDeps {
  redis: Redis;
  jobFields: JobFields;
  /** The relay's name (`host:port`). */
  relay: string;
  /** For all mails. */
  relayRate?: Rate | undefined;
  /** For the mails to each domain. */
  domainRate?: Rate | undefined;
}

/**
 * Makes the throttle of one relay. A slot of the relay is reserved when that of the domain has come: a mail that waits
 * for a slow domain holds none of the relay's.
 */
export function createThrottle({ redis, jobFields, relay, relayRate, domainRate }: ThrottleDeps): Throttle {
  const reserveSlot = async ({ id, attempt }: Attempt, rateName: string, rate: Rate): Promise<number> => {
    const field = `turn:${attempt}:${rateName}`;
    const [kept] = await jobFields.read(id, [field]);
    if (kept && Number(kept) >= now() - MISSED_SLOT_KEPT_MS) return msUntil(kept);
    const intervalMs = (rate.seconds * 1000) / rate.count;
    const slot = String(await reserveScript(redis, [ownKey('emails', `turn:${rateName}`)], [now(), intervalMs]));
    await jobFields.change(id, { set: { [field]: slot } });
    return msUntil(slot);
  };
  return {
    async reserve(job, domains) {
      if (domainRate) {
        const waits = await Promise.all(domains.map((domain) => reserveSlot(job, `domain:${domain}`, domainRate)));
        const waitMs = Math.max(0, ...waits);
        if (waitMs > 0) return waitMs;
      }
      return relayRate ? reserveSlot(job, `relay:${relay}`, relayRate) : 0;
    },
  };
}

const msUntil = (slot: string): number => Math.max(0, Math.ceil(Number(slot) - now()));
