import { draftTiff } from '../../../../src/pixels/tiff.ts';
import { HeifError, type Libheif, openLibheif } from './libheif.ts';

/** Colour space and channel numbers of libheif. */
const RGB = 1;
const INTERLEAVED_RGB = 10;
const INTERLEAVED_RGBA = 11;
const INTERLEAVED = 10;
/** Its error numbers for more than its limits allow. */
const INVALID_INPUT = 2;
const LIMIT_EXCEEDED = 1000;
/** Where libheif's limits hold the most pixels of a picture, and the most bytes of memory (two numbers of 64 bits). */
const LIMIT_PIXELS_AT = 8;
const LIMIT_MEMORY_AT = 64;
/** Measured: 7 bytes a pixel for a picture in one piece; a grid is decoded tile by tile and needs next to nothing. */
const BYTES_PER_PIXEL = { whole: 12, grid: 3 };
const LEAST_BYTES = 128_000_000;
/** Nine numbers of 4 bytes and some that are not used. */
const TILING_BYTES = 128;

/** Columns and rows of tiles; their sizes in pixels. */
interface Tiling {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

let loaded: Libheif | undefined;

/** What is decoded, and within which limits. */
export interface DecodeRequest {
  content: Uint8Array;
  maxPixels: number;
  /** Whether the file says that it is put together of tiles: one that is not gets no memory for it. */
  isGrid: boolean;
  /** What its colours mean, where it has no profile of its own. */
  profile?: Uint8Array | undefined;
}

/**
 * Decodes the main picture of a HEIC file, upright (turns and mirrorings are part of the format), to an uncompressed
 * TIFF with its colour profile. 10 bits a channel become 8. Throws HeifError for a damaged file, one that uses what
 * libheif can't do, or more than `maxPixels`.
 */
export function decodeHeic({ content, maxPixels, isGrid, profile }: DecodeRequest): Uint8Array<ArrayBuffer> {
  loaded ??= openLibheif();
  const { heif, attempt, obtain, writeNumber64 } = loaded;
  const context = heif._heif_context_alloc();
  const input = heif._malloc(content.length);
  let handle = 0;
  try {
    const bytesPerPixel = isGrid ? BYTES_PER_PIXEL.grid : BYTES_PER_PIXEL.whole;
    const limits = heif._heif_context_get_security_limits(context);
    writeNumber64(limits + LIMIT_PIXELS_AT, maxPixels);
    writeNumber64(limits + LIMIT_MEMORY_AT, Math.max(LEAST_BYTES, maxPixels * bytesPerPixel));
    heif.HEAPU8.set(content, input);
    attempt((error) => heif._heif_context_read_from_memory_without_copy(error, context, input, content.length, 0));
    handle = obtain((error, out) => heif._heif_context_get_primary_image_handle(error, context, out));
    return decodePicture(loaded, handle, { maxPixels, profile });
  } finally {
    if (handle) heif._heif_image_handle_release(handle);
    heif._heif_context_free(context);
    heif._free(input);
  }
}

function decodePicture(
  libheif: Libheif,
  handle: number,
  { maxPixels, profile }: Pick<DecodeRequest, 'maxPixels' | 'profile'>,
): Uint8Array<ArrayBuffer> {
  const { heif, obtain } = libheif;
  const width = heif._heif_image_handle_get_width(handle);
  const height = heif._heif_image_handle_get_height(handle);
  // libheif's own limit is that of a tile.
  if (width * height > maxPixels) throw new HeifError(INVALID_INPUT, LIMIT_EXCEEDED, `${width} x ${height} pixels`);
  const channels = heif._heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
  const chroma = channels === 4 ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
  const own = readProfile(libheif, handle);
  const { file, pixels } = draftTiff({ width, height, channels, profile: own ?? profile });
  const target = { pixels, width, height, channels };
  // The alpha of a grid is a picture of its own, which tiles do not bring along.
  const tiling = channels === 3 ? readTiling(libheif, handle, width, height) : undefined;
  if (!tiling) {
    const image = obtain((error, out) => heif._heif_decode_image(error, handle, out, RGB, chroma, 0));
    copyImage(libheif, image, { ...target, left: 0, top: 0 });
    return file;
  }
  for (let y = 0; y < tiling.rows; y += 1) {
    for (let x = 0; x < tiling.columns; x += 1) {
      const image = obtain((error, out) =>
        heif._heif_image_handle_decode_image_tile(error, handle, out, RGB, chroma, 0, x, y),
      );
      copyImage(libheif, image, { ...target, left: x * tiling.tileWidth, top: y * tiling.tileHeight });
    }
  }
  return file;
}

/** Reads the tiles of a grid that begins at the picture's corner; undefined for any other picture. */
function readTiling(libheif: Libheif, handle: number, width: number, height: number): Tiling | undefined {
  const { heif, attempt, readNumber } = libheif;
  const at = heif._malloc(TILING_BYTES);
  try {
    attempt((error) => heif._heif_image_handle_get_image_tiling(error, handle, 1, at));
    const numbers = Array.from({ length: 9 }, (_, index) => readNumber(at + 4 * index));
    const [, columns = 0, rows = 0, tileWidth = 0, tileHeight = 0, , , top = 0, left = 0] = numbers;
    const covers = columns * tileWidth >= width && rows * tileHeight >= height;
    return columns * rows > 1 && covers && top === 0 && left === 0
      ? { columns, rows, tileWidth, tileHeight }
      : undefined;
  } finally {
    heif._free(at);
  }
}

function readProfile({ heif, attempt, view }: Libheif, handle: number): Uint8Array | undefined {
  const bytes = heif._heif_image_handle_get_raw_color_profile_size(handle);
  if (bytes === 0) return undefined;
  const at = heif._malloc(bytes);
  try {
    attempt((error) => heif._heif_image_handle_get_raw_color_profile(error, handle, at));
    return view(at, bytes).slice();
  } finally {
    heif._free(at);
  }
}

/** Where a decoded image belongs: a place in the picture's pixels. */
interface Target {
  pixels: Uint8Array;
  width: number;
  height: number;
  channels: number;
  left: number;
  top: number;
}

/** Copies a decoded image to its place in the picture, what reaches over the edge left off, and frees it. */
function copyImage(libheif: Libheif, image: number, target: Target): void {
  const { heif, readNumber, view } = libheif;
  const { pixels, channels, left, top } = target;
  const strideAt = heif._malloc(4);
  try {
    const plane = heif._heif_image_get_plane_readonly(image, INTERLEAVED, strideAt);
    const stride = readNumber(strideAt);
    const columns = Math.min(heif._heif_image_get_width(image, INTERLEAVED), target.width - left);
    const rows = Math.min(heif._heif_image_get_height(image, INTERLEAVED), target.height - top);
    for (let row = 0; row < rows; row += 1) {
      pixels.set(view(plane + row * stride, columns * channels), ((top + row) * target.width + left) * channels);
    }
  } finally {
    heif._free(strideAt);
    heif._heif_image_release(image);
  }
}
