import sharp from 'sharp';
// thumbhash: small, pure, no longer changed; used in this file alone, so it can be replaced here.
import { rgbaToThumbHash } from 'thumbhash';
import type { Rendered } from '../encode/rendered.ts';
import { showsSource } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import { type Pixels, toPixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';
import type { OpenPipeline, Source } from '../picture/source.ts';
import { hashBlurred } from './blur-hash.ts';
import { findColours } from './palette.ts';
import { hashPerceptually } from './perceptual-hash.ts';

/** The longest side that a ThumbHash is made from, in pixels: it may be 100, but holds 7 waves a side at most. */
const HASHED_SIDE = 48;
/** So many of a cell's pixels a side are read. */
const SAMPLED_SIDE = 2;

/** What is told of a picture, and can be shown of it before it is there. */
export interface Preview {
  /** A ThumbHash, in base64. */
  placeholder: string;
  /** The colour that prevails, #rrggbb. */
  dominant: string;
  /** Up to five colours, #rrggbb. */
  palette: string[];
  blurHash: string;
  /** 64 bits in hexadecimal. */
  perceptualHash: string;
}

/** A rendition and its file. */
interface Made {
  rendition: Rendition;
  rendered: Rendered;
}

/**
 * Makes the preview of a source, upright. Where a job's only rendition shows the same in a quarter of the pixels or
 * less, the preview is made from that: to decode the source once more would take a fifth of the whole job's time.
 */
export async function drawPreview(source: Source, open: OpenPipeline, only?: Made): Promise<Preview> {
  const canStandIn = only && isSmaller(only.rendered, source) && showsAll(only, source);
  if (canStandIn && only.rendered.pixels) return previewOf(sampleCells(only.rendered.pixels));
  const small = (canStandIn ? sharp(only.rendered.content) : open()).resize({
    width: HASHED_SIDE,
    height: HASHED_SIDE,
    fit: 'inside',
    kernel: 'linear',
  });
  return previewOf(await toPixels(small.toColourspace('srgb').ensureAlpha()));
}

const isSmaller = (one: Size, other: Size) => one.width * one.height * 4 <= other.width * other.height;

/** Whether a rendition shows all of its source as it is, transparency included. */
const showsAll = ({ rendition, rendered }: Made, source: Source): boolean =>
  showsSource(rendition) && rendition.colourSpace === 'srgb' && !(source.hasAlpha && rendered.format === 'jpeg');

/** Makes the preview of a small picture, as RGBA. */
export function previewOf(pixels: Pixels): Preview {
  const { data, width, height } = pixels;
  const hash = rgbaToThumbHash(width, height, data);
  return {
    placeholder: Buffer.from(hash).toString('base64'),
    ...findColours(pixels),
    blurHash: hashBlurred(pixels),
    perceptualHash: hashPerceptually(pixels),
  };
}

/**
 * Shrinks a picture to at most HASHED_SIDE pixels a side, as RGBA: each the mean of a few that lie evenly over the cell
 * it stands for. A pipeline for it would cost twenty times as much.
 */
function sampleCells({ data, width, height, channels }: Pixels): Pixels {
  const scale = Math.min(1, HASHED_SIDE / Math.max(width, height));
  const small = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const colours = channels > 2 ? 3 : 1;
  const hasAlpha = channels % 2 === 0;
  const cells = Buffer.alloc(small.width * small.height * 4);
  const [across, down] = [SAMPLED_SIDE * small.width, SAMPLED_SIDE * small.height];
  const sums = new Float64Array(4);
  for (let cell = 0; cell < small.width * small.height; cell += 1) {
    const [left, top] = [SAMPLED_SIDE * (cell % small.width), SAMPLED_SIDE * Math.floor(cell / small.width)];
    sums.fill(0);
    for (let sample = 0; sample < SAMPLED_SIDE ** 2; sample += 1) {
      const x = Math.floor(((left + (sample % SAMPLED_SIDE) + 0.5) * width) / across);
      const y = Math.floor(((top + Math.floor(sample / SAMPLED_SIDE) + 0.5) * height) / down);
      const at = (y * width + x) * channels;
      const alpha = hasAlpha ? (data[at + colours] ?? 0) : 255;
      for (let channel = 0; channel < 3; channel += 1) {
        sums[channel] = (sums[channel] ?? 0) + alpha * (data[at + Math.min(channel, colours - 1)] ?? 0);
      }
      sums[3] = (sums[3] ?? 0) + alpha;
    }
    const weight = sums[3] ?? 0;
    for (let channel = 0; channel < 3 && weight > 0; channel += 1) {
      cells[4 * cell + channel] = Math.round((sums[channel] ?? 0) / weight);
    }
    cells[4 * cell + 3] = Math.round(weight / SAMPLED_SIDE ** 2);
  }
  return { ...small, data: cells, channels: 4 };
}
