import { z } from 'zod';
import { choiceField, listField, numberField } from '../../../src/fields/fields.ts';

const MAX_REGIONS = 100;
/** Further than any side of a source can reach, in pixels. */
const MAX_OFFSET = 1_000_000;

const offset = numberField(-MAX_OFFSET, MAX_OFFSET);
const sideSentence = `must be a number above 0, up to ${MAX_OFFSET}`;
const side = z.number(sideSentence).positive(sideSentence).max(MAX_OFFSET, sideSentence);

const region = z.strictObject(
  {
    left: offset.meta({ description: 'From the left edge of the upright source, in its pixels.' }),
    top: offset.meta({ description: 'From its top.' }),
    width: side,
    height: side,
    effect: choiceField('blur', 'pixelate')
      .default('blur')
      .meta({ description: 'Either leaves a few colours of the region, from which nothing can be won back.' }),
  },
  'must be an object with left, top, width and height in pixels',
);

/** Parts of a source that nobody may recognise: faces, number plates. */
export const regions = listField(region, 1, MAX_REGIONS, `must be a list of 1 to ${MAX_REGIONS} objects`).meta({
  description:
    'Parts to be made unrecognisable, such as faces: `[{"left", "top", "width", "height", "effect"}]` in pixels of the upright ' +
    'source, before all else. Placeholder, colours and hashes of the job are made of the picture without them.',
});

/** A part of a source that nobody may recognise, in pixels of the source, upright; maybe partly outside of it. */
export type HiddenRegion = z.infer<typeof region>;
