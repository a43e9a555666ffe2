import { createRequire } from 'node:module';
import { lazy } from '../../../src/lazy.ts';
import type { Box } from '../pdf/box.ts';
import { checkDigit, type Symbology } from './symbologies.ts';

/** A code as what is dark in it, counted in modules: the width of its narrowest bar. */
export interface CodeSymbol {
  /** Without the quiet zone around it. */
  width: number;
  height: number;
  /** What has to stay white at its left and right, and above and below it. */
  quiet: { left: number; right: number; vertical: number };
  dark: Box[];
  /** What is printed below it for people, each in the middle of its room. */
  texts: { text: string; x: number; width: number }[];
}

/** How much of a QR code may be lost: 7, 15, 25 or 30 %. */
export type QrLevel = 'L' | 'M' | 'Q' | 'H';

/** Thrown for a text that can't be drawn as a code; the message says why. */
export class UnusableCode extends Error {}

/** Megabytes of code: it is loaded with the first code that is drawn. */
const loadEncoder = lazy(() => (createRequire(import.meta.url)('bwip-js/node') as { default?: Encoder } & Encoder).raw);

type Raw = { sbs: number[] } | { pixs: ArrayLike<number>; pixx: number; pixy: number };
interface Encoder {
  raw(options: Record<string, unknown>): Raw[];
}

const ENCODERS: Record<Symbology, string> = {
  qr: 'qrcode',
  datamatrix: 'datamatrix',
  aztec: 'azteccode',
  pdf417: 'pdf417',
  code128: 'code128',
  'gs1-128': 'gs1-128',
  code39: 'code39',
  ean13: 'ean13',
  ean8: 'ean8',
  upca: 'upca',
  itf14: 'itf14',
};

/** Digits that are printed in groups: how long each is, where it stands, and which bars reach down between them. */
interface Retail {
  quiet: [number, number];
  height: number;
  groups: [length: number, x: number, width: number][];
  guards: number[];
}

const RETAIL: Partial<Record<Symbology, Retail>> = {
  ean13: {
    quiet: [11, 7],
    height: 69,
    groups: [
      [1, -10, 8],
      [6, 3, 42],
      [6, 50, 42],
    ],
    guards: [0, 1, 14, 15, 28, 29],
  },
  ean8: {
    quiet: [7, 7],
    height: 55,
    groups: [
      [4, 3, 28],
      [4, 36, 28],
    ],
    guards: [0, 1, 10, 11, 20, 21],
  },
  upca: {
    quiet: [9, 9],
    height: 69,
    groups: [
      [1, -9, 8],
      [5, 10, 35],
      [5, 50, 35],
      [1, 96, 8],
    ],
    guards: [0, 1, 2, 3, 14, 15, 26, 27, 28, 29],
  },
};
/** So far guard bars reach between the digits. */
const GUARD = 5;
const BAR_HEIGHT = 45;
const BAR_QUIET = 10;
const QUIET: Partial<Record<Symbology, number>> = { qr: 4 };
const MATRIX_QUIET = 2;

/** Joins dark modules to boxes: what lies side by side, and then what lies below the same. */
function joinModules(pixels: ArrayLike<number>, columns: number, rows: number): Box[] {
  const boxes: Box[] = [];
  let above = new Map<number, Box>();
  for (let y = 0; y < rows; y += 1) {
    const current = new Map<number, Box>();
    for (let x = 0; x < columns; x += 1) {
      if (!pixels[y * columns + x]) continue;
      const from = x;
      while (x + 1 < columns && pixels[y * columns + x + 1]) x += 1;
      const width = x + 1 - from;
      const joined = above.get(from);
      const box = joined?.width === width ? joined : { x: from, y, width, height: 0 };
      box.height += 1;
      if (box !== joined) boxes.push(box);
      current.set(from, box);
    }
    above = current;
  }
  return boxes;
}

function placeBars(widths: number[], height: number, guards: readonly number[]): { dark: Box[]; width: number } {
  const dark: Box[] = [];
  let x = 0;
  for (const [index, width] of widths.entries()) {
    const isGuard = guards.includes(index / 2);
    if (index % 2 === 0) dark.push({ x, y: 0, width, height: isGuard ? height + GUARD : height });
    x += width;
  }
  return { dark, width: x };
}

function createBars(symbology: Symbology, text: string, widths: number[]): CodeSymbol {
  const retail = RETAIL[symbology];
  const height = retail?.height ?? BAR_HEIGHT;
  const { dark, width } = placeBars(widths, height, retail?.guards ?? []);
  const [left, right] = retail?.quiet ?? [BAR_QUIET, BAR_QUIET];
  let at = 0;
  const groups = retail?.groups.map(([length, x, room]) => {
    at += length;
    return { text: text.slice(at - length, at), x, width: room };
  });
  return { width, height, quiet: { left, right, vertical: 0 }, dark, texts: groups ?? [{ text, x: 0, width }] };
}

const LENGTHS: Partial<Record<Symbology, number>> = { ean13: 13, ean8: 8, upca: 12, itf14: 14 };
const hasUnicode = (text: string): boolean => /[^\0-\x7f]/.test(text);

/** What the encoder is told: a reader of Data Matrix, Aztec and PDF417 takes bytes for Latin-1 unless the code says UTF-8. */
function encoderOptions(symbology: Symbology, text: string, level: QrLevel): Record<string, unknown> {
  const bcid = ENCODERS[symbology];
  if (symbology === 'qr') return { bcid, text, eclevel: level };
  const isMatrix = symbology === 'datamatrix' || symbology === 'aztec' || symbology === 'pdf417';
  if (!isMatrix || !hasUnicode(text)) return { bcid, text };
  return { bcid, text: `^ECI000026${text.replaceAll('^', '^^')}`, parsefnc: true };
}

/**
 * Makes the code of a text that `findCodeFault` finds nothing wrong with; a check digit that was left out is added. The
 * same text gives the same code. Throws UnusableCode where the encoder finds something: values of GS1 elements.
 */
export function createSymbol(symbology: Symbology, text: string, level: QrLevel = 'M'): CodeSymbol {
  const whole = text.length + 1 === LENGTHS[symbology] ? text + checkDigit(text) : text;
  let raw: Raw | undefined;
  try {
    [raw] = loadEncoder()(encoderOptions(symbology, whole, level));
  } catch (cause) {
    // "bwipp.GS1valueTooShort#3456: Value too short"
    const reason = cause instanceof Error ? cause.message.replace(/^bwipp\.\w+(?:#\d+)?: /, '') : '';
    throw new UnusableCode(reason, { cause });
  }
  if (!raw) throw new UnusableCode('no code came of it');
  if ('sbs' in raw) return createBars(symbology, whole, raw.sbs);
  const { pixs, pixx: width, pixy: height } = raw;
  const quiet = QUIET[symbology] ?? MATRIX_QUIET;
  const zone = { left: quiet, right: quiet, vertical: quiet };
  return { width, height, quiet: zone, dark: joinModules(pixs, width, height), texts: [] };
}
