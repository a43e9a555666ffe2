import { randomUUID } from 'node:crypto';
import { AppError } from '../../../src/errors.ts';
import { createScript, type Redis } from '../../../src/redis/script.ts';
import type { Answers } from './recipient-answers.ts';

/** A hand-over that has begun: from here on the relay may have taken the mail for these recipients. */
export interface Flight {
  /** Names the hand-over, so that no other run ends it. */
  token: string;
  /** RFC 3339. */
  at: string;
  to: string[];
}

/** What Redis knows of a mail: each recipient's last answer, and a hand-over whose answer nobody wrote down. */
export interface LedgerPage {
  answers: Answers;
  flight: Flight | null;
}

const ANSWERS = 'own:answers';
const FLIGHT = 'own:flight';

/**
 * Enters a hand-over. Keys: job, the relay's breaker; arguments: the flight and the answers that this run has read ('' for
 * none), the new flight. Answers 'ok', 'gone', 'cancelled', or 'changed' when another run has written since. A relay that takes the envelope is well, so its
 * breaker closes.
 */
const claimScript = createScript(
  'heavyliftMailClaim',
  2,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
local stored = redis.call('HMGET', KEYS[1], 'cancel', '${FLIGHT}', '${ANSWERS}')
if stored[1] then return 'cancelled' end
if (stored[2] or '') ~= ARGV[1] or (stored[3] or '') ~= ARGV[2] then return 'changed' end
redis.call('HSET', KEYS[1], '${FLIGHT}', ARGV[3])
redis.call('DEL', KEYS[2])
return 'ok'`,
);

/** Ends a hand-over. Keys: job; arguments: the flight, the answers. Answers 0 when it is not (any more) under way. */
const settleScript = createScript(
  'heavyliftMailSettle',
  1,
  `
if redis.call('HGET', KEYS[1], '${FLIGHT}') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], '${ANSWERS}', ARGV[2])
redis.call('HDEL', KEYS[1], '${FLIGHT}')
return 1`,
);

/** The mail ledger of one job, as one run sees it. */
export interface Ledger {
  page: LedgerPage;
  /**
   * Writes down that the mail is about to be handed over to these recipients; resolves when that is on disk. Rejects with
   * `cancelled` when the job was cancelled or erased, and with `interrupted` when another run has the mail.
   */
  claim(to: string[]): Promise<void>;
  /** Writes down how the hand-over ended. */
  settle(answers: Answers): Promise<void>;
  /** Adds answers without a hand-over: recipients that the relay refused before it wanted the mail. */
  note(answers: Answers): Promise<void>;
}

/**
 * Opens a job's ledger. It lies in the job's own hash, is erased with it, and is what keeps a job that runs twice from
 * sending twice: no run hands the mail over that has not read what the run before it wrote.
 */
export async function openLedger(redis: Redis, jobKey: string, breakerKey: string): Promise<Ledger> {
  const [answersText, flightText] = await redis.hmget(jobKey, ANSWERS, FLIGHT);
  let storedAnswers = answersText ?? '';
  let storedFlight = flightText ?? '';
  return {
    page: {
      answers: storedAnswers ? (JSON.parse(storedAnswers) as Answers) : {},
      flight: storedFlight ? (JSON.parse(storedFlight) as Flight) : null,
    },
    async claim(to) {
      const flight = JSON.stringify({ token: randomUUID(), at: new Date().toISOString(), to } satisfies Flight);
      const answer = await claimScript(redis, [jobKey, breakerKey], [storedFlight, storedAnswers, flight]);
      if (answer === 'gone' || answer === 'cancelled') throw new AppError('cancelled', 'The job was cancelled.');
      if (answer !== 'ok') throw new AppError('interrupted', 'Another run of the job has the mail.');
      storedFlight = flight;
    },
    async settle(answers) {
      const text = JSON.stringify(answers);
      if ((await settleScript(redis, [jobKey], [storedFlight, text])) !== 1) return;
      storedFlight = '';
      storedAnswers = text;
    },
    async note(answers) {
      const text = JSON.stringify(answers);
      if ((await noteScript(redis, [jobKey], [storedFlight, storedAnswers, text])) === 1) storedAnswers = text;
    },
  };
}

/** Replaces the answers. Keys: job; arguments: flight and answers as read, new answers. Answers 0 when they changed meanwhile. */
const noteScript = createScript(
  'heavyliftMailNote',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local stored = redis.call('HMGET', KEYS[1], '${FLIGHT}', '${ANSWERS}')
if (stored[1] or '') ~= ARGV[1] or (stored[2] or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], '${ANSWERS}', ARGV[3])
return 1`,
);
