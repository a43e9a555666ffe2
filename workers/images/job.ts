import { z } from 'zod';
import type { Config } from '../../src/config.ts';
import { defineJob } from '../../src/jobs/define.ts';
import { urlText } from '../../src/jobs/options.ts';
import { HEAD_BYTES, IMAGE_FORMATS, inspectImage } from './header.ts';

/** Longest side that can be asked for, in pixels. */
const MAX_SIDE = 16_384;
const MAX_RENDITIONS = 20;
const FITS = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;
/** Formats that can keep every pixel as it is. */
const LOSSLESS_FORMATS = ['webp', 'avif', 'png', 'tiff', 'auto'];
const SIDES = ['top', 'right top', 'right', 'right bottom', 'bottom', 'left bottom', 'left', 'left top'] as const;
const WINDS = ['north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest'] as const;
const POSITIONS = [...SIDES, ...WINDS, 'center', 'centre', 'entropy', 'attention'] as const;
const TURNS = [-270, -180, -90, 0, 90, 180, 270] as const;
const COLOUR_NAMES =
  'transparent white silver gray black red maroon yellow olive lime green aqua teal blue navy fuchsia purple orange';

// One sentence a field, whichever of its rules was broken; the field's name is put before it where it is shown.
const wholeNumber = (min: number, max: number) => {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z.int(sentence).min(min, sentence).max(max, sentence);
};
const amount = (min: number, max: number) => {
  const sentence = `must be a number from ${min} to ${max}`;
  return z.number(sentence).min(min, sentence).max(max, sentence);
};
const flag = z.boolean('must be true or false').meta({ default: false });
const choice = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of: ${words.join(', ')}`);

const colourSentence = `must be a colour: #rgb, #rgba, #rrggbb, #rrggbbaa or one of ${COLOUR_NAMES.split(' ').join(', ')}`;
const colour = z
  .string(colourSentence)
  .regex(
    new RegExp(`^(#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|${COLOUR_NAMES.replaceAll(' ', '|')})$`),
    colourSentence,
  );

const position = z.union(
  [z.enum(POSITIONS), z.strictObject({ x: amount(0, 1), y: amount(0, 1) })],
  `must be one of: ${POSITIONS.join(', ')}; or {"x": 0-1, "y": 0-1}`,
);

const qualitySentence = 'must be a whole number from 1 to 100, or "auto"';
const quality = z.union(
  [z.int(qualitySentence).min(1, qualitySentence).max(100, qualitySentence), z.literal('auto')],
  qualitySentence,
);

const nameSentence =
  'must be 1 to 64 lower-case letters, digits, hyphens or underscores, and begin with a letter or digit';

/** What may be asked of one rendition; as flat fields, or in each entry of `renditions`. */
const fields = {
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
    .meta({ description: 'Without it, the format of the source; `auto` is WebP.' })
    .optional(),
  quality: quality
    .meta({
      description:
        'Of formats that lose some, 1 to 100; `auto` finds the lowest that still looks alike. ' +
        'Without it, what suits the format.',
    })
    .optional(),
  maxBytes: wholeNumber(1000, 50_000_000)
    .meta({ description: 'The file has at most as many bytes: its quality is lowered until it fits.' })
    .optional(),
  lossless: flag.meta({ description: `Keeps every pixel; goes with ${LOSSLESS_FORMATS.join(', ')}.` }).optional(),
  progressive: flag.meta({ description: 'Shows coarsely first, then finer (jpeg, png, gif).' }).optional(),
  background: colour
    .meta({ description: 'Of borders and behind transparent parts: #rgb or #rrggbb, with alpha too, or a name.' })
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
};

const renditionFields = z.strictObject(fields, 'must be an object').superRefine(({ lossless, format }, context) => {
  if (lossless && !LOSSLESS_FORMATS.includes(format ?? '')) {
    const message = `needs a format that keeps every pixel: set format to one of ${LOSSLESS_FORMATS.join(', ')}`;
    context.addIssue({ code: 'custom', path: ['lossless'], message });
  }
});

const withDefaults = (given: z.infer<typeof renditionFields>) => ({
  ...given,
  name: given.name ?? 'image',
  fit: given.fit ?? ('inside' as const),
  position: given.position ?? ('centre' as const),
  enlarge: given.enlarge ?? false,
  lossless: given.lossless ?? false,
  progressive: given.progressive ?? false,
  rotate: given.rotate ?? 0,
  flip: given.flip ?? false,
  flop: given.flop ?? false,
  grayscale: given.grayscale ?? false,
  // In an address `#` begins the fragment, so a colour is taken without it too.
  background: given.background?.replace(/^#?(?=([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$)/i, '#'),
});

/** One image to be made from the source, every default filled in. Sizes in pixels, `rotate` in degrees clockwise. */
export type Rendition = ReturnType<typeof withDefaults>;

/** Where the image comes from instead of an upload: an address, or a result file of another job. */
export type ImageSource = { url: string } | { job: string; file?: string | undefined };

/** What the processor gets: flat fields have become the one rendition. */
export interface ImagesInput {
  renditions: Rendition[];
  /** Absent when the image was uploaded. */
  source?: ImageSource | undefined;
}

const source = z
  .strictObject(
    {
      url: urlText.optional(),
      job: z.string('must be the id of a job').optional(),
      file: z.string('must be the name of a file').max(200, 'must have at most 200 characters').optional(),
    },
    'must be an object',
  )
  .superRefine(({ url, job, file }, context) => {
    if ((url === undefined) === (job === undefined)) context.addIssue('must have either url or job');
    if (file !== undefined && job === undefined)
      context.addIssue({ code: 'custom', path: ['file'], message: 'goes with job' });
  })
  .transform((given) => given as ImageSource)
  .meta({ description: 'In a JSON body: where the image is, `{url}` or `{job, file}`.' });

const renditionsSentence = `must be a list of 1 to ${MAX_RENDITIONS} objects`;
const renditions = z
  .array(renditionFields, renditionsSentence)
  .min(1, renditionsSentence)
  .max(MAX_RENDITIONS, renditionsSentence)
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { name = 'image' }] of list.entries()) {
      const message = `must differ from the other renditions' names; "${name}" is used twice`;
      if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message });
      seen.add(name);
    }
  })
  .meta({ description: 'Several pictures of one file; in the place of all these fields.' });

const input = z
  .strictObject({ ...fields, renditions: renditions.optional(), source: source.optional() })
  .superRefine(({ renditions: list, source: _source, ...flat }, context) => {
    const given = Object.keys(flat);
    if (list && given.length > 0) {
      const message = `can't stand beside ${given.join(', ')}: put them into each rendition`;
      context.addIssue({ code: 'custom', path: ['renditions'], message });
    }
    for (const issue of renditionFields.safeParse(flat).error?.issues ?? []) {
      if (issue.code === 'custom') context.addIssue({ ...issue });
    }
  })
  .transform(
    ({ renditions: list, source: from, ...flat }): ImagesInput => ({
      renditions: (list ?? [flat]).map(withDefaults),
      ...(from ? { source: from } : {}),
    }),
  );

const result = z.object({
  /** The upload as it was: width and height as a viewer sees them, `orientation` the EXIF value (1-8) that was applied. */
  source: z.object({
    width: z.int(),
    height: z.int(),
    format: z.enum(IMAGE_FORMATS),
    bytes: z.int(),
    orientation: z.int(),
    animated: z.boolean(),
    pages: z.int(),
  }),
  placeholder: z
    .string()
    .meta({ description: 'A ThumbHash of the picture, in base64: a blurred picture in some 25 bytes.' })
    .optional(),
  dominant: z.string().meta({ description: 'The colour that prevails, as #rrggbb.' }).optional(),
  picture: z.string().meta({ description: 'A <picture> element in HTML that offers the renditions.' }).optional(),
  renditions: z.array(
    z.object({
      name: z.string(),
      width: z.int(),
      height: z.int(),
      format: z.enum(IMAGE_FORMATS),
      bytes: z.int(),
      /** 1-100; null where every pixel is kept (png, gif, tiff, lossless). */
      quality: z.int().nullable(),
      file: z.string().meta({ description: 'The result file that holds it.' }),
    }),
  ),
});

/** What an image job tells when it is done. */
export type ImagesResult = z.infer<typeof result>;

/** The images kind: one upload, up to 20 renditions of it. */
export const images = defineJob<ImagesInput, ImagesResult>({
  kind: 'images',
  idPrefix: 'img',
  summary: 'Resizes an image and converts it to other formats.',
  input,
  result,
  attempts: 3,
  backoff: { firstMs: 2000, factor: 4, maxMs: 60_000 },
  timeoutMs: (config: Config) => config.IMAGE_TIMEOUT_SECONDS * 1000,
  accepts: 'upload',
  upload: {
    field: 'file',
    maxBytes: (config: Config) => config.IMAGE_MAX_BYTES,
    rawTypes: ['image/*', 'application/octet-stream'],
    headBytes: HEAD_BYTES,
    inspect: inspectImage,
    isReferenced: ({ source: from }) => from !== undefined,
  },
  references: ({ source: from }) => (from && 'job' in from ? [from.job] : []),
  example: { width: 800, format: 'webp' },
});
