import { AppError } from '../../../src/errors.ts';
import { readHeifCoding } from '../colours/heif-colours.ts';
import { profileOf } from '../colours/with-profile.ts';
import { readDimensions } from '../formats/header.ts';
import { readHeifHeader } from '../formats/heic/boxes.ts';
import { decodeInThread } from '../formats/heic/decode-in-thread.ts';
import { readHeifMetadata } from '../formats/heic/metadata.ts';
import { convertHeic } from '../formats/heic/native/convert.ts';
import { isPlainHeic } from '../formats/heic/native/is-plain.ts';
import { CONVERTED_HEIC_MS } from '../limits/cost.ts';
import { HEIC_BYTES } from '../picture/decode-memory.ts';
import { readSource, type Source } from '../picture/source.ts';
import type { Upload, UploadDeps } from './upload.ts';

/**
 * Reads the header of a HEIC. Opened, it is decoded: by libheif's converter where that is there and the picture is one of
 * those that it takes over as they are, else in WebAssembly, which has the last word. Throws image_unreadable.
 */
export function readHeic(content: Buffer, { config, threads, signal, converter }: UploadDeps): Upload {
  const size = readDimensions(content);
  if (!size) throw new AppError('image_unreadable', 'The HEIC file is damaged: its header shows no size.');
  const isGrid = readHeifHeader(content)?.isGrid ?? false;
  const coding = readHeifCoding(content);
  const isConverted = converter && !coding && isPlainHeic(content);
  const kind = isConverted ? 'converted' : isGrid ? 'grid' : 'whole';
  const facts = { ...size, format: 'heic', hasAlpha: false, pages: 1, frames: 1, canShrink: false } as const;

  const convert = async (): Promise<Source | null> => {
    const jpeg = isConverted ? await convertHeic(content, size.width * size.height, converter, signal) : null;
    const source = jpeg && (await readSource(jpeg).catch(() => null));
    return source?.width === size.width && source.height === size.height ? source : null;
  };
  const decode = async () => {
    const profile = coding && (await profileOf({ coding, isGrey: false }, { threads, signal }));
    const request = { content, maxPixels: config.IMAGES_MAX_PIXELS, isGrid, profile };
    return readSource(await decodeInThread(request, threads, signal));
  };
  return {
    facts: { ...facts, decodeBytes: HEIC_BYTES[kind], ...(isConverted ? { decodeMs: CONVERTED_HEIC_MS } : {}) },

    open: async () => {
      const source = (await convert()) ?? (await decode());
      const kept = readHeifMetadata(content);
      // It is counted as a whole, whatever it became.
      return {
        ...source,
        format: 'heic',
        canShrink: false,
        exif: kept.exif,
        metadata: { ...source.metadata, ...kept },
      };
    },
  };
}
