/** Pixels' colours as the standards define them, independent of the library that is tested. */
type Triple = readonly [number, number, number];

export interface ColourSpace {
  /** Linear light to XYZ under D65, row by row. */
  toXyz: readonly [Triple, Triple, Triple];
  decode: (share: number) => number;
  encode: (light: number) => number;
}

const srgbCurve = {
  decode: (share: number) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4),
  encode: (light: number) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055),
};

/** IEC 61966-2-1. */
export const SRGB: ColourSpace = {
  toXyz: [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
  ],
  ...srgbCurve,
};

/** SMPTE EG 432-1 primaries with the curve of sRGB. */
export const DISPLAY_P3: ColourSpace = {
  toXyz: [
    [0.4865709, 0.2656677, 0.1982173],
    [0.2289746, 0.6917385, 0.0792869],
    [0, 0.0451134, 1.0439444],
  ],
  ...srgbCurve,
};

/** ITU-R BT.2020 primaries with the curve of sRGB, as browsers read its SDR. */
export const BT_2020: ColourSpace = {
  toXyz: [
    [0.636958, 0.1446169, 0.168881],
    [0.2627002, 0.6779981, 0.0593017],
    [0, 0.0280727, 1.0609851],
  ],
  ...srgbCurve,
};

/** Adobe RGB (1998). */
export const ADOBE_RGB: ColourSpace = {
  toXyz: [
    [0.5767309, 0.185554, 0.1881852],
    [0.2973769, 0.6273491, 0.0752741],
    [0.0270343, 0.0706872, 0.9911085],
  ],
  decode: (share) => share ** 2.19921875,
  encode: (light) => light ** (1 / 2.19921875),
};

const tripleOf = ([a = Number.NaN, b = Number.NaN, c = Number.NaN]: readonly number[]): Triple => [a, b, c];

const times = (matrix: readonly Triple[], [x, y, z]: Triple): Triple =>
  tripleOf(matrix.map(([a, b, c]) => a * x + b * y + c * z));

function inverse([[a, b, c], [d, e, f], [g, h, i]]: ColourSpace['toXyz']): readonly Triple[] {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const rows = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  return rows.map((row) => tripleOf(row.map((value) => value / determinant)));
}

const map = (colour: readonly number[], change: (value: number) => number) => tripleOf(colour.slice(0, 3).map(change));

/** The linear light (1 is white) in one space of a colour (0-255 each) of another one. */
export function convertLight(colour: readonly number[], from: ColourSpace, to: ColourSpace): number[] {
  const light = map(colour, (value) => from.decode(value / 255));
  return [...times(inverse(to.toXyz), times(from.toXyz, light))];
}

/** What a colour (0-255 each) of one space is in another one. */
export function convertColour(colour: readonly number[], from: ColourSpace, to: ColourSpace): number[] {
  const xyz = times(
    from.toXyz,
    map(colour, (value) => from.decode(value / 255)),
  );
  return [...map(times(inverse(to.toXyz), xyz), (light) => Math.round(255 * to.encode(Math.max(0, light))))];
}

/** CIE 1976 difference of two sRGB colours: 1 is hardly to be seen, 2.3 just. */
export function deltaE(one: readonly number[], other: readonly number[]): number {
  const lab = (colour: readonly number[]) => {
    const [x, y, z] = times(
      SRGB.toXyz,
      map(colour, (value) => SRGB.decode(value / 255)),
    );
    const root = (share: number) => (share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116);
    const [fx, fy, fz] = [root(x / 0.95047), root(y), root(z / 1.08883)];
    return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
  };
  const [first, second] = [lab(one), lab(other)];
  return Math.hypot(...first.map((value, index) => value - (second[index] ?? Number.NaN)));
}

/** Bradford's adaptation from D65 to D50, the white of ICC profiles. */
const TO_D50: readonly Triple[] = [
  [1.0478112, 0.0228866, -0.050127],
  [0.0295424, 0.9904844, -0.0170491],
  [-0.0092345, 0.0150436, 0.7521316],
];

/** A version 2 ICC profile of a colour space whose curve is a plain gamma. */
export function iccProfile({ toXyz }: ColourSpace, gamma: number): Buffer {
  const fixed = (value: number) => Math.round(value * 65_536);
  const tag = (type: string, ...numbers: number[]) => {
    const bytes = Buffer.alloc(8 + 4 * numbers.length);
    bytes.write(type, 0, 'latin1');
    for (const [index, value] of numbers.entries()) bytes.writeInt32BE(value, 8 + 4 * index);
    return bytes;
  };
  const xyz = (triple: Triple) => tag('XYZ ', ...triple.map(fixed));
  const column = (index: 0 | 1 | 2) =>
    xyz(
      times(
        TO_D50,
        map(
          toXyz.map((row) => row[index]),
          Number,
        ),
      ),
    );
  const curve = Buffer.concat([tag('curv', 1), Buffer.from([0, 0, 0, 0])]);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const description = Buffer.concat([tag('desc', 5), Buffer.from('Test\0', 'latin1'), Buffer.alloc(78)]);
  const parts: [string, Buffer][] = [
    ['desc', description],
    ['cprt', Buffer.concat([tag('text'), Buffer.from('none\0', 'latin1')])],
    ['wtpt', xyz([0.9642, 1, 0.8249])],
    ['rXYZ', column(0)],
    ['gXYZ', column(1)],
    ['bXYZ', column(2)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const table = Buffer.alloc(4 + 12 * parts.length);
  table.writeUInt32BE(parts.length);
  const bodies: Buffer[] = [];
  let at = 128 + table.length;
  for (const [index, [name, body]] of parts.entries()) {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    table.write(name, 4 + 12 * index, 'latin1');
    table.writeUInt32BE(at, 8 + 12 * index);
    table.writeUInt32BE(body.length, 12 + 12 * index);
    bodies.push(padded);
    at += padded.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x02400000, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  for (const [index, value] of [0.9642, 1, 0.8249].entries()) header.writeInt32BE(fixed(value), 68 + 4 * index);
  return Buffer.concat([header, table, ...bodies]);
}

/** A JPEG as it is, with that profile put in. */
export function withProfile(jpeg: Buffer, profile: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(profile.length + 16);
  const marker = Buffer.concat([Buffer.from([0xff, 0xe2]), length, Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1')]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, profile, jpeg.subarray(2)]);
}
