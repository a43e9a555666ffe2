import { expect, it } from '@jest/globals';
import { LAYOUTS, TRUTH_OPTIONS } from '../../support/images/truth.ts';
import { findUntrue } from './truth-table.ts';

// All of it: test/long/images/truth.test.ts.
const TELLING_LAYOUTS = ['grey PNG', 'grey PNG with alpha', 'RGBA PNG of 16 bits'];
const TELLING_OPTIONS = ['nothing', 'grayscale and contain', 'contain, grey and half clear', 'metadata'];

it.each(LAYOUTS.filter(({ name }) => TELLING_LAYOUTS.includes(name)))(
  '$name: its pixels and alpha are what sharp alone makes of it',
  async (layout) => {
    const options = TRUTH_OPTIONS.filter(({ name }) => TELLING_OPTIONS.includes(name));
    expect(await findUntrue(layout, ['png'], options)).toEqual([]);
  },
);
