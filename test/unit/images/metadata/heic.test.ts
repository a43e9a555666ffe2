import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { readHeifMetadata } from '../../../../workers/images/formats/heic/metadata.ts';
import { buildHeic } from '../../../support/heic/build.ts';
import { drawQuadrants } from '../pictures.ts';
import { quadrantsOf, run } from '../run.ts';

const xmpOf = (inner: string) =>
  Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/" ${inner}</rdf:Description></rdf:RDF></x:xmpmeta>`);
const XMP = xmpOf(
  'hdrgm:Version="1.0" tiff:Orientation="6"><dc:creator><rdf:Seq><rdf:li>Kari Ås</rdf:li></rdf:Seq></dc:creator>',
);

/** EXIF as an item of a HEIF file: the place of its TIFF header stands before it. */
async function exifItem(): Promise<Buffer> {
  const tags = { Copyright: '2026 Kari', Make: 'ACME', Orientation: '6' };
  const place = { GPSLatitudeRef: 'N', GPSLatitude: '59/1 54/1 0/1' };
  const jpeg = await drawQuadrants().withExif({ IFD0: tags, IFD3: place }).jpeg().toBuffer();
  const { exif } = await sharp(jpeg).metadata();
  return Buffer.concat([Buffer.from([0, 0, 0, 6]), exif ?? Buffer.alloc(0)]);
}

const photo = async () =>
  buildHeic({
    columns: 2,
    turns: 1,
    metadata: [
      { type: 'mime', content: xmpOf('hdrgm:HDRCapacityMax="3">of the gain map'), isOfOther: true },
      { type: 'Exif', content: await exifItem() },
      { type: 'mime', content: XMP },
    ],
  });

describe('the metadata of a HEIC', () => {
  it.each(['jpeg', 'webp'])('all, as %s: EXIF and XMP are there, upright, without a gain map', async (format) => {
    const fields = { format, metadata: 'all' };
    for (const asked of [
      fields,
      {
        renditions: [
          { ...fields, width: 200 },
          { ...fields, name: 'b', metadata: 'none' },
        ],
      },
    ]) {
      const { content, metadata } = await run(await photo(), asked);
      const { exif, xmp, orientation = 1 } = metadata;
      expect([exif?.includes('2026 Kari'), exif?.includes('ACME'), orientation]).toEqual([true, true, 1]);
      expect(xmp?.toString()).toContain('Kari Ås');
      expect(xmp?.toString()).toContain('tiff:Orientation="1"');
      expect(content.includes('hdrgm:Version')).toBe(false);
      expect(metadata.height).toBeGreaterThan(metadata.width);
      expect(metadata.hasProfile).toBe(true);
    }
  });

  it('all: the place too; copyright: who made it, without the place', async () => {
    const upload = await photo();
    const readPlace = async (content: Buffer) =>
      (await sharp(content).metadata()).exif?.includes(Buffer.from([0x25, 0x88]));
    const all = await run(upload, { metadata: 'all' });
    const some = await run(upload, { metadata: 'copyright' });
    const none = await run(upload);
    expect(await Promise.all([all, some, none].map(({ content }) => readPlace(content)))).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(some.metadata.exif?.includes('2026 Kari')).toBe(true);
    expect(some.metadata.exif?.includes('ACME')).toBe(false);
    expect(some.metadata.xmp?.toString()).toContain('Kari Ås');
    expect(await quadrantsOf(all.content)).toHaveLength(4);
  });

  it('as it stands in the file; cut anywhere or any byte of it changed: never an error', async () => {
    const file = await photo();
    expect(readHeifMetadata(file).xmp?.toString()).toBe(XMP.toString());
    expect(readHeifMetadata(file).exif?.toString('latin1', 0, 2)).toBe('II');
    for (let at = 0; at < 1000; at += 1) {
      readHeifMetadata(file.subarray(0, at));
      const broken = Buffer.from(file);
      broken[at] = 255;
      readHeifMetadata(broken);
    }
  });
});
