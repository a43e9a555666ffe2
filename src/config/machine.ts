import { totalmem } from 'node:os';
import { choiceField } from '../fields/fields.ts';

/** How the product uses a machine: `small` gives up speed for memory. */
export type Profile = 'small' | 'large';

/** A machine with less memory is small, unless PROFILE says otherwise. */
const SMALL_BELOW_BYTES = 1_500_000_000;

/**
 * Answers with the bytes of memory that this process may count on: the machine's, or what its control group allows where that
 * is less (0, or more than there is, where nothing bounds the process).
 */
export const readMemory = (machine = totalmem(), allowed = process.constrainedMemory()): number =>
  allowed > 0 ? Math.min(machine, allowed) : machine;

/** Chooses the profile for a machine of so much memory. */
export const chooseProfile = (memory = readMemory()): Profile => (memory < SMALL_BELOW_BYTES ? 'small' : 'large');

/** The setting PROFILE, read as the profile that it comes to. */
export const profile = choiceField('auto', 'small', 'large')
  .default('auto')
  .transform((asked) => (asked === 'auto' ? chooseProfile() : asked));
