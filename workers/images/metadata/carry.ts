import sharp from 'sharp';
import { makePngChunk, PNG_HEAD_BYTES } from '../formats/png-chunks.ts';
import { toP3 } from '../picture/colour.ts';
import { type DecodeOptions, openFile, openSource, type Source } from '../picture/source.ts';
import { forgetOldPicture, setUpright } from './old-picture.ts';

/** What a picture takes over from its file alone: its EXIF, its colours beyond sRGB. */
export interface Carried {
  metadata: boolean;
  space: 'srgb' | 'p3';
}

/**
 * Returns a source whose content carries what is asked: where the source's own does not, its pixels as a PNG that is not packed,
 * which has the EXIF that was decoded without it, and colours of Display P3. Other sources are returned as they are.
 */
export async function carry(source: Source, carried: Carried, options: DecodeOptions): Promise<Source> {
  const isWide = carried.space === 'p3';
  if (!isWide && !(carried.metadata && source.exif)) return source;
  const { exif, iptc, xmp } = source.metadata;
  const picture = isWide ? toP3(openFile(source, options), source.metadata) : openSource(source, options)();
  if (carried.metadata && !source.exif && forgetOldPicture(source.content, source.metadata)) picture.keepMetadata();
  const png = await picture.png({ compressionLevel: 0 }).toBuffer();
  const content = carried.metadata && source.exif ? withExif(png, source.exif) : png;
  const metadata = await sharp(content).metadata();
  const blocks = carried.metadata ? { xmp } : { exif, iptc, xmp };
  const present = Object.fromEntries(Object.entries(blocks).filter(([, block]) => block));
  return {
    ...source,
    content,
    orientation: 1,
    page: undefined,
    canShrink: false,
    metadata: { ...metadata, ...present },
    ...(isWide ? { space: 'p3' as const } : {}),
  };
}

/** Puts EXIF into a PNG. Its pixels are upright already. */
function withExif(png: Buffer, block: Buffer): Buffer {
  const exif = Buffer.from(block);
  setUpright(exif);
  return Buffer.concat([png.subarray(0, PNG_HEAD_BYTES), makePngChunk('eXIf', exif), png.subarray(PNG_HEAD_BYTES)]);
}
