import { type BitReader, createBitReader } from './bit-reader.ts';

/** How numbers stand for colours: whether they use all of their range, and by which matrix they become RGB. */
export interface VideoSignal {
  isFullRange: boolean;
  matrix: number;
}

/** A matrix that is not told. */
const UNKNOWN = 2;
/** A unit's header, and the general part of a profile with its level. */
const PROFILE_BITS = 96;
const ANY_ASPECT = 255;
const FULL_COLOUR = 3;
/** As many sets of pictures, and pictures in one, as there may be. */
const MOST_SETS = 64;
const MOST_PICTURES = 16;

/**
 * Reads how a picture's numbers stand for colours from its sequence parameters (H.265, 7.3.2.2 and E.2.1): a unit with its
 * header. Undefined where they do not say so, or hold what only moving pictures need.
 */
export function readVideoSignal(unit: Uint8Array): VideoSignal | undefined {
  const reader = createBitReader(withoutStuffing(unit));
  reader.bits(16 + 4);
  // Sub-layers have profiles of their own.
  if (reader.bits(3) > 0) return undefined;
  reader.bits(1 + PROFILE_BITS);
  return passPicture(reader) ? readUsability(reader) : undefined;
}

/** Passes over size and coding up to what the numbers mean. Returns whether that stands there. */
function passPicture(reader: BitReader): boolean {
  const { bits, golomb } = reader;
  const skip = (count: number) => {
    for (let index = 0; index < count; index += 1) golomb();
  };
  skip(1);
  if (golomb() === FULL_COLOUR) bits(1);
  skip(2);
  if (bits(1)) skip(4);
  skip(3);
  bits(1);
  // How many pictures wait, then the sizes of blocks.
  skip(3 + 6);
  const hasScaling = bits(1) === 1;
  if (hasScaling && bits(1)) return false;
  bits(2);
  if (bits(1)) {
    bits(8);
    skip(2);
    bits(1);
  }
  if (!passReferences(reader) || bits(1)) return false;
  bits(2);
  return bits(1) === 1;
}

/** Passes over which pictures are kept for others. Returns whether that is written plainly. */
function passReferences({ bits, golomb }: BitReader): boolean {
  const sets = golomb();
  if (sets > MOST_SETS) return false;
  for (let set = 0; set < sets; set += 1) {
    // By its difference from the set before.
    if (set > 0 && bits(1)) return false;
    const pictures = golomb() + golomb();
    if (pictures > MOST_PICTURES) return false;
    for (let picture = 0; picture < pictures; picture += 1) {
      golomb();
      bits(1);
    }
  }
  return true;
}

function readUsability({ bits }: BitReader): VideoSignal | undefined {
  if (bits(1) && bits(8) === ANY_ASPECT) bits(32);
  if (bits(1)) bits(1);
  if (bits(1) === 0) return undefined;
  bits(3);
  const isFullRange = bits(1) === 1;
  if (bits(1) === 0) return { isFullRange, matrix: UNKNOWN };
  bits(16);
  return { isFullRange, matrix: bits(8) };
}

/** Takes out the bytes that are put in so that no start code appears: a 3 behind two zeros. */
function withoutStuffing(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, at) => byte !== 3 || at < 2 || unit[at - 1] !== 0 || unit[at - 2] !== 0);
}
