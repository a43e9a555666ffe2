import { describe, expect, it } from '@jest/globals';
import type { AppError } from '../../../../src/errors.ts';
import { createFieldReader } from '../../../../src/http/fields.ts';
import type { JobContract } from '../../../../src/jobs/contract.ts';
import { images } from '../../../../workers/images/job.ts';

const reader = createFieldReader(images as unknown as JobContract);

/** How a request is refused, as one sentence. */
function refusalOf(fields: Record<string, unknown>): string {
  try {
    reader.readJson(fields);
  } catch (error) {
    return (error as AppError).message;
  }
  throw new Error('it was not refused');
}

describe('what others call an option', () => {
  it.each([
    ['w', 'width'],
    ['h', 'height'],
    ['gravity', 'position'],
    ['q', 'quality'],
    ['strip', 'metadata'],
    ['mode', 'fit'],
    ['bg', 'background'],
    ['background_color', 'background'],
    ['max-size', 'maxBytes'],
    ['Widht', 'width'],
    ['greyscale', 'grayscale'],
    ['url', 'source'],
  ])('%s: is refused, and asked whether %s was meant', (name, meant) => {
    expect(refusalOf({ [name]: 1 })).toBe(`${name} is not a known field (did you mean ${meant}?).`);
  });

  it('in a list of renditions, and in the objects of one: the fields of that place are asked for', () => {
    expect(refusalOf({ renditions: [{ w: 100 }] })).toBe('renditions.0.w is not a known field (did you mean width?).');
    expect(refusalOf({ watermark: { file: 'logo', gravity: 'north' } })).toBe(
      'watermark.gravity is not a known field (did you mean position?).',
    );
    // There is no format of a crop.
    const crop = { left: 1, top: 1, width: 1, height: 1 };
    expect(refusalOf({ crop: { ...crop, type: 1 } })).toBe('crop.type is not a known field.');
  });

  it.each(['constructor', '__proto__', 'toString', 'zoom'])('%s: is refused, and nothing is asked', (name) => {
    expect(refusalOf(Object.fromEntries([[name, 1]]))).toBe(`${name} is not a known field.`);
  });

  it.each([
    [{ fit: 'crop' }, /^fit must be cover, .* or outside \(did you mean cover\?\)\.$/],
    [{ fit: 'scale-down' }, /\(did you mean inside\?\)\.$/],
    [{ fit: 'Cover' }, /\(did you mean cover\?\)\.$/],
    [{ position: 'middle' }, /^position must be top, .*\(did you mean centre\?\)\.$/],
    [{ position: 'top-left' }, /\(did you mean left top\?\)\.$/],
    [{ position: 'north-west' }, /\(did you mean northwest\?\)\.$/],
    [{ watermark: { file: 'a', position: 'bottom right' } }, /\(did you mean southeast\?\)\.$/],
    [{ format: 'tif' }, /^format must be jpeg, .* or auto \(did you mean tiff\?\)\.$/],
    [{ format: 'image/webp' }, /\(did you mean webp\?\)\.$/],
    [{ format: 'bmp' }, /or auto\.$/],
  ])('%j: asks for the word that we have', (fields, sentence) => {
    expect(refusalOf(fields)).toMatch(sentence);
  });
});
