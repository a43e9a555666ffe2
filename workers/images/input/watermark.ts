import { z } from 'zod';
import { flagField, hintedChoiceField, numberField, wholeNumberField } from '../../../src/fields/fields.ts';
import { uploadIdField } from '../../../src/jobs/files/file-reference.ts';
import { type DefaultsOf, fillDefaults, optionalFields } from './defaults.ts';
import { GRAVITY_HINTS } from './hints.ts';
import { fileName } from './values.ts';

/** Where a watermark may stand: the winds, and the middle. */
export const GRAVITIES = [
  'north',
  'northeast',
  'east',
  'southeast',
  'south',
  'southwest',
  'west',
  'northwest',
  'center',
  'centre',
] as const;
/** The widest margin, in pixels. */
export const MAX_MARGIN = 4096;

const widthSentence = 'must be a share of the picture like "20%", or a whole number of pixels from 1 to 16384';
const share = z.string(widthSentence).regex(/^(100|[1-9]\d?(\.\d{1,3})?)%$/, widthSentence);

const options = {
  file: fileName.meta({ description: 'The form field that holds the watermark; with `job`, one of its result files.' }),
  job: z
    .string('must be the id of a job')
    .max(64, 'must be the id of a job')
    .meta({ description: 'The job whose result is the watermark.' }),
  upload: uploadIdField.meta({ description: 'The upload that is the watermark.' }),
  position: hintedChoiceField(GRAVITIES, GRAVITY_HINTS).meta({ description: 'Where it stands.' }),
  width: z
    .union([wholeNumberField(1, 16_384), share], widthSentence)
    .meta({ description: 'In pixels, or as a share of the rendition; without it, its own width, if that fits.' }),
  opacity: numberField(0, 1).meta({ description: '0 (not to be seen) to 1.' }),
  margin: wholeNumberField(0, MAX_MARGIN).meta({
    description: 'Pixels between it and the edges; between two of them, when tiled.',
  }),
  tile: flagField.meta({ description: 'All over the picture, again and again.' }),
};

/** What the processor gets for a watermark's option that was left out. */
const WATERMARK_DEFAULTS = {
  position: 'southeast',
  opacity: 1,
  margin: 0,
  tile: false,
} as const satisfies DefaultsOf<typeof options>;

/** A second picture that is laid over a rendition. */
export const watermark = z
  .strictObject(optionalFields(options, WATERMARK_DEFAULTS), 'must be an object')
  .superRefine(({ file, job, upload }, context) => {
    if ([file, job, upload].every((one) => one === undefined)) {
      context.addIssue('must say which picture: file, job, or upload');
    }
    if (upload !== undefined && (file ?? job) !== undefined) {
      context.addIssue({ code: 'custom', path: ['upload'], message: 'must not stand beside file or job' });
    }
  })
  .meta({
    description:
      'A picture laid over it: `{"file": "<form field>"}`, `{"upload": "upd_..."}` or `{"job": "img_...", "file": "..."}`.',
  });

/** Returns a watermark with every default filled in. */
export const withWatermarkDefaults = (given: z.infer<typeof watermark>) => fillDefaults(given, WATERMARK_DEFAULTS);

/** A watermark with its defaults. `width` is a share of the rendition ("20%") or in pixels, `margin` in pixels. */
export type Watermark = ReturnType<typeof withWatermarkDefaults>;
