import type { Log } from '../../../../src/log.ts';
import { classifySmtpError, type SmtpError } from '../answers/smtp-error.ts';
import type { RelayHealth } from './relay-health.ts';

/** A relay that was seen well, by a mail or by a look, is looked at again after this. */
const LOOK_EVERY_MS = 30_000;
/** Whether anybody is there at all is seen between the looks, so often. */
const GREET_EVERY_MS = 6000;
/** One that a mail has found away is looked at this long after the look before. */
const AFTER_MAIL_MS = 2000;
/** One that refuses us is looked at sooner at first, each time after twice the time. */
const FIRST_AGAIN_MS = 1000;
/** One that refuses our login is looked at this seldom in the end: many lock an account that fails more often. */
const LOGIN_AGAIN_MS = 300_000;
/** Whether one where nobody answered is there again is seen as often, after this share of the time that it has been away. */
const AWAY_SHARE = 1 / 30;
/** A relay that starts with the worker may not listen yet: until then it is not known, rather than away. */
const GRACE_MS = 10_000;

export interface RelayWatchDeps {
  /** Connects and signs in; rejects with what is wrong. */
  verify(): Promise<unknown>;
  /** Connects alone; rejects where nobody is there. */
  greet(): Promise<unknown>;
  health: Pick<RelayHealth, 'observe' | 'lastSeen' | 'wantsLook' | 'letTry'>;
  /** The relay's name, for the log. */
  relay: string;
  log: Log;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
}

/** Makes a look at the relay that is due while no mail has shown it well for a while; call it every second. */
export function createRelayWatch({ verify, greet, health, relay, log, now = () => performance.now() }: RelayWatchDeps) {
  const begunAt = now();
  let dueAt = begunAt;
  let lookedAt = begunAt;
  let greetedAt = begunAt;
  /** What the last look has found. */
  let isWell = false;
  const rests = createRests(now);
  /** What the log says of it: nothing yet, well, or the sentence of what is wrong. */
  let told: string | null = null;

  const tell = (sentence: string, error?: unknown) => {
    if (sentence === told) return;
    told = sentence;
    if (error === undefined) log.info({ relay }, sentence);
    else log.warn({ relay, err: error }, `${sentence} Mails wait until that is mended`);
  };

  const isDue = async () => {
    const seen = health.lastSeen();
    if (seen?.ok && dueAt > now() + LOOK_EVERY_MS) {
      // A mail got through where our looks were refused: the long rest was about what is mended.
      dueAt = now() + LOOK_EVERY_MS;
      rests.reset();
    }
    // A mail has found it away since the last look. What it says to mails alone a look does not find out.
    const isNews = health.wantsLook() && isWell;
    if (now() >= (isNews ? lookedAt + AFTER_MAIL_MS : dueAt)) {
      return !seen?.ok || Date.now() - Date.parse(seen.seenAt) >= LOOK_EVERY_MS;
    }
    if (!seen?.ok || now() < greetedAt + GREET_EVERY_MS) return false;
    return !(await isThere());
  };

  const isThere = () => {
    greetedAt = now();
    return succeeds(greet());
  };

  /** Looks at the relay when that is due; never rejects. */
  return async (): Promise<void> => {
    if (!(await isDue())) return;
    // A connection to nobody may take long, and says the same again.
    if (rests.isAway() && health.lastSeen() && now() < lookedAt + LOOK_EVERY_MS && !(await isThere())) {
      dueAt = now() + rests.next({});
      return;
    }
    [lookedAt, greetedAt] = [now(), now()];
    try {
      await verify();
      dueAt = now() + LOOK_EVERY_MS;
      rests.reset();
      isWell = true;
      health.observe(null);
      tell('the mail relay answers');
      await health
        .letTry()
        .catch((err: unknown) => log.debug({ err }, 'no mail was let try whether the relay is back'));
    } catch (error) {
      isWell = false;
      dueAt = now() + rests.next(Object(error));
      const { originalCode } = Object(error) as SmtpError;
      if (originalCode === 'ECONNREFUSED' && told === null && now() - begunAt < GRACE_MS) return;
      const { fault, trouble } = { trouble: null, ...classifySmtpError(error, []) };
      const sentence = fault?.message ?? trouble?.sentence ?? 'The mail relay takes no mail.';
      tell(sentence, error);
      health.observe({ sentence, fault: trouble?.fault ?? 'away' });
    }
  };
}

const succeeds = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );

/** How long after looks that fail, one after the other, the next one is due. */
function createRests(now: () => number) {
  let againMs = FIRST_AGAIN_MS;
  /** Since when nobody has answered; null where somebody has. */
  let awaySince: number | null = null;
  return {
    isAway: () => awaySince !== null,
    next({ responseCode, command = '' }: SmtpError): number {
      // An answer may count our logins.
      if (responseCode !== undefined) awaySince = null;
      else awaySince ??= now();
      if (awaySince !== null)
        return Math.min(Math.max(FIRST_AGAIN_MS, (now() - awaySince) * AWAY_SHARE), LOOK_EVERY_MS);
      const isOfLogin = command.startsWith('AUTH') && Number(responseCode) >= 500;
      const again = Math.min(againMs, isOfLogin ? LOGIN_AGAIN_MS : LOOK_EVERY_MS);
      againMs = 2 * again;
      return again;
    },
    reset() {
      [againMs, awaySince] = [FIRST_AGAIN_MS, null];
    },
  };
}
