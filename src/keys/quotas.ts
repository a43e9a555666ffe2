import type { JobContract } from '../jobs/contract.ts';
import type { Grant, Usage, UsageByKind, UsageLimits } from '../jobs/usage.ts';
import { type AccountView, type Holder, type Look, openAccount } from './account.ts';

/** What is known of the callers' jobs and of the room for them is looked at again after this. */
const LOOK_HOLDS_MS = 1000;
export interface QuotaDeps {
  contracts: readonly Pick<JobContract, 'kind' | 'accepts'>[];
  /** Reads what the callers' jobs take. Rejects with queue_unavailable. */
  readUsage(): Promise<UsageByKind>;
  /** What all jobs may take in Redis, and what is left of it. */
  readMemory(): Look['memory'];
  /** How many bytes storage may still be given. */
  readStorageBudget(): Promise<number>;
  /** How many jobs of a kind may wait. */
  maxQueueDepth: number;
}

/** What each caller may add: by the limits of its key, or else by what others leave. */
export interface Quotas {
  /** What the caller may add to a kind now. Rejects with queue_unavailable. */
  grant(caller: Holder, kind: string): Promise<Grant>;
  /**
   * Holds room for what is about to be stored and queued, until it is let go by the answer. Rejects with quota_exceeded,
   * and queue_unavailable.
   */
  hold(caller: Holder, kind: string, wanted: Usage): Promise<() => void>;
  /** What the caller has and may have. Rejects with queue_unavailable. */
  read(caller: Holder): Promise<AccountView>;
}

/** Makes the quotas of a web process; those of all processes hold together, but for what comes within a second. */
export function createQuotas(deps: QuotaDeps): Quotas {
  const look = createLook(deps);
  /** Bytes in storage that requests under way are about to take, by caller. */
  const held = new Map<string, number>();
  const holdBytes = (name: string, bytes: number) => {
    const sum = (held.get(name) ?? 0) + bytes;
    if (sum > 0) held.set(name, sum);
    else held.delete(name);
  };
  const { contracts, maxQueueDepth } = deps;
  const kinds = contracts.filter(({ accepts }) => accepts !== 'none').map(({ kind }) => kind);
  const accountOf = async (caller: Holder) => openAccount({ ...(await look()), kinds, maxQueueDepth }, caller);

  return {
    grant: async (caller, kind) => (await accountOf(caller)).grant(kind),
    async hold(caller, kind, wanted) {
      const account = await accountOf(caller);
      const here = account.usage(kind);
      const { limits, refuse } = account.grant(kind);
      const own = held.get(caller.name) ?? 0;
      const all: [name: keyof UsageLimits, used: number, more: number][] = [
        ['jobs', here.jobs, wanted.jobs],
        ['redisBytes', here.redisBytes, wanted.redisBytes],
        ['waitingBytes', here.redisBytes + here.inputBytes, wanted.redisBytes + wanted.inputBytes],
        // What the disk has no room for is the disk's to refuse.
        ['storedBytes', here.storedBytes + own, account.isBeyondDisk(wanted.storedBytes) ? 0 : wanted.storedBytes],
      ];
      for (const [name, used, more] of all) if (more > 0 && used + more > limits[name]) throw refuse(name, used);
      holdBytes(caller.name, wanted.storedBytes);
      return () => holdBytes(caller.name, -wanted.storedBytes);
    },
    read: async (caller) => (await accountOf(caller)).view(),
  };
}

/** Makes the function that answers what there is, as it was within the last second. */
function createLook({ readUsage, readMemory, readStorageBudget }: QuotaDeps): () => Promise<Look> {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let last: Promise<Look> | null = null;
  let storageBytes = Number.POSITIVE_INFINITY;

  const lookNow = async (): Promise<Look> => {
    // Not awaited: a file system that hangs holds up no mail.
    readStorageBudget().then(
      (bytes) => {
        storageBytes = bytes;
      },
      () => {},
    );
    const usage = await readUsage();
    return { usage, memory: readMemory(), storageBytes };
  };
  return () => {
    if (last && performance.now() - lookedAt < LOOK_HOLDS_MS) return last;
    lookedAt = performance.now();
    last = lookNow();
    last.catch(() => {
      last = null;
    });
    return last;
  };
}
