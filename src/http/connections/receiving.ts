import type { Request } from 'express';
import type { Config } from '../../config/platform.ts';
import { callerOf } from '../auth/identify.ts';
import { tokenOf } from '../auth/token.ts';
import { senderAddress } from './address.ts';
import { createTurns } from './turns.ts';

/** Bodies of a known length up to this are read as they come: they take neither memory nor time. */
const SHORT_BYTES = 64_000;
const PLACES = 100;

/** Bodies that are being received: so many at a time of each caller and each address, and in all; others wait, unread. */
export interface Receiving {
  /** Resolves when the request's body may be read, with what says that it was. Throws unauthorized without a caller. */
  enter(req: Request): Promise<() => void>;
}

/** Makes the places for bodies, as the settings say. */
export function createReceiving(config: Pick<Config, 'MAX_UPLOADS_PER_CALLER' | 'MAX_UPLOADS_PER_ADDRESS'>): Receiving {
  const waiting = { ownWaiting: Number.POSITIVE_INFINITY, mostWaiting: Number.POSITIVE_INFINITY };
  const byCaller = createTurns({ places: PLACES, own: config.MAX_UPLOADS_PER_CALLER, ...waiting }, 'uploads');
  const everywhere = { places: Number.POSITIVE_INFINITY, own: config.MAX_UPLOADS_PER_ADDRESS, ...waiting };
  const byAddress = createTurns(everywhere, 'uploads');
  return {
    async enter(req) {
      // Visitors wait for one another, and not for all of their application.
      const caller = `${callerOf(req).name} ${tokenOf(req)?.series ?? ''}`;
      if (Number(req.headers['content-length'] ?? Number.NaN) <= SHORT_BYTES) return () => {};
      const address = senderAddress(req);
      // The address first: who waits there holds no place that others of the caller could use.
      const leaveAddress = address === null ? () => {} : await byAddress.take(address, req.socket);
      const leaveCaller = await byCaller.take(caller, req.socket);
      return () => {
        leaveCaller();
        leaveAddress();
      };
    },
  };
}
