import sharp, { type Sharp } from 'sharp';
import { codedLight, PNG_COLOURS, withChunks, writeCoded } from './coded-colours.ts';
import {
  BT_2020,
  type ColourSpace,
  convertColour,
  DISPLAY_P3,
  iccProfile,
  SRGB,
  withProfile,
} from './colour-profiles.ts';
import { draw, type Layout, layout, opaque } from './truth.ts';
import { ultraHdr } from './ultra-hdr.ts';

/** Returns the pixels of a picture with their colours changed, alpha as it was. */
async function mapColours(picture: Sharp, change: (colour: readonly number[]) => number[]): Promise<Sharp> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const known = new Map<number, number[]>();
  for (let at = 0; at < data.length; at += channels) {
    const colour = [...data.subarray(at, at + 3)];
    const key = data.readUIntBE(at, 3);
    const changed = known.get(key) ?? change(colour).map((value) => Math.min(255, Math.max(0, Math.round(value))));
    known.set(key, changed);
    data.set(changed, at);
  }
  return sharp(data, { raw: { width, height, channels } });
}

const inSrgb = async (picture: Sharp, space: ColourSpace) =>
  (await mapColours(picture, (colour) => convertColour(colour, space, SRGB))).png().toBuffer();

/** A picture whose numbers are those of a colour space, told by code points; what it is in sRGB is known by arithmetic. */
const coded = (
  name: string,
  format: Parameters<typeof writeCoded>[1],
  codes: [number, number],
  space: ColourSpace,
): Layout => ({
  name,
  make: () => writeCoded(draw(false), format, codes),
  truth: () => inSrgb(draw(false), space),
});

/** Dark enough to stay as it is where HDR becomes SDR. */
const dim = () => mapColours(draw(false), (colour) => colour.map((value) => value * 0.7));

/** The SDR picture as HDR: its light, 203 cd/m2 for white, as that curve tells it in BT.2020. */
const hdr = (name: string, format: Parameters<typeof writeCoded>[1], transfer: 16 | 18): Layout => ({
  name,
  make: async () => {
    const picture = await mapColours(await dim(), (colour) => codedLight(colour, transfer));
    return writeCoded(picture, format, [9, transfer]);
  },
  truth: async () => (await dim()).png().toBuffer(),
});

/** The profile of Display P3, as a stranger writes it: of version 2, with a gamma. */
const P3_PROFILE = iccProfile(DISPLAY_P3, 2.2);
const EXIF = {
  IFD0: { Copyright: '2026 Kari', Make: 'ACME' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '59/1 54/1 0/1' },
};

/** Layouts of pixels whose colours are not plainly sRGB, or that come with more than one picture. */
export const COLOUR_LAYOUTS: readonly Layout[] = [
  layout('Lab TIFF', async () => opaque(false).toColourspace('lab').tiff({ compression: 'deflate' })),
  { name: 'P3 JPEG', make: async () => withProfile(await opaque(false).jpeg({ quality: 98 }).toBuffer(), P3_PROFILE) },
  layout('P3 PNG', async () => draw(false).withIccProfile('p3').png()),
  {
    ...layout('P3 PNG of 16 bits', async () => draw(false).toColourspace('rgb16').withIccProfile('p3').png()),
    // sharp alone reads its numbers as those of sRGB.
    truth: () => draw(false).png().toBuffer(),
  },
  coded('P3 PNG by code points', 'png', [12, 13], DISPLAY_P3),
  coded('P3 AVIF by code points', 'avif', [12, 13], DISPLAY_P3),
  coded('BT.2020 AVIF of 10 bits', 'avif of 10 bits', [9, 14], BT_2020),
  coded('BT.2020 PNG of 16 bits', 'png of 16 bits', [9, 1], BT_2020),
  hdr('PQ PNG', 'png', 16),
  hdr('PQ AVIF of 10 bits', 'avif of 10 bits', 16),
  hdr('HLG AVIF', 'avif', 18),
  {
    name: 'PNG of linear light',
    make: async () =>
      withChunks(
        await (await mapColours(draw(false), (colour) => colour.map((value) => 255 * SRGB.decode(value / 255))))
          .png()
          .toBuffer(),
        PNG_COLOURS.gamma(100_000),
      ),
    truth: () => draw(false).png().toBuffer(),
  },
  { name: 'JPEG with a gain map', make: () => ultraHdr(opaque(false), 98) },
  layout('turned JPEG with EXIF and XMP', async () =>
    opaque(false)
      .withExif(EXIF)
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>')
      .withMetadata({ orientation: 6, density: 72 })
      .jpeg({ quality: 98 }),
  ),
  {
    name: 'TIFF of two pages',
    make: async () => {
      const pages = await Promise.all([draw(false), draw(true)].map((page) => page.png().toBuffer()));
      return sharp(pages, { join: { animated: true } })
        .tiff({ compression: 'lzw' })
        .toBuffer();
    },
  },
];
