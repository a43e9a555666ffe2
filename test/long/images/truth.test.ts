import { expect, it } from '@jest/globals';
import { LAYOUTS, TRUTH_FORMATS, TRUTH_OPTIONS, type TruthFormat } from '../../support/images/truth.ts';
import { COLOUR_LAYOUTS } from '../../support/images/truth-colours.ts';
import { findUntrue } from '../../unit/images/truth-table.ts';

it.each([...LAYOUTS, ...COLOUR_LAYOUTS])(
  '$name, in every format, by every option: its pixels and alpha are what sharp alone makes, its tags what they say',
  async (layout) => {
    const formats = Object.keys(TRUTH_FORMATS) as TruthFormat[];
    expect(await findUntrue(layout, formats, TRUTH_OPTIONS)).toEqual([]);
  },
);
