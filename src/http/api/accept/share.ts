import type { Share } from '../../../jobs/options/options.ts';
import type { Caller } from '../../../keys/keyring.ts';

/** Reads a key's share as its jobs carry it: nothing for the ordinary one. */
export function shareOf(caller: Caller): { share?: Share } {
  const { weight, maxRunning } = caller;
  if (weight === 1 && maxRunning === null) return {};
  return { share: { ...(weight === 1 ? {} : { weight }), ...(maxRunning === null ? {} : { maxRunning }) } };
}
