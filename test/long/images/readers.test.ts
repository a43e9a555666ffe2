import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { detectFormat } from '../../../workers/images/formats/detect-format.ts';
import { assertWholeGif } from '../../../workers/images/formats/gif.ts';
import { inspectImage, readDimensions } from '../../../workers/images/formats/header.ts';
import { readHeifHeader } from '../../../workers/images/formats/heic/boxes.ts';
import { IMAGE_FORMATS } from '../../../workers/images/formats/image-format.ts';
import { describeNewPicture } from '../../../workers/images/metadata/new-picture-xmp.ts';
import { readCredits } from '../../../workers/images/metadata/read-credits.ts';
import { walkXmp, writeXmp } from '../../../workers/images/metadata/xmp.ts';
import { buildHeic } from '../../support/heic/build.ts';

/** All of a property's runs take a second or so; a reader that hangs is ended here. */
const LIMIT_MS = 20_000;

/** Runs the reader with many inputs: each time it returns, or throws an AppError, and never hangs. */
function neverFails<Input>(inputs: fc.Arbitrary<Input>, read: (input: Input) => unknown, numRuns = 500): void {
  const check = () =>
    fc.assert(
      fc.property(inputs, (input) => {
        try {
          read(input);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
        }
      }),
      { numRuns },
    );
  runInNewContext('check()', { check }, { timeout: LIMIT_MS });
}

const bytes = fc.uint8Array({ maxLength: 2048, size: 'max' }).map((array) => Buffer.from(array));
/** Numbers at which readers go wrong: sizes of nothing, of all there is, of more than that. */
const number = fc.constantFrom(0, 1, 2, 4, 7, 8, 12, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff);

/** A file with a few of its numbers replaced, cut off anywhere. */
const broken = (files: readonly Buffer[]) =>
  fc
    .tuple(fc.constantFrom(...files), fc.array(fc.tuple(fc.nat(), number, fc.constantFrom(1, 2, 4))), fc.nat())
    .map(([file, changes, cut]) => {
      const copy = Buffer.from(file);
      for (const [place, value, size] of changes) {
        copy.writeUIntBE(value % 2 ** (8 * size), place % (copy.length - size), size);
      }
      return cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy;
    });

const u16 = (value: number) => [value >> 8, value & 255];
const XMP_PARTS = [
  '<r>',
  '</r>',
  '<dc:rights>',
  '</dc:rights>',
  '<dc:creator>',
  '</dc:creator>',
  '<rdf:li>',
  '</rdf:li>',
  '<photoshop:Credit>',
  '</photoshop:Credit>',
  '<a photoshop:Credit="b">',
  '<b tiff:Orientation="6"/>',
  '<tiff:Orientation>',
  '8',
  '</tiff:Orientation>',
  '<tiff:Orientation/>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?a ?>',
  '&lt;',
  '&#6;',
  '&x;',
  '<!DOCTYPE r [',
  ' hasOwnProperty="" __proto__="" ',
  '\0',
  '\ufeff',
  '🙂',
];
const xmp = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...XMP_PARTS) }, fc.string()), { maxLength: 60 })
  .map((parts) => `<r>${parts.join('')}`);

describe('whatever a file holds, its readers return or refuse it', () => {
  let files: Buffer[];
  let gif: Buffer;
  beforeAll(async () => {
    const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
    const heads = await Promise.all(IMAGE_FORMATS.map((format) => picture.clone().toFormat(format).toBuffer()));
    files = [...heads, buildHeic({ columns: 2 }), buildHeic({ brands: ['mif1', 'miaf'] })].map((file) =>
      file.subarray(0, 2048),
    );
    gif = heads[IMAGE_FORMATS.indexOf('gif')] as Buffer;
  });

  it('the header of an image: any bytes, and broken files of each format', () => {
    const read = (head: Buffer) => {
      detectFormat(head);
      const size = readDimensions(head);
      if (size) expect(size.width > 0 && size.height > 0).toBe(true);
      return inspectImage(head, { IMAGES_MAX_PIXELS: 1_000_000, IMAGES_MAX_JPEG_PIXELS: 1_000_000 });
    };
    neverFails(bytes, read);
    neverFails(broken(files), read);
  });

  it('the boxes of HEIC and AVIF: sides of whole numbers, or nothing', () => {
    const read = (head: Buffer) => {
      const { width = 0, height = 0, itemTypes = [] } = readHeifHeader(head) ?? {};
      expect(Number.isInteger(width) && Number.isInteger(height)).toBe(true);
      expect(itemTypes.every((type) => type.length === 4)).toBe(true);
    };
    neverFails(bytes, read);
    neverFails(broken(files.slice(-2)), read);
  });

  it('the blocks of a GIF', () => {
    neverFails(bytes, assertWholeGif);
    neverFails(broken([gif]), assertWholeGif);
  });

  it('EXIF: any bytes, and directories that point anywhere', () => {
    const entry = fc.tuple(fc.constantFrom(0x013b, 0x8298, 0x0110), fc.constantFrom(2, 3), number, number);
    const directory = fc.tuple(fc.boolean(), number, fc.array(entry), bytes).map(([isLittle, start, entries, rest]) => {
      const head = Buffer.alloc(10 + 12 * entries.length);
      const [short, long] = isLittle
        ? (['writeUInt16LE', 'writeUInt32LE'] as const)
        : (['writeUInt16BE', 'writeUInt32BE'] as const);
      head.write(isLittle ? 'II' : 'MM', 'latin1');
      head[long](start, 4);
      head[short](entries.length, 8);
      for (const [index, [tag, type, length, at]] of entries.entries()) {
        head[short](tag, 10 + 12 * index);
        head[short](type, 12 + 12 * index);
        head[long](length, 14 + 12 * index);
        head[long](at, 18 + 12 * index);
      }
      return Buffer.concat([head, rest]);
    });
    neverFails(bytes, (exif) => readCredits({ exif }));
    neverFails(directory, (exif) => readCredits({ exif }));
  });

  it('IPTC: any bytes, and datasets of any length', () => {
    const dataset = fc
      .tuple(
        fc.constantFrom(0x1c, 0x1c, 0),
        fc.constantFrom(1, 2),
        fc.constantFrom(80, 110, 116, 5),
        fc.option(number),
        bytes,
      )
      .map(([marker, record, name, length, text]) =>
        Buffer.from([
          marker,
          record,
          name,
          ...u16((length ?? Math.min(40, text.length)) % 0x1_0000),
          ...text.subarray(0, 40),
        ]),
      );
    neverFails(bytes, (iptc) => readCredits({ iptc }));
    neverFails(
      fc.tuple(fc.array(dataset), fc.nat(9)).map(([parts, cut]) => Buffer.concat(parts).subarray(0, -cut || undefined)),
      (iptc) => readCredits({ iptc }),
    );
  });

  it('XMP: any bytes, and XML that breaks anywhere', () => {
    neverFails(bytes, (packet) => readCredits({ xmp: packet }));
    neverFails(xmp, (packet) => readCredits({ xmp: Buffer.from(packet) }));
  });

  it('XMP turned upright: no character changes but an orientation from 2 to 8, which becomes 1', () => {
    neverFails(fc.oneof(xmp, fc.string()), (packet) => {
      const upright = describeNewPicture(packet);
      // What can't be read to its end is not kept.
      if (!walkXmp(packet, {})) return;
      expect(upright).toHaveLength(packet.length);
      for (let at = 0; at < packet.length; at += 1) {
        if (upright[at] !== packet[at])
          expect([packet[at], upright[at]]).toEqual([expect.stringMatching(/[2-8]/), '1']);
      }
    });
  });

  it('credits of any text, from IPTC: written as XMP they read back the same', () => {
    // Characters that XML must escape, or has no place for, among any others.
    const unit = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom(...'<&"\'\0\n\uffff🙂'),
    );
    const text = fc.string({ unit, maxLength: 80 });
    neverFails(
      fc.tuple(text, text, text),
      (texts) => {
        const iptc = Buffer.concat(
          texts.map((words, index) => {
            const body = Buffer.from(words);
            return Buffer.concat([Buffer.from([0x1c, 2, [116, 80, 110][index] as number, ...u16(body.length)]), body]);
          }),
        );
        const credits = readCredits({ iptc });
        expect(readCredits({ xmp: Buffer.from(writeXmp(credits) ?? '') })).toEqual(credits);
      },
      100,
    );
  });
});
