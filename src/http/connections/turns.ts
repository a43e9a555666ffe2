import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '../../errors.ts';

/** How many places there are, in all and for one owner; and how many may wait for one. */
export interface TurnLimits {
  places: number;
  own: number;
  ownWaiting: number;
  mostWaiting: number;
}

interface Waiting {
  owner: string;
  start(): void;
}

/** Places that are taken in turns by their owners: whatever one of them sends, another's turn comes. */
export interface Turns {
  /**
   * Resolves when the owner has a place, with what gives it back; the end of the connection does too. Rejects with
   * rate_limited when too many of the owner's wait, and with queue_unavailable when too many of all do.
   */
  take(owner: string, socket: Socket): Promise<() => void>;
}

const RETRY_AFTER_SECONDS = 2;

/** Makes the places; `what` is taken in them, as a sentence names it ("large JSON bodies"). */
export function createTurns({ places, own, ownWaiting, mostWaiting }: TurnLimits, what: string): Turns {
  const held = new Map<string, number>();
  const line: Waiting[] = [];
  let free = places;

  const mayStart = (owner: string): boolean => free > 0 && (held.get(owner) ?? 0) < own;
  const hold = (owner: string): void => {
    free -= 1;
    held.set(owner, (held.get(owner) ?? 0) + 1);
  };
  const giveBack = (owner: string): void => {
    free += 1;
    const left = (held.get(owner) ?? 1) - 1;
    if (left > 0) held.set(owner, left);
    else held.delete(owner);
    startNext();
  };
  /** Who holds the fewest places goes first; of those, who waits longest. */
  const startNext = (): void => {
    const able = line.filter(({ owner }) => mayStart(owner));
    const fewest = Math.min(...able.map(({ owner }) => held.get(owner) ?? 0));
    const next = able.find(({ owner }) => (held.get(owner) ?? 0) === fewest);
    if (!next) return;
    line.splice(line.indexOf(next), 1);
    hold(next.owner);
    next.start();
  };
  const refuse = (code: ErrorCode, sentence: string) =>
    new AppError(code, sentence, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  const assertRoom = (owner: string): void => {
    if (line.filter((one) => one.owner === owner).length >= ownWaiting) {
      const sentence = `More than ${own + ownWaiting} ${what} of one sender came at a time: send fewer at once.`;
      throw refuse('rate_limited', sentence);
    }
    if (line.length < mostWaiting) return;
    throw refuse('queue_unavailable', `Too many ${what} are being read. Nothing was accepted. Try again in a moment.`);
  };
  const waitInLine = (owner: string, socket: Socket): Promise<void> => {
    assertRoom(owner);
    return new Promise((resolve, reject) => {
      const leave = () => {
        line.splice(line.indexOf(waiting), 1);
        reject(new AppError('invalid_request', 'The request was broken off.'));
      };
      const waiting: Waiting = {
        owner,
        start() {
          socket.off('close', leave);
          resolve();
        },
      };
      line.push(waiting);
      socket.once('close', leave);
    });
  };

  return {
    async take(owner, socket) {
      if (mayStart(owner)) hold(owner);
      else await waitInLine(owner, socket);
      let isHeld = true;
      const release = () => {
        socket.off('close', release);
        if (isHeld) giveBack(owner);
        isHeld = false;
      };
      if (socket.destroyed) release();
      else socket.once('close', release);
      return release;
    },
  };
}
