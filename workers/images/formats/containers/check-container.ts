import type { ImagesConfig } from '../../settings.ts';
import type { SourceFormat } from '../image-format.ts';
import { countGif } from './gif.ts';
import { countHeif } from './heif.ts';
import { countJpeg } from './jpeg.ts';
import { countPng } from './png.ts';
import { createTally, type Tally } from './tally.ts';
import { countTiff } from './tiff.ts';
import { countWebp } from './webp.ts';

const COUNTERS: Readonly<Record<SourceFormat, (content: Buffer, tally: Tally, page: number) => void | Promise<void>>> =
  {
    avif: countHeif,
    // A bitmap has nothing beside its pixels but a colour profile, of which no more is kept than may be.
    bmp: () => {},
    gif: countGif,
    heic: countHeif,
    // Of an icon one picture is read, which is checked as what it is.
    ico: () => {},
    jpeg: countJpeg,
    png: countPng,
    tiff: countTiff,
    webp: countWebp,
  };

/**
 * Counts what a file's container holds beside its pixels, before a decoder sees it: decoders keep all of that, unpacked,
 * and several walk it by its square. A walk takes milliseconds and no memory, whatever the file is; what it can't follow
 * is left to the decoder. Throws payload_too_large for more parts or bytes of metadata than are taken. `page` is the
 * one that is read, from 1 on.
 */
export async function checkContainer(
  content: Buffer,
  format: SourceFormat,
  config: Pick<ImagesConfig, 'IMAGES_MAX_METADATA_BYTES'>,
  page = 1,
): Promise<void> {
  const tally = createTally(config.IMAGES_MAX_METADATA_BYTES);
  await COUNTERS[format](content, tally, page);
}
