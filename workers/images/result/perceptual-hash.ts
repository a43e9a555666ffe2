import type { Pixels } from '../picture/pixels.ts';

/** The picture is squeezed to so many pixels a side. */
const SIDE = 32;
/** So many of its waves a side are kept: the slowest, without the mean. */
const WAVES = 8;
/** Less of a wave is none: what is left by rounding of a picture of one colour. */
const LEAST_WAVE = 1e-6;
/** For each of the waves 1 to 8 its height at each pixel, by the discrete cosine transform. */
const COSINES = Float64Array.from({ length: WAVES * SIDE }, (_, at) =>
  Math.cos((Math.PI * (Math.floor(at / SIDE) + 1) * (2 * (at % SIDE) + 1)) / (2 * SIDE)),
);

/**
 * Makes the perceptual hash of a picture (pHash: the signs of its 64 slowest waves against their median), as 16 hexadecimal digits.
 * Takes RGBA pixels, seen on white. Two hashes of one picture at other sizes or qualities differ in few of their bits; of two
 * pictures that have nothing in common in about half of them.
 */
export function hashPerceptually(pixels: Pixels): string {
  const brightness = squeeze(pixels);
  const waves = transform(brightness).map((wave) => (Math.abs(wave) < LEAST_WAVE ? 0 : wave));
  const sorted = waves.toSorted((one, other) => one - other);
  const median = ((sorted[waves.length / 2 - 1] ?? 0) + (sorted[waves.length / 2] ?? 0)) / 2;
  let hash = '';
  for (let digit = 0; digit < waves.length; digit += 4) {
    const bits = waves.slice(digit, digit + 4).map((wave) => (wave > median ? 1 : 0));
    hash += Number.parseInt(bits.join(''), 2).toString(16);
  }
  return hash;
}

/** The brightness of a picture, of SIDE x SIDE pixels, each what lies around its middle. Plain loops: a job waits for this. */
function squeeze({ data, width, height }: Pixels): Float64Array {
  const own = new Float64Array(width * height);
  for (let at = 0; at < own.length; at += 1) {
    const [red, green, blue] = [data[4 * at] ?? 0, data[4 * at + 1] ?? 0, data[4 * at + 2] ?? 0];
    own[at] = 255 + ((data[4 * at + 3] ?? 0) / 255) * (0.299 * red + 0.587 * green + 0.114 * blue - 255);
  }
  const [across, down] = [placesOf(width), placesOf(height)];
  const squeezed = new Float64Array(SIDE * SIDE);
  for (const [row, y] of down.entries()) {
    for (const [column, x] of across.entries()) {
      const above = mix(own[y.from * width + x.from] ?? 0, own[y.from * width + x.to] ?? 0, x.share);
      const below = mix(own[y.to * width + x.from] ?? 0, own[y.to * width + x.to] ?? 0, x.share);
      squeezed[row * SIDE + column] = mix(above, below, y.share);
    }
  }
  return squeezed;
}

const mix = (from: number, to: number, share: number): number => from + (to - from) * share;

/** Between which two of `length` pixels each of SIDE lies, and how far from the first. */
const placesOf = (length: number) =>
  Array.from({ length: SIDE }, (_, index) => {
    const place = Math.min(length - 1, Math.max(0, ((index + 0.5) * length) / SIDE - 0.5));
    const from = Math.floor(place);
    return { from, to: Math.min(length - 1, from + 1), share: place - from };
  });

/** The waves 1 to 8 of rows by those of columns. */
function transform(brightness: Float64Array): number[] {
  const rows = new Float64Array(SIDE * WAVES);
  for (let row = 0; row < SIDE; row += 1) {
    for (let wave = 0; wave < WAVES; wave += 1) rows[wave * SIDE + row] = sumOf(brightness, row * SIDE, wave);
  }
  return Array.from({ length: WAVES * WAVES }, (_, wave) =>
    sumOf(rows, (wave % WAVES) * SIDE, Math.floor(wave / WAVES)),
  );
}

function sumOf(values: Float64Array, start: number, wave: number): number {
  let sum = 0;
  for (let at = 0; at < SIDE; at += 1) sum += (values[start + at] ?? 0) * (COSINES[wave * SIDE + at] ?? 0);
  return sum;
}
