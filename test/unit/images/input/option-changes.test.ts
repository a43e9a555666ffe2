import { describe, expect, it } from '@jest/globals';
import {
  isSearched,
  needsOriginal,
  OPTION_CHANGES,
  showsSource,
} from '../../../../workers/images/input/option-changes.ts';
import { type Rendition, renditionFields } from '../../../../workers/images/input/rendition.ts';
import { images } from '../../../../workers/images/job.ts';

const renditionOf = (fields: object) => images.input.parse(fields).renditions[0] as Rendition;
const BOX = { width: 90, height: 80 };
const CROP = { left: 0, top: 0, width: 9, height: 9 };

describe('what options change', () => {
  it('every option that a caller may name is declared, and no other', () => {
    expect(Object.keys(OPTION_CHANGES).sort()).toEqual(Object.keys(renditionFields).sort());
  });

  it.each([
    [{}, false],
    [{ width: 90, format: 'webp', quality: 'auto', metadata: 'copyright', rotate: 90, blur: 3 }, false],
    [{ crop: CROP }, true],
    [{ trim: true }, true],
    [{ regions: [{ left: 0, top: 0, width: 9, height: 9 }] }, true],
    [{ trim: false }, false],
    [{ metadata: 'all' }, true],
  ])('%j: needs the original, not one of reduced size: %s', (fields, needed) => {
    expect(needsOriginal(renditionOf(fields))).toBe(needed);
  });

  it.each([
    [{}, true],
    [{ ...BOX, fit: 'inside' }, true],
    [{ ...BOX, fit: 'outside', enlarge: true }, true],
    [{ width: 90, fit: 'cover', position: 'top' }, true],
    [{ width: 90, dpr: 2, sharpen: 1, format: 'avif', background: 'red', metadata: 'all', maxBytes: 5000 }, true],
    [{ ...BOX, fit: 'cover' }, false],
    [{ ...BOX, fit: 'contain' }, false],
    [{ ...BOX, fit: 'fill' }, false],
    [{ crop: CROP }, false],
    [{ trim: true }, false],
    [{ rotate: 90 }, false],
    [{ flip: true }, false],
    [{ flop: true }, false],
    [{ grayscale: true }, false],
    [{ blur: 0.5 }, false],
    [{ watermark: { file: 'logo' } }, false],
    [{ aspectRatio: '1:1' }, false],
    [{ radius: 5 }, false],
    [{ text: 'a' }, false],
    [{ padding: 5 }, false],
  ])('%j: shows all of its source as it is: %s', (fields, shown) => {
    expect(showsSource(renditionOf(fields))).toBe(shown);
  });

  it.each([
    [{ format: 'webp', quality: 70, lossless: true, progressive: true }, false],
    [{ quality: 'auto' }, true],
    [{ format: 'auto' }, true],
    [{ maxBytes: 5000 }, true],
  ])('%j: its encoding is found by trials: %s', (fields, searched) => {
    expect(isSearched(renditionOf(fields))).toBe(searched);
  });
});
