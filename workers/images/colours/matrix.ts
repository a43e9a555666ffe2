import type { Chromaticity, Primaries } from './coding.ts';

/** Three numbers: a colour, or a row of a matrix. */
export type Triple = readonly [number, number, number];
/** A matrix, row by row. */
export type Matrix = readonly [Triple, Triple, Triple];

/** The white of ICC profiles, as XYZ. */
export const D50: Triple = [0.9642, 1, 0.8249];
/** Bradford's cone responses of XYZ. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Applies a matrix to a colour. */
export const apply = ([first, second, third]: Matrix, [x, y, z]: Triple): Triple => [
  first[0] * x + first[1] * y + first[2] * z,
  second[0] * x + second[1] * y + second[2] * z,
  third[0] * x + third[1] * y + third[2] * z,
];

const transpose = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

/** Returns the matrix that does what the second does, and then what the first does. */
export function multiply(first: Matrix, second: Matrix): Matrix {
  const [a, b, c] = transpose(second);
  return transpose([apply(first, a), apply(first, b), apply(first, c)]);
}

/** Returns the matrix that takes back what a matrix does; of one that can't be taken back the numbers are not finite. */
export function invert([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [(e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole],
    [(f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole],
    [(d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole],
  ];
}

const toXyz = ([x, y]: Chromaticity): Triple => [x / y, 1, (1 - x - y) / y];

const scale = ([a, b, c]: Triple): Matrix => [
  [a, 0, 0],
  [0, b, 0],
  [0, 0, c],
];

/** Returns the matrix from linear light of those primaries to XYZ under their own white. */
export function lightToXyz({ red, green, blue, white }: Primaries): Matrix {
  const columns = transpose([toXyz(red), toXyz(green), toXyz(blue)]);
  return multiply(columns, scale(apply(invert(columns), toXyz(white))));
}

/** Returns the matrix from linear light of those primaries to XYZ under D50, adapted as ICC profiles are (Bradford). */
export function lightToD50(primaries: Primaries): Matrix {
  const [have, want] = [apply(BRADFORD, toXyz(primaries.white)), apply(BRADFORD, D50)];
  const cones = scale([want[0] / have[0], want[1] / have[1], want[2] / have[2]]);
  return multiply(multiply(multiply(invert(BRADFORD), cones), BRADFORD), lightToXyz(primaries));
}
