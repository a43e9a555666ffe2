import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { type DecodeOptions, openSource, type Source } from '../picture/source.ts';
import { setUpright } from './old-picture.ts';

/** A PNG's signature and header. */
const HEADER_BYTES = 33;

/**
 * Returns a source whose content carries the EXIF of its upload, where that was decoded without it: its pixels as a PNG that is
 * not packed, since a picture takes EXIF over from its file alone. Any other source is returned as it is.
 */
export async function carryExif(source: Source, options: DecodeOptions): Promise<Source> {
  if (!source.exif) return source;
  const exif = Buffer.from(source.exif);
  // The pixels are upright already.
  setUpright(exif);
  const png = await openSource(source, options)().png({ compressionLevel: 0 }).toBuffer();
  const content = Buffer.concat([png.subarray(0, HEADER_BYTES), chunkOf('eXIf', exif), png.subarray(HEADER_BYTES)]);
  const { xmp } = source.metadata;
  return {
    ...source,
    content,
    orientation: 1,
    metadata: { ...(await sharp(content).metadata()), ...(xmp ? { xmp } : {}) },
  };
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
