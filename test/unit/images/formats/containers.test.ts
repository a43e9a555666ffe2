import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import { checkContainer } from '../../../../workers/images/formats/containers/check-container.ts';
import type { SourceFormat } from '../../../../workers/images/formats/image-format.ts';
import {
  box,
  chunk,
  exifOf,
  fileType,
  jpegWith,
  latin1,
  letters,
  packedText,
  pngWith,
  repeat,
  riffChunk,
  segment,
  signed,
  tiffWith,
  u16,
  u32,
  webpWith,
} from '../../../support/hostile/blocks.ts';
import { drawSamples } from '../../../support/hostile/files.ts';
import { directoryOf, gifFrame, gifWith, sharedMetadata, tiffPages } from '../../../support/hostile/tiff-gif-heif.ts';

const MANY = 10_001;
const PACKED = deflateSync(letters(8_100_000));
const jpegOf = (segments: Buffer) => jpegWith(latin1('\xff\xd8\xff\xd9'), segments);

const LIMITS = { IMAGES_MAX_METADATA_BYTES: 8_000_000 };

/** `passed`, or the code and sentence of the refusal. */
const check = (content: Buffer, format: SourceFormat, limits = LIMITS) =>
  checkContainer(content, format, limits).then(
    () => 'passed',
    (error: unknown) => {
      if (error instanceof AppError) return `${error.code}: ${error.message}`;
      throw error;
    },
  );

/** Files of a few bytes more, or a few parts more, than is taken; the large ones are in test/long. */
const TOO_MUCH: readonly (readonly [string, SourceFormat, () => Buffer])[] = [
  ['PNG: packed texts', 'png', () => pngWith(repeat(packedText(900_000), 9))],
  ['PNG: a packed text behind its pixels', 'png', () => Buffer.concat([pngWith(letters(0)), packedText(8_100_000)])],
  ['PNG: a packed international text', 'png', () => pngWith(chunk('iTXt', signed('a\0\x01\0en\0b\0', PACKED)))],
  ['PNG: a packed colour profile', 'png', () => pngWith(chunk('iCCP', signed('icc\0\0', PACKED)))],
  ['PNG: texts', 'png', () => pngWith(repeat(chunk('tEXt', latin1('a\0b')), MANY))],
  ['PNG: chunks that nobody knows', 'png', () => pngWith(repeat(chunk('aaAa', letters(0)), MANY))],
  ['PNG: pieces of no pixels', 'png', () => pngWith(repeat(chunk('IDAT', letters(0)), 300_001))],
  ['JPEG: comments', 'jpeg', () => jpegOf(repeat(segment(0xfe, letters(0)), MANY))],
  ['JPEG: comments behind rubbish', 'jpeg', () => jpegOf(signed('rubbish', repeat(segment(0xfe, letters(0)), MANY)))],
  ['JPEG: segments of a profile', 'jpeg', () => jpegOf(repeat(segment(0xe2, letters(65_000)), 124))],
  ['JPEG: filling bytes', 'jpeg', () => jpegOf(Buffer.alloc(300_002, 0xff))],
  ['WebP: chunks', 'webp', () => webpWith([repeat(riffChunk('aaaa', letters(0)), MANY)])],
  ['WebP: XMP', 'webp', () => webpWith([riffChunk('XMP ', letters(8_100_000))], 4)],
  ['WebP: frames', 'webp', () => webpWith([repeat(riffChunk('ANMF', letters(0)), MANY)], 2)],
  ['TIFF: pages', 'tiff', () => tiffPages(MANY)],
  ['TIFF: XMP', 'tiff', () => tiffWith([[700, 1, 8_100_000, 8]], letters(8_200_000))],
  ['GIF: frames', 'gif', () => gifWith(repeat(gifFrame(1, 1), MANY))],
  ['GIF: comments', 'gif', () => gifWith(repeat(latin1('\x21\xfe\0'), MANY))],
  ['GIF: pieces of a frame', 'gif', () => gifWith(signed('\x21\xfe', repeat(latin1('\x01a'), 300_001)))],
  ['HEIF: boxes', 'avif', () => Buffer.concat([fileType('avif'), repeat(box('free'), MANY)])],
  ['HEIF: items', 'avif', () => Buffer.concat([fileType('avif'), directoryOf(repeat(box('infe', u32(0)), MANY))])],
  [
    'HEIF: references',
    'heic',
    () => {
      const many = box('cdsc', u16(1), u16(5001), Buffer.alloc(2 * 5001));
      return Buffer.concat([fileType('heic'), box('meta', u32(0), box('iref', u32(0), many, many))]);
    },
  ],
  ['HEIF: the same bytes as metadata, again and again', 'heic', () => sharedMetadata(300, 50_000)],
];

describe('what a container holds beside its pixels', () => {
  it.each(TOO_MUCH)('%s: refused before it is decoded', async (_name, format, make) => {
    expect(await check(make(), format)).toMatch(/^payload_too_large: The image has (more than )?[\d,]* ?/);
  });

  it('a HEIF of two directories: refused', async () => {
    const twice = Buffer.concat([fileType('avif'), repeat(directoryOf(letters(0)), 2)]);
    expect(await check(twice, 'avif')).toMatch(/^image_unreadable: .*two directories/);
  });

  it('the sentence names the figure that was passed', async () => {
    const twice = pngWith(repeat(packedText(4_100_000), 2));
    expect(await check(twice, 'png')).toContain('8,000,000 bytes of metadata, unpacked');
    expect(await check(twice, 'png', { ...LIMITS, IMAGES_MAX_METADATA_BYTES: 9_000_000 })).toBe('passed');
  });

  it('a packed text that is damaged counts as far as it unpacks', async () => {
    const text = packedText(5_000_000);
    const damaged = chunk('zTXt', text.subarray(8, -20));
    expect(await check(pngWith(repeat(damaged, 2)), 'png')).toMatch(/^payload_too_large/);
    expect(await check(pngWith(chunk('zTXt', letters(1000))), 'png')).toBe('passed');
  });

  it('honest files pass: every format, with the metadata that programs write', async () => {
    for (const [name, sample] of Object.entries(await drawSamples())) {
      const format = (name
        .split(' ')
        .find((word) => ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff', 'heic'].includes(word)) ??
        'jpeg') as SourceFormat;
      expect([name, await check(sample, format)]).toEqual([name, 'passed']);
    }
    const words = pngWith(Buffer.concat([packedText(200_000), chunk('eXIf', exifOf(50)), chunk('tEXt', letters(9))]));
    expect(await check(words, 'png')).toBe('passed');
  });
});
