import { z } from 'zod';
import { IMAGE_FORMATS, SOURCE_FORMATS } from '../formats/image-format.ts';

const madeRendition = z.object({
  name: z.string(),
  width: z.int(),
  height: z.int(),
  format: z.enum(IMAGE_FORMATS),
  bytes: z.int(),
  /** 1-100; null where every pixel is kept (png, gif, tiff, lossless). */
  quality: z.int().nullable(),
  similarity: z
    .number()
    .meta({
      description:
        'Where quality or format was `auto`: how alike it is to the picture before encoding, in brightness and colour ' +
        '(SSIM), 0 to 1.',
    })
    .optional(),
  colours: z
    .int()
    .meta({ description: 'Where maxBytes took colours from a PNG or GIF: how many it has at most.' })
    .optional(),
  kept: z
    .literal(true)
    .meta({
      description:
        "Set where the pixels are the upload's own, as they were encoded: to encode them anew would have taken more bytes.",
    })
    .optional(),
  file: z.string().meta({ description: 'The result file that holds it.' }),
});

/** A rendition that was made. */
export type MadeRendition = z.infer<typeof madeRendition>;

const failedRendition = z.object({
  name: z.string(),
  error: z
    .object({ code: z.string(), detail: z.string() })
    .meta({ description: 'Why it could not be made, where the others were. With `strict` the job fails instead.' }),
});

const warning = z.object({
  code: z.enum([
    'animation_lost',
    'frames_left',
    'pages_left',
    'transparency_lost',
    'gain_map_lost',
    'hdr_lost',
    'option_unused',
    'width_left_out',
    'larger_than_source',
    'missing_glyph',
    'damaged',
  ]),
  message: z.string(),
  rendition: z
    .string()
    .meta({ description: 'The rendition that it is about; absent where it is about all.' })
    .optional(),
});

/** Something of the source that could not be kept, or of the request that could not be used. */
export type ImageWarning = z.infer<typeof warning>;

/** The result of an image job, beside its files. */
export const imagesResult = z.object({
  /**
   * The upload as it was: width and height as a viewer sees them, `orientation` the EXIF value (1-8) that was applied.
   */
  source: z.object({
    width: z.int(),
    height: z.int(),
    format: z.enum(SOURCE_FORMATS),
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
  palette: z
    .array(z.string())
    .meta({ description: 'Up to five colours that make up the picture, as #rrggbb; that of the largest part first.' })
    .optional(),
  blurHash: z.string().meta({ description: 'A BlurHash of the picture, on white where it is transparent.' }).optional(),
  perceptualHash: z
    .string()
    .meta({
      description: 'A pHash of the picture, 64 bits as 16 hexadecimal digits: of alike pictures few bits differ.',
    })
    .optional(),
  picture: z.string().meta({ description: 'A <picture> element in HTML that offers the renditions.' }).optional(),
  alt: z.string().meta({ description: 'What the picture shows, as the request said.' }).optional(),
  renditions: z.array(z.union([madeRendition, failedRendition])),
  warnings: z.array(warning).meta({ description: 'What could not be kept of the source, or used of the request.' }),
});

export type ImagesResult = z.infer<typeof imagesResult>;

/** Returns the renditions that were made, in their order. */
export const madeOf = ({ renditions }: Pick<ImagesResult, 'renditions'>): MadeRendition[] =>
  renditions.filter((one): one is MadeRendition => !('error' in one));
