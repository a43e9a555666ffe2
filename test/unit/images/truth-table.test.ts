import { expect, it } from '@jest/globals';
import { LAYOUTS, TRUTH_OPTIONS } from '../../support/images-truth.ts';
import { findUntrue } from './truth-table.ts';

// All of it: test/long/images-truth.test.ts.
const TELLING = ['nothing', 'grayscale and contain', 'contain, grey and half clear', 'metadata'];

it.each(LAYOUTS)('$name: its pixels and alpha are what sharp alone makes of it', async (layout) => {
  const options = TRUTH_OPTIONS.filter(({ name }) => TELLING.includes(name));
  expect(await findUntrue(layout, ['png'], layout.isSlow ? options.slice(0, 1) : options)).toEqual([]);
});
