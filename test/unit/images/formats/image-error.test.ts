import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import { classifyImageError } from '../../../../workers/images/formats/image-error.ts';

describe('errors of libvips', () => {
  it.each([
    ['VipsJpeg: premature end of JPEG image', 'image_unreadable'],
    ['vipspng: libpng read error', 'image_unreadable'],
    ['Unknown error', 'image_unreadable'],
    ['vips2png: unable to write to target target', 'image_unreadable'],
    ['Input buffer has corrupt header: webp: unable to parse image', 'image_unreadable'],
    ['Input buffer contains unsupported image format', 'image_unreadable'],
    ['source: bad seek to 73825\nheif: Unspecified', 'image_unreadable'],
    ['tiff2vips: Using code not yet in table\ntiff2vips: read error', 'image_unreadable'],
    ['gifload_buffer: Invalid frame data', 'image_unreadable'],
    ['heif: Memory allocation error: Security limit exceeded: Number of extents in iloc box', 'image_unreadable'],
    ["vips_colourspace: no known route from 'multiband' to 'srgb'", 'image_unreadable'],
    ['Input image exceeds pixel limit', 'payload_too_large'],
    ['Processed image is too large for the WebP format', 'payload_too_large'],
    ['Processed image is too large for the HEIF format', 'payload_too_large'],
    ['timeout: 42% complete', 'timed_out'],
  ])('%j: %s, in a sentence of our own, the cause kept for the log', (message, code) => {
    const cause = new Error(message);
    const error = classifyImageError(cause);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).not.toContain(message);
    expect(error.message).toMatch(/^The .*\.$/);
  });

  it.each([
    ['an AppError', new AppError('storage_unavailable', 'Storage does not answer.')],
    ['a bug', new TypeError('x is not a function')],
    ['a wrong parameter', new Error('Expected positive integer for width but received NaN of type number')],
    ['no memory left', new Error('vips_tracked: out of memory -- size == 200MB')],
    ['a thrown text', 'VipsJpeg: a string'],
    ['nothing', undefined],
  ])('%s: no fault of the image, thrown again as it is', (_name, error) => {
    expect.assertions(1);
    try {
      classifyImageError(error);
    } catch (thrown) {
      expect(thrown).toBe(error);
    }
  });
});
