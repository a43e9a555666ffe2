import { AppError } from '../../../src/errors.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import type { Encoding } from './encoding.ts';
import { findFitting, LOWEST_QUALITY } from './quality.ts';
import type { EncodingChoice, Rendered, WriteEncoding } from './rendered.ts';

/** How many colours a GIF that must be small is reduced to, the fewest first: with less, most pictures are ruins. */
const GIF_COLOURS = [32, 64, 128, 256];
/** How near the colours of a PNG stay that must be small, the farthest first: some 30 colours of a photograph, up to 256. */
const PNG_QUALITIES = [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 100];

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
  if (format === 'png') {
    const reduced = PNG_QUALITIES.map((paletteQuality) => ({ ...encoding, paletteQuality }));
    return encoding.palette === undefined ? [...reduced, { ...encoding, filtered: false }] : reduced;
  }
  if (format !== 'gif') return [];
  const reduced = GIF_COLOURS.flatMap((colours) =>
    [false, true].map((dithered) => ({ ...encoding, colours, dithered })),
  );
  // With all of its colours and dots it is what it was.
  return reduced.slice(0, -1);
}

const lowestOf = (format: Encoding['format']) => LOWEST_QUALITY[format] ?? 1;

function describeLimit({ format, quality }: Encoding): string {
  const kind = format === 'webp' ? 'WebP' : format.toUpperCase();
  if (quality !== null) return `as ${kind} of quality ${Math.min(quality, lowestOf(format))}, the lowest that is made,`;
  return format === 'png' || format === 'gif'
    ? `as ${kind} of the fewest colours that are made`
    : `as lossless ${kind}`;
}
