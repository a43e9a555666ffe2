import type { Request } from 'express';
import { AppError } from '../../errors.ts';

/** Large bodies of one caller that are read and checked at a time; others of the caller wait, unread. */
const OWN_PLACES = 2;
const OWN_WAITING = 16;
const MOST_WAITING = 100;
const RETRY_AFTER_SECONDS = 2;

interface Waiting {
  caller: string;
  start(): void;
}

/** Places for large bodies, taken in turns by caller: whatever one of them sends, another's turn comes. */
export interface Turns {
  /**
   * Resolves when the request has a place, with what gives it back (once; the end of its connection does too). Rejects
   * with rate_limited when too many of the caller's wait, and with queue_unavailable when too many of all do.
   */
  take(caller: string, req: Request): Promise<() => void>;
}

/** Makes so many places. */
export function createTurns(places: number): Turns {
  const held = new Map<string, number>();
  const line: Waiting[] = [];
  let free = places;

  const mayStart = (caller: string): boolean => free > 0 && (held.get(caller) ?? 0) < OWN_PLACES;
  const take = (caller: string): void => {
    free -= 1;
    held.set(caller, (held.get(caller) ?? 0) + 1);
  };
  const giveBack = (caller: string): void => {
    free += 1;
    const left = (held.get(caller) ?? 1) - 1;
    if (left > 0) held.set(caller, left);
    else held.delete(caller);
    startNext();
  };
  /** Whose bodies hold the fewest places goes first; of those, who waits longest. */
  const startNext = (): void => {
    const able = line.filter(({ caller }) => mayStart(caller));
    const fewest = Math.min(...able.map(({ caller }) => held.get(caller) ?? 0));
    const next = able.find(({ caller }) => (held.get(caller) ?? 0) === fewest);
    if (!next) return;
    line.splice(line.indexOf(next), 1);
    take(next.caller);
    next.start();
  };
  const assertRoom = (caller: string): void => {
    if (line.filter((one) => one.caller === caller).length >= OWN_WAITING) {
      const sentence = `More than ${OWN_WAITING + OWN_PLACES} large JSON bodies of this API key came at a time: send fewer at once.`;
      throw new AppError('rate_limited', sentence, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    if (line.length < MOST_WAITING) return;
    const sentence = 'Too many large JSON bodies are being read. Nothing was accepted. Try again in a moment.';
    throw new AppError('queue_unavailable', sentence, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  };

  return {
    async take(caller, req) {
      let isHeld = false;
      const release = () => {
        if (isHeld) giveBack(caller);
        isHeld = false;
      };
      if (mayStart(caller)) take(caller);
      else await waitInLine(caller, req);
      isHeld = true;
      if (req.socket.destroyed) release();
      else req.socket.once('close', release);
      return () => {
        req.socket.off('close', release);
        release();
      };
    },
  };

  function waitInLine(caller: string, req: Request): Promise<void> {
    assertRoom(caller);
    return new Promise((resolve, reject) => {
      const leave = () => {
        line.splice(line.indexOf(waiting), 1);
        reject(new AppError('invalid_request', 'The request was broken off.'));
      };
      const waiting: Waiting = {
        caller,
        start() {
          req.socket.off('close', leave);
          resolve();
        },
      };
      line.push(waiting);
      req.socket.once('close', leave);
    });
  }
}
