import { now } from '../../../../clock.ts';
import { AppError } from '../../../../errors.ts';
import type { Rates } from '../../../../keys/rates.ts';
import { PARTS, type Taker, type TokenPlaces } from '../../../../keys/upload-tokens/places.ts';
import type { TokenUse } from '../../../../keys/upload-tokens/upload-token.ts';
import type { Log } from '../../../../log.ts';
import { OutcomeUnknown } from '../../../../redis/errors.ts';
import { type Asker, callerOf } from '../../../auth/identify.ts';
import { tokenOf } from '../../../auth/token.ts';
import type { ChosenId } from '../choose-id.ts';

/** A request takes no longer than 30 minutes; what one that died has held is looked into after that. */
const HELD_MS = 31 * 60_000;

/** What a request holds of its token's places. */
interface Held {
  taker: Taker;
  /** Whether an earlier request like it was accepted. */
  isReplay: boolean;
  isKept: boolean;
}

/** On the request itself, as its caller is. */
const HELD = Symbol('held places');
type Holding = Asker & { [HELD]?: Held };

/**
 * Counts what requests send with an upload token: at once over all processes, so that none is good for more than it says. All of
 * it does nothing for a key or a session.
 */
export interface RequestPlaces {
  /**
   * Does the work that makes an upload or a job, and holds places for it meanwhile: what is refused gives them back, what is
   * accepted keeps them, and asked for again under the same id it counts once. Rejects with token_used_up, and as the work does.
   */
  during<T>(req: Asker, chosen: ChosenId, wanted: TokenUse, work: () => Promise<T>): Promise<T>;
  /** Changes what the request holds, once it is known what came. Rejects with token_used_up. */
  change(req: Asker, wanted: TokenUse): Promise<void>;
  /**
   * Does the work that accepts an upload or a job, and takes that off the rate of the token's key: once, and not where it is refused.
   * Rejects with rate_limited, and as the work does.
   */
  charge<T extends { replayed: boolean }>(req: Asker, work: () => Promise<T>): Promise<T>;
  /** Has what the request holds count for good; does not reject. */
  accepted(req: Asker): Promise<void>;
  /**
   * Holds places until then for an upload that comes in several requests, by its id. Rejects with token_used_up and
   * queue_unavailable.
   */
  take(req: Asker, id: string, wanted: TokenUse, untilMs: number): Promise<void>;
  /** Has them count for good. Rejects with queue_unavailable. */
  keep(req: Asker, id: string): Promise<void>;
  /** Gives them back, unless they count for good. Rejects with queue_unavailable. */
  giveBack(req: Asker, id: string): Promise<void>;
}

/** Where nobody comes with a token: nothing is counted. */
export const NO_PLACES: RequestPlaces = {
  during: (_req, _chosen, _wanted, work) => work(),
  change: async () => {},
  charge: (_req, work) => work(),
  accepted: async () => {},
  take: async () => {},
  keep: async () => {},
  giveBack: async () => {},
};

export interface RequestPlacesDeps {
  places: TokenPlaces;
  rates: Pick<Rates, 'take' | 'giveBack'>;
  log: Log;
}

/** Names what holds places over several requests. */
const takerOf = (id: string): Taker => ({ name: id, request: PARTS });

/** Makes the counting. */
export function createRequestPlaces({ places, rates, log }: RequestPlacesDeps): RequestPlaces {
  const left = (err: unknown) =>
    log.warn({ err }, 'places of an upload token not settled; they are when they are wanted');
  const hold = async (req: Asker, taker: Taker, wanted: TokenUse, untilMs: number) => {
    const token = tokenOf(req);
    return token ? places.take(token, taker, wanted, untilMs) : false;
  };
  return {
    async during(req, { id, nonce }, wanted, work) {
      const token = tokenOf(req);
      if (!token) return work();
      const taker = { name: id, request: nonce };
      const held: Held = { taker, isKept: false, isReplay: await hold(req, taker, wanted, now() + HELD_MS) };
      (req as Holding)[HELD] = held;
      try {
        return await work();
      } catch (error) {
        // What may have been accepted holds its places until that is known.
        if (!held.isKept && !(error instanceof OutcomeUnknown)) await places.giveBack(token, taker).catch(left);
        throw error;
      }
    },
    async change(req, wanted) {
      const { [HELD]: held } = req as Holding;
      if (held) held.isReplay = await hold(req, held.taker, wanted, now() + HELD_MS);
    },
    async charge(req, work) {
      const { name, rate } = tokenOf(req) ? callerOf(req) : {};
      if (name === undefined || !rate || (req as Holding)[HELD]?.isReplay) return work();
      const { allowed, resetMs } = await rates.take(name, rate);
      if (!allowed) throw keyIsBusy(resetMs);
      const giveBack = () => rates.giveBack(name, rate).catch(left);
      try {
        const done = await work();
        if (done.replayed) await giveBack();
        return done;
      } catch (error) {
        if (!(error instanceof OutcomeUnknown)) await giveBack();
        throw error;
      }
    },
    async accepted(req) {
      const token = tokenOf(req);
      const { [HELD]: held } = req as Holding;
      if (!token || !held) return;
      held.isKept = true;
      await places.keep(token, held.taker).catch(left);
    },
    async take(req, id, wanted, untilMs) {
      await hold(req, takerOf(id), wanted, untilMs);
    },
    async keep(req, id) {
      const token = tokenOf(req);
      if (token) await places.keep(token, takerOf(id));
    },
    async giveBack(req, id) {
      const token = tokenOf(req);
      if (token) await places.giveBack(token, takerOf(id));
    },
  };
}

function keyIsBusy(resetMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  const sentence = `The API key behind this upload token is busy. Try again in ${seconds} s.`;
  return new AppError('rate_limited', sentence, { retryAfterSeconds: seconds });
}
