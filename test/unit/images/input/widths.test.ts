import { describe, expect, it } from '@jest/globals';
import { createFieldReader } from '../../../../src/http/fields.ts';
import type { JobContract } from '../../../../src/jobs/contract.ts';
import type { ImagesInput } from '../../../../workers/images/input/images-input.ts';
import { parsePresets } from '../../../../workers/images/input/presets.ts';
import { createImages, images } from '../../../../workers/images/job.ts';

const upload = `upd_${'0'.repeat(26)}`;
const WIDE = '{"wide": {"width": 1200, "height": 400, "fit": "cover", "format": "webp", "quality": 70}}';
const presets = createImages(parsePresets(WIDE, 'presets.json'));

/** The renditions of a request, as "name width height proportions format". */
const setOf = (fields: object, contract = images): string[] =>
  contract.input
    .parse(fields)
    .renditions.map(({ name, width, height, aspectRatio, format }) =>
      [name, width, height, aspectRatio, format].filter(Boolean).join(' '),
    );

/** The faults of a request's fields, as "/pointer: sentence". */
const faultsOf = (fields: object): string[] =>
  (images.input.safeParse(fields).error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);

describe('widths and formats', () => {
  it('each width in each format: a rendition each, format by format in the order given', () => {
    expect(setOf({ widths: [400, 800], formats: ['avif', 'JPG'] })).toEqual([
      'w400-avif 400 avif',
      'w800-avif 800 avif',
      'w400-jpeg 400 jpeg',
      'w800-jpeg 800 jpeg',
    ]);
  });

  it('widths alone, formats alone: the other stays as it would be', () => {
    expect(setOf({ widths: [800, 400] })).toEqual(['w800 800', 'w400 400']);
    expect(setOf({ widths: [400], format: 'webp' })).toEqual(['w400 400 webp']);
    expect(setOf({ formats: ['webp', 'jpeg'], width: 300, height: 200 })).toEqual([
      'webp 300 200 webp',
      'jpeg 300 200 jpeg',
    ]);
  });

  it.each([
    ['400,800', 'avif, jpg'],
    [
      ['400', '800'],
      ['avif', 'jpg'],
    ],
    ['[400,800]', '["avif","jpg"]'],
  ])('of a form, %j and %j: the same', (widths, formats) => {
    const reader = createFieldReader(images as unknown as JobContract);
    const fields = new Map([
      ['widths', [widths].flat()],
      ['formats', [formats].flat()],
    ]);
    const { input } = reader.readTexts(fields) as { input: ImagesInput };
    expect(input.renditions.map(({ name }) => name)).toEqual(['w400-avif', 'w800-avif', 'w400-jpeg', 'w800-jpeg']);
  });

  it('a name: begins the names of all', () => {
    expect(setOf({ name: 'hero', widths: [400], formats: ['avif'] })).toEqual(['hero-w400-avif 400 avif']);
  });

  it('the other options: hold for each', () => {
    const { renditions, isSet } = images.input.parse({
      widths: [1, 2],
      formats: ['webp'],
      grayscale: true,
      quality: 7,
    });
    expect(isSet).toBe(true);
    expect(renditions).toMatchObject([
      { width: 1, grayscale: true, quality: 7, fit: 'inside' },
      { width: 2, grayscale: true, quality: 7, fit: 'inside' },
    ]);
  });

  it('a preset: its options hold, widths and formats stand in the place of its own, its proportions stay', () => {
    expect(setOf({ preset: 'wide', widths: [600, 300], formats: ['avif'] }, presets)).toEqual([
      'w600-avif 600 1200:400 avif',
      'w300-avif 300 1200:400 avif',
    ]);
    expect(setOf({ preset: 'wide', widths: [600] }, presets)).toEqual(['w600 600 1200:400 webp']);
    expect(setOf({ preset: 'wide', formats: ['avif'] }, presets)).toEqual(['avif 1200 400 avif']);
  });

  it('a preset whose picture lies inside a box: each in a box of the same proportions', () => {
    const inside = createImages(parsePresets('{"box": {"width": 1200, "height": 400}}', 'presets.json'));
    expect(setOf({ preset: 'box', widths: [600, 30] }, inside)).toEqual(['w600 600 200', 'w30 30 10']);
  });

  it('proportions beside a preset: stand in the place of its own', () => {
    expect(setOf({ preset: 'wide', aspectRatio: '1:1' }, presets)).toEqual(['image 1200 1:1 webp']);
    expect(setOf({ preset: 'wide', aspectRatio: '1:1', height: 90 }, presets)).toEqual(['image 90 1:1 webp']);
  });

  it('a name that is too long with what is added: refused, with what is left of its limit', () => {
    const name = 'n'.repeat(64);
    const fault = (most: number) => [`/name: must be at most ${most} characters, as its width or format is added`];
    expect(faultsOf({ name, widths: [100], formats: ['avif'] })).toEqual(fault(54));
    expect(faultsOf({ name, formats: ['webp', 'png'] })).toEqual(fault(59));
    expect(faultsOf({ name: name.slice(10), widths: [100], formats: ['avif'] })).toEqual([]);
    expect(faultsOf({ name })).toEqual([]);
  });

  it.each([
    [{ widths: [] }, '/widths: must be a list of 1 to 20 widths in pixels'],
    [{ widths: [0] }, '/widths/0: must be a whole number from 1 to 16384'],
    [{ widths: 400 }, '/widths: must be a list of 1 to 20 widths in pixels'],
    [{ widths: [400, 800, 400] }, '/widths: must not have 400 twice'],
    [{ formats: ['jpg', 'avif', 'jpeg'] }, '/formats: must not have jpeg twice'],
    [{ formats: ['tif'] }, expect.stringMatching(/^\/formats\/0: must be jpeg, .*\(did you mean tiff\?\)$/)],
    [
      { widths: [1, 2, 3, 4, 5, 6, 7], formats: ['avif', 'webp', 'jpeg'] },
      '/widths: must make at most 20 renditions: 7 widths in 3 formats are 21 renditions',
    ],
    [{ widths: [400], width: 3 }, "/width: can't stand beside widths: put it into that list"],
    [{ widths: [400], height: 3 }, "/height: can't stand beside widths: each picture's height follows from its width"],
    [{ formats: ['png'], format: 'gif' }, "/format: can't stand beside formats: put it into that list"],
    [{ widths: [400], renditions: [{}] }, "/renditions: can't stand beside widths: ask for one or the other"],
    [{ formats: ['png'], renditions: [{}] }, "/renditions: can't stand beside formats: ask for one or the other"],
    [{ widths: [400, 8000], dpr: 4 }, '/widths: must be at most 4096 with a dpr of 4'],
    [
      { widths: [4, 8], formats: ['webp', 'jpeg'], lossless: true },
      expect.stringMatching(/^\/lossless: needs a format/),
    ],
  ])('%j: one fault that names the field and its limits', (fields, fault) => {
    expect(faultsOf(fields)).toEqual([fault]);
  });

  it('a watermark of the set: is named once', () => {
    const input = images.input.parse({ widths: [1, 2], watermark: { upload } });
    expect(images.references?.(input)).toEqual([{ id: upload, pointer: '/watermark/upload', field: 'watermark' }]);
  });
});
