import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { describeNewPicture } from '../../../../workers/images/metadata/new-picture-xmp.ts';
import { forgetInExif } from '../../../../workers/images/metadata/old-exif.ts';
import { forgetInResources } from '../../../../workers/images/metadata/old-resources.ts';
import { chunk } from '../../../support/hostile/blocks.ts';
import { drawQuadrants } from '../pictures.ts';
import { run } from '../run.ts';

const SECRET = 'the part that was cut off';

/** A small JPEG that can be found again in any file: it has a comment. */
async function thumbnail(): Promise<Buffer> {
  const jpeg = await drawQuadrants(32, 24).jpeg().toBuffer();
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, SECRET.length + 2]), Buffer.from(SECRET)]);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}

const bytesOf = (size: 2 | 4, ...values: number[]): Buffer => {
  const bytes = Buffer.alloc(size * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * size, size);
  return bytes;
};
const entry = (tag: number, type: number, count: number, value: number) =>
  Buffer.concat([bytesOf(2, tag, type), bytesOf(4, count, value)]);

/** EXIF with the maker Nikon, a maker's note and, in a second directory, a thumbnail. */
function exifWith(small: Buffer, note: Buffer): Buffer {
  const [first, inner, second] = [8, 8 + 2 + 2 * 12 + 4, 8 + 2 + 2 * 12 + 4 + 2 + 12 + 4];
  const maker = second + 2 + 2 * 12 + 4;
  const [noteAt, smallAt] = [maker + 6, maker + 6 + note.length];
  return Buffer.concat([
    Buffer.from('II*\0'),
    bytesOf(4, first),
    bytesOf(2, 2),
    entry(0x010f, 2, 6, maker),
    entry(0x8769, 4, 1, inner),
    bytesOf(4, second),
    bytesOf(2, 1),
    entry(0x927c, 7, note.length, noteAt),
    bytesOf(4, 0),
    bytesOf(2, 2),
    entry(0x0201, 4, 1, smallAt),
    entry(0x0202, 4, 1, small.length),
    bytesOf(4, 0),
    Buffer.from('Nikon\0'),
    note,
    small,
  ]);
}

const segment = (marker: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

/** A photo with all that shows the whole of it once more: EXIF's thumbnail, a maker's preview, Photoshop's thumbnail. */
async function photo(): Promise<Buffer> {
  const [jpeg, small] = await Promise.all([drawQuadrants().jpeg({ quality: 95 }).toBuffer(), thumbnail()]);
  const resource = Buffer.concat([Buffer.from('8BIM'), Buffer.from([0x04, 0x0c, 0, 0]), Buffer.alloc(4), small]);
  resource.writeUInt32BE(small.length, 8);
  const exif = exifWith(small, Buffer.concat([Buffer.from('Preview'), small]));
  return Buffer.concat([
    jpeg.subarray(0, 2),
    segment(0xe1, Buffer.from('Exif\0\0'), exif),
    segment(0xed, Buffer.from('Photoshop 3.0\0'), resource),
    jpeg.subarray(2),
  ]);
}

const CROP = { left: 0, top: 0, width: 40, height: 40 };

describe('all metadata of a photo', () => {
  it('that holds its EXIF twice: none shows what was cut off', async () => {
    const upload = await photo();
    const exif = upload.subarray(6, 4 + upload.readUInt16BE(4));
    const twice = Buffer.concat([upload.subarray(0, 2), segment(0xfe, exif), upload.subarray(2)]);
    const { content, metadata } = await run(twice, { metadata: 'all', crop: CROP });
    expect([content.includes(SECRET), metadata.exif?.includes('Nikon')]).toEqual([false, true]);
  });

  it.each(['jpeg', 'webp', 'png', 'avif', 'tiff'])(
    'as %s: without the pictures of it that are in there',
    async (format) => {
      const upload = await photo();
      expect(upload.toString('latin1').split(SECRET)).toHaveLength(4);
      const fields = { format, crop: CROP, metadata: 'all' };
      for (const asked of [fields, { renditions: [fields, { ...fields, name: 'b', blur: 20 }] }]) {
        const { content, metadata } = await run(Buffer.from(upload), asked);
        expect(content.includes(SECRET)).toBe(false);
        if (format !== 'tiff') expect(metadata.exif?.includes('Nikon')).toBe(true);
      }
    },
  );

  it('of a WebP or PNG that has such a thumbnail: as of a JPEG', async () => {
    const whole = await photo();
    const exif = exifWith(await thumbnail(), Buffer.alloc(8));
    for (const format of ['webp', 'png'] as const) {
      const made = await sharp(whole).keepMetadata()[format]().toBuffer();
      const { exif: kept } = await sharp(made).metadata();
      expect(made.includes(SECRET)).toBe(true);
      const { content, metadata } = await run(made, { crop: CROP, metadata: 'all' });
      expect(content.includes(SECRET)).toBe(false);
      expect(metadata.exif?.includes('Nikon')).toBe(true);
      expect(kept?.length).toBeGreaterThan(exif.length / 2);
    }
  });

  it('XMP: no thumbnail, gain map, crop or rest of it; all else as it was', async () => {
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
        xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"
        hdrgm:Version="1.0" crs:HasCrop="True" crs:CropLeft="0.1" crs:Contrast="+5" xmp:Label='hdrgm:Version="1.0"'>
        <xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><xmpGImg:image>${SECRET}</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>
        <Container:Directory><rdf:Seq><rdf:li>GainMap</rdf:li></rdf:Seq></Container:Directory>
        <dc:creator><rdf:Seq><rdf:li>Kari</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>`;
    const upload = await drawQuadrants().withXmp(xmp).jpeg().toBuffer();
    const { metadata } = await run(upload, { metadata: 'all', crop: CROP });
    const kept = metadata.xmp?.toString() ?? '';
    for (const gone of [SECRET, 'hdrgm:Version="1.0" crs', 'HasCrop', 'CropLeft', 'GainMap'])
      expect(kept).not.toContain(gone);
    for (const there of ['crs:Contrast="+5"', '<rdf:li>Kari</rdf:li>', `xmp:Label='hdrgm:Version="1.0"'`]) {
      expect(kept).toContain(there);
    }
  });
});

it.each(['jpeg', 'webp', 'png', 'avif'] as const)(
  'the credits alone of a photo, as %s: without the thumbnail that is in there',
  async (format) => {
    const rights = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt>
      <rdf:li xml:lang="x-default">Kari</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>`;
    const upload = await sharp(await photo())
      .keepMetadata()
      .withXmp(rights)
      .toFormat(format)
      .toBuffer();
    expect(upload.includes(SECRET)).toBe(true);
    // Each of them is written from the file itself, not from raw pixels.
    const ways = [{}, { width: 80 }, { width: 80, blur: 20, format: 'jpeg' }, { colourSpace: 'p3' }];
    for (const way of [
      ...ways,
      { renditions: ways.map((one, index) => ({ ...one, name: `r${index}`, metadata: 'copyright' })) },
    ]) {
      const asked = 'renditions' in way ? way : { ...way, metadata: 'copyright' };
      const { files, read } = await run(Buffer.from(upload), asked);
      for (const { name } of files) {
        const content = await read(name);
        const { exif } = await sharp(content).metadata();
        expect([content.includes(SECRET), exif?.includes('Kari'), exif?.includes('Nikon')]).toEqual([
          false,
          true,
          false,
        ]);
      }
    }
  },
);

/** A resource of Photoshop's: a mark, its number, an empty name, its length and bytes. */
function resource(mark: string, number: number, data: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from(mark), Buffer.alloc(8)]);
  head.writeUInt16BE(number, 4);
  head.writeUInt32BE(data.length, 8);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

describe("Photoshop's resources", () => {
  const title = Buffer.concat([Buffer.from([0x1c, 2, 5, 0, 4]), Buffer.from('Quay')]);
  const preview = Buffer.concat([Buffer.from([0x1c, 2, 202, 0, SECRET.length]), Buffer.from(SECRET)]);
  it.each<[string, number, Buffer]>([
    ['a thumbnail', 1036, Buffer.from(SECRET)],
    ['XMP once more', 1060, Buffer.from(SECRET)],
    ['a JPEG of an extension', 4000, Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(SECRET)])],
    ['a preview of IPTC', 1028, Buffer.concat([preview, title])],
  ])('%s, behind those of other programs: blanked', (_name, number, data) => {
    const others = [resource('MeSa', 7000, Buffer.from('odd')), resource('8BIM', 1028, title)];
    const block = Buffer.concat([Buffer.from('Photoshop 3.0\0'), ...others, resource('8BIM', number, data)]);
    forgetInResources(block);
    expect([block.includes(SECRET), block.includes('Quay'), block.includes('odd')]).toEqual([false, true, true]);
  });

  it('the rest of one that began in another segment: blanked', () => {
    const block = Buffer.from(`Photoshop 3.0\0....${SECRET}`);
    forgetInResources(block);
    expect(block.includes(SECRET)).toBe(false);
  });
});

describe('EXIF', () => {
  it("a maker's note whose JPEG begins with another byte, as Minolta writes it: blanked", () => {
    const note = Buffer.concat([Buffer.from('MLT0'), Buffer.from([2, 0xd8, 0xff, 0xdb]), Buffer.from(SECRET)]);
    const exif = exifWith(Buffer.from('small'), note);
    expect(forgetInExif(exif)).toBe(true);
    expect([exif.includes(SECRET), exif.includes('Nikon')]).toEqual([false, true]);
  });

  it('of directories that all point to one another: each is looked at once', () => {
    const COUNT = 60_000;
    const second = 10 + 12 * COUNT + 4;
    const pointers = Buffer.concat(Array.from({ length: COUNT }, () => entry(0x8769, 4, 1, second)));
    const directory = Buffer.concat([bytesOf(2, COUNT), pointers, bytesOf(4, 0)]);
    const exif = Buffer.concat([Buffer.from('II*\0'), bytesOf(4, 8), directory, directory]);
    // Each from each would be billions.
    expect(forgetInExif(exif)).toBe(true);
  });

  it('a note far down, from directory to directory: blanked', () => {
    const note = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xdb]), Buffer.from(SECRET)]);
    const DEPTH = 6;
    const at = (level: number) => 8 + 18 * level;
    const levels = Array.from({ length: DEPTH }, (_, level) =>
      Buffer.concat([
        bytesOf(2, 1),
        level < DEPTH - 1 ? entry(0x8769, 4, 1, at(level + 1)) : entry(0x927c, 7, note.length, at(DEPTH)),
        bytesOf(4, 0),
      ]),
    );
    const exif = Buffer.concat([Buffer.from('II*\0'), bytesOf(4, 8), ...levels, note]);
    expect(exif.includes(SECRET)).toBe(true);
    expect([forgetInExif(exif), exif.includes(SECRET)]).toEqual([true, false]);
  });

  it('of values that lie over each other: not looked through', () => {
    const values = Array.from({ length: 60 }, () => entry(0x927c, 7, 900, 8));
    expect(forgetInExif(Buffer.concat([Buffer.from('II*\0'), bytesOf(4, 8), bytesOf(2, 60), ...values]))).toBe(false);
  });
});

it('a PNG with texts that hold metadata or a picture, as ImageMagick writes them: without these', async () => {
  const png = await drawQuadrants().png().toBuffer();
  const hidden = Buffer.from(SECRET).toString('hex');
  const texts = [
    ['Raw profile type APP1', hidden],
    ['Thumb::Image', hidden.repeat(6)],
    ['Title', 'A quay'],
  ].map(([keyword, text]) => chunk('tEXt', Buffer.from(`${keyword}\0${text}`)));
  const upload = Buffer.concat([png.subarray(0, 33), ...texts, png.subarray(33)]);
  const { content, metadata } = await run(upload, { metadata: 'all', crop: CROP });
  expect([content.includes(hidden), metadata.comments]).toEqual([false, [{ keyword: 'Title', text: 'A quay' }]]);
});

describe('XMP', () => {
  const packetOf = (inner: string) =>
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
      xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>Kari</rdf:li></rdf:Seq></dc:creator>${inner}
      </rdf:Description></rdf:RDF></x:xmpmeta>`;
  const base64 = Buffer.from(SECRET.repeat(9)).toString('base64');

  it.each([
    ['an image beside it', `<GImage:Data>${SECRET}</GImage:Data>`],
    ['a depth', `<rdf:li GDepth:Data="${SECRET}"/>`],
    [
      'a thumbnail under another prefix',
      `<a:Thumbnails xmlns:a="http://ns.adobe.com/xap/1.0/">${SECRET}</a:Thumbnails>`,
    ],
    ['an image of a program that nobody knows', `<my:Look>${base64.replace(/.{76}/g, '$&\n')}</my:Look>`],
  ])('%s: taken out, and all else is as it was', (_name, inner) => {
    const told = describeNewPicture(packetOf(`${inner}<dc:source>A quay</dc:source>`));
    expect([told.includes(SECRET), told.includes(base64.slice(0, 40))]).toEqual([false, false]);
    expect(told).toContain('<dc:source>A quay</dc:source>');
  });

  it.each([
    ['that is no XML', `<dc:title>Tom & Jerry</dc:title><xmp:Thumbnails>${SECRET}</xmp:Thumbnails>`],
    ['of elements in 70 others', `${'<a>'.repeat(70)}${'</a>'.repeat(70)}<xmp:Thumbnails>${SECRET}</xmp:Thumbnails>`],
    ['of a million letters', `<a>${'a '.repeat(500_000)}</a><xmp:Thumbnails>${SECRET}</xmp:Thumbnails>`],
    ['with an image in a comment', `<!-- ${base64} ${SECRET} -->`],
  ])('%s: its credits alone', (_name, inner) => {
    const told = describeNewPicture(packetOf(inner));
    expect([told.includes(SECRET), told.includes('Kari'), told.length < 1000]).toEqual([false, true, true]);
  });

  it('that tells nothing and is no XML: an empty packet', async () => {
    const upload = await drawQuadrants().withXmp(`<a>${SECRET}`).jpeg().toBuffer();
    const { metadata } = await run(upload, { metadata: 'all', crop: CROP });
    expect(metadata.xmp?.toString()).toMatch(/^<x:xmpmeta [^>]*><\/x:xmpmeta>$/);
  });
});
