import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { stripGif } from '../../../workers/images/strip/gif.ts';
import { isSrgbProfile } from '../../../workers/images/strip/srgb-profile.ts';
import { drawNoise } from '../../unit/images/pictures.ts';
import { failureOf, run } from '../../unit/images/run.ts';

/** Behind the end of a file: what phones put there, and what hides there. */
const TRAILER = Buffer.from('MotionPhoto_Data secret behind the end');
const EXIF = { IFD0: { Copyright: 'Kari Nordmann', Software: 'secret program' }, IFD3: { GPSLatitudeRef: 'N' } };
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" note="secret note"/></rdf:RDF></x:xmpmeta>';

/** A photograph's like, small, with metadata of all sorts, in that format. */
async function photoWithSecrets(format: 'jpeg' | 'png' | 'webp' | 'gif'): Promise<Buffer> {
  const grained = drawNoise(64, 48).blur(1);
  const picture = await (format === 'gif' || format === 'png'
    ? sharp(await grained.png({ palette: true, colours: 16 }).toBuffer())
    : grained
  )
    .withExif(EXIF)
    .withXmp(XMP)
    .withIccProfile('srgb')
    .toFormat(format, format === 'png' ? { palette: true, colours: 16, effort: 4 } : { quality: 30, effort: 4 })
    .toBuffer();
  return Buffer.concat([picture, TRAILER]);
}

const exact = (image: Buffer) => sharp(image, { animated: true }).raw().toBuffer();
const isSame = async (one: Buffer, other: Buffer) => (await exact(one)).equals(await exact(other));
const codesOf = (result: { warnings: { code: string }[] }) => result.warnings.map(({ code }) => code);

describe('nothing asked to change', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('%s: never larger, each pixel as it was, no metadata', async (format) => {
    const upload = await photoWithSecrets(format);
    const { content, rendition, metadata, result } = await run(upload);
    expect(rendition).toMatchObject({ format, quality: null, kept: true });
    expect(content.length).toBeLessThan(upload.length - TRAILER.length + 1);
    expect(content.toString('latin1')).not.toMatch(/secret|Kari|GPS|MotionPhoto/);
    expect(metadata).not.toHaveProperty('exif');
    expect(metadata).not.toHaveProperty('icc');
    expect(await isSame(content, upload)).toBe(true);
    expect(codesOf(result)).toEqual([]);
  });

  it.each([
    ['its format by name', (format: string) => ({ format })],
    ['a width that it has', () => ({ width: 64 })],
    ['quality auto', () => ({ quality: 'auto' })],
    ['one that makes it no larger', () => ({ width: 4000 })],
  ])('%s: the same', async (_what, fieldsOf) => {
    const upload = await photoWithSecrets('jpeg');
    const { content, rendition } = await run(upload, fieldsOf('jpeg'));
    expect(rendition).toMatchObject({ format: 'jpeg', kept: true });
    expect(await isSame(content, upload)).toBe(true);
  });

  it.each(['copyright', 'all'])('metadata: %s: what that rule keeps, and the pixels as they were', async (metadata) => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const upload = await photoWithSecrets(format);
      const made = await run(upload, { metadata });
      expect(made.rendition).toMatchObject({ format, kept: true });
      expect(made.metadata.exif?.toString('latin1')).toContain('Kari Nordmann');
      expect(made.content.toString('latin1').includes('secret')).toBe(metadata === 'all');
      expect(made.content.includes(TRAILER)).toBe(false);
      expect(await isSame(made.content, upload)).toBe(true);
    }
  });

  it('maxBytes that the upload meets: it is not made worse', async () => {
    const upload = await photoWithSecrets('jpeg');
    const maxBytes = upload.length;
    const { rendition, content } = await run(upload, { maxBytes });
    expect(rendition).toMatchObject({ kept: true, quality: null });
    expect(content.length).toBeLessThanOrEqual(maxBytes);
  });

  it('format auto: the upload where no format makes it smaller', async () => {
    const upload = await photoWithSecrets('webp');
    const { content, rendition } = await run(upload, { format: 'auto' });
    expect(content.length).toBeLessThanOrEqual(upload.length - TRAILER.length);
    if (rendition?.kept) expect(rendition.similarity).toBe(1);
  });

  it('a GIF: no larger, no comments, nothing behind its end', async () => {
    const gif = await photoWithSecrets('gif');
    const comment = Buffer.from('!\xfe\x06secret\0', 'latin1');
    const frame = gif.indexOf(Buffer.from('!\xf9\x04', 'latin1'));
    const upload = Buffer.concat([gif.subarray(0, frame), comment, gif.subarray(frame)]);
    const { content } = await run(upload);
    expect(content.length).toBeLessThanOrEqual(gif.length - TRAILER.length);
    const stripped = stripGif(upload) as Buffer;
    expect(stripped.length).toBeLessThanOrEqual(gif.length - TRAILER.length);
    for (const one of [content, stripped]) expect(one.toString('latin1')).not.toMatch(/secret|Motion/);
    expect(await isSame(stripped, gif)).toBe(true);
  });

  it('an animation: every frame, its durations, how often it plays', async () => {
    const frames = await drawNoise(40, 90).png({ palette: true, colours: 4 }).toBuffer();
    const pixels = await sharp(frames).toColourspace('srgb').removeAlpha().raw().toBuffer();
    const raw = { width: 40, height: 90, channels: 3, pageHeight: 30 } as const;
    const upload = await sharp(pixels, { raw })
      .gif({ delay: [50, 70, 90], loop: 3, colours: 4, effort: 10 })
      .toBuffer();
    const { rendition, metadata, content } = await run(Buffer.concat([upload, TRAILER]));
    expect(content.length).toBeLessThanOrEqual(upload.length);
    expect(metadata).toMatchObject({ pages: 3, delay: [50, 70, 90], loop: 3 });
    if (rendition?.kept) expect(await isSame(content, upload)).toBe(true);
  });
});

describe('what is encoded anew all the same', () => {
  it.each([
    ['another width', { width: 30 }],
    ['a crop', { crop: { left: 0, top: 0, width: 30, height: 30 } }],
    ['a mirroring', { flop: true }],
    ['no colours', { grayscale: true }],
    ['a sharpening', { sharpen: 1 }],
    ['shown coarse first', { progressive: true }],
    ['a quality', { quality: 90 }],
  ])('%s', async (_what, fields) => {
    const { rendition } = await run(await photoWithSecrets('jpeg'), fields);
    expect(rendition).not.toHaveProperty('kept');
  });

  it('colours of another profile: without it they would be others', async () => {
    const upload = await drawNoise(64, 64).withIccProfile('p3').jpeg({ quality: 30 }).toBuffer();
    const { rendition, content } = await run(upload);
    expect(rendition).not.toHaveProperty('kept');
    expect(content.length).toBeLessThanOrEqual(upload.length);
    const { icc } = await sharp(upload).metadata();
    expect(await isSrgbProfile(icc as Buffer)).toBe(false);
    const { icc: srgb } = await sharp(await drawNoise(8, 8).withIccProfile('srgb').png().toBuffer()).metadata();
    expect(await isSrgbProfile(srgb as Buffer)).toBe(true);
  });

  it('16 bits, or a PNG that moves', async () => {
    const deep = await drawNoise(32, 32).toColourspace('rgb16').png({ compressionLevel: 9 }).toBuffer();
    expect((await run(deep)).rendition).not.toHaveProperty('kept');
    const moving = await readFile('test/support/images/two-frames.apng').catch(() => undefined);
    if (moving) expect((await run(moving)).rendition).not.toHaveProperty('kept');
  });

  it('pixels that are damaged: never passed on', async () => {
    const whole = await photoWithSecrets('jpeg');
    const scan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    const damaged = Buffer.from(whole);
    // A marker that ends the scan early: half of the picture is not there.
    damaged.set([0xff, 0xd9], scan + 150);
    const outcome = await run(damaged).catch(() => undefined);
    expect(outcome?.rendition?.kept).toBeUndefined();
    expect(await failureOf(whole.subarray(0, scan + 150))).toMatchObject({ code: 'image_unreadable' });
  });
});

it('a format, or a quality, that was asked for is used, and a file that is larger for it says so', async () => {
  const upload = await photoWithSecrets('jpeg');
  for (const fields of [{ format: 'png' }, { format: 'webp', quality: 100 }, { quality: 100 }]) {
    const { result, content } = await run(upload, fields);
    expect(content.length).toBeGreaterThan(upload.length);
    const found = result.warnings.find(({ code }) => code === 'larger_than_source');
    const sizes = [content.length, upload.length].map((bytes) => bytes.toLocaleString('en'));
    expect(found?.message).toContain(`The file has ${sizes[0]} bytes, its source ${sizes[1]}`);
  }
  expect(codesOf((await run(upload, { format: 'png', width: 30 })).result)).not.toContain('larger_than_source');
});
