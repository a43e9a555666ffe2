import { z } from 'zod';
import {
  choiceField,
  flagField,
  hintedChoiceField,
  listWords,
  numberField,
  wholeNumberField,
} from '../../../src/fields/fields.ts';
import { askForName } from '../../../src/fields/near-name.ts';
import { IMAGE_FORMATS } from '../formats/image-format.ts';
import { type DefaultsOf, fillDefaults, optionalFields } from './defaults.ts';
import { FIT_HINTS, FORMAT_HINTS, POSITION_HINTS } from './hints.ts';
import { regions } from './regions.ts';
import { text, withTextDefaults } from './text.ts';
import { colour, toColour } from './values.ts';
import { watermark, withWatermarkDefaults } from './watermark.ts';

/** Longest side that can be asked for, in pixels. */
const MAX_SIDE = 16_384;
/** Further than any side of a source can reach, in pixels. */
const MAX_OFFSET = 1_000_000;
/** Wider or higher than that no proportions make sense. */
const MAX_RATIO = 100;
const MAX_PADDING = 4096;
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

const position = z.union([z.enum(POSITIONS), z.strictObject({ x: numberField(0, 1), y: numberField(0, 1) })], {
  error: ({ input }) =>
    `must be ${listWords(POSITIONS)}, or {"x": 0-1, "y": 0-1}${askForName(input, POSITIONS, POSITION_HINTS)}`,
});

/** A format's name, in capitals too; JPEG is known by two. */
const namedFormat = <Field extends z.ZodType>(field: Field) =>
  z.preprocess((given) => (typeof given === 'string' ? given.toLowerCase().replace(/^jpg$/, 'jpeg') : given), field);

const qualitySentence = 'must be a whole number from 1 to 100, or "auto"';
const quality = z.union(
  [z.int(qualitySentence).min(1, qualitySentence).max(100, qualitySentence), z.literal('auto')],
  qualitySentence,
);

const ratioSentence = `must be two numbers like "16:9", neither more than ${MAX_RATIO} times the other`;
const RATIO = /^\d{1,5}(\.\d{1,4})?[:/]\d{1,5}(\.\d{1,4})?$/;
const isRatio = (given: string): boolean =>
  RATIO.test(given) && ratioOf(given) >= 1 / MAX_RATIO && ratioOf(given) <= MAX_RATIO;
const aspectRatio = z.string(ratioSentence).refine(isRatio, ratioSentence);

const radiusSentence = `must be a whole number of pixels from 1 to ${MAX_SIDE}, or "circle"`;
const radius = z.union(
  [z.int(radiusSentence).min(1, radiusSentence).max(MAX_SIDE, radiusSentence), z.literal('circle')],
  radiusSentence,
);

const crop = z.strictObject(
  {
    left: wholeNumberField(0, MAX_OFFSET),
    top: wholeNumberField(0, MAX_OFFSET),
    width: wholeNumberField(1, MAX_OFFSET),
    height: wholeNumberField(1, MAX_OFFSET),
  },
  'must be an object with left, top, width and height in pixels',
);

const trim = z.union(
  [z.boolean(), z.strictObject({ threshold: numberField(0, 255).optional(), background: colour.optional() })],
  'must be true, false, or an object with threshold (0-255) and background (a colour)',
);

/** A rendition's name has no more, as its pattern below says. */
export const MOST_NAME_CHARACTERS = 64;
const nameSentence =
  'must be 1 to 64 lower-case letters, digits, hyphens or underscores, and begin with a letter or digit';

/** A format that is written, or `auto`. */
export const formatField = namedFormat(hintedChoiceField([...IMAGE_FORMATS, 'auto'], FORMAT_HINTS));

/** A width or height in pixels. */
export const widthField = wholeNumberField(1, MAX_SIDE);

/** The options of one rendition. Beside its schema here each has a line in `OPTION_CHANGES`, and may have a default. */
const options = {
  name: z
    .string(nameSentence)
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, nameSentence)
    .meta({ description: 'What the result file is called, without its extension.' }),
  width: widthField.meta({ description: 'In pixels; without it, it follows from the height.' }),
  height: widthField.meta({ description: 'In pixels; without it, it follows from the width.' }),
  aspectRatio: aspectRatio.meta({
    description:
      'The proportions of the picture, as "16:9", in the place of one side or of both: `fit` is `cover` then, unless it is ' +
      '`contain` or `fill`.',
  }),
  dpr: numberField(1, 4).meta({
    description: 'Pixels of the screen for each pixel asked: multiplies every size in pixels.',
  }),
  fit: hintedChoiceField(FITS, FIT_HINTS).meta({
    description:
      'How the picture meets the size: `inside` and `outside` keep its proportions (at most, at least that size), ' +
      '`cover` crops, `contain` adds a border, `fill` stretches.',
  }),
  position: position.meta({
    description:
      'Which part `cover` keeps, where `contain` puts the picture. `entropy` and `attention` look at the picture; ' +
      '`x` and `y` are a point of it, 0 to 1 from the left and the top.',
  }),
  enlarge: flagField.meta({ description: 'Whether a small picture is made larger than it is.' }),
  format: formatField.meta({
    description:
      'Without it, the format of the source; `auto` tries those that browsers show and takes the smallest. `jpg` is ' +
      '`jpeg`, capitals make no difference.',
  }),
  quality: quality.meta({
    description:
      'Of formats that lose some, 1 to 100; `auto` finds the lowest at which the picture still looks alike. ' +
      'Without it, what suits the format.',
  }),
  maxBytes: wholeNumberField(1000, 50_000_000).meta({
    description:
      'The file has at most as many bytes: its quality, or the number of its colours, is lowered until it fits.',
  }),
  lossless: flagField.meta({ description: `Keeps every pixel; goes with ${LOSSLESS_FORMATS.join(', ')}.` }),
  progressive: flagField.meta({ description: 'Shows coarsely first, then finer (jpeg, png, gif).' }),
  animated: flagField.meta({
    description: 'Whether a GIF or WebP made of an animation keeps all frames; if not, the first.',
  }),
  background: colour.meta({
    description:
      'Of borders and behind transparent parts, as in CSS: #rgb or #rrggbb, with alpha too, a name, rgb(...).',
  }),
  regions: regions,
  crop: crop.meta({ description: 'The part to begin with, in pixels of the upright source.' }),
  trim: trim.meta({
    description:
      'Takes off edges that are all alike: as the top left pixel, or as `background`, give or take `threshold` ' +
      `(${TRIM_THRESHOLD}).`,
  }),
  rotate: z
    .literal(TURNS, `must be ${listWords(TURNS.map(String))} (degrees clockwise)`)
    .meta({ description: 'Degrees clockwise.' }),
  flip: flagField.meta({ description: 'Upside down.' }),
  flop: flagField.meta({ description: 'Left to right.' }),
  grayscale: flagField.meta({ description: 'Without colours.' }),
  blur: numberField(0.3, 100).meta({ description: 'Sigma of the blur, in pixels.' }),
  sharpen: numberField(0.1, 10).meta({ description: 'Sigma of the sharpening, in pixels.' }),
  watermark: watermark,
  text: text,
  radius: radius.meta({
    description:
      'Of its rounded corners, in pixels; `circle` cuts a square to a circle. Where there is no transparency, `background` ' +
      'shows behind them.',
  }),
  padding: wholeNumberField(1, MAX_PADDING).meta({
    description: 'Pixels of `background` around the picture, beyond its size.',
  }),
  colourSpace: choiceField('srgb', 'p3').meta({
    description:
      'The colours that the file can hold: `p3` keeps those beyond sRGB, of a photo from a phone, with the profile of ' +
      'Display P3.',
  }),
  gainMap: choiceField('drop', 'keep').meta({
    description:
      "What becomes of a photo's gain map, which makes it HDR on screens that can show it: a JPEG of a JPEG keeps it " +
      '(Ultra HDR).',
  }),
  metadata: choiceField(...METADATA).meta({
    description:
      'What is kept of the metadata; `copyright` keeps copyright, artist and credit. Orientation is applied.',
  }),
};

/** What the processor gets for an option that was left out; for any other: nothing. */
export const RENDITION_DEFAULTS = {
  name: 'image',
  dpr: 1,
  fit: 'inside',
  position: 'centre',
  enlarge: false,
  lossless: false,
  progressive: false,
  animated: true,
  trim: false,
  rotate: 0,
  flip: false,
  flop: false,
  grayscale: false,
  colourSpace: 'srgb',
  gainMap: 'drop',
  metadata: 'none',
} as const satisfies DefaultsOf<typeof options>;

/** What may be asked of one rendition; as flat fields, or in each entry of `renditions`. */
export const renditionFields = optionalFields(options, RENDITION_DEFAULTS);

/** The options of one rendition, each checked by itself; `conflictsOf` checks them together. */
export const renditionOptions = z.strictObject(renditionFields, 'must be an object');

/** The options of one rendition as they were given. */
export type RenditionOptions = z.infer<typeof renditionOptions>;

/** Lists what is wrong with options that are each right by themselves: the one to change, and what it must be. */
export function conflictsOf(given: RenditionOptions): { path: string; message: string }[] {
  const { lossless, format, dpr = RENDITION_DEFAULTS.dpr } = given;
  const conflicts: { path: string; message: string }[] = (['width', 'height'] as const)
    .filter((side) => dpr > 1 && (given[side] ?? 0) <= MAX_SIDE && (given[side] ?? 0) * dpr > MAX_SIDE)
    .map((path) => ({ path, message: `must be at most ${Math.floor(MAX_SIDE / dpr)} with a dpr of ${dpr}` }));
  if (lossless && !LOSSLESS_FORMATS.includes(format ?? '')) {
    const message = `needs a format that keeps every pixel: set format to one of ${LOSSLESS_FORMATS.join(', ')}`;
    conflicts.push({ path: 'lossless', message });
  }
  return [...conflicts, ...ratioConflicts(given)];
}

function ratioConflicts({ aspectRatio: asked, width, height, fit, dpr = 1 }: RenditionOptions) {
  if (asked === undefined || !isRatio(asked)) return [];
  if (width !== undefined && height !== undefined) {
    return [{ path: 'aspectRatio', message: 'goes with width or height, not with both' }];
  }
  if (fit === 'inside' || fit === 'outside') {
    return [{ path: 'fit', message: 'must be cover, contain or fill with an aspectRatio' }];
  }
  const other = Math.round(dpr * (width === undefined ? (height ?? 0) * ratioOf(asked) : width / ratioOf(asked)));
  if (other <= MAX_SIDE) return [];
  const side = width === undefined ? 'wide' : 'high';
  return [{ path: 'aspectRatio', message: `makes the picture ${other} pixels ${side}; at most ${MAX_SIDE} are made` }];
}

/** Returns the number that proportions stand for, width by height: 1.5 for "3:2". */
export function ratioOf(proportions: string): number {
  const [width = 1, height = 1] = proportions.split(/[:/]/).map(Number);
  return width / height;
}

/** Returns the options with every default filled in, colours as sharp takes them. */
export function withDefaults(given: RenditionOptions) {
  const { background, trim, watermark: mark, text: words, ...filled } = fillDefaults(given, RENDITION_DEFAULTS);
  return {
    ...filled,
    ...shapeOf(given),
    background: background === undefined ? undefined : toColour(background),
    trim: trimOf(trim),
    watermark: mark && withWatermarkDefaults(mark),
    text: words === undefined ? undefined : withTextDefaults(words),
  };
}

/** A circle is cut from a square, unless its sides were asked for; proportions are met by cutting. */
function shapeOf({ aspectRatio: asked, radius: corners, width, height, fit }: RenditionOptions) {
  const hasShape = (width !== undefined && height !== undefined) || fit === 'inside' || fit === 'outside';
  const proportions = asked ?? (corners === 'circle' && !hasShape ? '1:1' : undefined);
  return { aspectRatio: proportions, fit: fit ?? (proportions === undefined ? RENDITION_DEFAULTS.fit : 'cover') };
}

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
