import { setTimeout as delay } from 'node:timers/promises';
import type { AppError } from '../errors.ts';
import type { JobContract } from '../jobs/contract.ts';
import type { Grant, Usage, UsageByKind, UsageLimits } from '../jobs/usage.ts';
import {
  type AccountView,
  type Books,
  type CallerAccount,
  type Holder,
  type Look,
  openAccount,
  openBooks,
} from './account.ts';

/** How often the callers' jobs and the room for them are looked at. */
const LOOK_EVERY_MS = 1000;
/** So long a look waits for what the disk says. */
const DISK_MS = 200;

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
  /** What the caller may add to a kind: as last looked at, or `anew`. Rejects with queue_unavailable. */
  grant(caller: Holder, kind: string, anew?: boolean): Promise<Grant>;
  /**
   * Holds room for what is about to be stored and queued, until it is let go by the answer. Rejects with quota_exceeded,
   * and queue_unavailable.
   */
  hold(caller: Holder, kind: string, wanted: Usage): Promise<() => void>;
  /** What the caller has and may have. Rejects with queue_unavailable. */
  read(caller: Holder): Promise<AccountView>;
  /** Ends the looking. */
  close(): void;
}

/** Makes the quotas of a web process; those of all processes hold together, but for what comes within a second. */
export function createQuotas(deps: QuotaDeps): Quotas {
  /** Bytes in storage that requests under way are about to take, by caller. */
  const held = new Map<string, number>();
  const holdBytes = (name: string, bytes: number) => {
    const sum = (held.get(name) ?? 0) + bytes;
    if (sum > 0) held.set(name, sum);
    else held.delete(name);
  };
  const { contracts, maxQueueDepth } = deps;
  const kinds = contracts.filter(({ accepts }) => accepts !== 'none').map(({ kind }) => kind);
  const books = watchBooks(deps, (look) => openBooks(look, { kinds, maxQueueDepth }));
  const accountOf = async (caller: Holder) => openAccount(await books.read(), caller);

  return {
    grant: async (caller, kind, anew) => openAccount(await books.read(anew), caller).grant(kind),
    async hold(caller, kind, wanted) {
      const find = (account: CallerAccount) => findRefusal(account, kind, { wanted, held: held.get(caller.name) ?? 0 });
      // Room may have come since the last look: nobody is refused by an old one.
      if (find(await accountOf(caller))) {
        const refusal = find(openAccount(await books.read(true), caller));
        if (refusal) throw refusal;
      }
      holdBytes(caller.name, wanted.storedBytes);
      return () => holdBytes(caller.name, -wanted.storedBytes);
    },
    read: async (caller) => openAccount(await books.read(true), caller).view(),
    close: books.close,
  };
}

/** What a caller may not have so much more of, as the error that says so; null where it may. */
function findRefusal(
  account: CallerAccount,
  kind: string,
  { wanted, held }: { wanted: Usage; held: number },
): AppError | null {
  const here = account.usage(kind);
  const { limits, refuse } = account.grant(kind);
  const all: [name: keyof UsageLimits, used: number, more: number][] = [
    ['jobs', here.jobs, wanted.jobs],
    ['redisBytes', here.redisBytes, wanted.redisBytes],
    ['waitingBytes', here.redisBytes + here.inputBytes, wanted.redisBytes + wanted.inputBytes],
    // What the disk has no room for is the disk's to refuse.
    ['storedBytes', here.storedBytes + held, account.isBeyondDisk(wanted.storedBytes) ? 0 : wanted.storedBytes],
  ];
  const over = all.find(([name, used, more]) => more > 0 && used + more > limits[name]);
  return over ? refuse(...over) : null;
}

/**
 * Looks what there is, again and again. Answers with what was seen last, however Redis does now: whether it can take a job
 * is not for quotas to say. Only before the first look it is waited for, and rejects with queue_unavailable.
 */
function watchBooks({ readUsage, readMemory, readStorageBudget }: QuotaDeps, open: (look: Look) => Books) {
  let books: Books | null = null;
  let asked: Promise<void> | null = null;
  let storageBytes = Number.POSITIVE_INFINITY;

  const look = async () => {
    const disk = readStorageBudget().then(
      (bytes) => {
        storageBytes = bytes;
      },
      () => {},
    );
    // A file system that hangs holds up no mail: what it said last counts.
    const [usage] = await Promise.all([readUsage(), Promise.race([disk, delay(DISK_MS, undefined, { ref: false })])]);
    books = open({ usage, memory: readMemory(), storageBytes });
  };
  const timer = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS).unref();
  return {
    /** Answers with what was seen last; `anew` looks first. */
    async read(anew = false): Promise<Books> {
      if (books && !anew) return books;
      asked ??= look().finally(() => {
        asked = null;
      });
      await asked;
      return books as unknown as Books;
    },
    close: () => clearInterval(timer),
  };
}
