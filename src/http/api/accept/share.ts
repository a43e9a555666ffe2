import type { Share } from '../../../jobs/options.ts';
import type { Caller } from '../../../keys/keyring.ts';

/** What a key's record may say of its share of the places; nothing: weight 1, any number of runs. */
interface KeyShare {
  weight?: number;
  maxRunning?: number | null;
}

/** Reads a key's share as its jobs carry it: nothing for the ordinary one. */
export function shareOf(caller: Caller): { share?: Share } {
  const { weight = 1, maxRunning = null } = caller as Caller & KeyShare;
  if (weight === 1 && maxRunning === null) return {};
  return { share: { ...(weight === 1 ? {} : { weight }), ...(maxRunning === null ? {} : { maxRunning }) } };
}
