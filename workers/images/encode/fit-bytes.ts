import { AppError } from '../../../src/errors.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import type { Encoding } from './encoding.ts';
import { findFitting, LOWEST_QUALITY } from './quality.ts';
import type { EncodingChoice, Rendered, WriteEncoding } from './rendered.ts';

/** How many colours a PNG or GIF that must be small is reduced to, the fewest first: with less, most pictures are ruins. */
const COLOURS = [32, 48, 64, 96, 128, 192, 256];

/**
 * Writes a picture by the first of the choices that fits into `maxBytes`: at its own quality, else at the highest lower
 * one that fits, or with as many colours as fit. Its size in pixels stays. Throws size_unmet, with the figures.
 */
export async function fitBytes(
  choices: EncodingChoice[],
  name: string,
  maxBytes: number,
  write: WriteEncoding,
): Promise<Rendered> {
  let smallest = { bytes: Number.POSITIVE_INFINITY, what: '' };
  for (const choice of choices) {
    const unreduced = await write(choice);
    if (unreduced.content.length <= maxBytes) return unreduced;
    const steps = listSteps(choice.encoding);
    const { fitting, smallestBytes } = await findFitting(steps.length - 1, maxBytes, (step) =>
      write({ encoding: steps[step] ?? choice.encoding }),
    );
    if (fitting) return fitting;
    const bytes = Math.min(unreduced.content.length, smallestBytes);
    if (bytes < smallest.bytes) smallest = { bytes, what: describeLimit(choice.encoding) };
  }
  const message =
    `Rendition "${name}" can't be made with at most ${formatCount(maxBytes)} bytes: ${smallest.what} it has ` +
    `${formatCount(smallest.bytes)}. Ask for a smaller width or height, another format, or a larger maxBytes.`;
  throw new AppError('size_unmet', message);
}

/** Lists the encodings that take fewer bytes than the given one, the smallest first. */
export function listSteps(encoding: Encoding): Encoding[] {
  const { format, quality } = encoding;
  if (quality !== null) {
    const lowest = lowestOf(format);
    const steps = Math.max(0, quality - lowest);
    return Array.from({ length: steps }, (_, step) => ({ ...encoding, quality: lowest + step }));
  }
  const reduced = COLOURS.map((colours) => ({ ...encoding, colours }));
  if (format === 'png' && encoding.palette !== undefined)
    return reduced.filter(({ colours }) => colours < (encoding.palette ?? 0));
  if (format === 'png') return [...reduced, { ...encoding, filtered: false }];
  // A GIF has no more than 256 colours anyway.
  return format === 'gif' ? reduced.slice(0, -1) : [];
}

const lowestOf = (format: Encoding['format']) => LOWEST_QUALITY[format] ?? 1;

function describeLimit({ format, quality }: Encoding): string {
  const kind = format === 'webp' ? 'WebP' : format.toUpperCase();
  if (quality !== null) return `as ${kind} of quality ${Math.min(quality, lowestOf(format))}, the lowest that is made,`;
  return format === 'png' || format === 'gif' ? `as ${kind} of ${COLOURS[0]} colours` : `as lossless ${kind}`;
}
