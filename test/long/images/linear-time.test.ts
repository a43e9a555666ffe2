import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { detectFormat } from '../../../workers/images/formats/detect-format.ts';
import { assertWholeGif } from '../../../workers/images/formats/gif.ts';
import { inspectImage, readDimensions } from '../../../workers/images/formats/header.ts';
import { classifyImageError } from '../../../workers/images/formats/image-error.ts';
import { makeSegment } from '../../../workers/images/formats/jpeg/segments.ts';
import { toColour } from '../../../workers/images/input/values.ts';
import { images } from '../../../workers/images/job.ts';
import { describeNewPicture } from '../../../workers/images/metadata/new-picture-xmp.ts';
import { readCredits } from '../../../workers/images/metadata/read-credits.ts';
import { writeXmp } from '../../../workers/images/metadata/xmp.ts';
import { writePictureElement } from '../../../workers/images/result/picture-element.ts';
import { turnJpeg } from '../../../workers/images/strip/turn/turn-jpeg.ts';

const SIZE = 1_000_000;
/** A megabyte of which each character is read once takes a fraction of a second; by its square it takes minutes. */
const LIMIT_MS = 20_000;

const JPEG = await sharp({ create: { width: 32, height: 32, channels: 3, background: 'red' } })
  .jpeg()
  .toBuffer();

const fill = (part: string, size = SIZE) => part.repeat(Math.ceil(size / part.length)).slice(0, size);
const parse = (fields: object) => images.input.safeParse(fields).success;
const classify = (message: string) => {
  try {
    return classifyImageError(new Error(message)).code;
  } catch {
    return undefined;
  }
};
const unlessRefused = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
};
const xmp = (text: string) => {
  const packet = Buffer.from(text);
  return [readCredits({ xmp: packet }), describeNewPicture(text)];
};
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const box = (type: string, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(8 + content.length), Buffer.from(type, 'latin1'), content]);
};
/** A HEIF directory with that list of properties, of items, and of what ties them. */
const heif = (ipco: Buffer, iinf: Buffer, ipma: Buffer) =>
  Buffer.concat([
    box('ftyp', Buffer.from('mif1\0\0\0\0mif1', 'latin1')),
    box(
      'meta',
      u32(0),
      box('pitm', u32(0), Buffer.from([0, 1])),
      box('iinf', u32(0), Buffer.from([0, 1]), iinf),
      box('iprp', box('ipco', ipco), box('ipma', ipma)),
    ),
  ]);
/** An EXIF block of one directory whose entries all hold a text of all of it. */
const exif = () => {
  const tiff = Buffer.alloc(SIZE, 'x');
  tiff.write('MM\0*\0\0\0\x08', 'latin1');
  tiff.writeUInt16BE(0xffff, 8);
  for (let index = 0; index < 0xffff; index += 1) {
    const at = 10 + 12 * index;
    tiff.writeUInt16BE(index % 2 ? 0x013b : 0x8298, at);
    tiff.writeUInt16BE(2, at + 2);
    tiff.writeUInt32BE(SIZE, at + 4);
    tiff.writeUInt32BE(8, at + 8);
  }
  return tiff;
};

describe('a megabyte of the worst input takes no more than seconds', () => {
  it.each<[string, () => unknown]>([
    ['a name', () => parse({ name: `${fill('a')}!` })],
    ['a colour', () => parse({ background: fill('#0') })],
    ['a colour without its number sign', () => toColour(`${fill('0')}x`)],
    ['the width of a watermark', () => parse({ watermark: { file: 'a', width: `1.${fill('0')}%` } })],
    ['the name of a preset', () => parse({ preset: fill('a') })],
    ['a message of libvips: words', () => classify(`no known route from '${fill('a')}`)],
    ['a message of libvips: starts of words', () => classify(fill("no known route from '"))],
    ['a message of libvips: lines', () => classify(fill('\nVipsJpeg'))],
    ['a message of libvips: a format', () => classify(fill('image is too large for the x'))],
    ['a message of libvips: a time', () => classify(`timeout: ${fill('1')}`)],
    ['control characters in a credit', () => readCredits({ xmp: Buffer.from(`<a><dc:rights>${fill('\t ')}x`) })],
    ['a credit to be escaped', () => writeXmp({ credit: fill('&') })],
    [
      'an address to be escaped',
      () => {
        const rendition = {
          name: 'a',
          width: 1,
          height: 1,
          format: 'png' as const,
          bytes: 1,
          quality: null,
          file: 'a',
        };
        return writePictureElement({ renditions: [rendition] }, () => fill('"&'));
      },
    ],
    ['XMP: open elements', () => xmp(fill('<a>'))],
    ['XMP: elements side by side', () => xmp(`<a>${fill('<b/>')}</a>`)],
    ['XMP: credits begun', () => xmp(`<a>${fill('<dc:rights>')}`)],
    ['XMP: credits side by side', () => xmp(`<a>${fill('<dc:creator/>')}`)],
    ['XMP: items of a list', () => xmp(`<a><dc:creator>${fill('<rdf:li>a</rdf:li>', SIZE - 60)}</dc:creator></a>`)],
    ['XMP: attributes', () => xmp(`<a ${Array.from({ length: 90_000 }, (_, index) => `a${index}=""`).join(' ')}/>`)],
    ['XMP: orientations', () => xmp(`<a>${fill('<b tiff:Orientation="6"/>')}`)],
    ['XMP: orientations as elements', () => xmp(`<a>${fill('<tiff:Orientation>6</tiff:Orientation>')}`)],
    ['XMP: spaces in a tag', () => xmp(`<a tiff:Orientation${fill(' ')}`)],
    ['XMP: entities', () => xmp(`<a><dc:rights>${fill('&amp;')}`)],
    ['XMP: an entity without end', () => xmp(`<a>&${fill('a')}`)],
    ['XMP: closing tags', () => xmp(`${fill('<a>', 180)}${fill('</b>')}`)],
    ['XMP: comments', () => xmp(`<a><!--${fill('- ')}`)],
    ['XMP: a declaration', () => xmp(`<!a${fill('a')}`)],
    ['XMP: declarations of entities', () => xmp(`<!DOCTYPE a [${fill('<!ENTITY a "&a;">')}`)],
    ['XMP: instructions', () => xmp(`<a>${fill('<?a?>')}`)],
    ['XMP: CDATA', () => xmp(`<a><![CDATA[${fill(']')}`)],
    ['EXIF: texts that are each all of it', () => readCredits({ exif: exif() })],
    ['IPTC: empty bylines', () => readCredits({ iptc: Buffer.from(fill('\x1c\x02\x50\0\0'), 'latin1') })],
    ['IPTC: begun datasets', () => readCredits({ iptc: Buffer.from(fill('\x1c\x02'), 'latin1') })],
    [
      'GIF: empty frames',
      () =>
        unlessRefused(() =>
          assertWholeGif(Buffer.from(`GIF89a${fill('\0', 7)}${fill(`,${fill('\0', 11)}`)}`, 'latin1')),
        ),
    ],
    [
      'JPEG: tables of codes',
      () => {
        const tables = makeSegment(0xc4, Buffer.from(`\x03${fill('\0', 16)}`.repeat(3800), 'latin1'));
        const file = [JPEG.subarray(0, 2), ...Array(500).fill(tables), JPEG.subarray(2)];
        if (!turnJpeg(Buffer.concat(file), 6)) throw new Error('not turned');
      },
    ],
    [
      'HEIF: properties',
      () => {
        const file = heif(Buffer.from(fill('\0\0\0\x08free'), 'latin1'), Buffer.alloc(0), u32(0));
        return [detectFormat(file), readDimensions(file)];
      },
    ],
    [
      'HEIF: items',
      () => {
        const file = heif(Buffer.alloc(0), Buffer.from(fill('\0\0\0\x14infe\x02\0\0\0\0\0\0\0abcd'), 'latin1'), u32(0));
        return [detectFormat(file), readDimensions(file)];
      },
    ],
    [
      'HEIF: items without properties',
      () => {
        const ties = Buffer.concat([u32(0), u32(0xffff_ffff), Buffer.alloc(SIZE)]);
        const file = heif(box('ispe', u32(0), u32(5), u32(5)), Buffer.alloc(0), ties);
        return [detectFormat(file), readDimensions(file)];
      },
    ],
    [
      'an SVG: spaces before it',
      () =>
        unlessRefused(() => inspectImage(Buffer.from(fill(' ')), { IMAGES_MAX_PIXELS: 1, IMAGES_MAX_JPEG_PIXELS: 1 })),
    ],
  ])('%s', (_name, read) => {
    expect(() => runInNewContext('read()', { read }, { timeout: LIMIT_MS })).not.toThrow();
  });
});
