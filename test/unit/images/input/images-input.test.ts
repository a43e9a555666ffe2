import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { images } from '../../../../workers/images/job.ts';

/** The faults of a request's fields, as "/pointer: sentence". */
function faultsOf(fields: unknown): string[] {
  const { error } = images.input.safeParse(fields);
  return (error?.issues ?? []).map(
    ({ path, message }) => `${path.map((part) => `/${String(part)}`).join('')}: ${message}`,
  );
}

const renditionsOf = (fields: unknown) => images.input.parse(fields).renditions;
const SIDE = 'must be a whole number from 1 to 16384';

describe('fields of an image job', () => {
  it('no field at all: one rendition named image, every default filled in', () => {
    expect(renditionsOf({})).toEqual([
      {
        name: 'image',
        dpr: 1,
        fit: 'inside',
        position: 'centre',
        enlarge: false,
        lossless: false,
        progressive: false,
        animated: true,
        rotate: 0,
        flip: false,
        flop: false,
        grayscale: false,
        colourSpace: 'srgb',
        gainMap: 'drop',
        metadata: 'none',
        background: undefined,
        trim: undefined,
        watermark: undefined,
      },
    ]);
  });

  it('flat fields: become the one rendition', () => {
    const [rendition, ...others] = renditionsOf({ width: 800, height: 600, fit: 'cover', format: 'webp', quality: 70 });
    expect(others).toEqual([]);
    expect(rendition).toMatchObject({ width: 800, height: 600, fit: 'cover', format: 'webp', quality: 70 });
  });

  it('a list of renditions: stays a list in its order, defaults in each', () => {
    const list = renditionsOf({
      renditions: [
        { name: 'thumb', width: 200 },
        { name: 'large', format: 'avif' },
      ],
    });
    expect(list.map(({ name, fit }) => [name, fit])).toEqual([
      ['thumb', 'inside'],
      ['large', 'inside'],
    ]);
  });

  it('what a job stores: validates again to the same, as a worker of a later version may do', () => {
    const stored = images.input.parse({ width: 5, background: 'fff', position: { x: 0.1, y: 1 } });
    expect(images.input.parse(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
  });

  it('the example of the documentation: is valid', () => {
    expect(faultsOf(images.example)).toEqual([]);
  });

  it.each([
    [{ width: 0 }, `/width: ${SIDE}`],
    [{ width: 1e9 }, `/width: ${SIDE}`],
    [{ width: 'abc' }, `/width: ${SIDE}`],
    [{ width: 1.5 }, `/width: ${SIDE}`],
    [{ height: -1 }, `/height: ${SIDE}`],
    [{ height: 16_385 }, `/height: ${SIDE}`],
    [{ height: null }, `/height: ${SIDE}`],
    [{ quality: 101 }, '/quality: must be a whole number from 1 to 100, or "auto"'],
    [{ quality: 'best' }, '/quality: must be a whole number from 1 to 100, or "auto"'],
    [{ maxBytes: 999 }, '/maxBytes: must be a whole number from 1000 to 50000000'],
    [{ blur: 0 }, '/blur: must be a number from 0.3 to 100'],
    [{ sharpen: 'much' }, '/sharpen: must be a number from 0.1 to 10'],
    [{ enlarge: 'yes' }, '/enlarge: must be true or false'],
    [{ fit: 'stretched' }, '/fit: must be cover, contain, fill, inside or outside'],
    [{ format: 'bmp' }, '/format: must be jpeg, png, webp, avif, gif, tiff or auto'],
    [{ rotate: 45 }, '/rotate: must be -270, -180, -90, 0, 90, 180 or 270 (degrees clockwise)'],
  ])('%j: one fault that names the field and its limits', (fields, fault) => {
    expect(faultsOf(fields)).toEqual([fault]);
    expect(faultsOf({ renditions: [{ name: 'ok' }, fields] })).toEqual([`/renditions/1${fault}`]);
  });

  it.each(['', '../up', 'Photo', 'a.b', '-a', 'a'.repeat(65)])(
    'the name %j: refused, it becomes a file name',
    (name) => {
      expect(faultsOf({ name })).toEqual([expect.stringMatching(/^\/name: must be 1 to 64 lower-case letters/)]);
    },
  );

  it.each(['#12', '#ggg', 'url(x)', 'rebeccaviolet', 'rgb(1)', 'constructor', 'a'.repeat(1e6), ''])(
    'the background %j: refused',
    (background) => {
      expect(faultsOf({ background })).toEqual([
        expect.stringMatching(/^\/background: must be a colour as in CSS: #rgb/),
      ]);
    },
  );

  it('a colour without its number sign, as an address carries it: is taken', () => {
    expect(renditionsOf({ background: 'C33' })[0]?.background).toBe('#C33');
    expect(renditionsOf({ background: '#11223380' })[0]?.background).toBe('#11223380');
  });

  it.each([
    ['white', '#ffffff'],
    ['RebeccaPurple', '#663399'],
    ['transparent', '#00000000'],
    ['rgb(1,2,3)', '#010203'],
    ['rgb(255 0 0 / 50%)', '#ff000080'],
    ['rgba(0, 0, 0, 0.5)', '#00000080'],
    ['hsl(120, 100%, 50%)', '#00ff00'],
  ])('the colour %s, as CSS writes it: is %s', (given, taken) => {
    expect(renditionsOf({ background: given, trim: { background: given } })[0]).toMatchObject({
      background: taken,
      trim: { background: taken },
    });
  });

  it.each(['jpg', 'JPG', 'JPEG', 'Jpeg'])('the format %s: is jpeg, flat as in a list', (format) => {
    expect(renditionsOf({ format })[0]?.format).toBe('jpeg');
    expect(renditionsOf({ renditions: [{ format }] })[0]?.format).toBe('jpeg');
  });

  it('a format in capitals: is the same format', () => {
    expect(['PNG', 'WebP', 'AVIF', 'Auto'].map((format) => renditionsOf({ format })[0]?.format)).toEqual([
      'png',
      'webp',
      'avif',
      'auto',
    ]);
  });

  it('a position: a known word or a focal point inside the picture', () => {
    expect(renditionsOf({ position: { x: 0, y: 1 } })[0]?.position).toEqual({ x: 0, y: 1 });
    expect(renditionsOf({ position: 'attention' })[0]?.position).toBe('attention');
    expect(faultsOf({ position: 'somewhere' })).toEqual([
      expect.stringMatching(/^\/position: must be top, .* or attention, or \{"x": 0-1, "y": 0-1\}$/),
    ]);
    expect(faultsOf({ position: { x: 2, y: 0 } })).toEqual([
      expect.stringMatching(/^\/position\/x: must be a number from 0 to 1$/),
    ]);
  });

  it('an unknown field: refused by its name, flat or in a list', () => {
    const unknown = (fields: unknown) => images.input.safeParse(fields).error?.issues;
    expect(unknown({ widht: 3 })).toMatchObject([{ code: 'unrecognized_keys', keys: ['widht'], path: [] }]);
    expect(unknown({ renditions: [{ widht: 3 }] })).toMatchObject([{ keys: ['widht'], path: ['renditions', 0] }]);
  });

  it('flat fields beside renditions: one clear fault', () => {
    expect(faultsOf({ width: 3, format: 'png', renditions: [{}] })).toEqual([
      "/renditions: can't stand beside width, format: put them into each rendition",
    ]);
  });

  it('two renditions of one name, given or by default: the second is at fault', () => {
    const fault = (name: string) =>
      `/renditions/1/name: must differ from the other renditions' names; "${name}" is used twice`;
    expect(faultsOf({ renditions: [{ name: 'a' }, { name: 'a' }] })).toEqual([fault('a')]);
    expect(faultsOf({ renditions: [{ width: 1 }, { name: 'image' }] })).toEqual([fault('image')]);
  });

  it('a list of renditions: at least 1, at most 20, objects all', () => {
    const named = (count: number) => ({
      renditions: Array.from({ length: count }, (_, index) => ({ name: `r${index}` })),
    });
    expect(faultsOf(named(20))).toEqual([]);
    for (const fields of [named(21), named(0), { renditions: 'all' }]) {
      expect(faultsOf(fields)).toEqual(['/renditions: must be a list of 1 to 20 objects']);
    }
    expect(faultsOf({ renditions: [7] })).toEqual(['/renditions/0: must be an object']);
  });

  it('lossless: wants a format that can be, flat or in a list', () => {
    const fault = 'lossless: needs a format that keeps every pixel: set format to one of webp, avif, png, tiff, auto';
    expect(faultsOf({ lossless: true, format: 'jpeg' })).toEqual([`/${fault}`]);
    expect(faultsOf({ renditions: [{ lossless: true }] })).toEqual([`/renditions/0/${fault}`]);
    expect(faultsOf({ lossless: true, format: 'avif' })).toEqual([]);
  });

  it.each([
    [{ dpr: 0 }, '/dpr: must be a number from 1 to 4'],
    [{ dpr: 4, width: 5000 }, '/width: must be at most 4096 with a dpr of 4'],
    [{ animated: 'no' }, '/animated: must be true or false'],
    [{ metadata: 'some' }, '/metadata: must be none, copyright or all'],
    [{ trim: 10 }, '/trim: must be true, false, or an object with threshold (0-255) and background (a colour)'],
    [{ crop: 'half' }, '/crop: must be an object with left, top, width and height in pixels'],
    [{ crop: { left: 0, top: 0, width: 0, height: 5 } }, '/crop/width: must be a whole number from 1 to 1000000'],
    [{ crop: { left: 0, top: 0, width: 5 } }, '/crop/height: must be a whole number from 1 to 1000000'],
    [{ watermark: 'logo' }, '/watermark: must be an object'],
    [{ watermark: { position: 'north' } }, '/watermark: must say which picture: file, job, or upload'],
    [{ watermark: { file: 'a', opacity: 2 } }, '/watermark/opacity: must be a number from 0 to 1'],
    [{ watermark: { file: 'a', position: 'top' } }, expect.stringMatching(/^\/watermark\/position: must be north, /)],
    [{ watermark: { file: 'a', width: '120%' } }, expect.stringMatching(/^\/watermark\/width: must be a share/)],
  ])('%j: one fault, flat as in a list', (fields, fault) => {
    const faults = faultsOf(fields);
    expect(faults).toEqual([fault]);
    expect(faultsOf({ renditions: [{ name: 'ok' }, fields] })).toEqual([`/renditions/1${faults[0]}`]);
  });

  it('trim, crop and watermark: their defaults filled in, colours with their number sign', () => {
    const crop = { left: 1, top: 2, width: 3, height: 4 };
    expect(renditionsOf({ trim: true, crop })[0]).toMatchObject({ trim: {}, crop });
    expect(renditionsOf({ trim: false })[0]?.trim).toBeUndefined();
    expect(renditionsOf({ trim: { threshold: 3, background: 'fff' } })[0]?.trim).toEqual({
      threshold: 3,
      background: '#fff',
    });
    expect(renditionsOf({ watermark: { file: 'logo', width: '12.5%' } })[0]?.watermark).toEqual({
      file: 'logo',
      width: '12.5%',
      position: 'southeast',
      opacity: 1,
      margin: 0,
      tile: false,
    });
  });

  it('what else a job needs: files elsewhere, and where it names them; form fields of watermarks', () => {
    const of = (job: string) => ({ job });
    const upload = `upd_${'0'.repeat(26)}`;
    const list = [of('img_b'), { upload }, { file: 'logo' }, { file: 'logo' }, { file: 'file' }];
    const renditions = list.map((watermark, index) => ({ name: `r${index}`, watermark }));
    const input = images.input.parse({ source: { job: 'img_a' }, renditions });
    expect(images.references?.(input)).toEqual([
      { id: 'img_a', pointer: '/source/job' },
      { id: 'img_b', pointer: '/renditions/0/watermark/job' },
      { id: upload, pointer: '/renditions/1/watermark/upload', field: 'watermark' },
    ]);
    expect(images.references?.(images.input.parse({ source: { upload } }))).toEqual([
      { id: upload, pointer: '/source/upload', field: 'file' },
    ]);
    expect(images.upload?.files?.(input)).toEqual(['logo']);
  });

  it('the JSON schema of the input: every flat field with its type, so that a form’s texts can be converted', () => {
    const { properties = {} } = z.toJSONSchema(images.input, { io: 'input', unrepresentable: 'any' });
    const types = Object.entries(properties).map(([name, property]) => [
      name,
      typeof property === 'object' && property.type,
    ]);
    expect(Object.fromEntries(types)).toMatchObject({
      width: 'integer',
      enlarge: 'boolean',
      format: 'string',
      rotate: 'number',
      blur: 'number',
      renditions: 'array',
    });
  });
});
