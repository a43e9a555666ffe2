import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { IMAGE_FORMATS } from '../../../../workers/images/formats/image-format.ts';
import { drawQuadrants } from '../pictures.ts';
import { quadrantsOf, run } from '../run.ts';

const RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${RDF}><rdf:Description rdf:about=""
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
  xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"
  photoshop:Credit="NTB &amp; Ørn" photoshop:City="Oslo">
  <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Kari Ødegård (2026)</rdf:li></rdf:Alt></dc:rights>
  </rdf:Description></rdf:RDF></x:xmpmeta>`;
const GPS = { GPSLatitudeRef: 'N', GPSLatitude: '59/1 54/1 0/1' };

/** A photo with a maker, a place, an artist and rights in its metadata, stored on its side (orientation 6). */
const takePhoto = () =>
  drawQuadrants(120, 160, [1, 3, 0, 2])
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Artist: 'Kari Nordmann', Make: 'Nikon' }, IFD3: GPS })
    .withXmp(XMP)
    .jpeg({ quality: 95 })
    .toBuffer();

describe('metadata', () => {
  it('where and by whom a photo was taken: not in any rendition', async () => {
    const upload = await drawQuadrants()
      .withExif({ IFD0: { Artist: 'Kari' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '59/1 54/1 0/1' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">Kari</x:xmpmeta>')
      .jpeg()
      .toBuffer();
    expect(upload.includes('Kari')).toBe(true);
    for (const format of IMAGE_FORMATS) {
      const { metadata, content } = await run(upload, { format });
      expect([metadata.exif, metadata.xmp, metadata.iptc, metadata.icc]).toEqual(Array(4).fill(undefined));
      expect(content.includes('Kari')).toBe(false);
    }
  });

  it.each(['jpeg', 'png', 'webp', 'avif'] as const)(
    'copyright, as %s: whose it is in EXIF and XMP, not where it was taken nor with what',
    async (format) => {
      const { content, metadata } = await run(await takePhoto(), { format, metadata: 'copyright', width: 80 });
      const exif = metadata.exif?.toString('latin1') ?? '';
      const xmp = metadata.xmp?.toString() ?? '';
      expect(exif).toContain('(C) Kari OEdegard (2026)');
      expect(exif).toContain('Kari Nordmann');
      expect(xmp).toContain('© Kari Ødegård (2026)');
      expect(xmp).toContain('NTB &amp; Ørn');
      expect(metadata.icc).toBeUndefined();
      for (const word of ['Nikon', 'GPS', 'Oslo']) expect(content.includes(word)).toBe(false);
      expect([metadata.width, metadata.height]).toEqual([80, 60]);
      expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
    },
  );

  it('copyright of a photo that says nothing: nothing is added', async () => {
    const { metadata } = await run(await drawQuadrants().jpeg().toBuffer(), { metadata: 'copyright' });
    expect([metadata.exif, metadata.xmp, metadata.icc]).toEqual([undefined, undefined, undefined]);
  });

  const RENDITIONS = [
    { metadata: 'all', width: 80 },
    { metadata: 'all', crop: { left: 0, top: 0, width: 160, height: 120 }, trim: true, width: 80 },
    { metadata: 'all', width: 80, format: 'webp' },
  ];
  it.each(RENDITIONS)('all of it, with %j: kept, and turned upright once only', async (fields) => {
    const several = { renditions: [fields, { name: 'other', metadata: 'none' }] };
    for (const asked of [fields, several]) {
      const { content, metadata } = await run(await takePhoto(), asked);
      expect(metadata.exif?.toString('latin1')).toContain('Nikon');
      expect(metadata.xmp?.toString()).toContain('photoshop:City="Oslo"');
      expect(metadata.xmp?.toString()).toContain('tiff:Orientation="1"');
      expect([metadata.orientation ?? 1, metadata.width, metadata.height]).toEqual([1, 80, 60]);
      expect(await quadrantsOf(await sharp(content).autoOrient().toBuffer())).toEqual([0, 1, 2, 3]);
    }
  });

  it('all of a Display P3 photo: its pixels are sRGB, and the profile says so', async () => {
    const upload = await drawQuadrants()
      .withIccProfile('p3')
      .withExif({ IFD0: { Make: 'Nikon' } })
      .jpeg()
      .toBuffer();
    const { content, metadata } = await run(upload, { metadata: 'all', format: 'png' });
    expect(metadata.exif?.toString('latin1')).toContain('Nikon');
    expect(await quadrantsOf(await sharp(content, { ignoreIcc: true }).png().toBuffer())).toEqual([0, 1, 2, 3]);
    expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
  });
});
