import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { AppError } from '../../../../src/errors.ts';
import { detectFormat } from '../../../../workers/images/formats/detect-format.ts';
import { HEAD_BYTES, inspectImage, readDimensions } from '../../../../workers/images/formats/header.ts';
import { IMAGE_FORMATS } from '../../../../workers/images/formats/image-format.ts';
import { judgeFormat } from '../../../../workers/images/formats/judge.ts';
import { buildHeic } from '../../../support/heic/build.ts';
import { pngHeader } from '../../../support/images/png-header.ts';
import { drawNoise, drawQuadrants } from '../pictures.ts';

const LIMIT = { IMAGES_MAX_PIXELS: 50_000_000, IMAGES_MAX_JPEG_PIXELS: 200_000_000 };

/** What inspecting that head ends with: the media type, or the error's code and sentence. */
function inspect(head: Uint8Array, limit = LIMIT): string {
  try {
    return inspectImage(head, limit).type;
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const ftyp = (major: string, ...compatible: string[]) => {
  const brands = [major, '\0\0\0\0', ...compatible].join('');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(8 + brands.length);
  return Buffer.concat([length, Buffer.from(`ftyp${brands}`, 'latin1'), Buffer.alloc(64)]);
};

describe('the header reader', () => {
  it.each(IMAGE_FORMATS)('a %s: known by its content, whatever it is called', async (format) => {
    const file = await drawQuadrants().toFormat(format).toBuffer();
    expect(detectFormat(file)).toBe(format);
    expect(inspect(file.subarray(0, HEAD_BYTES))).toBe(`image/${format}`);
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('a %s: its size is read from the header', async (format) => {
    const file = await drawQuadrants(160, 120).toFormat(format).toBuffer();
    expect(readDimensions(file.subarray(0, HEAD_BYTES))).toEqual({ width: 160, height: 120 });
  });

  it('an image over the pixel limit: refused with the figures before anything is decoded', () => {
    expect(inspect(pngHeader(30_000, 30_000))).toBe(
      'payload_too_large: The image has 30,000 x 30,000 pixels, 900,000,000 in all; at most 50,000,000 are taken.',
    );
  });

  it('a JPEG: the limit of those that are decoded at a fraction, unless it comes in several scans', async () => {
    const sized = async (progressive: boolean, width: number, height: number) => {
      const jpeg = await drawQuadrants(16, 16).jpeg({ progressive }).toBuffer();
      const frame = jpeg.indexOf(Buffer.from([0xff, progressive ? 0xc2 : 0xc0]));
      jpeg.writeUInt16BE(height, frame + 5);
      jpeg.writeUInt16BE(width, frame + 7);
      return jpeg;
    };
    expect(inspect(await sized(false, 16_000, 12_500))).toBe('image/jpeg');
    expect(inspect(await sized(false, 16_000, 12_501))).toMatch(/200,016,000 in all; at most 200,000,000 are taken\.$/);
    const progressive = inspect(await sized(true, 10_000, 5001));
    expect(progressive).toMatch(/at most 50,000,000 are taken\. Up to 200,000,000 are taken of a baseline JPEG/);
    const apart = await sized(false, 10_000, 5001);
    // The first scan has one of three colours.
    apart[apart.indexOf(Buffer.from([0xff, 0xda])) + 4] = 1;
    expect(inspect(apart)).toMatch(/^payload_too_large/);
  });

  it('an image of exactly as many pixels as are taken: accepted, one more row: refused', () => {
    expect(inspect(pngHeader(10_000, 5000))).toBe('image/png');
    expect(inspect(pngHeader(10_000, 5001))).toMatch(/^payload_too_large/);
  });

  it.each([
    ['text under the name photo.jpg', Buffer.from('this is not an image at all'), 'not an image of a known format'],
    ['an XML document', Buffer.from('<?xml version="1.0"?>\n<feed/>     '), 'an XML document'],
    ['a ZIP', Buffer.from('PK\x03\x04 and so on and on'), 'a ZIP archive'],
    ['an MP4 video', ftyp('isom', 'mp41'), 'an MP4 or MOV video. Send a picture of it.'],
    ['a video of a phone', ftyp('qt  ', 'qt  '), 'an MP4 or MOV video'],
    ['a raw file of Canon', ftyp('crx ', 'isom'), 'a camera raw file .CR3.. Send a JPEG made of it'],
    ['an AVIF animation', ftyp('avis', 'msf1'), 'an AVIF animation. Send a GIF or WebP.'],
    ['HTML', Buffer.from('<!doctype html><title>404 Not Found</title>'), 'an HTML page'],
    ['HTML behind a comment', Buffer.from(`\n<!-- ${'x'.repeat(3000)} -->\n<html lang="no">`), 'an HTML page'],
    ['something packed by gzip', gzipSync('some text'), 'a file compressed by gzip'],
    ['a cursor', Buffer.from('\0\0\x02\0\x01\0\x10\x10\0\0\x01\0', 'latin1'), 'a cursor .CUR.'],
    ['a text that begins like a BMP', Buffer.from('BMW is a maker of cars'), 'begins with "BMW is'],
    ['a JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n\0\0', 'latin1'), 'a JPEG 2000 image'],
    ['base64', Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB'), 'a picture in base64, as text. Decode it'],
    ['base64 of a JPEG', Buffer.from('/9j/4AAQSkZJRgABAQEASABIAAD'), 'a picture in base64'],
    ['a data URL', Buffer.from('data:image/png;base64,iVBORw0KGgo='), 'a data: URL'],
    ['JSON', Buffer.from('{"error": "not found"}'), 'JSON'],
    ['a raw file of Fuji', Buffer.from('FUJIFILMCCD-RAW 0201FF159502'), 'a camera raw file .RAF.'],
    ['a raw file of Canon, older', Buffer.from('II*\0\x10\0\0\0CR\x02\0\xd8\x98', 'latin1'), 'a camera raw file'],
    ['an EPS', Buffer.from('%!PS-Adobe-3.0 EPSF-3.0'), 'a PostScript or EPS file'],
    [
      'a text that nobody knows',
      Buffer.from('Dear Kari,\nhere is the photo'),
      'begins with "Dear Kari, here is the photo"',
    ],
    ['five letters', Buffer.from('hello'), 'too short to be an image: 5 bytes'],
  ])('%s: refused as unsupported_media_type, with the list of what is taken', (_name, head, words) => {
    expect(inspect(head)).toMatch(
      new RegExp(`^unsupported_media_type: .*${words}.* Taken are JPEG, PNG, WebP, AVIF, GIF`),
    );
  });

  it('what an address answered: its host and media type stand in the sentence', () => {
    const of = (content: string, type: string) => () =>
      judgeFormat(Buffer.from(content), { host: 'shop.example', type });
    expect(of('<!doctype html><title>Sign in</title>', 'text/html')).toThrow(
      'What shop.example answered is an HTML page (a sign-in or an error, perhaps), sent as text/html. Taken are',
    );
    expect(of('', '')).toThrow('What shop.example answered is too short to be an image: 0 bytes.');
    expect(of('PK\x03\x04 and so on and on', 'application/zip')).toThrow(
      'What shop.example answered is a ZIP archive, sent as application/zip.',
    );
  });

  it.each([
    ['as it is', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    [
      'behind a mark, a declaration and a long comment',
      `\ufeff<?xml version="1.0"?><!-- ${'x'.repeat(5000)} --><svg/>`,
    ],
    ['behind a doctype', '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" ""><svg width="99999" height="99999"/>'],
    ['packed', gzipSync(`<?xml version="1.0"?><svg>${'<g/>'.repeat(50_000)}</svg>`)],
    ['with a prefix', '<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>'],
  ])('an SVG %s: taken, whatever size it claims', (_name, content) => {
    expect(inspect(Buffer.from(content).subarray(0, HEAD_BYTES))).toBe('image/svg+xml');
  });

  it.each([
    ['under its own brand', ['heic', 'mif1', 'heic']],
    ['behind a generic brand', ['mif1', 'heic']],
    ['of 10 bits', ['heix', 'mif1']],
    ['that names the container alone: by what its pictures are coded as', ['mif1', 'miaf']],
  ])('HEIC %s: taken as HEIC', (_name, brands) => {
    expect(inspect(buildHeic({ brands }).subarray(0, HEAD_BYTES))).toBe('image/heic');
  });

  it('a HEIC of more pixels than are taken: refused with the figures of all of its grid', () => {
    expect(inspect(buildHeic({ columns: 9, rows: 9, width: 30_000, height: 20_000 }))).toMatch(
      /^payload_too_large: The image has 30,000 x 20,000 pixels/,
    );
  });

  it('an AVIF behind a generic brand, and an AVIF sequence: AVIF', () => {
    expect(detectFormat(ftyp('mif1', 'miaf', 'avif'))).toBe('avif');
    expect(detectFormat(ftyp('avis', 'msf1'))).toBe('avif');
  });

  it('an empty file: a fault of the field "file"', () => {
    expect(() => inspectImage(Buffer.alloc(0), LIMIT)).toThrow(
      expect.objectContaining({ code: 'invalid_request', errors: [{ pointer: '/file', detail: expect.any(String) }] }),
    );
  });

  it('a PNG or GIF that ends inside its header: refused as image_unreadable', async () => {
    const gif = await drawQuadrants().gif().toBuffer();
    expect(inspect(pngHeader(10, 10).subarray(0, 18))).toMatch(/^image_unreadable: The PNG file is damaged/);
    expect(inspect(Buffer.concat([gif.subarray(0, 6), Buffer.alloc(20)]))).toMatch(/^image_unreadable: The GIF file/);
  });

  it('a size that the head does not show: accepted, decoding will judge', async () => {
    const withMetadata = await drawQuadrants()
      .withExif({ IFD0: { ImageDescription: 'x'.repeat(60_000), Artist: 'y'.repeat(5000) } })
      .jpeg()
      .toBuffer();
    const tiff = await drawNoise(400, 300).tiff({ compression: 'none' }).toBuffer();
    for (const head of [withMetadata.subarray(0, 2000), tiff.subarray(0, HEAD_BYTES)]) {
      expect(readDimensions(head)).toBeUndefined();
      expect(inspect(head)).toMatch(/^image\//);
    }
  });

  it('a head cut anywhere, in any format: judged by our own errors alone', async () => {
    for (const format of IMAGE_FORMATS) {
      const file = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
        .toFormat(format)
        .toBuffer();
      for (let length = 0; length < Math.min(file.length, 400); length += 1) {
        expect(inspect(file.subarray(0, length))).toMatch(
          /^(image\/|invalid_request|unsupported_media_type|image_unreadable)/,
        );
      }
    }
  });

  it('a head with any byte overwritten: judged by our own errors alone', async () => {
    for (const format of IMAGE_FORMATS) {
      const file = await drawQuadrants(16, 16).toFormat(format).toBuffer();
      for (let at = 0; at < Math.min(file.length, 300); at += 1) {
        const broken = Buffer.from(file);
        broken[at] = 255;
        expect(inspect(broken)).toMatch(/^(image\/|unsupported_media_type|image_unreadable|payload_too_large)/);
      }
    }
  });
});
