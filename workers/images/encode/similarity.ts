import type { Pixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';

/** Pixels are compared in blocks of so many a side, the block that JPEG encodes by. */
const BLOCK = 8;
/** SSIM's two constants, for values of 0 to 255: they steady it where there is next to nothing to compare. */
const STEADY_MEAN = 6.5025;
const STEADY_VARIANCE = 58.5225;
/** Colour is looked at in blocks where it varies so much, and more than brightness: nothing else shows their picture. */
const COLOUR_VARIANCE = 100;
/** Fewer such blocks than this share of all are passed over. */
const FEWEST_COLOUR_BLOCKS = 0.001;
/**
 * What is lost of colour counts a third. Measured on ten photographs, five drawings and five screenshots: at the default
 * qualities colour is 0.94 to 1 alike in photographs, where nobody misses it, and 0.57 to 0.92 where a line is smeared.
 */
const COLOUR_WEIGHT = 1 / 3;

/** How alike two pictures are, 0 to 1 (the same). */
export interface Similarity {
  /** The mean structural similarity (SSIM) of brightness. */
  brightness: number;
  /** That of colour, where colour alone tells things apart: red letters on a blue ground of the same brightness. */
  colour: number;
  /** The smaller of both, what is lost of colour weighed. */
  overall: number;
}

/** A picture as it is compared: its brightness, and its two differences of colour where it has any. */
export interface Planes extends Size {
  brightness: Float32Array;
  colour: [Float32Array, Float32Array] | undefined;
}

/** Splits an opaque picture in sRGB (3 channels), or a grey one (1 channel), into what is compared. */
export function toPlanes({ data, width, height, channels }: Pixels): Planes {
  const count = width * height;
  const brightness = new Float32Array(count);
  if (channels < 3) {
    for (let index = 0; index < count; index += 1) brightness[index] = data[index * channels] ?? 0;
    return { width, height, brightness, colour: undefined };
  }
  const [blueness, redness] = [new Float32Array(count), new Float32Array(count)];
  for (let index = 0, at = 0; index < count; index += 1, at += channels) {
    const red = data[at] as number;
    const blue = data[at + 2] as number;
    const luma = 0.299 * red + 0.587 * (data[at + 1] as number) + 0.114 * blue;
    brightness[index] = luma;
    blueness[index] = 0.564 * (blue - luma);
    redness[index] = 0.713 * (red - luma);
  }
  return { width, height, brightness, colour: [blueness, redness] };
}

/** Compares two pictures of the same size, block by block. */
export function compareColours(one: Planes, other: Planes): Similarity {
  const total = { blocks: 0, brightness: 0, colourBlocks: 0, colour: 0 };
  const colour = one.colour && other.colour ? { one: one.colour, other: other.colour } : undefined;
  for (let top = 0; top < one.height; top += BLOCK) {
    for (let left = 0; left < one.width; left += BLOCK) {
      const block = { left, top, width: one.width, height: one.height };
      const luma = compareBlock(one.brightness, other.brightness, block);
      total.blocks += 1;
      total.brightness += brightnessSimilarity(luma);
      if (!colour) continue;
      const blue = compareBlock(colour.one[0], colour.other[0], block);
      const red = compareBlock(colour.one[1], colour.other[1], block);
      const variance = blue.variance + red.variance;
      if (variance < COLOUR_VARIANCE || variance < luma.variance) continue;
      // What varies in brightness covers what varies in colour.
      const steady = STEADY_VARIANCE + 2 * luma.variance;
      const bothVary = variance + blue.otherVariance + red.otherVariance;
      total.colourBlocks += 1;
      total.colour += (2 * (blue.covariance + red.covariance) + steady) / (bothVary + steady);
    }
  }
  return summarise(total);
}

function summarise(total: { blocks: number; brightness: number; colourBlocks: number; colour: number }): Similarity {
  // Rounding can bring it a hair's breadth over 1.
  const brightness = Math.min(1, total.brightness / total.blocks);
  const isColoured = total.colourBlocks > FEWEST_COLOUR_BLOCKS * total.blocks;
  const colour = isColoured ? Math.min(1, total.colour / total.colourBlocks) : 1;
  return { brightness, colour, overall: Math.min(brightness, 1 - COLOUR_WEIGHT * (1 - colour)) };
}

/** What a block of one picture and of the other have in common. */
interface Moments {
  mean: number;
  otherMean: number;
  variance: number;
  otherVariance: number;
  covariance: number;
}

function compareBlock(
  one: Float32Array,
  other: Float32Array,
  { left, top, width, height }: Size & { left: number; top: number },
): Moments {
  const right = Math.min(left + BLOCK, width);
  const bottom = Math.min(top + BLOCK, height);
  let [sum, otherSum, squares, otherSquares, products] = [0, 0, 0, 0, 0];
  for (let row = top; row < bottom; row += 1) {
    for (let at = row * width + left; at < row * width + right; at += 1) {
      const value = one[at] as number;
      const otherValue = other[at] as number;
      sum += value;
      otherSum += otherValue;
      squares += value * value;
      otherSquares += otherValue * otherValue;
      products += value * otherValue;
    }
  }
  const count = (right - left) * (bottom - top);
  const mean = sum / count;
  const otherMean = otherSum / count;
  return {
    mean,
    otherMean,
    variance: Math.max(0, squares / count - mean * mean),
    otherVariance: Math.max(0, otherSquares / count - otherMean * otherMean),
    covariance: products / count - mean * otherMean,
  };
}

function brightnessSimilarity({ mean, otherMean, variance, otherVariance, covariance }: Moments): number {
  const means = (2 * mean * otherMean + STEADY_MEAN) / (mean * mean + otherMean * otherMean + STEADY_MEAN);
  return (means * (2 * covariance + STEADY_VARIANCE)) / (variance + otherVariance + STEADY_VARIANCE);
}
