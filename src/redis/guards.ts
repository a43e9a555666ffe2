import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Answers } from './answers.ts';
import { classifyRedisError, mayHaveRun, OutcomeUnknown, queueUnavailable, REFUSED } from './errors.ts';

/** What became of an unanswered action is tried to find out for this long. */
const SETTLED_WITHIN_MS = 10_000;
const REPEAT_AFTER_MS = 50;

/** Throws queue_unavailable with that sentence while Redis is not there to answer. */
export function assertAnswers(answers: Answers, message?: string): void {
  if (!answers.areComing()) throw queueUnavailable(message);
}

/** What keeps the web process's actions from hanging on Redis, and from saying what is not true. */
export interface Guards {
  /** For actions that change nothing: rejects with queue_unavailable when Redis does not answer. */
  read<Args extends unknown[], T>(action: (...args: Args) => Promise<T>): (...args: Args) => Promise<T>;
  /**
   * For actions that change something and do nothing twice: one that was not answered is repeated when Redis answers
   * again (`isRepeated` is true then), and rejects with outcome_unknown when it does not within ten seconds.
   */
  write<Args extends unknown[], T>(
    action: (isRepeated: boolean, ...args: Args) => Promise<T>,
  ): (...args: Args) => Promise<T>;
}

/** For a connection that waits for a Redis that is away: nothing is guarded. */
export const NO_GUARDS: Guards = {
  read: (action) => action,
  write:
    (action) =>
    (...args) =>
      action(false, ...args),
};

/** Makes the guards of a connection. They reject with AppErrors alone. */
export function createGuards(answers: Answers): Guards {
  return {
    read:
      (action) =>
      async (...args) => {
        assertAnswers(answers);
        try {
          return await action(...args);
        } catch (cause) {
          if (mayHaveRun(cause)) answers.missed();
          throw classifyRedisError(cause);
        }
      },
    write:
      (action) =>
      async (...args) => {
        assertAnswers(answers, REFUSED);
        const until = performance.now() + SETTLED_WITHIN_MS;
        for (let isRepeated = false; performance.now() < until; isRepeated = true) {
          try {
            return await action(isRepeated, ...args);
          } catch (cause) {
            if (cause instanceof AppError) throw cause;
            if (!isRepeated && !mayHaveRun(cause)) throw classifyRedisError(cause, REFUSED);
            answers.missed();
          }
          await answers.wait(until - performance.now());
          await delay(REPEAT_AFTER_MS);
        }
        throw new OutcomeUnknown(
          'The queue has not answered: what was asked for may be done or not. Asked for again it is not done twice.',
        );
      },
  };
}
