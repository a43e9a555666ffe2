/** How a TIFF describes a picture's pixels: 3 (RGB) or 4 (RGBA) bytes each. */
export interface TiffLayout {
  width: number;
  height: number;
  channels: 3 | 4;
  /** An ICC profile; without one the colours are sRGB. */
  profile?: Uint8Array | undefined;
}

/** An uncompressed TIFF that still lacks its pixels: they go into `pixels`, row after row without gaps. */
export interface TiffDraft {
  file: Uint8Array<ArrayBuffer>;
  pixels: Uint8Array<ArrayBuffer>;
}

/** Rows are read in strips of about this size. */
const STRIP_BYTES = 1 << 20;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const TYPE_BYTES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };

interface Field {
  tag: number;
  type: number;
  values: ArrayLike<number>;
}

/**
 * Lays out an uncompressed TIFF around pixels yet to come. It is how decoded pixels keep their colour profile on their
 * way into libvips, whose raw input has no place for one; reading it costs no more than reading raw pixels.
 */
export function draftTiff({ width, height, channels, profile }: TiffLayout): TiffDraft {
  const rowBytes = width * channels;
  const rowsPerStrip = Math.max(1, Math.min(height, Math.floor(STRIP_BYTES / rowBytes)));
  const strips = Math.ceil(height / rowsPerStrip);
  const stripBytes = Array.from(
    { length: strips },
    (_, strip) => Math.min(rowsPerStrip, height - strip * rowsPerStrip) * rowBytes,
  );
  const fields = (pixelsAt: number): Field[] => [
    { tag: 256, type: LONG, values: [width] },
    { tag: 257, type: LONG, values: [height] },
    { tag: 258, type: SHORT, values: Array(channels).fill(8) },
    { tag: 259, type: SHORT, values: [1] }, // not compressed
    { tag: 262, type: SHORT, values: [2] }, // RGB
    { tag: 273, type: LONG, values: stripBytes.map((_, strip) => pixelsAt + strip * rowsPerStrip * rowBytes) },
    { tag: 277, type: SHORT, values: [channels] },
    { tag: 278, type: LONG, values: [rowsPerStrip] },
    { tag: 279, type: LONG, values: stripBytes },
    { tag: 284, type: SHORT, values: [1] }, // the channels lie side by side
    ...(channels === 4 ? [{ tag: 338, type: SHORT, values: [2] }] : []), // alpha, not multiplied in
    ...(profile ? [{ tag: 34_675, type: UNDEFINED, values: profile }] : []),
  ];
  const pixelsAt = writeFields(null, fields(0));
  const file = new Uint8Array(pixelsAt + rowBytes * height);
  writeFields(file, fields(pixelsAt));
  return { file, pixels: file.subarray(pixelsAt) };
}

/** Puts pixels of four bytes into a TIFF, without alpha where all of them are opaque. */
export function toTiff(
  rgba: Uint8Array,
  { width, height, profile }: Omit<TiffLayout, 'channels'>,
): Uint8Array<ArrayBuffer> {
  const channels = isOpaque(rgba) ? 3 : 4;
  const { file, pixels } = draftTiff({ width, height, channels, profile });
  if (channels === 4) pixels.set(rgba);
  else {
    for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
      pixels[to] = rgba[from] as number;
      pixels[to + 1] = rgba[from + 1] as number;
      pixels[to + 2] = rgba[from + 2] as number;
    }
  }
  return file;
}

function isOpaque(rgba: Uint8Array): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

/** Writes header and directory, and behind it the values that do not fit into it; returns where they end, in bytes. */
function writeFields(file: Uint8Array<ArrayBuffer> | null, fields: readonly Field[]): number {
  const view = new DataView(file?.buffer ?? new ArrayBuffer(0));
  const put = (at: number, bytes: number, value: number) => {
    if (!file) return;
    if (bytes === 1) view.setUint8(at, value);
    else if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  };
  put(0, 4, 0x002a4949);
  put(4, 4, 8);
  put(8, 2, fields.length);
  let free = 10 + 12 * fields.length + 4;
  for (const [index, { tag, type, values }] of fields.entries()) {
    const at = 10 + 12 * index;
    const valueBytes = TYPE_BYTES[type] as number;
    const inPlace = values.length * valueBytes <= 4;
    put(at, 2, tag);
    put(at + 2, 2, type);
    put(at + 4, 4, values.length);
    if (!inPlace) put(at + 8, 4, free);
    for (let item = 0; item < values.length; item += 1) {
      put((inPlace ? at + 8 : free) + item * valueBytes, valueBytes, values[item] as number);
    }
    // What follows begins at an even place.
    if (!inPlace) free += (values.length * valueBytes + 1) & ~1;
  }
  return free;
}
