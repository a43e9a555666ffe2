import type { Dependency, DependencyHold } from '../../../../src/jobs/processor.ts';
import type { Trouble } from '../answers/smtp-error.ts';
import { namingFile } from '../relays/naming-file.ts';
import type { Pace } from '../slots/pace.ts';
import type { Attempt, Breaker } from './breaker.ts';

/** How often what other hosts have learned is read. */
const READ_EVERY_MS = 5000;
/** What the relay has said to a mail is believed for so long, unless it takes one. */
const SAID_HOLDS_MS = 60_000;
/** What is shown of senders and rates at a time. */
const MOST_HOLDS = 10;

const rankOf = ({ about, isOwn }: DependencyHold): number => (about === 'sender' && !isOwn ? 1 : 0);

/** What is known of the relay: over all hosts whether mails may be tried, and in this process how it was last seen. */
export interface RelayHealth extends Pick<Breaker, 'enter' | 'look' | 'leave' | 'succeed' | 'wait' | 'letTry'> {
  /** Notes that the relay refused more than the one mail; resolves with how long (ms) mails wait now, 0 if they go on. */
  fail(attempt: Attempt, trouble: Trouble): Promise<number>;
  /**
   * Notes what a look at the relay outside any job found; null for nothing wrong. What it said to a mail of late stands: a look
   * does not come as far.
   */
  observe(trouble: Pick<Trouble, 'sentence' | 'fault'> | null): void;
  /** Reads what holds mails up over all hosts, when that is due. Never rejects. */
  refresh(): Promise<void>;
  /** The relay as it was last seen by this process; null before the first time. */
  lastSeen(): Dependency | null;
  /** Whether a mail was the last to see it, and has met what a look finds too. */
  wantsLook(): boolean;
}

/**
 * Makes what is known of a relay; `name` is its own in SMTP_RELAYS_FILE, null for the only one, `sender` the address of mails that
 * name none.
 */
export function createRelayHealth(
  breaker: Breaker,
  { name = null, pace, sender }: { name?: string | null; pace?: Pick<Pace, 'note'>; sender?: string } = {},
): RelayHealth {
  const tell = name === null ? String : namingFile;
  let seen: Dependency | null = null;
  let holds: DependencyHold[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  /** Whether a breaker was open when a mail last asked: only then is it worth a look. */
  let wasOpen = false;
  let saidAt = Number.NEGATIVE_INFINITY;
  let wantsLook = false;
  const note = (trouble: Parameters<RelayHealth['observe']>[0], isAtLook = false) => {
    wantsLook = isAtLook;
    seen = {
      name: name === null ? 'mail relay' : `mail relay ${name}`,
      ok: trouble === null,
      detail: tell(trouble?.sentence ?? 'The mail relay takes mail.'),
      ...(trouble ? { fault: trouble.fault ?? 'away' } : {}),
      seenAt: new Date().toISOString(),
    };
  };
  return {
    async enter(attempt) {
      const open = await breaker.enter(attempt);
      wasOpen = open !== null;
      return open;
    },
    look: async (attempt) => (wasOpen ? breaker.look(attempt) : null),
    leave: breaker.leave,
    wait: breaker.wait,
    letTry: breaker.letTry,
    wantsLook: () => wantsLook,
    async succeed(attempt, names) {
      saidAt = Number.NEGATIVE_INFINITY;
      note(null);
      await breaker.succeed(attempt, names);
    },
    async fail(attempt, trouble) {
      if (trouble.about === 'relay') {
        if (!trouble.isAtLook) saidAt = performance.now();
        note(trouble, trouble.isAtLook);
        return breaker.fail(attempt, trouble);
      }
      // It is there, or it would not have said so.
      note(null);
      const [openMs] = await Promise.all([breaker.fail(attempt, trouble), breaker.succeed(attempt, ['relay'])]);
      return openMs;
    },
    observe(trouble) {
      if (trouble !== null || performance.now() > saidAt + SAID_HOLDS_MS) note(trouble);
    },
    async refresh() {
      if (performance.now() < readAt + READ_EVERY_MS) return;
      readAt = performance.now();
      const slow = pace?.note() ?? null;
      const told: DependencyHold[] = slow === null ? [] : [{ about: 'rate', who: null, why: tell(slow) }];
      const open = (await breaker.holds().catch(() => [])).map((hold): DependencyHold => {
        return hold.who !== null && hold.who.toLowerCase() === sender?.toLowerCase() ? { ...hold, isOwn: true } : hold;
      });
      // What callers have brought about hides nothing.
      holds = [...told, ...open].toSorted((one, other) => rankOf(one) - rankOf(other));
    },
    lastSeen: () => seen && (holds.length > 0 ? { ...seen, holds: holds.slice(0, MOST_HOLDS) } : seen),
  };
}
