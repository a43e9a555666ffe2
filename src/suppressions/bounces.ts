import { now } from '../clock.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { hashAddress } from './members.ts';
import { BOUNCE_HOLDS_MS } from './record.ts';
import type { Suppressions } from './store.ts';
import type { Owner } from './suppression.ts';

/** A refusal that is not beyond doubt counts when it is said again after this. */
const ANOTHER_DAY_MS = 86_400_000;
/** A mail on trial that has no answer by then was none: the next mail is the trial. */
const TRIAL_MS = 86_400_000;

/** What a server said of an address that takes no mail. */
export interface Bounce {
  address: string;
  /** The server's words. */
  note: string;
  /** Whether it is beyond doubt; else it has to be said on another day too. */
  isCertain: boolean;
  /** Whether it came back after the mail had been taken: that another was taken then says nothing against it. */
  isLater?: boolean;
  /** Whose mails it stops; every caller's where it is not given. */
  caller?: Owner;
}

/** What bounced by itself, as mails find it out: it stops every caller's mails for 30 days, and then one mail is tried. */
export interface Bounces {
  /** Suppresses the addresses that bounced beyond doubt, or on another day too; remembers the others. */
  add(bounces: readonly Bounce[]): Promise<void>;
  /** Forgets what servers said in doubt of addresses that took a mail. */
  forget(addresses: readonly string[]): Promise<void>;
  /** Asks for a job whether it is the one that tries an address again whose bounce no longer holds by itself. */
  startTrial(address: string, jobId: string): Promise<boolean>;
  /** Takes addresses off the list that took the mail they were tried with. */
  lift(addresses: readonly string[]): Promise<void>;
}

/** Opens them over the list; the newest of `secrets` keys the names under which addresses are remembered. */
export function createBounces(redis: Redis, secrets: readonly string[], suppressions: Suppressions): Bounces {
  const keyOf = (what: 'bounced' | 'returned' | 'trial', address: string, caller: Owner = null) => {
    const hash = hashAddress(address.toLowerCase(), secrets[0] ?? '');
    return ownKey('emails', caller === null ? `${what}:${hash}` : `${what}:${hash}:${caller}`);
  };

  /** Writes what is not there yet; resolves with what was there, null where nothing was. */
  const claim = async (key: string, value: string, forMs: number): Promise<string | null> => {
    const isNew = (await redis.set(key, value, 'PX', forMs, 'NX')) === 'OK';
    return isNew ? null : await redis.get(key);
  };

  /** Whether an address bounced before, a day ago or more; if it never did, this is the first time. */
  const isRepeated = async ({ address, isLater = false, caller = null }: Bounce): Promise<boolean> => {
    const [own, other] = isLater ? (['returned', 'bounced'] as const) : (['bounced', 'returned'] as const);
    const before = [
      await claim(keyOf(own, address, caller), String(now()), BOUNCE_HOLDS_MS),
      await redis.get(keyOf(other, address, caller)),
    ];
    if (before.some((at) => at !== null && Number(at) <= now() - ANOTHER_DAY_MS)) return true;
    if (before.some((at) => at !== null)) return false;
    // What was tried again a month after it bounced, and bounces again, has said so twice.
    return (await suppressions.get(address, [caller])).some(({ reason }) => reason === 'bounce');
  };
  const remembered = (address: string, caller: Owner = null) =>
    [keyOf('bounced', address, caller), keyOf('returned', address, caller)] as const;

  return {
    async add(bounces) {
      const known = await Promise.all(bounces.map(async (one) => one.isCertain || (await isRepeated(one))));
      const counted = bounces.filter((_one, index) => known[index]);
      await suppressions.add(
        counted.map(({ address, note, caller = null }) => {
          return { address, note, messageStream: null, reason: 'bounce', caller };
        }),
      );
      const keys = counted.flatMap(({ address, caller }) => [...remembered(address, caller), keyOf('trial', address)]);
      if (keys.length > 0) await redis.del(...keys);
    },
    async forget(addresses) {
      if (addresses.length > 0) await redis.del(...addresses.map((address) => keyOf('bounced', address)));
    },
    async startTrial(address, jobId) {
      const trial = await claim(keyOf('trial', address), jobId, TRIAL_MS);
      return trial === null || trial === jobId;
    },
    async lift(addresses) {
      for (const address of addresses) {
        await suppressions.liftPastBounces(address);
        await redis.del(keyOf('trial', address), ...remembered(address));
      }
    },
  };
}
