import type { Request } from 'express';
import { duration } from '../../config/values.ts';
import { AppError } from '../../errors.ts';

const [SHORTEST_MS, LONGEST_MS] = [60_000, 7 * 86_400_000];
const FAULT = 'must be a time from 1m to 7d, such as 15m';

/**
 * Reads `?signed=15m` of a request: for how long (ms) the addresses of files are to hold without a key; null where it is not
 * given. Throws invalid_request.
 */
export function readSigned(req: Request): number | null {
  const given = req.query['signed'];
  if (given === undefined) return null;
  const { data = 0 } = duration.safeParse(given);
  if (data >= SHORTEST_MS && data <= LONGEST_MS) return data;
  throw new AppError('invalid_request', `signed ${FAULT}.`, { errors: [{ pointer: '/signed', detail: FAULT }] });
}
