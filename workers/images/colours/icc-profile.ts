import { type ColourCoding, isHdrCoding, P3_PRIMARIES, type Transfer } from './coding.ts';
import { apply, D50, invert, lightToD50, type Matrix, multiply, type Triple } from './matrix.ts';
import { createToneMap } from './tone-map.ts';

const HEADER_BYTES = 128;
/** Points a channel of the table that holds tone-mapped colours; linear interpolation between them is off by less than 1. */
const GRID = 33;
/** Points of the curve of a grey picture. */
const CURVE_POINTS = 1024;

const bytesOf = (size: 1 | 2 | 4, ...values: number[]): Buffer => {
  const bytes = Buffer.alloc(size * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntBE(value >>> 0, index * size, size);
  return bytes;
};
const fixed = (value: number) => Math.round(value * 65_536);
const tagOf = (type: string, ...parts: Buffer[]) =>
  Buffer.concat([Buffer.from(type, 'latin1'), Buffer.alloc(4), ...parts]);
const xyzTag = (xyz: Triple) => tagOf('XYZ ', bytesOf(4, ...xyz.map(fixed)));
const textTag = (text: string) =>
  tagOf(
    'mluc',
    bytesOf(4, 1, 12),
    Buffer.from('enUS'),
    bytesOf(4, 2 * text.length, 28),
    Buffer.from(text, 'utf16le').swap16(),
  );

/** Makes the ICC profile of a coding, by which libvips converts its colours. */
export function makeProfile(coding: ColourCoding, isGrey = false): Buffer {
  const isHdr = isHdrCoding(coding);
  if (isHdr && !isGrey) return makeHdrProfile(coding);
  const curve = isHdr ? hdrCurveTag(coding) : curveTag(coding.transfer as Sdr);
  if (isGrey) return assemble({ version: 0x04200000, space: 'GRAY', connection: 'XYZ ' }, [['kTRC', curve]]);
  const [x, y, z] = lightToD50(coding.primaries);
  return assemble({ version: 0x04200000, space: 'RGB ', connection: 'XYZ ' }, [
    ['rXYZ', xyzTag([x[0], y[0], z[0]])],
    ['gXYZ', xyzTag([x[1], y[1], z[1]])],
    ['bXYZ', xyzTag([x[2], y[2], z[2]])],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]);
}

type Sdr = Exclude<Transfer, 'pq' | 'hlg'>;

function curveTag(transfer: Sdr): Buffer {
  if (transfer !== 'srgb') return tagOf('para', bytesOf(2, 0, 0), bytesOf(4, fixed(transfer.gamma)));
  const figures = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
  return tagOf('para', bytesOf(2, 3, 0), bytesOf(4, ...figures.map(fixed)));
}

function hdrCurveTag(coding: ColourCoding): Buffer {
  const toneMap = createToneMap(coding);
  const light = Array.from({ length: CURVE_POINTS }, (_, index) => {
    const signal = index / (CURVE_POINTS - 1);
    return Math.round(65_535 * clip(toneMap([signal, signal, signal])[0]));
  });
  return tagOf('curv', bytesOf(4, CURVE_POINTS), bytesOf(2, ...light));
}

/** Of version 2: a table in one of version 4 would have a black of its own. */
const makeHdrProfile = (coding: ColourCoding): Buffer =>
  assemble({ version: 0x02400000, space: 'RGB ', connection: 'Lab ' }, [['A2B0', tableTag(coding)]]);

/** Tabulates the Lab of each tone-mapped colour, inside Display P3. */
function tableTag(coding: ColourCoding): Buffer {
  const toneMap = createToneMap(coding);
  const toP3: Matrix = multiply(invert(lightToD50(P3_PRIMARIES)), lightToD50(coding.primaries));
  const fromP3 = lightToD50(P3_PRIMARIES);
  const table = Buffer.alloc(GRID ** 3 * 6);
  const share = (step: number) => step / (GRID - 1);
  for (let node = 0; node < GRID ** 3; node += 1) {
    const [red, green, blue] = [Math.floor(node / GRID ** 2), Math.floor(node / GRID) % GRID, node % GRID];
    const [r, g, b] = apply(toP3, toneMap([share(red), share(green), share(blue)]));
    writeLab(table, node * 6, apply(fromP3, [clip(r), clip(g), clip(b)]));
  }
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(fixed);
  const straight = bytesOf(2, 0, 65_535, 0, 65_535, 0, 65_535);
  return tagOf('mft2', bytesOf(1, 3, 3, GRID, 0), bytesOf(4, ...identity), bytesOf(2, 2, 2), straight, table, straight);
}

/**
 * Makes the profile of pixels that are told in Lab, 8 bits each, as a TIFF has them: both colours lie around nought. To libvips they are
 * red, green and blue of that profile: Lab of 8 bits it does not read.
 */
export function makeLabProfile(): Buffer {
  const values = Array.from({ length: 256 }, (_, value) => value);
  const wordsOf = (numbers: number[]) => bytesOf(2, ...numbers.map((number) => number * 257));
  const colour = wordsOf(values.map((value) => value ^ 0x80));
  const corners = Array.from({ length: 8 }, (_, node) => [4, 2, 1].map((bit) => (node & bit ? LAB_ONE : 0))).flat();
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(fixed);
  const straight = bytesOf(2, 0, 65_535, 0, 65_535, 0, 65_535);
  const table = Buffer.concat([wordsOf(values), colour, colour, bytesOf(2, ...corners), straight]);
  const tag = tagOf('mft2', bytesOf(1, 3, 3, 2, 0), bytesOf(4, ...identity), bytesOf(2, values.length, 2), table);
  return assemble({ version: 0x02400000, space: 'RGB ', connection: 'Lab ' }, [['A2B0', tag]]);
}

const clip = (light: number) => Math.min(Math.max(light, 0), 1);
/** Lab in 16 bits as version 2 has it: 0 to 100, -128 to 128. */
const LAB_ONE = 0xff00;

function writeLab(table: Buffer, at: number, [x, y, z]: Triple): void {
  const root = (share: number) => (share > 216 / 24_389 ? Math.cbrt(share) : ((24_389 / 27) * share + 16) / 116);
  const [fx, fy, fz] = [root(x / D50[0]), root(y / D50[1]), root(z / D50[2])];
  const put = (place: number, value: number) =>
    table.writeUInt16BE(Math.min(Math.max(Math.round(value), 0), 65_535), at + 2 * place);
  put(0, ((116 * fy - 16) / 100) * LAB_ONE);
  put(1, (500 * (fx - fy) + 128) * 256);
  put(2, (200 * (fy - fz) + 128) * 256);
}

interface Kind {
  version: number;
  space: 'RGB ' | 'GRAY';
  connection: 'XYZ ' | 'Lab ';
}

function assemble({ version, space, connection }: Kind, own: [string, Buffer][]): Buffer {
  const parts: [string, Buffer][] = [
    ['desc', textTag('Heavylift')],
    ['cprt', textTag('CC0')],
    ['wtpt', xyzTag(D50)],
    ...own,
  ];
  const table = [bytesOf(4, parts.length)];
  const bodies: Buffer[] = [];
  let at = HEADER_BYTES + 4 + 12 * parts.length;
  for (const [name, body] of parts) {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    table.push(Buffer.from(name, 'latin1'), bytesOf(4, at, body.length));
    bodies.push(padded);
    at += padded.length;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(version, 8);
  header.write(`mntr${space}${connection}`, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  for (const [index, value] of D50.entries()) header.writeInt32BE(fixed(value), 68 + 4 * index);
  return Buffer.concat([header, ...table, ...bodies]);
}
