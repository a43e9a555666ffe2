import { AppError } from '../../../src/errors.ts';

/** The bytes of a number by a field's type; the numbers are TIFF's. */
export const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 9: 4, 16: 8 };
/** libtiff reads no directory of more. */
const MAX_FIELDS = 4096;
/** Bits of each number, what its colours are, how many numbers a pixel has, and what kind of numbers they are. */
const [BITS, COLOURS, NUMBERS, KIND] = [258, 262, 277, 339];
/** White is nought, black is nought, red with green and blue, ink. */
const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, INK] = [0, 1, 2, 5];
const NAMES: Readonly<Record<number, string>> = {
  [WHITE_IS_ZERO]: 'grey',
  [BLACK_IS_ZERO]: 'grey',
  [RGB]: 'RGB',
  [INK]: 'CMYK',
};
/** Lab as profiles and as colour faxes have it, which no decoder here reads. */
const OTHER_LABS = [9, 10];
/** How many numbers a pixel has at most: its colours, and its transparency. */
const MOST_NUMBERS: Readonly<Record<number, number>> = { [WHITE_IS_ZERO]: 2, [BLACK_IS_ZERO]: 2, [RGB]: 4, [INK]: 5 };
const MOST_BITS = 64;
const UNSIGNED = 1;
const FLOAT = 3;
/** What numbers are, that are not unsigned ones. */
const KINDS: Readonly<Record<number, string>> = {
  2: 'signed ',
  3: 'floating-point ',
  5: 'complex ',
  6: 'complex floating-point ',
};

/** A field of a directory: its tag, the type and the number of its values, and where they lie, or begin. */
interface Field {
  tag: number;
  type: number;
  count: number;
  at: number;
}

/** The directory of a page, of the classic kind or of a BigTIFF. */
export interface Directory {
  /** Walks its fields, those that the file has. */
  fields(): Generator<Field>;
  /** Reads the first value of a field as a whole number; undefined behind the end of the file. */
  first(field: Field): number | undefined;
}

/** Walks a TIFF's directories, one a page. Pages that point at each other, and the end of the file, end the walk. */
export function* walkTiff(tiff: Buffer): Generator<Directory> {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const isLittle = tiff[0] === 0x49;
  const isBig = tiff.length >= 4 && view.getUint16(2, isLittle) === 43;
  const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle));
  const first = ({ at, type }: Field) => {
    const bytes = Math.min(TYPE_BYTES[type] ?? 1, 4);
    if (at + bytes > tiff.length) return undefined;
    return bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, isLittle) : view.getUint32(at, isLittle);
  };
  const seen = new Set<number>();
  try {
    for (let at = offset(isBig ? 8 : 4); at > 0 && !seen.has(at); ) {
      seen.add(at);
      const fields = isBig ? offset(at) : view.getUint16(at, isLittle);
      const [start, bytes] = isBig ? [at + 8, 20] : [at + 2, 12];
      yield {
        *fields() {
          const end = Math.min(start + bytes * Math.min(fields, MAX_FIELDS), tiff.length - bytes + 1);
          for (let entry = start; entry < end; entry += bytes) {
            const [tag, type] = [view.getUint16(entry, isLittle), view.getUint16(entry + 2, isLittle)];
            const count = offset(entry + 4);
            const valueAt = entry + (isBig ? 12 : 8);
            const fits = count * (TYPE_BYTES[type] ?? 1) <= (isBig ? 8 : 4);
            yield { tag, type, count, at: fits ? valueAt : offset(valueAt) };
          }
        },
        first,
      };
      at = offset(start + fields * bytes);
    }
  } catch (error) {
    // Behind the end of the file: what comes is no page.
    if (!(error instanceof RangeError)) throw error;
  }
}

/**
 * Throws unsupported_media_type where the numbers of a TIFF's page, from 1 on, are no colours that can be told from them:
 * measurements, signed or in fractions of grey, numbers of 12 or 32 bits, and more of them than colours and transparency. Decoders cut
 * those off, each in its way.
 */
export function assertTiffNumbers(tiff: Buffer, page = 1): void {
  let left = page;
  for (const directory of walkTiff(tiff)) {
    left -= 1;
    if (left > 0) continue;
    const fault = describeFault(readNumbers(directory));
    if (fault) throw new AppError('unsupported_media_type', `The file is a TIFF ${fault}`);
    return;
  }
}

/** Says what a TIFF's numbers are that can't be shown, and what to do; undefined where they can. */
function describeFault({ bits, colours, numbers, kind }: Numbers): string | undefined {
  if (OTHER_LABS.includes(colours)) {
    return "of Lab values as profiles have them, which can't be shown as they are. Save it as RGB.";
  }
  // Of what has a coding of its own (palettes, Lab, video, logarithms) its decoder knows, and of damage.
  const name = NAMES[colours];
  if (!name) return undefined;
  if (numbers > (MOST_NUMBERS[colours] ?? numbers)) {
    const has = `with ${numbers} numbers a pixel, more than ${name} and its transparency have.`;
    return `${has} Flatten it, or save it with one alpha channel at most.`;
  }
  if (bits === 0 || bits > MOST_BITS || canRead(bits, kind, { colours, numbers })) return undefined;
  const what = `${bits}-bit ${KINDS[kind] ?? ''}${name} values`;
  return `of ${what}, which can't be shown as they are. Save it with 8 or 16 bits a channel, unsigned.`;
}

function canRead(bits: number, kind: number, { colours, numbers }: { colours: number; numbers: number }): boolean {
  // Fractions of red, green and blue are of linear light.
  if (kind === FLOAT) return colours === RGB && (bits === 16 || bits === 32);
  if (KINDS[kind]) return false;
  return (bits < 8 && colours <= BLACK_IS_ZERO && numbers === 1 ? [1, 2, 4] : [8, 16]).includes(bits);
}

/** What the numbers of a page are: their bits, the colours, how many a pixel has, whether they are unsigned. */
interface Numbers {
  bits: number;
  colours: number;
  numbers: number;
  kind: number;
}

/** Reads what the numbers of a page are; what a file does not say is as the format has it. */
function readNumbers(directory: Directory): Numbers {
  const found = new Map<number, number>();
  for (const field of directory.fields()) {
    // What lies behind the end of the file is no number.
    if ([BITS, COLOURS, NUMBERS, KIND].includes(field.tag)) found.set(field.tag, directory.first(field) ?? 0);
  }
  const told = (tag: number, unless: number) => found.get(tag) ?? unless;
  return {
    bits: told(BITS, 1),
    colours: told(COLOURS, BLACK_IS_ZERO),
    numbers: told(NUMBERS, 1),
    kind: told(KIND, UNSIGNED),
  };
}
