import { z } from 'zod';
import { IMAGE_FORMATS } from '../formats/image-format.ts';
import { amount, choice, colour, flag, toColour, wholeNumber } from './values.ts';
import { watermark, withWatermarkDefaults } from './watermark.ts';

/** Longest side that can be asked for, in pixels. */
const MAX_SIDE = 16_384;
/** Further than any side of a source can reach, in pixels. */
const MAX_OFFSET = 1_000_000;
const FITS = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;
/** Formats that can keep every pixel as it is. */
const LOSSLESS_FORMATS = ['webp', 'avif', 'png', 'tiff', 'auto'];
const SIDES = ['top', 'right top', 'right', 'right bottom', 'bottom', 'left bottom', 'left', 'left top'] as const;
const WINDS = ['north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest'] as const;
const POSITIONS = [...SIDES, ...WINDS, 'center', 'centre', 'entropy', 'attention'] as const;
/** How far a pixel may differ from an edge's colour (0-255) and still be trimmed; sharp's own default too. */
export const TRIM_THRESHOLD = 10;
const TURNS = [-270, -180, -90, 0, 90, 180, 270] as const;
/** Which of the source's metadata a rendition keeps. */
export const METADATA = ['none', 'copyright', 'all'] as const;

const position = z.union(
  [z.enum(POSITIONS), z.strictObject({ x: amount(0, 1), y: amount(0, 1) })],
  `must be one of: ${POSITIONS.join(', ')}; or {"x": 0-1, "y": 0-1}`,
);

const qualitySentence = 'must be a whole number from 1 to 100, or "auto"';
const quality = z.union(
  [z.int(qualitySentence).min(1, qualitySentence).max(100, qualitySentence), z.literal('auto')],
  qualitySentence,
);

const crop = z.strictObject(
  {
    left: wholeNumber(0, MAX_OFFSET),
    top: wholeNumber(0, MAX_OFFSET),
    width: wholeNumber(1, MAX_OFFSET),
    height: wholeNumber(1, MAX_OFFSET),
  },
  'must be an object with left, top, width and height in pixels',
);

const trim = z.union(
  [z.boolean(), z.strictObject({ threshold: amount(0, 255).optional(), background: colour.optional() })],
  'must be true, false, or an object with threshold (0-255) and background (a colour)',
);

const nameSentence =
  'must be 1 to 64 lower-case letters, digits, hyphens or underscores, and begin with a letter or digit';

/** What may be asked of one rendition; as flat fields, or in each entry of `renditions`. */
export const renditionFields = {
  name: z
    .string(nameSentence)
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, nameSentence)
    .meta({ default: 'image', description: 'What the result file is called, without its extension.' })
    .optional(),
  width: wholeNumber(1, MAX_SIDE)
    .meta({ description: 'In pixels; without it, it follows from the height.' })
    .optional(),
  height: wholeNumber(1, MAX_SIDE)
    .meta({ description: 'In pixels; without it, it follows from the width.' })
    .optional(),
  dpr: amount(1, 4)
    .meta({ default: 1, description: 'Pixels of the screen for each pixel asked: multiplies every size in pixels.' })
    .optional(),
  fit: choice(FITS)
    .meta({
      default: 'inside',
      description:
        'How the picture meets the size: `inside` and `outside` keep its proportions (at most, at least that size), ' +
        '`cover` crops, `contain` adds a border, `fill` stretches.',
    })
    .optional(),
  position: position
    .meta({
      default: 'centre',
      description:
        'Which part `cover` keeps, where `contain` puts the picture. `entropy` and `attention` look at the picture; ' +
        '`x` and `y` are a point of it, 0 to 1 from the left and the top.',
    })
    .optional(),
  enlarge: flag.meta({ description: 'Whether a small picture is made larger than it is.' }).optional(),
  format: choice([...IMAGE_FORMATS, 'auto'])
    .meta({
      description:
        'Without it, the format of the source; `auto` tries those that browsers show and takes the smallest.',
    })
    .optional(),
  quality: quality
    .meta({
      description:
        'Of formats that lose some, 1 to 100; `auto` finds the lowest at which the picture still looks alike. ' +
        'Without it, what suits the format.',
    })
    .optional(),
  maxBytes: wholeNumber(1000, 50_000_000)
    .meta({
      description:
        'The file has at most as many bytes: its quality, or the number of its colours, is lowered until it fits.',
    })
    .optional(),
  lossless: flag.meta({ description: `Keeps every pixel; goes with ${LOSSLESS_FORMATS.join(', ')}.` }).optional(),
  progressive: flag.meta({ description: 'Shows coarsely first, then finer (jpeg, png, gif).' }).optional(),
  animated: z
    .boolean('must be true or false')
    .meta({ default: true, description: 'Whether a GIF or WebP made of one keeps all frames; if not, the first.' })
    .optional(),
  background: colour
    .meta({ description: 'Of borders and behind transparent parts: #rgb or #rrggbb, with alpha too, or a name.' })
    .optional(),
  crop: crop.meta({ description: 'The part to begin with, in pixels of the upright source.' }).optional(),
  trim: trim
    .meta({
      default: false,
      description:
        'Takes off edges that are all alike: as the top left pixel, or as `background`, give or take `threshold` ' +
        `(${TRIM_THRESHOLD}).`,
    })
    .optional(),
  rotate: z
    .literal(TURNS, `must be one of: ${TURNS.join(', ')} (degrees clockwise)`)
    .meta({ default: 0, description: 'Degrees clockwise.' })
    .optional(),
  flip: flag.meta({ description: 'Upside down.' }).optional(),
  flop: flag.meta({ description: 'Left to right.' }).optional(),
  grayscale: flag.meta({ description: 'Without colours.' }).optional(),
  blur: amount(0.3, 100).meta({ description: 'Sigma of the blur, in pixels.' }).optional(),
  sharpen: amount(0.1, 10).meta({ description: 'Sigma of the sharpening, in pixels.' }).optional(),
  watermark: watermark.optional(),
  metadata: choice(METADATA)
    .meta({
      default: 'none',
      description:
        'What is kept of the metadata; `copyright` keeps copyright, artist and credit. Orientation is applied.',
    })
    .optional(),
};

/** The options of one rendition, each judged by itself; `conflictsOf` looks at them together. */
export const renditionOptions = z.strictObject(renditionFields, 'must be an object');

/** The options of one rendition as they were given. */
export type RenditionOptions = z.infer<typeof renditionOptions>;

/** What is wrong with options that are each right by themselves: the one at fault, and what it must be. */
export function conflictsOf(options: RenditionOptions): { path: string; message: string }[] {
  const { lossless, format, dpr = 1 } = options;
  const conflicts: { path: string; message: string }[] = (['width', 'height'] as const)
    .filter((side) => dpr > 1 && (options[side] ?? 0) <= MAX_SIDE && (options[side] ?? 0) * dpr > MAX_SIDE)
    .map((path) => ({ path, message: `must be at most ${Math.floor(MAX_SIDE / dpr)} with a dpr of ${dpr}` }));
  if (lossless && !LOSSLESS_FORMATS.includes(format ?? '')) {
    const message = `needs a format that keeps every pixel: set format to one of ${LOSSLESS_FORMATS.join(', ')}`;
    conflicts.push({ path: 'lossless', message });
  }
  return conflicts;
}

/** Fills in what was left out. */
export const withDefaults = (given: RenditionOptions) => ({
  ...given,
  name: given.name ?? 'image',
  dpr: given.dpr ?? 1,
  fit: given.fit ?? ('inside' as const),
  position: given.position ?? ('centre' as const),
  enlarge: given.enlarge ?? false,
  lossless: given.lossless ?? false,
  progressive: given.progressive ?? false,
  animated: given.animated ?? true,
  rotate: given.rotate ?? 0,
  flip: given.flip ?? false,
  flop: given.flop ?? false,
  grayscale: given.grayscale ?? false,
  metadata: given.metadata ?? ('none' as const),
  background: given.background === undefined ? undefined : toColour(given.background),
  trim: trimOf(given.trim),
  watermark: given.watermark && withWatermarkDefaults(given.watermark),
});

function trimOf(given: RenditionOptions['trim']): { threshold?: number; background?: string } | undefined {
  if (!given) return undefined;
  if (given === true) return {};
  const { threshold, background } = given;
  return {
    ...(threshold === undefined ? {} : { threshold }),
    ...(background === undefined ? {} : { background: toColour(background) }),
  };
}

/** One image to be made from the source, every default filled in. Sizes in pixels, `rotate` in degrees clockwise. */
export type Rendition = ReturnType<typeof withDefaults>;
