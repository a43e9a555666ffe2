import type { ColourCoding } from './coding.ts';

/** What a file says of its colours where libvips does not read it. */
export interface FileColours {
  coding: ColourCoding;
  /** Whether its pixels are of one channel, beside alpha. */
  isGrey: boolean;
  /** Returns the file with a profile in place of what it said; without one it says nothing. Its pixels are not touched. */
  withProfile(profile: Uint8Array | undefined): Buffer;
}
